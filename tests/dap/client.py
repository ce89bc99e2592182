"""A Debug Adapter Protocol client for tests: framing over pipes, a queue of what came, and the checks that
every message must pass (schema, order). Standard library; jsonschema where it is installed."""
import collections
import contextlib
import json
import os
import pathlib
import re
import select
import socket
import subprocess
import time

PATIENCE = float(os.environ.get("STACKFUL_TEST_PATIENCE", "1"))  # more for slow builds (sanitizers)
SCHEMA_PLACES = [os.environ.get("DAP_SCHEMA", ""), "../shared/schema/debugAdapterProtocol.json"]


class Failure(Exception):
    pass


class Schema:
    """The specification's schema, if it and the package to read it are here; `absent` says what is missing."""

    def __init__(self, root):
        self.absent = ""
        path = next((p for p in (pathlib.Path(root, place) for place in SCHEMA_PLACES if place) if p.is_file()), None)
        if not path:
            self.absent = "no DAP schema (set DAP_SCHEMA to debugAdapterProtocol.json)"
            return
        try:
            import jsonschema
        except ImportError:
            self.absent = "no jsonschema (Debian package python3-jsonschema)"
            return
        self.definitions = json.loads(path.read_text())["definitions"]
        self.validator, self.cache, self.names = jsonschema.Draft4Validator, {}, {}
        for name, body in self.definitions.items():
            for kind, field in (("Request", "command"), ("Event", "event")):
                for part in body.get("allOf", []) if name.endswith(kind) else []:
                    for value in part.get("properties", {}).get(field, {}).get("enum", []):
                        self.names[kind, value] = name

    def check(self, message):
        if self.absent:
            return
        if message["type"] == "event":
            name = self.names.get(("Event", message["event"]))
            if not name:
                raise Failure(f"event {message['event']} is not in the specification")
        elif message["type"] == "request":  # the client's to answer
            name = self.names[("Request", message["command"])]
        elif not message["success"]:
            name = "ErrorResponse"
        elif message["command"].startswith("stackful/"):  # ours: adapter/README.md
            name = "Response"
        else:
            name = self.names[("Request", message["command"])][: -len("Request")] + "Response"
        if name not in self.cache:
            self.cache[name] = self.validator({"definitions": self.definitions, "allOf": [{"$ref": "#/definitions/" + name}]})
        for error in self.cache[name].iter_errors(message):
            where = "/".join(map(str, error.absolute_path)) or "message"
            raise Failure(f"{name} breaks the schema at {where}: {error.message[:200]}\n  {json.dumps(message)[:400]}")


