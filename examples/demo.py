#!/usr/bin/env python3
"""Debugs the echo server through stackful, as an editor would, and prints what a person would see there.

A Debug Adapter Protocol client of its own: it starts the adapter, talks to it over stdin and stdout, and links
nothing of it. Python's standard library only. `./dev demo` builds all and runs it.
"""
import argparse
import json
import os
import re
import select
import socket
import subprocess
import sys
import time

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BOLD, DIM, CYAN, YELLOW, GREEN = ("1", "2", "36", "33", "32")


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


class Trouble(Exception):
    pass


class Adapter:
    """The other end of the conversation."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.buffer, self.messages, self.seq = b"", [], 0

    def read(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            raise Trouble(f"the adapter has ended (status {self.process.wait()})")
        self.buffer += data
        while True:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            length = int(head.split(b":")[1]) if end else 0
            if not end or len(rest) < length:
                return
            self.messages.append(json.loads(rest[:length]))
            self.buffer = rest[length:]

    def wait(self, fits, what, seconds=20):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            for message in self.messages:
                if fits(message):
                    self.messages.remove(message)
                    return message
            self.read(0.1)
        raise Trouble(f"{what} did not come within {seconds} s")

    def send(self, command, **arguments):
        self.seq += 1
        body = json.dumps({"seq": self.seq, "type": "request", "command": command, "arguments": arguments}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self.seq

    def answer(self, seq, command):
        reply = self.wait(lambda m: m["type"] == "response" and m["request_seq"] == seq, f"the answer to {command}")
        if not reply["success"]:
            raise Trouble(f"{command}: {reply['body']['error']['format']}")
        return reply.get("body", {})

    def ask(self, command, **arguments):
        return self.answer(self.send(command, **arguments), command)

    def event(self, name, **members):
        def fits(m):
            return m["type"] == "event" and m["event"] == name and all(m["body"].get(k) == v for k, v in members.items())

        return self.wait(fits, f"the event `{name}`").get("body", {})


def title(text):
    print("\n" + paint(f"── {text} " + "─" * max(3, 96 - len(text)), BOLD))


def show_source(path, line):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number in range(line - 2, line + 2):
        text = f"  {'▶' if number == line else ' '} {number:3}  {lines[number - 1]}"
        print(paint(text, BOLD) if number == line else paint(text, DIM))


def show_threads(threads, stopped):
    for thread in threads:
        here = thread["id"] == stopped
        print(("  ▶ " if here else "    ") + (paint(thread["name"], BOLD) if here else thread["name"]))


def show_frames(frames):
    hidden = 0
    for frame in frames:
        hint = frame.get("presentationHint")
        if hint == "subtle":
            hidden += 1
            continue
        if hint == "label":
            print(paint(f"    {frame['name']}", DIM))
            continue
        where = f"{frame.get('source', {}).get('name', '?')}:{frame['line']}"
        print(f"    {paint(frame['name'], CYAN):<{70 if COLOUR else 61}} {where}")
    if hidden:
        print(paint(f"    (and {hidden} of tokio and std, which an editor shows folded)", DIM))


def show_variables(variables):
    width = max((len(v["name"]) for v in variables), default=0)
    for variable in variables:
        kind = f"  : {variable['type']}" if variable.get("type") else ""
        room = 94 - width - len(kind)
        value = variable["value"] if len(variable["value"]) <= room else variable["value"][: room - 1] + "…"
        print(f"    {paint(variable['name'], YELLOW)}{' ' * (width - len(variable['name']))} = {value}{paint(kind, DIM)}")


def marked_line(path, mark):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.rstrip().endswith(f"// MARK: {mark}"):
                return number
    raise Trouble(f"{path} has no line that ends in `// MARK: {mark}`")


def talk_to(port, text):
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(text)
    return client


def demo(adapter, options):
    line = marked_line(options.source, "sleep")
    adapter.ask("initialize", clientID="stackful-demo", adapterID="stackful", linesStartAt1=True, columnsStartAt1=True,
                pathFormat="path", supportsVariableType=True, supportsVariablePaging=True, supportsANSIStyling=COLOUR)
    launch = adapter.send("launch", program=os.path.abspath(options.program))
    early = adapter.wait(lambda m: m.get("event") == "initialized" or m.get("request_seq") == launch, "the start of the program")
    if early["type"] == "response":
        raise Trouble(f"launch: {early['body']['error']['format']}")
    breakpoint, = adapter.ask("setBreakpoints", source={"path": os.path.abspath(options.source)}, breakpoints=[{"line": line}])["breakpoints"]
    if not breakpoint["verified"]:
        raise Trouble(f"the breakpoint at line {line} can't be set: {breakpoint.get('message')}")
    adapter.ask("configurationDone")
    adapter.answer(launch, "launch")
    print(f"  launched  {options.program}, under stackful")
    print(f"  breakpoint at {options.source}:{breakpoint['line']}, inside an async block that each connection runs")

    said = ""
    while not re.search(r"Listening on: \S+:(\d+)\s", said):
        said += adapter.event("output", category="stdout")["output"]
    port = int(re.search(r"Listening on: \S+:(\d+)\s", said).group(1))
    first = talk_to(port, b"hello")
    stop = adapter.event("stopped")
    print(f"  client 1 said \"hello\" to 127.0.0.1:{port}: {stop['description']}; continued")
    adapter.ask("continue", threadId=stop["threadId"])
    second = talk_to(port, b"good day")
    stop = adapter.event("stopped")
    print(f"  client 2 said \"good day\": {paint(stop['description'], GREEN)}")

    thread = stop["threadId"]
    threads = adapter.ask("threads")["threads"]
    frames = adapter.ask("stackTrace", threadId=thread)["stackFrames"]
    top = next(f for f in frames if f.get("source"))
    show_source(top["source"]["path"], top["line"])

    title("Threads: every task is one; ▶ is where it stopped")
    show_threads(threads, thread)
    title("Call stack of the stopped task")
    show_frames(frames)
    waiting = next((t for t in threads if t["id"] != thread and t["id"] >= 1000000000 and "idle" in t["name"]), None)
    if waiting:
        title("Call stack of a task that waits: no thread runs it, its futures are its stack")
        show_frames(adapter.ask("stackTrace", threadId=waiting["id"])["stackFrames"])
    title("Variables of the top frame")
    scope = next(s for s in adapter.ask("scopes", frameId=top["id"])["scopes"] if s["name"] == "Locals")
    show_variables(adapter.ask("variables", variablesReference=scope["variablesReference"])["variables"])
    mine = re.escape(top["name"].split("::")[-1])
    for command in ("async backtrace", "async backtrace all", f"async task {mine}$"):
        title(f"In the debug console: {command}")
        print(adapter.ask("evaluate", expression=command, context="repl", frameId=top["id"])["result"])
    adapter.ask("disconnect", terminateDebuggee=True)
    first.close()
    second.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default="build/stackful")
    parser.add_argument("--program", default="build/fixtures/debug/echo")
    parser.add_argument("--source", default="examples/echo/src/main.rs")
    options = parser.parse_args()
    print(paint("stackful debugs a tokio echo server, over the Debug Adapter Protocol", BOLD))
    start = time.monotonic()
    adapter = None
    try:
        adapter = Adapter(options.adapter)
        demo(adapter, options)
    except (Trouble, OSError) as trouble:
        print(f"\ndemo: {trouble}", file=sys.stderr)
        if "ptrace" in str(trouble) or "permitted" in str(trouble):
            print("demo: this machine does not let one process trace another; a container needs --cap-add=SYS_PTRACE", file=sys.stderr)
        print(f"demo: `{options.adapter} --log FILE` tells more; ./dev build and ./dev test say whether all is well", file=sys.stderr)
        return 1
    finally:
        if adapter:
            adapter.process.stdin.close()
            try:
                adapter.process.wait(5)
            except subprocess.TimeoutExpired:
                adapter.process.kill()
    title(f"Done in {time.monotonic() - start:.1f} s")
    print("  In your editor: use build/stackful as the debug adapter (it speaks DAP on stdin and stdout), a launch")
    print("  configuration with `program`, and type `help` into the debug console. README.md tells how, for each editor.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
