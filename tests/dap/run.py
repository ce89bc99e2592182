#!/usr/bin/env python3
"""Plays a transcript against the real adapter over real pipes.

usage: run.py --adapter PATH --fixtures FOLDER [--profile release] TRANSCRIPT.dap

A transcript is read line by line; a line that begins with white space goes on with the one before it.
`# ...` is a comment; `# arguments: ...` gives the adapter arguments; `# also in release` has CTest play it
with the programs of --profile release, too. In all text `{FILE:MARK}` is the line of `// MARK: MARK` in FILE (a path from the source
tree's top), `{program:NAME}` a fixture's executable (`{program:NAME:release}`: its optimised one), `{top}` the source tree, `{tmp}` an empty folder, `${name}` a
bound value; `${adapter}` is the adapter's process.

  > COMMAND [JSON]         sends a request
  < COMMAND [PART]         the oldest unanswered request of this name succeeds, with this part in its body
  ! COMMAND [TEXT]         it fails; TEXT is a regular expression for the error
  ! ? TEXT                 a response to nothing in particular (request_seq 0) fails
  poll COMMAND JSON => PART  asks again and again until the answer has this part
  @ EVENT [PART]           an event comes whose body has this part
  none EVENT               no such event has come but those that were expected
  & COMMAND [PART]         the adapter asks this, with this part in its arguments, and is answered
  refuse COMMAND TEXT      the same, and its answer is the error TEXT
  terminal NAME [PART]     it asks for a program in a terminal: that is started; binds NAME to its number
  raw "TEXT"               sends these bytes; escapes as in JSON
  set NAME JSON            binds a value
  spawn NAME PROGRAM ARG.. starts a process; binds NAME to its number
  output NAME REGEX        the spawned process prints a line that matches; its groups are bound to NAME.1 ..
  signal NUMBER NAME       sends SIGNAME
  gone NUMBER, alive NUMBER, untraced NUMBER   polls until it is so
  connect NAME PORT, say NAME TEXT, hear NAME TEXT, hang-up NAME   a TCP client
  file NAME TEXT           writes {tmp}/NAME; escapes as in JSON
  holds NAME REGEX         {tmp}/NAME has text that matches
  eof                      closes the adapter's stdin
  exit STATUS              the adapter ends, with this status

A PART matches a value that has at least its members; "-name" says that there is no such member. A list matches
item by item; "..." in it stands for any number of items. "~REGEX" matches text (named groups are bound), "*"
anything, "$name" binds what is there, or compares once it is bound.
At the end every request must be answered; stdin is closed, and the adapter must end with status 0.
"""
import argparse
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from client import PATIENCE, Client, Failure, Schema
from match import matches


