#!/usr/bin/env python3
"""Entries of launch.json that were made for other debuggers start here when only their `type` is changed: the program gets
its arguments, folder and environment; sources are found by each shape of source map; what is not known is told once.

usage: peer_entries.py --adapter PATH --fixtures FOLDER
"""
import argparse
import os
import pathlib
import sys
import tempfile

from client import Client, Failure, Schema

SAY = 'echo "in=$(pwd) A=$A B=$B args=$*"'  # of sh, whose first argument behind it is $0
WORDS = ["-c", SAY, "sh", "one", "two words"]
FOREIGN = "settings set target.x86-disassembly-flavor intel"
OPTIONS = argparse.ArgumentParser()
OPTIONS.add_argument("--adapter", required=True)
OPTIONS.add_argument("--fixtures", required=True)
OPTIONS = OPTIONS.parse_args()
TOP = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = Schema(TOP)

# The keys that each peer's own editor extension, and rust-analyzer for it, write. `{cwd}` is a folder, `{env}` a file of one.
ENTRIES = {
    "CodeLLDB": {"program": "/bin/sh", "args": WORDS, "cwd": "{cwd}", "env": {"A": "1"}, "envFile": "{env}", "terminal": "console",
                 "sourceMap": {}, "sourceLanguages": ["rust"], "initCommands": [FOREIGN], "expressions": "simple",
                 "relativePathBase": "{cwd}"},
    "CodeLLDB, a line": {"program": "/bin/sh", "args": f"-c '{SAY}' sh one 'two words'", "cwd": "{cwd}",
                         "env": {"A": "1", "B": "2"}, "console": "internalConsole"},
    "lldb-dap": {"program": "/bin/sh", "args": WORDS, "cwd": "{cwd}", "env": ["A=1", "B=2"], "runInTerminal": False,
                 "sourceMap": [["/a", "/b"]], "preRunCommands": [FOREIGN], "disableASLR": True, "timeout": 10,
                 "displayExtendedBacktrace": True},
    "cpptools": {"program": "/bin/sh", "args": WORDS, "cwd": "{cwd}", "MIMode": "gdb", "stopAtEntry": False,
                 "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "externalConsole": False,
                 "sourceFileMap": {"/a": "/b"}, "setupCommands": [{"text": "-enable-pretty-printing", "ignoreFailures": True}]},
    "gdb": {"program": "/bin/sh", "args": WORDS, "cwd": "{cwd}", "env": {"A": "1", "B": "2"},
            "stopAtBeginningOfMainSubprogram": False},
    "delve": {"program": "/bin/sh", "args": WORDS, "cwd": "{cwd}", "env": {"A": "1", "B": "2", "HOME": None}, "mode": "exec",
              "substitutePath": [{"from": "/b", "to": "/a"}], "stackTraceDepth": 50, "hideSystemGoroutines": True,
              "console": "internalConsole"},
}


class Session(Client):
    def __init__(self):
        super().__init__([OPTIONS.adapter], SCHEMA)
        self.do("initialize", {"clientID": "test", "adapterID": "stackful"})

    def outputs(self, until):
        """The output of all categories up to the event `until`."""
        text = {}
        while True:
            message = self.wait(lambda m: m["type"] == "event" and m["event"] in ("output", until), until)
            if message["event"] == until:
                return text
            body = message["body"]
            text[body.get("category", "console")] = text.get(body.get("category", "console"), "") + body["output"]

    def leave(self):
        self.do("disconnect")
        self.close()
        self.exit_status()


def filled(value, names):
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, list):
        return [filled(v, names) for v in value]
    return {k: filled(v, names) for k, v in value.items()} if isinstance(value, dict) else value


def starts(name, entry, folder):
    """Its words, folder and environment reach the program, and nothing stops it; foreign lines and keys are told once."""
    names = {"{cwd}": folder, "{env}": f"{folder}/env"}
    session = Session()
    session.request("launch", filled({"name": name, "type": "stackful", "request": "launch", **entry}, names))
    session.event("initialized")
    session.do("configurationDone")
    told = session.outputs("terminated")
    wanted = f"in={folder} A=1 B=2 args=one two words\n"
    if wanted not in told.get("stdout", ""):
        raise Failure(f"{name}: the program has written {told}, not {wanted}")
    console = told.get("console", "")
    if FOREIGN in str(entry) and console.count(FOREIGN.split()[0]) != 1:
        raise Failure(f"{name}: {FOREIGN!r} is not told once: {console}")
    unknown = set(entry) - set(KNOWN)
    for key in unknown:
        if console.count(key) != 1:
            raise Failure(f"{name}: the key {key} is not told once: {console}")
    session.leave()


