#!/usr/bin/env python3
"""Launch to first stop at a line breakpoint: stackful beside gdb, lldb-dap and BugStalker, interleaved in one run.

usage: run.py --adapter build/stackful [--runs N] [--programs echo,axum,large]

For each program and debugger: wall time from the start of the debugger to its report of the stop, CPU time and peak
resident memory of the debugger's own processes (the program's are left out), as the minimum of N runs; then the ratio
to the best peer. Then, at a stop of the echo server with two clients, how long stackful's own answers take.
What a machine does not have is left out with a word. `./dev bench` prepares all of it.
"""
import argparse, glob, json, os, pty, re, select, signal, socket, subprocess, sys, termios, time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 15.0


# ---- what a process costs --------------------------------------------------------------------------------

def children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path) as f:
                found += [int(c) for c in f.read().split()]
        except OSError:
            pass
    return found


def tree(pid, leave_out):
    """The process and what it started, without the debuggee."""
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        try:
            exe = os.readlink(f"/proc/{p}/exe")
        except OSError:
            exe = ""
        if p != pid and exe == leave_out:
            continue
        found.append(p)
        todo += children(p)
    return found


def cost(pid, program):
    cpu = memory = 0
    for p in tree(pid, os.path.realpath(program)):
        try:
            stat = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()
            cpu += (int(stat[11]) + int(stat[12])) / TICK
            memory += int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{p}/status").read()).group(1)) / 1024
        except (OSError, AttributeError):
            pass
    return cpu, memory


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass
    process.wait()


# ---- debuggers -------------------------------------------------------------------------------------------

class Dap:
    """A client that knows just enough of the protocol for a measurement."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        self.seq, self.buffer, self.kept = 0, b"", []

    def send(self, command, arguments=None):
        self.seq += 1
        body = json.dumps({"seq": self.seq, "type": "request", "command": command, "arguments": arguments or {}}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()
        return self.seq

    def read(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = int(re.search(rb"Content-Length: *(\d+)", head, re.I).group(1))
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return json.loads(rest[:length])
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise RuntimeError("no message")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise RuntimeError("the adapter ended")
            self.buffer += data

    def wait(self, wanted):
        for i, message in enumerate(self.kept):
            if wanted(message):
                return self.kept.pop(i)
        while True:
            message = self.read()
            if wanted(message):
                return message
            self.kept.append(message)

    def event(self, name):
        return self.wait(lambda m: m["type"] == "event" and m["event"] == name)

    def request(self, command, arguments=None):
        seq = self.send(command, arguments)
        return self.wait(lambda m: m["type"] == "response" and m["request_seq"] == seq)

    def start(self, program, file, line):
        self.send("initialize", {"adapterID": "bench", "clientID": "bench", "linesStartAt1": True, "columnsStartAt1": True,
                                 "pathFormat": "path"})
        launch = self.send("launch", {"program": program, "args": []})
        self.event("initialized")
        self.request("setBreakpoints", {"source": {"path": file}, "breakpoints": [{"line": line}]})
        self.send("configurationDone")
        return launch


def measure_dap(command, program, file, line):
    start = time.monotonic()
    dap = Dap(command)
    try:
        dap.start(program, file, line)
        dap.event("stopped")
        wall = time.monotonic() - start
        return (wall, *cost(dap.process.pid, program))
    finally:
        end(dap.process)


def measure_gdb(command, program, file, line):
    start = time.monotonic()
    process = subprocess.Popen(command + ["--nx", "--quiet", "--interpreter=mi2", program], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.stdin.write(f"-gdb-set debuginfod enabled off\n-break-insert {file}:{line}\n-exec-run\n".encode())
        process.stdin.flush()
        for text in process.stdout:
            if text.startswith(b"*stopped"):
                return (time.monotonic() - start, *cost(process.pid, program))
        raise RuntimeError("gdb ended")
    finally:
        end(process)


def end_terminal(pid, fd):
    """A debugger of a pseudo-terminal, and its program, which would go on without it."""
    for each in [pid, *children(pid)]:
        os.kill(each, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)


def measure_bs(command, program, file, line):
    start = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command + [program])
    text = b""
    script = [(b"(bs)", f"break {os.path.basename(file)}:{line}\n"), (b"New breakpoint", "run\n")]
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not select.select([fd], [], [], 0.5)[0]:
                continue
            text += os.read(fd, 1 << 16)
            if script and script[0][0] in text:
                for c in script.pop(0)[1]:  # its line editor hangs on more than one byte a read
                    os.write(fd, c.encode())
                    time.sleep(0.001)
            if b"Hit breakpoint" in text:
                return (time.monotonic() - start, *cost(pid, program))
        raise RuntimeError("no stop")
    finally:
        end_terminal(pid, fd)


def line_of(file, mark):
    for number, text in enumerate(open(file), 1):
        if mark in text:
            return number
    sys.exit(f"bench: no `{mark}` in {file}")


def find(paths):
    return next((p for p in paths if p and os.access(p, os.X_OK)), None)


def which(name):
    return find([os.path.join(d, name) for d in os.environ.get("PATH", "").split(":")])


def with_hits(doc, runs):
    """The options of a command that measures on the program `hits`, that program and its source; no program if it is not built."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default=f"{TOP}/build/stackful")
    parser.add_argument("--build", default=f"{TOP}/build", help="where the programs are")
    parser.add_argument("--runs", type=int, default=runs)
    arguments = parser.parse_args()
    program = f"{arguments.build}/fixtures/debug/hits"
    if not os.access(program, os.X_OK):
        print("bench: the program `hits` is not built and is left out")
        program = None
    return arguments, program, f"{TOP}/bench/programs/hits/src/main.rs"


