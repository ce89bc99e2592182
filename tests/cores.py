#!/usr/bin/env python3
"""The same text of a process that runs, of one that is stopped, and of its core file: for each fixture of the tokio floor.

usage: cores.py STACKFUL FIXTURES [NAME...]. A process is held by SIGSTOP, so that all three look at the same moment. What a
core file can't know (the time, what a descriptor leads to, names of threads) is left out of the comparison.
"""
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

stackful, fixtures = sys.argv[1], pathlib.Path(sys.argv[2])

PROGRAMS = [
    "debug/waits", "debug/waits-1-40", "debug/flavours", "debug/trees", "debug/leaves", "debug/kept", "debug/hung",
    "release/trees", "release/kept",
    *(f"debug/deadlocks {part}" for part in ("ring", "readers", "permits", "channels", "joins", "unordered")),
]

# What only a live process tells, and what is said in its place.
UNKNOWN = [
    (r"sleeps: .* left|sleeps: its deadline passed .* ago|sleeps until .* of uptime .*", "TIMER"),
    (r"waits for an interval's tick.*", "TIMER"),
    (r"gives up (in .*|at .* of uptime .*)|was to give up .* ago", "DEADLINE"),
    (r"\bfd (\d+) \(.*?\)(?= and |,|$)", r"fd \1"),
    (r'^(Thread \d+) ".*?"', r"\1"),
    (r"which has fd (\d+).*", r"which has fd \1"),
]


def ask(*arguments):
    done = subprocess.run([stackful, "tasks", *arguments], capture_output=True, text=True)
    assert done.returncode in (0, 3), f"{arguments}: status {done.returncode}: {done.stderr}"
    return done.stdout


def comparable(text):
    lines = []
    for line in text.splitlines():
        for pattern, instead in UNKNOWN:
            line = re.sub(pattern, instead, line)
        lines.append(line)
    return lines


def settle(pid):
    """Until the tasks are the same for some looks, but for the time. True if some of them run: in a closure, or for good."""
    before, same = None, 0
    for _ in range(300):
        now = ask("--pid", str(pid))
        found = re.search(r"^\d+ tasks?: (.*)$", now, re.M)
        tasks = comparable(now[found.start():]) if found else None
        same = same + 1 if tasks and tasks == before else 0
        if same == 3:
            return "running" in found[1]
        before = tasks
    raise AssertionError(f"the tasks of {pid} have not come to rest:\n{now}")


def differ(name, what, left, right):
    left, right = comparable(left), comparable(right)
    for at, line in enumerate(right[:len(left)]):
        if "which descriptor is not known" in line and re.search(r"\bfd \d+", left[at]):
            right[at] = left[at]  # a live process's epoll tells
    changes = list(difflib.unified_diff(left, right, "stopped", what, lineterm="", n=1))
    if changes:
        print(f"tests/cores.py: {name}: {what} tells other things:\n" + "\n".join(changes[:60]))
    return bool(changes)


def state(pid):
    return re.search(r"^State:\s+(\w)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def check(name):
    program, *arguments = name.split()
    if not (fixtures / program).exists():
        print(f"tests/cores.py: the fixture {program} is not built (./dev test builds it)")
        return True
    with subprocess.Popen([fixtures / program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL) as process, tempfile.TemporaryDirectory() as folder:
        try:
            some_run = settle(process.pid)
            process.send_signal(signal.SIGSTOP)
            while state(process.pid) != "T":
                pass
            bad = False
            for options in ([], ["--waits"]):
                stopped = ask("--pid", str(process.pid), *options)
                if not some_run:  # whose stacks are read of a stopped process alone
                    bad |= differ(name, "--no-stop", stopped, ask("--pid", str(process.pid), "--no-stop", *options))
                core = f"{folder}/core.{process.pid}"
                if not os.path.exists(core):
                    subprocess.run(["gcore", "-o", f"{folder}/core", str(process.pid)], check=True, capture_output=True)
                bad |= differ(name, "the core file", stopped, ask("--core", core, *options))
            assert state(process.pid) == "T", f"{name}: it was stopped, and was left in state {state(process.pid)}"
            return bad
        finally:
            process.kill()


failed = [name for name in sys.argv[3:] or PROGRAMS if check(name)]
if failed:
    sys.exit(f"tests/cores.py: {len(failed)} of {len(PROGRAMS)} differ: {', '.join(failed)}")
print("tests/cores.py: all tell the same")
