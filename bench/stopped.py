#!/usr/bin/env python3
"""How long `stackful tasks` keeps a process stopped, by the number of its tasks; and how long it takes without stopping it.

usage: bench/stopped.py [--stackful PATH] [--runs N] [TASKS...]
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[1]

parser = argparse.ArgumentParser()
parser.add_argument("--stackful", default=str(TOP / "build/stackful"))
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("tasks", type=int, nargs="*", default=[100, 10_000, 100_000])
options = parser.parse_args()

folder = TOP / "build/bench"
manifest = TOP / "bench/programs/crowd/Cargo.toml"
subprocess.run(["cargo", "build", "-q", "--release", "--manifest-path", manifest, "--target-dir", folder], check=True)


def ask(pid, *arguments):
    start = time.monotonic()
    run = subprocess.run([options.stackful, "tasks", "--pid", str(pid), *arguments], capture_output=True, text=True, check=True)
    return run, (time.monotonic() - start) * 1e3


print(f"{'tasks':>8} {'stopped':>9} {'in all':>9} {'--no-stop':>10}   (ms, median of {options.runs})")
for count in options.tasks:
    with subprocess.Popen([folder / "release/crowd", str(count)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "ready\n"
        stopped, whole, running = [], [], []
        for _ in range(options.runs):
            run, took = ask(program.pid)
            assert re.search(rf"^{count} tasks: {count} idle$", run.stdout, re.M), run.stdout[-300:]
            stopped.append(float(re.search(r"stopped for (\d+) ms", run.stderr)[1]))
            whole.append(took)
            run, took = ask(program.pid, "--no-stop")
            assert re.search(rf"^{count} tasks: {count} idle$", run.stdout, re.M), run.stdout[-300:]
            running.append(took)
        program.kill()
    print(f"{count:>8} {statistics.median(stopped):>9.0f} {statistics.median(whole):>9.0f} {statistics.median(running):>10.0f}")