class Player:
    def __init__(self, options, folder, text):
        self.options, self.tmp = options, folder
        self.top = pathlib.Path(__file__).resolve().parents[2]
        self.schema = Schema(self.top)
        self.record = io.StringIO()
        self.stderr = open(pathlib.Path(folder, "adapter.stderr"), "wb+")
        arguments = re.search(r"^# arguments: (.*)$", text, re.M)
        arguments = arguments.group(1).replace("{tmp}", folder).split() if arguments else []
        self.client = Client([options.adapter, *arguments], self.schema, self.record, self.stderr)
        self.bound, self.requests = {"adapter": self.client.process.pid}, {}
        self.spawned, self.sockets, self.lines = {}, {}, {}
        self.ended = False

    # ------------------------------------------------------------ text
    def expand(self, text):
        def place(match):
            what, _, name = match.group(1).partition(":")
            if what == "program":
                return self.program(name)
            for number, line in enumerate((self.top / what).read_text().splitlines(), 1):
                if re.search(rf"// MARK: {re.escape(name)}\s*$", line):
                    return str(number)
            raise Failure(f"{what} has no `// MARK: {name}`")

        text = text.replace("{top}", str(self.top)).replace("{tmp}", self.tmp)
        text = re.sub(r"\{((?:program|[\w./-]+\.(?:rs|c)):[\w.-]+(?::release)?)\}", place, text)
        return re.sub(r"\$\{([\w.]+)\}", lambda m: str(self.value(m.group(1))), text)

    def value(self, name):
        if name not in self.bound:
            raise Failure(f"${{{name}}} is not bound")
        return self.bound[name]

    def program(self, name):
        name, _, profile = name.partition(":")
        path = pathlib.Path(self.options.fixtures, profile or self.options.profile, name)
        if not path.is_file():  # those in C
            path = pathlib.Path(self.options.adapter).parent / "fixtures/c" / name
        if not path.is_file():
            raise Failure(f"there is no {path} (`./dev test` builds it)")
        return str(path)

    def json(self, text):
        def fill(part):
            if isinstance(part, str) and part.startswith("$"):
                return self.value(part[1:])
            if isinstance(part, dict):
                return {k: fill(v) for k, v in part.items()}
            return [fill(v) for v in part] if isinstance(part, list) else part

        return fill(json.loads(text))

    # ------------------------------------------------------------ lines
    def play(self, text):
        for number, line in self.logical_lines(text):
            try:
                self.one(line)
            except Failure as failure:
                raise Failure(f"line {number}: {line.splitlines()[0]}\n{failure}") from None
        self.finish()

    @staticmethod
    def logical_lines(text):
        lines = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if line[0].isspace() and lines:
                lines[-1][1] += "\n" + line
            else:
                lines.append([number, line])
        return lines

    def one(self, line):
        word, _, rest = line.partition(" ")
        rest = self.expand(rest.strip())
        name, _, tail = rest.partition(" ")
        signs = {"&": "asked", ">": "send", "<": "success", "!": "failure", "@": "event"}
        action = getattr(self, "do_" + signs.get(word, word).replace("-", "_"), None)
        if not action:
            raise Failure(f"the transcript's `{word}` is not known")
        action(name, tail.strip())

    # ------------------------------------------------------------ messages
    def do_send(self, command, tail):
        self.requests.setdefault(command, []).append(self.client.request(command, self.json(tail) if tail else None))

    def answer(self, command):
        waiting = self.requests.get(command)
        if not waiting:
            raise Failure(f"no {command} request waits for an answer")
        return self.client.response(waiting.pop(0))

    def do_success(self, command, tail):
        response = self.answer(command)
        if not response["success"]:
            raise Failure(f"it failed: {json.dumps(response)}")
        why = matches(json.loads(tail), response.get("body", {}), self.bound) if tail else ""
        if why:
            raise Failure(f"body{why}")

    def do_failure(self, command, tail):
        if command == "?":
            response = self.client.wait(lambda m: m["type"] == "response" and m["request_seq"] == 0, "response to nothing in particular")
        else:
            response = self.answer(command)
        if response["success"]:
            raise Failure(f"it succeeded: {json.dumps(response)[:400]}")
        text = response["message"] + "\n" + response["body"]["error"]["format"]
        if not re.search(tail, text):
            raise Failure(f"its error is {text!r}")

    def do_poll(self, command, tail):
        arguments, _, part = tail.partition("=>")
        limit = time.monotonic() + 10 * PATIENCE
        while True:
            response = self.client.response(self.client.request(command, self.json(arguments)))
            why = matches(json.loads(part), response.get("body", {}), self.bound)
            if not why:
                return
            if time.monotonic() > limit:
                raise Failure(f"not within {10 * PATIENCE:g} s: body{why}")

    def do_event(self, event, tail):
        part = json.loads(tail) if tail else {}
        reasons = []

        def fits(message):
            if message["type"] != "event" or message["event"] != event:
                return False
            trial = dict(self.bound)
            why = matches(part, message.get("body", {}), trial)
            if why:
                reasons.append(why)
            else:
                self.bound.update(trial)
            return not why

        try:
            self.client.wait(fits, f"event {event}")
        except Failure as failure:
            raise Failure(f"{failure}" + "".join(f"\n  one came, but its body{why}" for why in reasons[-3:])) from None

    def asked(self, command, tail):
        message = self.client.wait(lambda m: m["type"] == "request" and m["command"] == command, f"request {command}")
        why = matches(json.loads(tail), message.get("arguments", {}), self.bound) if tail else ""
        if why:
            raise Failure(f"arguments{why}")
        return message

    def do_asked(self, command, tail):
        self.client.answer(self.asked(command, tail), {})

    def do_refuse(self, command, tail):
        self.client.answer(self.asked(command, ""), None, tail)

    def do_terminal(self, name, tail):
        message = self.asked("runInTerminal", tail)
        arguments = message["arguments"]
        environment = dict(os.environ)
        for key, value in arguments.get("env", {}).items():
            environment.pop(key, None)
            if value is not None:
                environment[key] = value
        self.start(name, arguments["args"], cwd=arguments["cwd"], env=environment)
        self.client.answer(message, {"processId": self.bound[name]})

    def do_none(self, event, tail):
        while self.client.pump(0):
            pass
        for message in self.client.inbox:
            if message["type"] == "event" and message["event"] == event:
                raise Failure(f"there is one: {json.dumps(message)[:300]}")

    def do_raw(self, name, tail):
        self.client.send_raw(json.loads(f"{name} {tail}".strip()).encode("latin-1"))

    def do_set(self, name, tail):
        self.bound[name] = json.loads(tail)

    # ------------------------------------------------------------ processes
    def until(self, holds, what, seconds=5):
        limit = time.monotonic() + seconds * PATIENCE
        while not holds():
            if time.monotonic() > limit:
                raise Failure(f"not within {seconds * PATIENCE:g} s: {what()}")
            self.client.pump(0.01)

    @staticmethod
    def status(number):
        try:
            text = pathlib.Path(f"/proc/{number}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return {}
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def is_gone(self, number):
        return self.status(number).get("State", "Z")[0] in "ZX"

    def do_spawn(self, name, tail):
        self.start(name, tail.split())

    def start(self, name, command, **options):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0, **options)
        os.set_blocking(process.stdout.fileno(), False)
        self.spawned[name], self.lines[name], self.bound[name] = process, b"", process.pid

    def do_output(self, name, tail):
        def found():
            self.lines[name] += self.spawned[name].stdout.read() or b""
            hit = re.search(tail.encode(), self.lines[name])
            for i, group in enumerate(hit.groups() if hit else (), 1):
                self.bound[f"{name}.{i}"] = group.decode()
            return hit

        self.until(found, lambda: f"it has printed {self.lines[name]!r}", 10)

    def do_signal(self, number, tail):
        os.kill(int(number), getattr(signal, "SIG" + tail))

    def do_gone(self, number, tail):
        self.until(lambda: self.is_gone(number), lambda: f"process {number} is {self.status(number).get('State')}")

    def do_alive(self, number, tail):
        if self.is_gone(number):
            raise Failure(f"process {number} is gone")

    def do_untraced(self, number, tail):
        self.until(lambda: self.status(number).get("TracerPid") == "0", lambda: f"process {number} is traced still")

    # ------------------------------------------------------------ sockets and files
    def do_connect(self, name, tail):
        self.sockets[name] = socket.create_connection(("127.0.0.1", int(tail)), timeout=10 * PATIENCE)

    def do_say(self, name, tail):
        self.sockets[name].sendall(tail.encode())

    def do_hear(self, name, tail):
        got = b""
        while len(got) < len(tail):
            piece = self.sockets[name].recv(len(tail) - len(got))
            if not piece:
                break
            got += piece
        if got != tail.encode():
            raise Failure(f"it says {got!r}")

    def do_hang_up(self, name, tail):
        self.sockets.pop(name).close()

    def do_file(self, name, tail):
        path = pathlib.Path(self.tmp, name)
        path.write_bytes(json.loads(tail).encode("latin-1"))
        path.chmod(0o755)

    def do_holds(self, name, tail):
        text = pathlib.Path(self.tmp, name).read_text()
        if not re.search(tail, text):
            raise Failure(f"it holds {text[-2000:]!r}")

    # ------------------------------------------------------------ the end
    def do_eof(self, name, tail):
        self.client.close()

    def do_exit(self, name, tail):
        self.until(lambda: self.client.eof, lambda: "the adapter has not ended")
        status = self.client.exit_status()
        self.ended = True
        if status != int(name):
            raise Failure(f"it ended with {status}")

    def finish(self):
        if not self.ended:
            limit = time.monotonic() + 5 * PATIENCE
            while self.client.sent and time.monotonic() < limit and not self.client.eof:
                self.client.pump(0.05)
        if self.client.sent:
            raise Failure("never answered: " + ", ".join(f"{c} ({n})" for n, (c, _) in self.client.sent.items()))
        if not self.ended:
            self.client.close()
            self.do_exit("0", "")

    def errors(self):
        self.stderr.flush()
        return pathlib.Path(self.tmp, "adapter.stderr").read_text(errors="replace")[-6000:]

    def clean(self):
        for process in self.spawned.values():
            process.kill()
            process.wait()
        for each in self.sockets.values():
            each.close()
        self.client.close()
        try:
            self.client.process.wait(2)
        except subprocess.TimeoutExpired:
            self.client.process.kill()
        self.stderr.close()


