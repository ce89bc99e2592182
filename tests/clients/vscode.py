#!/usr/bin/env python3
"""What must be seen in each scene of vscode.sh. usage: vscode.py SCENE RESULT.json SOURCE.rs"""
import json
import pathlib
import re
import sys

scene, result, source = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3])
steps = {step["step"]: step for step in result["steps"]}


def check(what, ok, told):
    if not ok:
        sys.exit(f"vscode: {scene}: {what}: {json.dumps(told)[:2000]}")


def line(mark):
    return next(n for n, text in enumerate(source.read_text().splitlines(), 1) if re.search(rf"// MARK: {mark}$", text))


def at(step, mark):
    return steps[step]["editor"].get("cursor", "").startswith(f"Ln {line(mark)},")


def named(step, regex, kind):
    return [row for row in steps[step]["callStack"] if row["kind"] == kind and re.search(regex, row.get("name") or "")]


def many():
    rows = steps["stopped"]["callStack"]
    frame = next(row for row in rows if row["kind"] == "frame")
    check("the stopped task is first", "many::checkout" in rows[0]["name"] and rows[0]["name"].startswith("task "), rows[0])
    check("its frame", frame["name"] == "many::checkout" and frame["line"].startswith(f"{line('tax')}:"), frame)
    check("an expression", result["console"][0]["answer"] == "21", result["console"][0])
    check("a step over an await, and a command", f"src/main.rs:{line('stop')}" in result["console"][1]["answer"], result["console"][1])
    check("a click on a task goes to its await", at("clicked", "request"), steps["clicked"]["editor"])


def waits():
    check("keys in the wait graph go to a line of the cycle", at("clicked", "first") or at("clicked", "second"), steps["clicked"]["editor"])


def crowd():
    check("keys in a large wait graph go to its deadlock", at("clicked", "takes"), steps["clicked"]["editor"])


def pins():
    check("a pinned task stays in a list that is cut", named("pinned", "many::reader", "thread"), steps["pinned"]["callStack"])
    check("one that is no longer pinned does not", not named("unpinned", "many::reader", "thread"), steps["unpinned"]["callStack"])


def walkthrough():
    check("all pages", len([1 for shot in result["screenshots"] if "error" in str(shot)]) == 0, result["screenshots"])


def core():
    check("a task's frames of suspended async fns", named("frame", "^waits::middle$", "frame") and named("frame", "^waits::chain$", "frame"), steps["frame"]["callStack"])
    check("the branches of a select!", len(named("frame", "branch", "frame")) >= 2, steps["frame"]["callStack"])
    names = {row["name"]: row.get("value") for row in steps["frame"]["variables"] if row["kind"] == "variable"}
    check("the variables of a suspended async fn", names.get("order") == "42" and "order 42" in (names.get("name") or ""), names)


def attach():
    check("tasks of the attached program", named("paused", "waits::limited", "thread"), steps["paused"]["callStack"])
    check("a command", "waits::limited" in result["console"][0]["answer"], result["console"])


check("the driver", result["ok"], {key: result.get(key) for key in ("error", "notifications", "timings")})
globals()[scene]()
print(f"vscode: {scene}: well")
