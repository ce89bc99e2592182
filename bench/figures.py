#!/usr/bin/env python3
"""What looking at values costs: pages of collections of ten million, the locals of a frame, a condition beside its stop.

usage: bench/figures.py [--adapter PATH] [--build FOLDER] [--entries N] [--runs N]

Each row is the time from a request to its answer, as a client sees it: the median and the least of the runs. A condition's row is
the time of a hit that does not count, less that of a hit whose condition is `false`. The bars are those of doc/values.md.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[1]


class Client:
    def __init__(self, adapter):
        self.process = subprocess.Popen([adapter], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seq = 0

    def send(self, command, arguments=None):
        self.seq += 1
        body = json.dumps({"seq": self.seq, "type": "request", "command": command, "arguments": arguments or {}}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()
        return self.seq

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def until(self, wanted):
        while not wanted(message := self.receive()):
            pass
        return message

    def ask(self, command, arguments=None):
        seq = self.send(command, arguments)
        answer = self.until(lambda m: m["type"] == "response" and m["request_seq"] == seq)
        assert answer["success"], answer
        return answer.get("body", {})

    def event(self, name):
        return self.until(lambda m: m["type"] == "event" and m["event"] == name).get("body", {})

    def launch(self, program, arguments=()):
        self.ask("initialize", {"adapterID": "bench", "supportsVariablePaging": True})
        self.send("launch", {"program": str(program), "args": list(arguments)})
        self.event("initialized")

    def end(self):
        self.send("disconnect")
        self.process.stdin.close()
        self.process.wait()


def mark(source, name):
    return next(i for i, line in enumerate(source.read_text().splitlines(), 1) if line.endswith(f"// MARK: {name}"))


def row(name, times, bar=""):
    print(f"{name:<58} {statistics.median(times) * 1e3:9.3f} {min(times) * 1e3:9.3f}  {bar}")


def timed(ask, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        answer = ask()
        times.append(time.perf_counter() - start)
    return answer, times


def breakpoint_at(client, source, *lines):
    client.ask("setBreakpoints", {"source": {"path": str(source)}, "breakpoints": list(lines)})


def top_frame(client, thread):
    return client.ask("stackTrace", {"threadId": thread, "levels": 1})["stackFrames"][0]["id"]


def collections(options, program, source):
    client = Client(options.adapter)
    client.launch(program, [str(options.entries), "0"])
    breakpoint_at(client, source, {"line": mark(source, "built")})
    client.ask("configurationDone")
    frame = top_frame(client, client.event("stopped")["threadId"])
    for name in ("map", "tree", "list"):
        value, times = timed(lambda: client.ask("evaluate", {"expression": name, "frameId": frame, "context": "watch"}), options.runs)
        row(f"{value['type']} of {options.entries}: its line", times)
        for what, start in ("first", 0), ("middle", options.entries // 2), ("last", options.entries - 100):
            page = {"variablesReference": value["variablesReference"], "filter": "indexed", "start": start, "count": 100}
            answer, times = timed(lambda: client.ask("variables", page), options.runs)
            assert len(answer["variables"]) == 100
            row(f"    its {what} page of 100", times)
    key = {"expression": f"map[&{options.entries - 1}]", "frameId": frame, "context": "watch"}
    row("    an entry of the map by its key", timed(lambda: client.ask("evaluate", key), options.runs)[1])
    client.end()


def locals_of_a_frame(options, fixture, source):
    client = Client(options.adapter)
    client.launch(fixture)
    client.ask("configurationDone")
    thread = client.event("stopped")["threadId"]
    frames = client.ask("stackTrace", {"threadId": thread})["stackFrames"]
    frame = next(f["id"] for f in frames if f["name"] == "values::main")
    scope = client.ask("scopes", {"frameId": frame})["scopes"][0]["variablesReference"]
    answer, times = timed(lambda: client.ask("variables", {"variablesReference": scope}), options.runs)
    n = len(answer["variables"])
    row(f"{n} locals of all kinds", times)
    row("    for each hundred", [t * 100 / n for t in times], "< 5 ms")
    client.end()


def conditions(options, program, source):
    def run(condition, hits):
        client = Client(options.adapter)
        client.launch(program, ["10", str(hits)])
        breakpoint_at(client, source, {"line": mark(source, "hit"), "condition": condition}, {"line": mark(source, "end")})
        client.ask("configurationDone")
        start = time.perf_counter()
        client.event("stopped")
        took = time.perf_counter() - start
        client.end()
        return took / hits

    hits, runs = 5000, max(3, options.runs // 5)
    plain = min(run("false", hits) for _ in range(runs))
    row(f"a hit whose condition is `false` ({hits} of them)", [plain])
    for condition in ("order.id == 9999999", 'order.items.len() > 3 && order.id > 5', 'prices["one"] == 2',
                      "matches!(order, Order { id: 9999998..=9999999, .. })"):
        took = [run(condition, hits) - plain for _ in range(runs)]
        row(f"    `{condition}`, beside that", took, "< 0.020 ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build")
    parser.add_argument("--adapter")
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    options.adapter = options.adapter or str(options.build / "stackful")
    folder = options.build / "bench"
    for manifest in ("bench/programs/large", "tests/fixtures/values"):
        subprocess.run(["cargo", "build", "-q", "--manifest-path", TOP / manifest / "Cargo.toml", "--target-dir", folder],
                       check=True, stderr=subprocess.DEVNULL)
    source = TOP / "bench/programs/large/src/main.rs"
    print(f"{'':<58} {'median':>9} {'least':>9}  (ms)")
    collections(options, folder / "debug/large", source)
    locals_of_a_frame(options, folder / "debug/values", TOP / "tests/fixtures/values/src/main.rs")
    conditions(options, folder / "debug/large", source)


if __name__ == "__main__":
    main()
