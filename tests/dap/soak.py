#!/usr/bin/env python3
"""Random requests against busy programs: in any order, at any time, many at once, cancelled, malformed, byte by byte, with
the program killed in the middle. Every message is checked by the schema and by the rules of order (client.py); every
request must be answered; the adapter must end in order, kill what it launched, and let live what it attached to.

usage: soak.py --adapter PATH --fixtures FOLDER [--seed N] [--seconds S] [--session I]

Each session is a random one of its own, made of the seed and its number; --session plays that one alone.
"""
import argparse
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from client import PATIENCE, Client, Failure, Schema

TOP = pathlib.Path(__file__).resolve().parents[2]
# program, arguments, source file, whether it goes on until it is ended
PROGRAMS = [
    ("task-steps", ["rounds", "6"], "tests/fixtures/task-steps/src/main.rs", True),
    ("plain", ["spin"], "tests/fixtures/plain/src/main.rs", True),
    ("plain", ["count"], "tests/fixtures/plain/src/main.rs", False),
    ("plain", ["noisy"], "tests/fixtures/plain/src/main.rs", False),
    ("plain", ["panic"], "tests/fixtures/plain/src/main.rs", False),
    ("process", ["forever"], "tests/fixtures/process/process.c", True),
    ("process", ["churn", "3000"], "tests/fixtures/process/process.c", False),
    ("process", ["threads", "8", "100000"], "tests/fixtures/process/process.c", False),
    ("process", ["threads-fork", "50"], "tests/fixtures/process/process.c", False),
    ("process", ["exec-in-thread"], "tests/fixtures/process/process.c", False),
    ("process", ["spawn"], "tests/fixtures/process/process.c", False),
    ("process", ["idle", "60"], "tests/fixtures/process/process.c", True),
]
EXPRESSIONS = ["sum", "id", "passes", "1 + 1", "&sum", "*&sum", "items[9999999]", "self.0.1", "a.b.c", "((((", "", "-", "n as u8", "argv",
               "async bt", "async bt all", "async task .", "async task (", "async waits", "async deadlocks", "async next", "async step 3",
               "tasks max 3", "tasks show none", "tasks show all", "tasks filter", "help", "help nothing", "\x00", "ä" * 300]
PARKED = ("restart", "launch", "attach", "evaluate")  # may wait for what does not come: disconnect ends them
JUNK = [None, -1, 0, 1, 2 ** 31 - 1, 2 ** 53, 1.5, "", "x", "0x10", [], [1], {}, {"path": 3}, True, "9" * 400]


