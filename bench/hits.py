#!/usr/bin/env python3
"""Hits that are passed over: stackful beside gdb and lldb-dap, interleaved in one run.

usage: hits.py --adapter build/stackful [--runs N] [--build build]

Hits a second from the start of the program to its end, at a line that is hit often: with a condition that never holds, as
a log point, and in 10,000 futures of one type on two workers; the best of N runs. `./dev bench` prepares the program.
"""
import subprocess, time
import run

NEVER = "i == 99999999"


def hits_dap(command, program, file, arguments, breakpoint, hits):
    dap = run.Dap(command)
    try:
        dap.send("initialize", {"adapterID": "bench", "clientID": "bench", "linesStartAt1": True, "pathFormat": "path"})
        dap.send("launch", {"program": program, "args": arguments})
        dap.event("initialized")
        answer = dap.request("setBreakpoints", {"source": {"path": file}, "breakpoints": [breakpoint]})
        if not answer["success"]:
            raise RuntimeError(answer["message"])
        start, logs = time.monotonic(), 0
        dap.send("configurationDone")
        while True:
            message = dap.kept.pop(0) if dap.kept else dap.read()
            kind = message.get("event")
            if kind == "stopped":
                raise RuntimeError("it has stopped")
            if kind == "output" and message["body"].get("category") == "console":
                logs += message["body"]["output"].count("\n")
            if kind in ("exited", "terminated"):
                break
        seconds = time.monotonic() - start
        if "logMessage" in breakpoint and logs < hits:
            raise RuntimeError(f"{logs} lines of {hits} were told")
        return hits / seconds
    finally:
        run.end(dap.process)


def hits_gdb(command, program, file, arguments, breakpoint, hits):
    where = f"{file}:{breakpoint['line']}"
    wish = [f"-break-insert -c \"{breakpoint['condition']}\" {where}"] if "condition" in breakpoint else \
        [f"-interpreter-exec console \"dprintf {where},\\\"i is %lu\\\\n\\\",i\""]
    process = subprocess.Popen(command + ["--nx", "--quiet", "--interpreter=mi2", "--args", program] + arguments,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        script = ["-gdb-set debuginfod enabled off"] + wish + ["-exec-run"]
        process.stdin.write("\n".join(script + [""]).encode())
        process.stdin.flush()
        start = None
        for text in process.stdout:
            if text.startswith(b"*running") and start is None:
                start = time.monotonic()
            if text.startswith(b"*stopped"):
                if b"exited" not in text:
                    raise RuntimeError("it has stopped")
                return hits / (time.monotonic() - start)
        raise RuntimeError("gdb ended")
    finally:
        run.end(process)


def main():
    arguments, program, file = run.with_hits(__doc__, 3)
    if not program:
        return
    hit, future = run.line_of(file, "MARK: hit"), run.line_of(file, "MARK: future")
    peers = {"stackful": (hits_dap, [arguments.adapter], 40000)}
    for name, measure, names in (("gdb", hits_gdb, ["gdb"]), ("lldb-dap", hits_dap, ["lldb-dap-19", "lldb-dap"])):
        path = run.find([run.which(n) for n in names])
        if path:
            peers[name] = (measure, [path], 2000)
        else:
            print(f"bench: {name} is not on this machine and is left out")
    rows = (("a false condition", lambda n: ["thread", str(n)], {"line": hit, "condition": NEVER}),
            ("a log point", lambda n: ["thread", str(n)], {"line": hit, "logMessage": "i is {i}"}),
            ("a false condition, 10,000 futures", lambda n: ["futures", "10000", str(max(1, n // 10000))],
             {"line": future, "condition": NEVER}))
    print(f"\nhits passed over a second (best of {arguments.runs})" + "".join(f"{peer:>12}" for peer in peers))
    for label, make, breakpoint in rows:
        text = f"  {label:<40}"
        for peer, (measure, command, n) in peers.items():
            n = max(n, 10000) if "futures" in label else n
            best = 0.0
            for _ in range(arguments.runs if peer == "stackful" else 1):
                try:
                    best = max(best, measure(command, program, file, make(n), breakpoint, n))
                except (RuntimeError, OSError) as problem:
                    print(f"bench: {label}: {peer}: {problem}")
            text += f"{best:>12.0f}" if best else f"{'-':>12}"
        print(text)


if __name__ == "__main__":
    main()
