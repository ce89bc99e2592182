#!/usr/bin/env python3
"""The time of a step over an await: stackful's `next` beside the `next` of gdb and lldb-dap and BugStalker's `async next`.

usage: steps.py --adapter build/stackful [--runs N] [--build build]

From the request to its stop, in a task that does nothing but await (bench/programs/hits, "steps"): the median, and how many
of the steps ended in the async fn where they began. One task, then the same fn in 1,000. `./dev bench` prepares the program.
"""
import os, pty, re, select, subprocess, time
import run

STEPS = 30
TAKEN, READY = b"\x1b[?2004l", b"\x1b[?2004h"  # BugStalker's line editor, behind a line and before the next
LOST = 3  # steps without a stop, after which a peer is not asked again


class Lost(RuntimeError):
    pass


def summary(times, stayed, note=""):
    if not times:
        return f"- ({note})" if note else "-"
    return f"{sorted(times)[len(times) // 2]:.2f} ({stayed} of {len(times)} stayed)"


def by_dap(command, program, file, lines, tasks):
    dap, times, stayed, lost = run.Dap(command), [], 0, 0
    try:
        dap.send("initialize", {"adapterID": "bench", "clientID": "bench", "linesStartAt1": True, "pathFormat": "path"})
        dap.send("launch", {"program": program, "args": ["steps", str(tasks)]})
        dap.event("initialized")
        dap.request("setBreakpoints", {"source": {"path": file}, "breakpoints": [{"line": lines[0]}]})
        dap.send("configurationDone")
        thread = dap.event("stopped")["body"]["threadId"]
        dap.request("setBreakpoints", {"source": {"path": file}, "breakpoints": []})
        while len(times) < STEPS and lost < LOST:
            start = time.monotonic()
            answer = dap.request("next", {"threadId": thread})
            if not answer["success"]:
                raise RuntimeError(f"next: {answer['message']}")
            try:
                thread = dap.event("stopped")["body"]["threadId"]
            except RuntimeError:
                return summary(times, stayed, "no stop")
            times.append((time.monotonic() - start) * 1000)
            frames = dap.request("stackTrace", {"threadId": thread, "startFrame": 0, "levels": 1})["body"]["stackFrames"]
            frame = frames[0] if frames else {"line": 0}
            here = frame["line"] in lines and os.path.basename((frame.get("source") or {}).get("path", "")) == os.path.basename(file)
            stayed, lost = stayed + here, lost + (not here)
        return summary(times, stayed)
    finally:
        run.end(dap.process)


def by_gdb(command, program, file, lines, tasks):
    process = subprocess.Popen(command + ["--nx", "--quiet", "--interpreter=mi2", "--args", program, "steps", str(tasks)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)
    text = b""

    def say(line):
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()

    def stop():
        nonlocal text
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            select.select([process.stdout], [], [], 0.5)
            text += process.stdout.read() or b""
            while b"\n" in text:
                line, text = text.split(b"\n", 1)
                if line.startswith(b"*stopped"):
                    return line.decode()
        raise Lost

    times, stayed, lost = [], 0, 0
    try:
        for line in ("-gdb-set debuginfod enabled off", f"-break-insert -t {file}:{lines[0]}", "-exec-run"):
            say(line)
        stop()
        while len(times) < STEPS and lost < LOST:
            start = time.monotonic()
            say("-exec-next")
            where = stop()
            times.append((time.monotonic() - start) * 1000)
            here = any(f'line="{n}"' in where for n in lines) and f"{os.path.basename(file)}\"" in where
            stayed, lost = stayed + here, lost + (not here)
        return summary(times, stayed)
    except Lost:
        return summary(times, stayed, "no stop")
    finally:
        run.end(process)


def by_bugstalker(command, program, file, lines, tasks):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command + [program, "--", "steps", str(tasks)])
    text = b""

    def say(line):
        for c in line + "\n":  # its line editor hangs on more than one byte a read
            os.write(fd, c.encode())
            time.sleep(0.001)

    def until(wanted):
        nonlocal text
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            if wanted in text:
                before, text = text.split(wanted, 1)
                return before
            if select.select([fd], [], [], 0.5)[0]:
                text += os.read(fd, 1 << 16)
        raise Lost

    times, stayed = [], 0
    try:
        until(b"(bs)")
        say(f"break {os.path.basename(file)}:{lines[0]}")
        until(b"New breakpoint")
        say("run")
        until(b"Hit breakpoint")
        until(READY)
        while len(times) < STEPS:
            say("async next")
            until(TAKEN)
            start = time.monotonic()
            answer = until(READY)
            if b"Error" in answer:
                return summary(times, stayed, "Error: " + re.split(rb"[\r\x1b]", answer.split(b"Error:")[-1])[0].decode().strip())
            times.append((time.monotonic() - start) * 1000)
            shown = re.search(rb"\n *(\d+) ", answer)
            stayed += shown is not None and int(shown[1]) in lines
        return summary(times, stayed)
    except Lost:
        return summary(times, stayed, "no stop")
    finally:
        run.end_terminal(pid, fd)


def main():
    arguments, program, file = run.with_hits(__doc__, 1)
    if not program:
        return
    first = run.line_of(file, "MARK: stepped")
    lines = range(first, first + 5)
    peers = [("stackful", by_dap, arguments.adapter), ("gdb", by_gdb, run.which("gdb")),
             ("lldb-dap", by_dap, run.which("lldb-dap-19") or run.which("lldb-dap")),
             ("BugStalker", by_bugstalker, run.find([f"{arguments.build}/peers/bin/bs", run.which("bs")]))]
    print("\n`next` over an await, in a task that does nothing else: median ms")
    for tasks in (1, 1000):
        for _ in range(arguments.runs):
            for peer, measure, path in peers:
                if not path:
                    print(f"bench: {peer} is not on this machine and is left out")
                    continue
                try:
                    told = measure([path], program, file, lines, tasks)
                except (RuntimeError, OSError, LookupError) as problem:
                    told = f"- ({problem})"
                print(f"  {tasks:>5} {'task ' if tasks == 1 else 'tasks'}  {peer:<12}{told}")


if __name__ == "__main__":
    main()
