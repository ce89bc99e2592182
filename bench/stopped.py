#!/usr/bin/env python3
"""What a look at all tasks costs, by their number: how long `stackful tasks` keeps the process stopped, how long it takes in
all and without stopping it, its CPU time for each task, its peak memory, and how much of the process it reads.

usage: bench/stopped.py [--stackful PATH] [--runs N] [TASKS...]
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]

parser = argparse.ArgumentParser()
parser.add_argument("--stackful", default=str(TOP / "build/stackful"))
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("tasks", type=int, nargs="*", default=[100, 1_000, 10_000, 100_000, 1_000_000])
options = parser.parse_args()

folder = TOP / "build/bench"
manifest = TOP / "bench/programs/crowd/Cargo.toml"
subprocess.run(["cargo", "build", "-q", "--release", "--manifest-path", manifest, "--target-dir", folder], check=True)


def ask(pid, count, *arguments):
    """The time it took in ms, its CPU time in ms, peak memory in MiB, and what it said on stderr."""
    with tempfile.TemporaryFile("w+") as text, tempfile.TemporaryFile("w+") as said:
        start = time.monotonic()
        tool = subprocess.Popen([options.stackful, "tasks", "--pid", str(pid), *arguments], stdout=text, stderr=said)
        _, status, used = os.wait4(tool.pid, 0)
        took = (time.monotonic() - start) * 1e3
        tool.returncode = os.waitstatus_to_exitcode(status)
        text.seek(0)
        said.seek(0)
        told = text.read()
        assert re.search(rf"^{count} tasks: {count} idle$", told, re.M), told[-300:]
        return took, (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss / 1024, said.read()


def bytes_read(pid):
    """What process_vm_readv gave, in MiB; None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile("r") as calls:
        command = ["strace", "-f", "-o", calls.name, "-e", "trace=process_vm_readv", options.stackful, "tasks", "--pid", str(pid)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return sum(int(n) for n in re.findall(r" = (\d+)$", calls.read(), re.M)) / 2**20


print(f"{'tasks':>9} {'stopped':>8} {'in all':>8} {'--no-stop':>9} {'CPU':>7} {'more a task':>11} {'memory':>8} {'read':>8}"
      f"   (ms, µs, MiB; median of {options.runs})")
least = None
for count in options.tasks:
    with subprocess.Popen([folder / "release/crowd", str(count)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "ready\n"
        looks = [ask(program.pid, count) for _ in range(options.runs)]
        running = [ask(program.pid, count, "--no-stop")[0] for _ in range(options.runs)]
        read = bytes_read(program.pid)
        program.kill()
    stopped = statistics.median(float(re.search(r"stopped for (\d+) ms", look[3])[1]) for look in looks)
    whole, cpu, memory = (statistics.median(look[i] for look in looks) for i in range(3))
    least = least or (count, cpu)
    more = f"{(cpu - least[1]) * 1e3 / (count - least[0]):.2f}" if count > least[0] else "-"
    print(f"{count:>9} {stopped:>8.0f} {whole:>8.0f} {statistics.median(running):>9.0f} {cpu:>7.0f} {more:>11} {memory:>8.0f}"
          f" {'-' if read is None else f'{read:.0f}':>8}", flush=True)
