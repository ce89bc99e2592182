#!/usr/bin/env python3
"""What a session must bear, each part a test of its own.

usage: robust.py --adapter PATH --fixtures FOLDER PART
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time

from client import PATIENCE, Client, Failure, Schema

TOP = pathlib.Path(__file__).resolve().parents[2]


class Session(Client):
    def __init__(self, options):
        super().__init__([options.adapter], options.schema)
        self.options = options

    def program(self, name):
        path = pathlib.Path(self.options.fixtures, "debug", name)
        return str(path if path.is_file() else pathlib.Path(self.options.adapter).parent / "fixtures/c" / name)

    def launch(self, name, *arguments, functions=(), run=True, **more):
        self.do("initialize", {"clientID": "test", "adapterID": "stackful"})
        self.request("launch", {"program": self.program(name), "args": arguments, **more})
        self.event("initialized")
        if functions:
            self.do("setFunctionBreakpoints", {"breakpoints": [{"name": f} for f in functions]})
        if run:
            self.do("configurationDone")
            self.pid = self.event("process")["systemProcessId"]

    def leave(self):
        self.do("disconnect")
        self.close()
        if self.exit_status() != 0:
            raise Failure(f"the adapter ended with {self.process.returncode}")
        self.until_gone(self.pid)

    def until_gone(self, pid):
        limit = time.monotonic() + 10 * PATIENCE
        while alive(pid):
            if time.monotonic() > limit:
                raise Failure(f"process {pid} lives on")
            time.sleep(0.01)

    def frame(self, stopped):
        return self.do("stackTrace", {"threadId": stopped["threadId"], "levels": 1})["stackFrames"][0]

    def run_on(self, stopped):
        self.do("continue", {"threadId": stopped["threadId"]})


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def framed(number, command, arguments):
    body = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def ten_thousand(s):
    """10,000 requests at once, of which no answer is read until all are sent; each is answered, cancelled or done."""
    s.launch("plain", "spin")
    first, count = s.seq + 1, 10000
    data = b""
    for i in range(count):
        number = first + i
        command = ("threads", "stackTrace", "cancel", "evaluate")[i % 4]
        s.sent[number] = (command, time.monotonic())
        data += framed(number, command, {"threadId": 1, "requestId": number - 1, "expression": "1"})
    s.seq = first + count - 1
    writer = threading.Thread(target=s.send_raw, args=(data,))
    writer.start()
    time.sleep(0.3)  # the adapter's output is full by now, or will be: it must go on reading or wait, not end
    while s.sent:
        if not s.pump(20 * PATIENCE):
            raise Failure(f"{len(s.sent)} are not answered")
    writer.join()
    cancelled = sum(m["type"] == "response" and m.get("message") == "cancelled" for m in s.inbox)
    if not 500 < cancelled <= 2500:  # all but those that were answered before their `cancel` came
        raise Failure(f"{cancelled} of 2500 were cancelled")
    s.leave()


def byte_by_byte(s):
    """A whole session, each byte written by itself."""
    whole = s.send_raw

    def slowly(data):
        for i in range(len(data)):
            whole(data[i:i + 1])

    s.send_raw = slowly
    s.launch("process", "threads", "2", "10", functions=["pass"])
    s.run_on(s.event("stopped"))
    s.event("stopped")
    s.leave()


def any_time(s):
    """Each request of the table at each time: before initialize, before launch, configuring, running, stopped, ended."""
    commands = [line.split("(")[1].split(",")[0] for line in (TOP / "adapter/requests.def").read_text().splitlines() if line.startswith("REQUEST(")]
    commands = [c for c in commands if c not in ("initialize", "launch", "attach", "configurationDone", "disconnect", "restart", "terminate",
                                                 "continue", "next", "stepIn", "stepOut", "goto", "stackful/run", "terminateThreads")]

    def all_of_them():
        for command in commands:
            for arguments in (None, {}, {"threadId": s.thread, "frameId": 1, "variablesReference": 1, "expression": "1", "name": "x", "value": "1",
                                         "breakpoints": [], "filters": [], "text": "a", "column": 1, "line": 1, "source": {"path": "/x.rs"},
                                         "memoryReference": "0x10", "count": 1, "instructionCount": 1, "requestId": 1, "locationReference": 1}):
                if command == "pause" and arguments and s.stage in ("running",):
                    continue
                s.response(s.request(command, arguments))

    s.thread = 1
    for s.stage in ("new", "ready", "configuring", "running", "stopped", "ended"):
        if s.stage == "ready":
            s.do("initialize", {"clientID": "test", "adapterID": "stackful"})
        elif s.stage == "configuring":
            s.request("launch", {"program": s.program("plain"), "args": ["spin"]})
            s.event("initialized")
        elif s.stage == "running":
            s.do("configurationDone")
            s.pid = s.thread = s.event("process")["systemProcessId"]
        elif s.stage == "stopped":
            s.do("pause", {"threadId": s.thread})
            s.event("stopped")
        elif s.stage == "ended":
            os.kill(s.pid, signal.SIGKILL)
            s.event("terminated")
        all_of_them()
    s.leave()


def two_thousand_threads(s):
    """A program of 2,000 threads: stopped, told, stepped, let go on, and ended."""
    s.launch("process", "idle", "2000")
    s.wait(lambda m: m["type"] == "event" and m["event"] == "output" and "idle" in m["body"]["output"], "its output", 60)
    for _ in range(3):
        s.do("pause", {"threadId": s.pid})
        stopped = s.event("stopped", 30)
        threads = s.do("threads", None, 30)["threads"]
        if len(threads) != 2001:
            raise Failure(f"{len(threads)} threads are told")
        for thread in threads[1::200]:
            frames = s.do("stackTrace", {"threadId": thread["id"]})["stackFrames"]
            if "sleep_forever" not in [f["name"] for f in frames]:
                raise Failure(f"the stack of {thread}: {frames}")
        s.run_on(stopped)
    s.leave()


def killed(s):
    """SIGKILL in each state: configuring, at a stop, in a step, while breakpoints are set, while it stops."""
    def after_kill(session):
        session.event("terminated")
        session.leave()

    s.launch("process", "forever", run=False)
    s.request("configurationDone")
    s.pid = s.event("process")["systemProcessId"]
    os.kill(s.pid, signal.SIGKILL)
    after_kill(s)
    for state in ("stopped", "step", "breakpoints", "pause", "configuring"):
        s = Session(s.options)
        if state == "configuring":
            s.launch("process", "forever", run=False)
            s.pid = int(next(p for p in os.listdir("/proc") if p.isdigit() and parent(p) == s.process.pid))
            os.kill(s.pid, signal.SIGKILL)
            response = s.wait(lambda m: m["type"] == "response" and m["command"] == "launch", "launch")
            if response["success"] or "ended before" not in response["message"]:
                raise Failure(json.dumps(response))
            after_kill(s)
            continue
        s.launch("process", "forever", functions=["pass"])
        stopped = s.event("stopped")
        if state == "step":
            s.request("next", {"threadId": stopped["threadId"]})
        if state in ("breakpoints", "pause"):
            s.do("setFunctionBreakpoints", {"breakpoints": []})
            s.run_on(stopped)
        os.kill(s.pid, signal.SIGKILL)
        for _ in range(20):
            if state == "breakpoints":
                s.response(s.request("setFunctionBreakpoints", {"breakpoints": [{"name": "pass"}]}))
                s.response(s.request("setFunctionBreakpoints", {"breakpoints": []}))
            elif state == "pause":
                s.response(s.request("pause", {"threadId": 1}))
            else:
                s.response(s.request("stackTrace", {"threadId": stopped["threadId"]}))
        after_kill(s)


def parent(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def restarts(s):
    """Restarts that come while one is under way are refused, and that one goes on; a disconnect ends one."""
    s.launch("plain", "spin")
    for last in (False, True):
        first, data = s.seq + 1, b""
        for command in ["restart"] * 5 + ["disconnect"] * last:
            s.seq += 1
            s.sent[s.seq] = (command, time.monotonic())
            data += framed(s.seq, command, {})
        s.send_raw(data)  # at once, so that the first is under way when the others are read
        answers = [s.response(first + i) for i in range(5)]
        if [a["success"] for a in answers] != [not last, False, False, False, False]:
            raise Failure(json.dumps(answers))
        if not last:
            s.pid = s.event("process")["systemProcessId"]
    s.event("terminated")
    s.until_gone(s.pid)


def churn(s):
    """Threads that come and go all the time, while it is paused, stepped and given breakpoints, and until it ends."""
    s.launch("process", "churn", "2000")
    rounds = 0
    while not s.over and rounds < 60:
        rounds += 1
        for command, arguments in (("setFunctionBreakpoints", {"breakpoints": [{"name": "pass"}]}), ("pause", {"threadId": s.pid})):
            s.response(s.request(command, arguments))
        stopped = s.wait(lambda m: m["type"] == "event" and m["event"] in ("stopped", "terminated"), "a stop")
        if stopped["event"] == "terminated":
            break
        thread = stopped["body"]["threadId"]
        step = s.response(s.request(("next", "stepOut", "stepIn")[rounds % 3], {"threadId": thread}))
        if step["success"]:
            stopped = s.wait(lambda m: m["type"] == "event" and m["event"] in ("stopped", "terminated"), "the step's end", 30)
            if stopped["event"] == "terminated":
                break
            thread = stopped["body"]["threadId"]
        s.response(s.request("setFunctionBreakpoints", {"breakpoints": []}))
        s.response(s.request("continue", {"threadId": thread}))
    if not s.over:
        s.event("terminated", 60)
    s.leave()


def vforks(s):
    """posix_spawn with a breakpoint where parent and child pass, and a step over the call that spawns."""
    s.launch("process", "spawn", functions=["pass", "spawns"])
    stopped = s.event("stopped")
    for _ in range(30):
        frame = s.do("stackTrace", {"threadId": stopped["threadId"], "levels": 1})["stackFrames"][0]
        if frame["name"] == "main":
            break
        s.do("next", {"threadId": stopped["threadId"]})
        stopped = s.event("stopped")
    else:
        raise Failure(f"never back in main: {frame}")
    s.run_on(stopped)
    if s.event("exited")["exitCode"] != 0:
        raise Failure("the program was disturbed")
    s.leave()


STEPPED = "tests/fixtures/task-steps/src/main.rs"
ROUND = ["loop", "price", "sum", "yield", "sleep", "ready", "for", "boxed", "for", "boxed", "for", "timeout", "unwrap", "question",
         "join", "round-end"]


def marks():
    found = {}
    for number, line in enumerate((TOP / STEPPED).read_text().splitlines(), 1):
        if "// MARK: " in line:
            found[line.rsplit("// MARK: ", 1)[1].strip()] = number
    return found


def key_repeat(s):
    """`next` held down: each stop is answered by what VS Code asks and the next `next` at once, the answers unread."""
    s.do("initialize", {"clientID": "vscode", "adapterID": "stackful", "supportsVariableType": True})
    s.request("launch", {"program": s.program("task-steps"), "args": ["rounds", "40"]})
    s.event("initialized")
    lines, place = marks(), {"source": {"path": str(TOP / STEPPED)}}
    s.do("setBreakpoints", {**place, "breakpoints": [{"line": lines["start"]}]})
    s.do("configurationDone")
    s.pid = s.event("process")["systemProcessId"]
    task = s.event("stopped")["threadId"]
    s.do("setBreakpoints", {**place, "breakpoints": []})
    asked = []
    s.request("next", {"threadId": task})
    for _ in range(8 * len(ROUND)):
        stopped = s.event("stopped", 30)
        if stopped["threadId"] != task:
            raise Failure(f"stopped in another task: {stopped}")
        s.request("threads")
        asked.append(s.request("stackTrace", {"threadId": task, "startFrame": 0, "levels": 1}))
        s.request("stackTrace", {"threadId": task, "startFrame": 1, "levels": 19})
        s.request("next", {"threadId": task})
    for i, request in enumerate(asked):
        answer = s.response(request, 30)
        line, wanted = answer["body"]["stackFrames"][0]["line"], lines[ROUND[i % len(ROUND)]]
        if line != wanted:
            raise Failure(f"step {i} is at line {line}, not {wanted}")
    s.leave()


def asleep(s):
    """A child's signal that belongs to no program, as one is left of a launch that was refused, is not waited for for ever."""
    s.do("initialize", {"clientID": "test", "adapterID": "stackful"})
    os.kill(s.process.pid, signal.SIGCHLD)
    limit, slept = time.monotonic() + 10 * PATIENCE, 0
    while slept < 50:
        state = pathlib.Path(f"/proc/{s.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        slept = slept + 1 if state == "S" else 0
        if time.monotonic() > limit:
            raise Failure("the adapter does not go to sleep while nothing happens")
        time.sleep(0.001)
    s.do("disconnect")


def built_again(s):
    """A program that was built again while it ran is restarted as it is now: with the debug info of the new file."""
    path, new = (pathlib.Path(s.options.folder, name) for name in ("program", "new"))
    shutil.copy(s.program("steps"), path)
    s.do("initialize", {"clientID": "test", "adapterID": "stackful"})
    s.request("launch", {"program": str(path)})
    s.event("initialized")
    s.do("setFunctionBreakpoints", {"breakpoints": [{"name": "main"}]})
    s.do("configurationDone")
    frame = s.frame(s.event("stopped"))
    if frame["source"]["name"] != "steps.c":
        raise Failure(f"stopped in {frame}")
    new.write_bytes(path.read_bytes().replace(b"steps.c\0", b"again.c\0"))  # all addresses stay
    new.chmod(0o755)
    os.replace(new, path)
    s.inbox.clear()
    s.do("restart")
    frame = s.frame(s.event("stopped"))
    if frame["source"]["name"] != "again.c":
        raise Failure(f"after the restart stopped in {frame}")
    news = [m["body"]["reason"] for m in s.inbox if m.get("event") == "module" and m["body"]["module"]["name"] == "program"]
    if news != ["changed"]:
        raise Failure(f"the module's news: {news}")
    s.do("disconnect")


def built_elsewhere(s):
    """Paths of the debug info that are not here: the first breakpoint that is bound tells where their files are."""
    path, source = pathlib.Path(s.options.folder, "program"), TOP / "tests/fixtures/steps/steps.c"
    elsewhere = "/elsewhere".ljust(len(str(TOP)), "x")[: len(str(TOP))]
    path.write_bytes(pathlib.Path(s.program("steps")).read_bytes().replace(str(TOP).encode() + b"/tests", elsewhere.encode() + b"/tests"))
    path.chmod(0o755)
    s.do("initialize", {"clientID": "test", "adapterID": "stackful"})
    s.request("launch", {"program": str(path), "args": ["lines"]})
    s.event("initialized")
    s.do("setFunctionBreakpoints", {"breakpoints": [{"name": "main"}]})
    s.do("configurationDone")
    stopped = s.event("stopped")
    if "path" in s.frame(stopped)["source"]:
        raise Failure(f"a file that is not here: {s.frame(stopped)}")
    line = next(n for n, text in enumerate(source.read_text().splitlines(), 1) if text.endswith("MARK: lines-1"))
    s.do("setBreakpoints", {"source": {"path": str(source)}, "breakpoints": [{"line": line}]})
    for frame in s.frame(stopped), s.run_on(stopped) or s.frame(s.event("stopped")):
        if frame["source"].get("path") != str(source):
            raise Failure(f"shown in {frame}")
    s.do("disconnect")


def own_client(s):
    """A client, and who started it, are not attached to: they would be stopped, and could not go on."""
    s.do("initialize", {"clientID": "test", "adapterID": "stackful"})
    for pid in (os.getpid(), os.getppid()):
        answer = s.response(s.request("attach", {"pid": pid}))
        if answer["success"] or f"process {pid} has started this debugger" not in answer["message"]:
            raise Failure(f"attach to {pid}: {answer}")
    s.do("disconnect")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--fixtures", required=True)
    parser.add_argument("part")
    options = parser.parse_args()
    options.schema = Schema(TOP)
    session = Session(options)
    try:
        with tempfile.TemporaryDirectory() as options.folder:
            globals()[options.part](session)
    except Failure as failure:
        print(f"{options.part}: {failure}", file=sys.stderr)
        return 1
    finally:
        session.process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