class Client:
    def __init__(self, command, schema, record=None, stderr=None):
        self.schema, self.record = schema, record
        self.start = time.monotonic()
        if "--listen" in command:
            self.connect(command, stderr)
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, bufsize=0)
            self.input, self.output = self.process.stdin, self.process.stdout
        self.buffer = b""
        self.inbox = []          # messages that no expectation has taken yet
        self.seq = self.last_seq = 0
        self.sent = {}           # seq -> (command, time), unanswered
        self.stopped = self.over = False
        self.eof = False
        self.latency = collections.defaultdict(list)

    def connect(self, command, stderr):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0)
        line = self.process.stderr.readline().decode()
        found = re.search(r"listening on (\S+):(\d+)$", line.strip())
        if not found:
            raise Failure(f"it says {line!r} instead of where it listens")
        self.socket = socket.create_connection((found.group(1), int(found.group(2))), timeout=5 * PATIENCE)
        self.input = self.output = self.socket.makefile("rwb", buffering=0)

    # ------------------------------------------------------------ out
    def note(self, direction, message):
        if self.record:
            entry = {"t": round(time.monotonic() - self.start, 6), "dir": direction, "msg": message}
            self.record.write(json.dumps(entry) + "\n")

    def send_raw(self, data):
        try:
            self.input.write(data)
        except BrokenPipeError:
            raise Failure("the adapter has closed its stdin") from None

    def request(self, command, arguments=None):
        self.seq += 1
        message = {"seq": self.seq, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        self.note("c2a", message)
        self.sent[self.seq] = (command, time.monotonic())
        body = json.dumps(message).encode()
        self.send_raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self.seq

    def answer(self, request, body, error=None):
        """Answers a request of the adapter's."""
        self.seq += 1
        message = {"seq": self.seq, "type": "response", "request_seq": request["seq"], "command": request["command"], "success": error is None}
        message.update({"body": body} if error is None else {"message": error})
        self.note("c2a", message)
        text = json.dumps(message).encode()
        self.send_raw(b"Content-Length: %d\r\n\r\n" % len(text) + text)

    def close(self):
        if self.input is self.output:
            with contextlib.suppress(OSError):  # closed by the other side
                self.socket.shutdown(socket.SHUT_WR)
        elif not self.input.closed:
            self.input.close()

    # ------------------------------------------------------------ in
    def pump(self, seconds):
        """Takes in what comes, up to `seconds` if nothing does; False if nothing came."""
        if self.eof or not select.select([self.output], [], [], seconds)[0]:
            return False
        data = os.read(self.output.fileno(), 1 << 16)
        self.eof = not data
        self.buffer += data
        while True:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return True
            if not head.startswith(b"Content-Length: "):
                raise Failure(f"bad header {head[:80]!r}")
            length = int(head[len(b"Content-Length: "):])
            if len(rest) < length:
                return True
            self.buffer = rest[length:]
            self.take(json.loads(rest[:length].decode("utf-8")))

    def take(self, message):
        self.note("a2c", message)
        if message["seq"] <= self.last_seq:
            raise Failure(f"seq {message['seq']} after {self.last_seq}")
        self.last_seq = message["seq"]
        if message.get("request_seq") != 0:  # what had no number is answered by 0, which the schema knows not
            self.schema.check(message)
        if message["type"] == "response":
            self.check_response(message)
        elif message["type"] == "event":
            self.check_event(message)
        self.inbox.append(message)

    def check_response(self, message):
        number = message["request_seq"]
        if number == 0 and not message["success"]:
            return  # of bytes that had no number
        if number not in self.sent:
            raise Failure(f"a response to request {number}, which was answered or never sent: {json.dumps(message)[:200]}")
        command, sent = self.sent.pop(number)
        if message["command"] != command:
            raise Failure(f"request {number} was {command}, its response says {message['command']}")
        self.latency[command].append(time.monotonic() - sent)

    def check_event(self, message):
        event = message["event"]
        if event == "stopped":
            if self.stopped:
                raise Failure("`stopped` twice, without `continued` between them")
            self.stopped = True
        elif event == "continued":
            if not self.stopped:
                raise Failure("`continued` without a stop before it")
            self.stopped = False
        elif event == "terminated":
            if self.over:
                raise Failure("`terminated` twice")
            self.over = True
        if self.over and event in ("stopped", "continued", "thread", "breakpoint", "process"):
            raise Failure(f"`{event}` after `terminated`")

    def wait(self, fits, what, seconds=10):
        """The first message that fits, taken out of the queue."""
        limit = time.monotonic() + seconds * PATIENCE
        seen = 0
        while True:
            for i, message in enumerate(self.inbox[seen:], seen):
                if fits(message):
                    return self.inbox.pop(i)
            seen = len(self.inbox)
            left = limit - time.monotonic()
            if self.eof or left <= 0:
                why = "the adapter has ended" if self.eof else f"not within {seconds * PATIENCE:g} s"
                raise Failure(f"{what}: {why}; waiting in the queue:\n" + "\n".join("  " + json.dumps(m)[:300] for m in self.inbox[-12:]))
            self.pump(min(left, 1))

    def response(self, seq, seconds=10):
        return self.wait(lambda m: m["type"] == "response" and m["request_seq"] == seq, f"response to request {seq}", seconds)

    def do(self, command, arguments=None, seconds=10):
        """The body of the answer to a request that must succeed."""
        response = self.response(self.request(command, arguments), seconds)
        if not response["success"]:
            raise Failure(f"{command}: {response['message']}")
        return response.get("body", {})

    def event(self, name, seconds=10):
        return self.wait(lambda m: m["type"] == "event" and m["event"] == name, f"event {name}", seconds).get("body", {})

    def exit_status(self, seconds=5):
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"the adapter has not ended within {seconds * PATIENCE:g} s") from None