def check_by_rules(player):
    """The rules of a checker of its own, where there is one (DAPCHECK: the path of dapcheck.py)."""
    checker = os.environ.get("DAPCHECK") or player.top / "../shared/clients/protocol/dapcheck.py"
    if player.schema.absent or not os.path.isfile(checker):
        return
    path = pathlib.Path(player.tmp, "transcript.jsonl")
    path.write_text(player.record.getvalue())
    done = subprocess.run([sys.executable, str(checker), "--fail-on", "warning", str(path)], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{checker}:\n{done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--fixtures", required=True)
    parser.add_argument("--profile", default="debug", help="which of cargo's builds of the fixtures")
    parser.add_argument("--keep", help="write the record of the session to this file")
    parser.add_argument("transcript")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="stackful-dap-")
    text = pathlib.Path(options.transcript).read_text()
    player = Player(options, folder, text)
    try:
        player.play(text)
        if "# unchecked" not in text:
            check_by_rules(player)
    except Failure as failure:
        print(f"{options.transcript}: {failure}\n{player.errors()}", file=sys.stderr)
        return 1
    finally:
        if options.keep:
            pathlib.Path(options.keep).write_text(player.record.getvalue())
        player.clean()
        shutil.rmtree(folder, ignore_errors=True)
    if player.schema.absent:
        print(f"not checked against the specification: {player.schema.absent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
