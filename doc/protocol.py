#!/usr/bin/env python3
"""Writes doc/protocol.md: what the adapter answers, tells and asks, out of its sources.

usage: doc/protocol.py [--check]   (--check: fails if the file is out of date, and writes nothing)
"""
import itertools
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
WHEN = {"WHEN_ALWAYS": "at any time", "WHEN_NEW": "once, first", "WHEN_READY": "after `initialize`", "WHEN_LIVE": "while there is a program",
        "WHEN_STOPPED": "while it is stopped"}
# What the specification has and this adapter does not answer, and why.
ABSENT = [
    ("stepBack, reverseContinue", "nothing is recorded to go back to"),
    ("restartFrame", "what a Rust function has moved or dropped can't be brought back"),
]


def sources():
    return sorted([*TOP.glob("adapter/*.c"), *TOP.glob("adapter/requests/*.c"), *TOP.glob("adapter/commands/*.c")])


def about(text, command):
    """What the head of a file says of a request: '// NAME, NAME: what it is.', up to the first full stop."""
    head = " ".join(line[2:].strip() for line in itertools.takewhile(lambda line: line.startswith("//"), text.splitlines()))
    for sentence in re.split(r"(?<=\.) ", head):
        names, colon, rest = sentence.partition(": ")
        if colon and command in re.split(r", | and ", names):
            return rest.rstrip(".")
    return ""


def requests():
    texts = {path: path.read_text() for path in sources()}
    rows = []
    for command, name, when, flags in re.findall(r'^REQUEST\(([^,]+), *(\w+), *(\w+), *\w+, *"([^"]*)"\)', (TOP / "adapter/requests.def").read_text(), re.M):
        path = next(p for p, text in texts.items() if re.search(rf"^err_t req_{name}\(", text, re.M))
        what = about(texts[path], command)
        if not what and not command.startswith("stackful/"):
            sys.exit(f"{path.relative_to(TOP)}: its head does not say what {command} is ('// {command}: ...')")
        rows.append(f"| `{command}` | {what or 'see [adapter/README.md](../adapter/README.md)'} | {WHEN[when]} | {', '.join(f'`{f}`' for f in flags.split())} |")
    return rows


def names(pattern):
    found = set()
    for path in sources():
        found.update(re.findall(pattern, path.read_text()))
    return ", ".join(f"`{name}`" for name in sorted(found))


def written():
    lines = ["<!-- made by doc/protocol.py out of adapter/requests.def and the sources; do not edit -->", "# What of the Debug Adapter Protocol is there", "",
             "Requests that the adapter answers; a capability in the last column is promised by `initialize` because the request is here.", "",
             "| request | what it does here | when | capabilities |", "| --- | --- | --- | --- |", *requests(), "",
             "Requests that it sends: " + names(r'dap_dispatch_ask\(session, "(\w+)"') + ".", "",
             "Events that it sends: " + names(r'(?:dap_session_event|tell)\(session, "(\w+)"') + ".", "",
             "Not there:", "", *[f"- `{'`, `'.join(name.split(', '))}`: {why}." for name, why in ABSENT]]
    return "\n".join(lines) + "\n"


path = TOP / "doc/protocol.md"
text = written()
if sys.argv[1:] == ["--check"]:
    if not path.exists() or path.read_text() != text:
        sys.exit("doc/protocol.md is out of date: run doc/protocol.py")
else:
    path.write_text(text)