class Soak:
    def __init__(self, options, number):
        self.options, self.random = options, random.Random(f"{options.seed}:{number}")
        self.schema = options.schema
        self.known = {"thread": [1], "frame": [1], "reference": [1], "target": [1], "data": ["0x10/8/u/x"], "memory": ["0x10"],
                      "location": [1], "seq": [1]}
        self.program, self.arguments, self.source, self.lasts = self.random.choice(PROGRAMS)
        self.lines = len((TOP / self.source).read_text().splitlines())
        self.process, self.killed, self.disconnected, self.terminals = None, False, False, []
        self.pid, self.terminated = None, False
        self.stderr = tempfile.TemporaryFile()
        self.record = io.StringIO()
        self.client = Client([options.adapter], self.schema, self.record, self.stderr)

    # ------------------------------------------------------------ what is known
    def note(self, kind, value):
        if value is not None:
            self.known[kind] = (self.known[kind] + [value])[-30:]

    def learn(self, value):
        """Takes ids out of whatever the adapter tells."""
        if isinstance(value, list):
            for each in value[:40]:
                self.learn(each)
        if not isinstance(value, dict):
            return
        for key, kind in (("threadId", "thread"), ("variablesReference", "reference"), ("dataId", "data"), ("memoryReference", "memory"),
                          ("instructionPointerReference", "memory"), ("declarationLocationReference", "location"),
                          ("valueLocationReference", "location"), ("address", "memory")):
            if isinstance(value.get(key), (int, str)):
                self.note(kind, value[key])
        for each in value.get("threads", []) if isinstance(value.get("threads"), list) else []:
            self.note("thread", each["id"])
        for each in value.get("stackFrames", []):
            self.note("frame", each["id"])
        for each in value.get("targets", []):
            self.note("target", each.get("id"))
        for each in value.values():
            self.learn(each)

    def take(self):
        for message in self.client.inbox:
            body = message.get("body") or {}
            if message["type"] == "request":
                self.answer(message)
            elif message["type"] == "event" and message["event"] == "process":
                self.pid = body["systemProcessId"]
            self.learn(body)
        self.client.inbox.clear()

    def answer(self, message):
        if self.random.random() < 0.2 or self.client.input.closed:  # closed: the session's end was to be an end of file
            return
        if message["command"] != "runInTerminal" or self.random.random() < 0.2:
            self.client.answer(message, None, "not here")
            return
        arguments = message["arguments"]
        self.terminals.append(subprocess.Popen(arguments["args"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL, cwd=arguments["cwd"]))
        self.client.answer(message, {})

    # ------------------------------------------------------------ requests
    def one_of(self, kind):
        return self.random.choice(self.known[kind])

    def line(self):
        return self.random.randint(0, self.lines + 3)

    def arguments_of(self, command):
        r = self.random
        source = {"source": {"path": str(TOP / self.source)}}
        some = {
            "setBreakpoints": lambda: {**source, "breakpoints": [
                {"line": self.line(), **r.choice([{}, {}, {"condition": "sum % 3 == 1"}, {"hitCondition": "% 7"}, {"logMessage": "{sum} {x"}])}
                for _ in range(r.randint(0, 4))]},
            "setFunctionBreakpoints": lambda: {"breakpoints": [{"name": r.choice(["pass", "price", "double", "main", "nothing", "boxed"])}
                                                               for _ in range(r.randint(0, 2))]},
            "setInstructionBreakpoints": lambda: {"breakpoints": [{"instructionReference": self.one_of("memory")} for _ in range(r.randint(0, 2))]},
            "setDataBreakpoints": lambda: {"breakpoints": [{"dataId": self.one_of("data"), "accessType": r.choice(["write", "read", "readWrite"])}
                                                           for _ in range(r.randint(0, 3))]},
            "dataBreakpointInfo": lambda: {"variablesReference": self.one_of("reference"), "name": r.choice(["sum", "id", "n", "i", "passes"])},
            "setExceptionBreakpoints": lambda: {"filters": r.choice([[], ["rust_panic"], ["other"]])},
            "breakpointLocations": lambda: {**source, "line": self.line(), "endLine": self.line()},
            "gotoTargets": lambda: {**source, "line": self.line()},
            "goto": lambda: {"threadId": self.one_of("thread"), "targetId": self.one_of("target")},
            "stackTrace": lambda: {"threadId": self.one_of("thread"), **r.choice([{}, {"levels": 1}, {"startFrame": 3, "levels": 2}])},
            "scopes": lambda: {"frameId": self.one_of("frame")},
            "variables": lambda: {"variablesReference": self.one_of("reference"), **r.choice([{}, {"start": 1, "count": 2}, {"format": {"hex": True}}])},
            "setVariable": lambda: {"variablesReference": self.one_of("reference"), "name": r.choice(["sum", "i", "n"]), "value": r.choice(["3", "x", ""])},
            "setExpression": lambda: {"expression": r.choice(EXPRESSIONS), "value": "1", "frameId": self.one_of("frame")},
            "evaluate": lambda: {"expression": r.choice(EXPRESSIONS), "context": r.choice(["repl", "hover", "watch", "clipboard", "variables"]),
                                 **r.choice([{}, {"frameId": self.one_of("frame")}])},
            "completions": lambda: {"text": r.choice(EXPRESSIONS), "column": r.randint(0, 20), "frameId": self.one_of("frame")},
            "readMemory": lambda: {"memoryReference": self.one_of("memory"), "count": r.choice([0, 1, 100, 70000]), "offset": r.choice([0, -5, 4096])},
            "disassemble": lambda: {"memoryReference": self.one_of("memory"), "instructionOffset": r.randint(-50, 50), "instructionCount": r.randint(0, 80)},
            "locations": lambda: {"locationReference": self.one_of("location")},
            "exceptionInfo": lambda: {"threadId": self.one_of("thread")},
            "cancel": lambda: {"requestId": self.one_of("seq")},
            "restart": lambda: {},
            "stackful/tasks": lambda: r.choice([{}, {"groupBy": "state"}, {"count": 2}]),
            "stackful/waits": lambda: r.choice([{}, {"count": 1}, {"count": 0}]),
            "stackful/taskTree": lambda: {"id": str(r.randint(0, 40))},
            "terminateThreads": lambda: {"threadIds": [self.one_of("thread")]},
            "source": lambda: {"source": {"sourceReference": r.randint(0, 3)}, "sourceReference": 1},
        }.get(command)
        if some:
            return some()
        if command in ("continue", "next", "stepIn", "stepOut", "pause", "stepInTargets"):
            return {"threadId": self.one_of("thread"), **r.choice([{}, {"granularity": "instruction"}, {"singleThread": True}])}
        return {}

    def start_arguments(self):
        if self.process:
            return "attach", {"pid": self.process.pid, "stopOnEntry": self.random.random() < 0.3}
        return "launch", {"program": program_path(self.options, self.program), "args": self.arguments,
                          **self.random.choice([{}, {}, {"stopOnEntry": True}, {"stopOnEntry": "main"}, {"console": "integratedTerminal"},
                                                {"followForks": True}])}

    COMMANDS = ("setBreakpoints setFunctionBreakpoints setInstructionBreakpoints setDataBreakpoints dataBreakpointInfo setExceptionBreakpoints "
                "breakpointLocations gotoTargets goto stackTrace scopes variables setVariable setExpression evaluate completions readMemory "
                "disassemble locations exceptionInfo cancel source modules loadedSources threads stackful/tasks stackful/taskTree "
                "stackful/workers stackful/waits configurationDone initialize launch attach nothing").split()
    OFTEN = "threads stackTrace scopes variables continue next stepIn stepOut pause continue next evaluate setBreakpoints".split()
    RARE = ["restart", "terminate", "terminateThreads"]

    def random_request(self):
        r = self.random
        command = r.choice(self.COMMANDS if r.random() < 0.35 else self.OFTEN)
        if r.random() < 0.01:
            command = r.choice(self.RARE)
        arguments = self.arguments_of(command)
        if command in ("launch", "attach"):
            arguments = {"program": "/nowhere"}
        if r.random() < 0.05 and arguments:
            arguments[r.choice(list(arguments))] = r.choice(JUNK)
        self.terminated |= command == "terminate"
        self.note("seq", self.client.request(command, arguments))

    def burst(self):
        r = self.random
        kind = r.random()
        if kind < 0.03:
            self.client.send_raw(r.choice([b"Content-Length: 4\r\n\r\n{]}[", b"Content-Length: 2\r\n\r\n[]", b"nonsense\r\n\r\n",
                                           b"Content-Length: 12\r\n\r\n{\"seq\":null}"]))
        elif kind < 0.06:  # byte by byte
            self.client.seq += 1
            number = self.client.seq
            self.client.sent[number] = ("threads", time.monotonic())
            body = json.dumps({"seq": number, "type": "request", "command": "threads"}).encode()
            for byte in b"Content-Length: %d\r\n\r\n" % len(body) + body:
                self.client.send_raw(bytes([byte]))
        elif kind < 0.08:
            for _ in range(r.randint(20, 120)):
                self.random_request()
        else:
            for _ in range(r.choice([1, 1, 1, 2, 3])):
                self.random_request()

    # ------------------------------------------------------------ a session
    def play(self):
        r = self.random
        if self.lasts and r.random() < 0.35:
            command = [program_path(self.options, self.program), *self.arguments]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(r.choice([0, 0, 0, 5])):  # before anything
            self.burst()
        self.client.request("initialize", {"clientID": r.choice(["vscode", "neovim", "hx", "x"]), "adapterID": "stackful",
                                           "supportsRunInTerminalRequest": True, "supportsStartDebuggingRequest": r.random() < 0.5,
                                           "supportsVariablePaging": r.random() < 0.5, "supportsMemoryEvent": True,
                                           "supportsInvalidatedEvent": r.random() < 0.5, "supportsProgressReporting": True})
        command, arguments = self.start_arguments()
        self.client.request(command, arguments)
        if r.random() < 0.8:
            self.client.request("setBreakpoints", self.arguments_of("setBreakpoints"))
            self.client.request("configurationDone")
        for _ in range(r.randint(10, 150)):
            self.burst()
            self.client.pump(r.choice([0, 0, 0.001, 0.005, 0.03]))
            self.take()
            if r.random() < 0.01:
                self.kill_program()
            if self.client.eof:
                raise Failure("the adapter has ended in the middle")
        self.end()

    def kill_program(self):
        pid = self.process.pid if self.process else self.pid
        if pid:
            self.killed = True
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def end(self):
        how = self.random.choice(["disconnect", "disconnect", "eof", "kill", "term"])
        if how == "disconnect":
            self.until(lambda: all(command in PARKED for command, _ in self.client.sent.values()), "unanswered")
            self.client.request("disconnect", self.random.choice([{}, {}, {"suspendDebuggee": False}]))
            self.until(lambda: not self.client.sent, "unanswered at the end")
            self.client.close()
        elif how == "eof":
            self.client.close()
        else:
            if how == "term":  # before it is up this ends it as any process
                self.until(lambda: self.client.last_seq, "not a word")
            self.client.process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
        self.until(lambda: self.client.eof, "the adapter has not ended")
        status = self.client.exit_status(10)
        if how != "kill" and status != 0:
            raise Failure(f"it ended with {status} ({how})")
        self.check_programs(how)

    def until(self, holds, what, seconds=20):
        limit = time.monotonic() + seconds * PATIENCE
        while not holds():
            if time.monotonic() > limit:
                raise Failure(f"{what}: {list(self.client.sent.values())[:10]}")
            if self.client.eof and what.startswith("unanswered"):
                raise Failure(f"the adapter has ended before it answered {list(self.client.sent.values())[:10]}")
            self.client.pump(0.05)
            self.take()

    def check_programs(self, how):
        def ended():
            return not self.pid or state(self.pid) in "ZX"
        limit = time.monotonic() + 10 * PATIENCE
        if not self.process:
            while not ended():
                if time.monotonic() > limit:
                    raise Failure(f"the launched program {self.pid} lives on ({state(self.pid)}), {how}")
                time.sleep(0.01)
        elif how != "kill" and not self.killed and not self.terminated:
            time.sleep(0.02)
            if self.process.poll() is not None:
                raise Failure(f"the program that was attached to died: {self.process.returncode}, {how}")
            if tracer(self.process.pid) != "0":
                raise Failure("the program that was attached to is traced still")

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")[-4000:]

    def clean(self):
        for process in [self.client.process, self.process, *self.terminals]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        if self.client.process.stdin and not self.client.process.stdin.closed:
            self.client.process.stdin.close()
        self.client.process.stdout.close()
        self.stderr.close()


def program_path(options, name):
    path = pathlib.Path(options.fixtures, "debug", name)
    return str(path if path.is_file() else pathlib.Path(options.adapter).parent / "fixtures/c" / name)


def status(pid, key):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return next((line.split()[1] for line in text.splitlines() if line.startswith(key + ":")), "")


def state(pid):
    return status(pid, "State") or "X"


def tracer(pid):
    return status(pid, "TracerPid") or "0"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--fixtures", required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--session", type=int)
    parser.add_argument("--keep", help="write the record of a session that fails to this file")
    options = parser.parse_args()
    options.schema = Schema(TOP)
    print(f"seed {options.seed}", flush=True)
    start, number, messages = time.monotonic(), options.session or 0, 0
    while True:
        soak = Soak(options, number)
        try:
            soak.play()
            wrong = soak.errors()
            if wrong:
                raise Failure("it says on stderr")
        except (Failure, OSError) as failure:
            if options.keep:
                pathlib.Path(options.keep).write_text(soak.record.getvalue())
            print(f"session {number} ({soak.program} {' '.join(soak.arguments)}): {type(failure).__name__}: {failure}\n{soak.errors()}\n"
                  f"again: soak.py --adapter {options.adapter} --fixtures {options.fixtures} --seed {options.seed} --session {number}", file=sys.stderr)
            return 1
        finally:
            messages += soak.client.last_seq + soak.client.seq
            soak.clean()
        number += 1
        if options.session is not None or time.monotonic() - start > options.seconds:
            break
    print(f"{number if options.session is None else 1} sessions, {messages} messages, all answered and in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
