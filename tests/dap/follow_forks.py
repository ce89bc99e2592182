#!/usr/bin/env python3
"""Child processes in sessions of their own: the first adapter leaves each stopped where it begins and asks for a session;
a second adapter attaches, stops at a breakpoint that the child comes to, and lets it end.

usage: follow_forks.py --adapter PATH
"""
import argparse
import pathlib
import sys

from client import Client, Failure, Schema

parser = argparse.ArgumentParser()
parser.add_argument("--adapter", required=True)
options = parser.parse_args()
top = pathlib.Path(__file__).resolve().parents[2]
program = str(pathlib.Path(options.adapter).parent / "fixtures/c/process")
schema = Schema(top)


def start(request, arguments, function):
    client = Client([options.adapter], schema)
    client.do("initialize", {"clientID": "test", "adapterID": "stackful", "supportsStartDebuggingRequest": True})
    client.request(request, arguments)
    client.event("initialized")
    client.do("setFunctionBreakpoints", {"breakpoints": [{"name": function}]})
    client.do("configurationDone")
    return client


def end(client, code):
    if client.event("exited")["exitCode"] != code:
        raise Failure(f"its exit code is not {code}")
    client.do("disconnect")
    client.close()
    client.exit_status()


def fork():
    parent = start("launch", {"program": program, "args": ["fork"], "followForks": True}, "forks")
    stopped = parent.event("stopped")
    parent.do("continue", {"threadId": stopped["threadId"]})
    asked = parent.wait(lambda m: m["type"] == "request" and m["command"] == "startDebugging", "startDebugging")
    configuration = asked["arguments"]["configuration"]
    parent.answer(asked, {})
    child = start(asked["arguments"]["request"], configuration, "pass")
    stopped = child.event("stopped")  # in the child
    frame = child.do("stackTrace", {"threadId": stopped["threadId"], "levels": 1})["stackFrames"][0]
    if frame["name"] != "pass" or stopped["threadId"] != configuration["pid"]:
        raise Failure(f"{stopped} {frame}")
    child.do("continue", {"threadId": stopped["threadId"]})
    end(child, 7)
    end(parent, 0)


def spawn():
    parent = start("launch", {"program": program, "args": ["spawn"], "followForks": True}, "nothing")
    asked = parent.wait(lambda m: m["type"] == "request" and m["command"] == "startDebugging", "startDebugging")
    parent.answer(asked, {})
    child = start("attach", asked["arguments"]["configuration"], "nothing")
    if not child.event("process")["name"].endswith("sh"):
        raise Failure("the child is not the shell that was spawned")
    end(child, 5)
    end(parent, 0)


try:
    fork()
    spawn()
except Failure as failure:
    sys.exit(str(failure))
