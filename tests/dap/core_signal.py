#!/usr/bin/env python3
"""A core file of a program that crashed stops as the crash did: with the signal, at its line, in its thread. One that gcore
made of a program that ran has no such signal.

usage: core_signal.py --adapter PATH. gdb makes the core files.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from client import Client, Failure, Schema

parser = argparse.ArgumentParser()
parser.add_argument("--adapter", required=True)
parser.add_argument("--fixtures", required=True)
options = parser.parse_args()
top = pathlib.Path(__file__).resolve().parents[2]
schema = Schema(top)
program = f"{options.fixtures}/debug/plain"


def core_of(folder, name, *commands):
    core = f"{folder}/{name}"
    lines = [x for command in (*commands, f"gcore {core}", "kill") for x in ("-ex", command)]
    done = subprocess.run(["gdb", "-nx", "-batch", "-ex", "set confirm off", *lines, "--args", program, "crash"],
                          capture_output=True, text=True)
    if not pathlib.Path(core).exists():
        raise Failure(f"gdb has made no core file: {done.stdout}{done.stderr}")
    return core


def stop_of(core):
    client = Client([options.adapter], schema)
    client.do("initialize", {"clientID": "test", "adapterID": "stackful"})
    client.request("attach", {"coreFile": core, "program": program})
    client.event("initialized")
    client.do("configurationDone")
    stopped = client.event("stopped")
    info = client.response(client.request("exceptionInfo", {"threadId": stopped["threadId"]}))
    frames = client.do("stackTrace", {"threadId": stopped["threadId"]})["stackFrames"]
    client.do("disconnect")
    client.close()
    client.exit_status()
    return stopped, info, [frame["name"] for frame in frames]


with tempfile.TemporaryDirectory() as folder:
    stopped, info, frames = stop_of(core_of(folder, "crashed", "run"))
    if stopped["reason"] != "exception" or stopped["description"] != "Ended by SIGSEGV" or "plain::main" not in frames:
        raise Failure(f"{stopped} {frames}")
    if not info["success"] or info["body"]["exceptionId"] != "SIGSEGV":
        raise Failure(f"exceptionInfo: {info}")
    stopped, info, _ = stop_of(core_of(folder, "ran", "break main", "run"))
    if stopped["reason"] == "exception" or info["success"]:
        raise Failure(f"nothing had ended it: {stopped} {info}")
sys.exit(0)