def stop_in_plain(keys, path):
    session = Session()
    session.request("launch", {"program": f"{OPTIONS.fixtures}/debug/plain", "args": ["count", "1"], **keys})
    session.event("initialized")
    lines = (TOP / "tests/fixtures/plain/src/main.rs").read_text().splitlines()
    line = next(i for i, text in enumerate(lines, 1) if "MARK: double" in text)
    bound = session.do("setBreakpoints", {"source": {"path": path}, "breakpoints": [{"line": line}]})["breakpoints"][0]
    session.do("configurationDone")
    if not bound["verified"] or bound["source"]["path"] != path and not path.endswith("/plain/src/main.rs"):
        raise Failure(f"{keys}: {bound}")
    stopped = session.event("stopped")
    frame = session.do("stackTrace", {"threadId": stopped["threadId"], "levels": 1})["stackFrames"][0]
    session.leave()
    return frame["source"]["path"]


def maps_sources(folder):
    """The four shapes of source map, both ways: a breakpoint by the client's path, a frame with the client's path."""
    built = stop_in_plain({}, str(TOP / "tests/fixtures/plain/src/main.rs"))
    root = built.removesuffix("/src/main.rs")
    here = f"{folder}/elsewhere"
    os.makedirs(f"{here}/src")
    pathlib.Path(f"{here}/src/main.rs").write_text((TOP / "tests/fixtures/plain/src/main.rs").read_text())
    for keys in ({"sourceMap": {root: here}}, {"sourceMap": [[root, here]]}, {"sourceFileMap": {root: here}},
                 {"substitutePath": [{"from": here, "to": root}]}):
        path = stop_in_plain(keys, f"{here}/src/main.rs")
        if path != f"{here}/src/main.rs":
            raise Failure(f"{keys}: the frame is in {path}")


def has_files_as_stdio(folder):
    """`stdio` in its three shapes, and delve's keys."""
    pathlib.Path(f"{folder}/in").write_text("from the file\n")
    both = {"program": "/bin/sh", "args": ["-c", "cat; echo said; echo wrong >&2"]}
    shapes = ({"stdio": [f"{folder}/in", f"{folder}/out", f"{folder}/err"]},
              {"stdinFrom": f"{folder}/in", "stdoutTo": f"{folder}/out", "stderrTo": f"{folder}/err"})
    for keys in shapes:
        for name in ("out", "err"):
            pathlib.Path(f"{folder}/{name}").unlink(missing_ok=True)
        session = Session()
        session.request("launch", {**both, **keys})
        session.event("initialized")
        session.do("configurationDone")
        session.outputs("terminated")
        session.leave()
        written = [pathlib.Path(f"{folder}/{name}").read_text() for name in ("out", "err")]
        if written != ["from the file\nsaid\n", "wrong\n"]:
            raise Failure(f"{keys}: {written}")
    session = Session()
    session.request("launch", {"program": "/bin/sh", "args": ["-c", "cat; echo said"], "stdio": [f"{folder}/in", None, None]})
    session.event("initialized")
    session.do("configurationDone")
    told = session.outputs("terminated")
    if told.get("stdout") != "from the file\nsaid\n":
        raise Failure(f"stdio with null: {told}")
    session.leave()


def attaches(folder):
    """A process by its number (as a number, as text), and by the peers' names for it."""
    for key, make in (("pid", int), ("pid", str), ("processId", int), ("processId", str)):
        end, start = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(start, 1)
            os.execv(f"{OPTIONS.fixtures}/debug/plain", ["plain", "spin"])
        os.close(start)
        os.read(end, 9)  # it runs
        session = Session()
        session.request("attach", {"program": f"{OPTIONS.fixtures}/debug/plain", key: make(child)})
        session.event("initialized")
        session.do("configurationDone")
        if session.event("process")["systemProcessId"] != child:
            raise Failure(f"{key}: attached to another process")
        session.leave()
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(end)


def known_keys():
    text = (TOP / "vscode-extension/attributes.json").read_text()
    return [word.strip('"') for word in text.replace(":", " ").replace(",", " ").split() if word.startswith('"')]


KNOWN = known_keys()
with tempfile.TemporaryDirectory() as folder:
    folder = os.path.realpath(folder)
    pathlib.Path(f"{folder}/env").write_text("# the second one\nB=2\nexport A='0'\n")
    try:
        for name, entry in ENTRIES.items():
            starts(name, entry, folder)
        maps_sources(folder)
        has_files_as_stdio(folder)
        attaches(folder)
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