def programs(folder):
    """Name, executable, source file, line; None for what is not built."""
    echo = f"{TOP}/examples/echo/src/main.rs"
    axum = f"{TOP}/bench/programs/axum-hello/src/main.rs"
    large = f"{folder}/large/bin/bs"
    sources = sorted(d for d in [os.path.join(r, "src/main.rs") for r, _, _ in os.walk(os.path.expanduser("~/.cargo/registry/src"))
                                 if re.search(r"/bugstalker-[0-9.]+$", r)] if os.path.exists(d))
    table = {
        "echo": (f"{folder}/fixtures/debug/echo", echo, line_of(echo, "MARK: bench")),
        "axum": (f"{folder}/fixtures/debug/axum-hello", axum, line_of(axum, "MARK: bench")),
    }
    if sources:
        table["large"] = (large, sources[-1], line_of(sources[-1], "let args = Args::parse();"))
    return {name: row for name, row in table.items() if os.access(row[0], os.X_OK)}


def debuggers(adapter, folder):
    table = {"stackful": (measure_dap, [adapter])}
    for name, measure, path in (
            ("gdb", measure_gdb, which("gdb")),
            ("lldb-dap", measure_dap, which("lldb-dap-19") or which("lldb-dap")),
            ("bs", measure_bs, find([f"{folder}/peers/bin/bs", which("bs")]))):
        if path:
            table[name] = (measure, [path])
        else:
            print(f"bench: {name} is not on this machine and is left out")
    return table


def launch_bench(arguments, folder):
    table, peers = programs(folder), debuggers(arguments.adapter, folder)
    for name in arguments.programs.split(","):
        if name not in table:
            print(f"bench: the program `{name}` is not built and is left out")
            continue
        program, file, line = table[name]
        results = {peer: [] for peer in peers}
        for _ in range(arguments.runs):
            for peer, (measure, command) in peers.items():
                try:
                    results[peer].append(measure(command, program, file, line))
                except (RuntimeError, OSError, BrokenPipeError) as problem:
                    print(f"bench: {name}: {peer}: {problem}")
        size = os.path.getsize(program) / 1e6
        print(f"\n{name} ({size:.0f} MB)      wall s     CPU s   peak MiB   (minimum of {arguments.runs})")
        best = {}
        for peer, runs in results.items():
            if runs:
                best[peer] = [min(r[i] for r in runs) for i in range(3)]
                print(f"  {peer:<14}{best[peer][0]:>12.3f}{best[peer][1]:>10.2f}{best[peer][2]:>11.1f}")
        others = [b for peer, b in best.items() if peer != "stackful"]
        if "stackful" in best and others:
            ratio = [best["stackful"][i] / max(1e-9, min(o[i] for o in others)) for i in range(3)]
            print(f"  of the best peer{ratio[0]:>10.2f}{ratio[1]:>10.2f}{ratio[2]:>11.2f}")


def answers_bench(arguments, folder):
    """At a stop of the echo server with two clients: the first and the median time of each answer."""
    program, file, _ = programs(folder)["echo"]
    dap = Dap([arguments.adapter])
    try:
        dap.start(program, file, line_of(file, "MARK: sleep"))
        output = dap.wait(lambda m: m.get("event") == "output" and "Listening on" in m["body"]["output"])
        port = int(output["body"]["output"].rsplit(":", 1)[1])
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        for client in clients:
            client.sendall(b"hello")
        thread = dap.event("stopped")["body"]["threadId"]
        print("\nanswers at a stop of the echo server, ms      first   median of 20")
        for label, command, body in (
                ("threads", "threads", {}),
                ("stackTrace, one frame", "stackTrace", {"threadId": thread, "startFrame": 0, "levels": 1}),
                ("stackTrace, whole", "stackTrace", {"threadId": thread}),
                ("async backtrace all", "evaluate", {"expression": "async backtrace all", "context": "repl"})):
            times = []
            for _ in range(21):
                start = time.monotonic()
                if not dap.request(command, body)["success"]:
                    raise RuntimeError(f"{command} failed")
                times.append((time.monotonic() - start) * 1000)
            print(f"  {label:<38}{times[0]:>10.2f}{sorted(times[1:])[10]:>15.2f}")
    finally:
        end(dap.process)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default=f"{TOP}/build/stackful")
    parser.add_argument("--build", default=f"{TOP}/build", help="where the programs are")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--programs", default="echo,axum,large")
    arguments = parser.parse_args()
    launch_bench(arguments, arguments.build)
    answers_bench(arguments, arguments.build)


if __name__ == "__main__":
    main()
