#!/usr/bin/env python3
"""`stackful tasks --json` of real processes: it keeps doc/tasks.schema.json, and tells what the text does.

usage: tool_json.py STACKFUL FIXTURES. The schema is checked where jsonschema is installed (Debian: python3-jsonschema).
"""
import json
import pathlib
import subprocess
import sys

stackful, fixtures = sys.argv[1], pathlib.Path(sys.argv[2])
schema = json.loads((pathlib.Path(__file__).resolve().parents[1] / "doc/tasks.schema.json").read_text())
try:
    import jsonschema
except ImportError:
    jsonschema = None
    print("not checked against the schema: no jsonschema (Debian package python3-jsonschema)")


def tasks(pid, *options):
    """The report of a process, which keeps the schema, and the status."""
    done = subprocess.run([stackful, "tasks", "--pid", str(pid), "--json", *options], capture_output=True, text=True)
    assert done.returncode in (0, 3), f"status {done.returncode}: {done.stderr}"
    report = json.loads(done.stdout)
    if jsonschema:
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(report)
    for task in report["tasks"]:
        for index, row in enumerate(task["futures"]):
            root = index == 0 or row["kind"] == "cut"
            assert row["parent"] is None if root else row["parent"] < index, (task["id"], row)
    return report, done.returncode


def until(pid, condition, *options):
    """Asks until the condition holds: the program needs a moment to come to where it waits."""
    for _ in range(200):
        report, status = tasks(pid, *options)
        if condition(report, status):
            return report
    raise AssertionError(f"never so: {json.dumps(report)[:3000]}")


def mark(fixture, text):
    """The line with this text in a fixture's source."""
    source = pathlib.Path(__file__).parent / f"fixtures/{fixture}/src/main.rs"
    lines = [n for n, line in enumerate(source.read_text().splitlines(), 1) if text in line]
    assert len(lines) == 1, (text, lines)
    return lines[0]


def check_waits(pid):
    report = until(pid, lambda r, _: r["total"] == 19 and all(t["state"] == "idle" for t in r["tasks"]))
    assert len(report["tasks"]) == 19 and report["stoppedMs"] > 0 and report["complaints"] == [], report
    assert "waits" not in report and "deadlocks" not in report
    assert len(report["runtimes"]) == 1 and report["workers"], report["runtimes"]
    assert all(w["task"] is None and w["doing"] for w in report["workers"])
    assert any(t["blockOn"] and t["root"] for t in report["threads"]), report["threads"]
    (locks,) = [t for t in report["tasks"] if t["root"].endswith("::locks")]
    assert locks["runtime"] == 0 and locks["worker"] is None and not locks["blocking"]
    root, leaf = locks["futures"][0], locks["futures"][-1]
    assert root["kind"] == "async" and root["file"].endswith("main.rs") and not root["library"], root
    assert leaf["waits"] == "waits for a Mutex, next in line" and leaf["parent"] == len(locks["futures"]) - 2, leaf
    some, _ = tasks(pid, "--regex", "::locks$")
    assert [t["id"] for t in some["tasks"]] == [locks["id"]] and some["total"] == 19, some


def check_hung(pid):
    report = until(pid, lambda _, status: status == 3, "--waits")
    (cycle,) = report["deadlocks"]
    waits = [report["waits"][i] for i in cycle]
    assert len(waits) == 2 and all(w["must"] and w["line"] and len(w["holders"]) == 1 for w in waits), waits
    parties = [w["waiter"]["task"] for w in waits]
    assert [w["holders"][0]["task"] for w in waits] == parties[::-1], waits
    waited = {t["id"]: t["waitedForBy"] for t in report["tasks"]}
    assert all(waited[party] >= 1 for party in parties), waited


for fixture, check in (("waits", check_waits), ("hung", check_hung)):
    process = subprocess.Popen([fixtures / "debug" / fixture], stdout=subprocess.DEVNULL)
    try:
        check(process.pid)
    finally:
        process.kill()
print("tests/tool_json: all is well")
