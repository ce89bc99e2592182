#!/usr/bin/env python3
"""Checks the record of a session that an editor had (the adapter's --record): schema and order, by tests/dap/client.py; and by
the rules of a checker of its own, where there is one (DAPCHECK, or ../shared/clients/protocol/dapcheck.py).
usage: record.py RECORD.jsonl"""
import collections
import json
import os
import pathlib
import subprocess
import sys

top = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(top / "tests/dap"))
from client import Client, Failure, Schema  # noqa: E402


class Record(Client):
    """The client's side of a session that is over."""

    def __init__(self, schema):
        self.schema, self.record = schema, None
        self.start = 0
        self.inbox = []
        self.seq = self.last_seq = 0
        self.sent = {}
        self.stopped = self.over = False
        self.latency = collections.defaultdict(list)


def main(path):
    session = Record(Schema(top))
    count, leaving, asked = 0, False, []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        entry = json.loads(text)
        message = entry["msg"]
        count += 1
        try:
            if entry["dir"] == "a2c":
                session.take(message)
            elif message["type"] == "request":
                leaving = leaving or message["command"] == "disconnect"
                asked += [message["seq"]] if not leaving else []
                session.sent[message["seq"]] = (message["command"], 0)
        except Failure as wrong:
            sys.exit(f"{path.name}: line {number}: {wrong}")
    if not count:
        sys.exit(f"{path.name}: no message was recorded")
    unanswered = [session.sent[seq][0] for seq in asked if seq in session.sent]  # what is asked behind a disconnect may be
    if unanswered:
        sys.exit(f"{path.name}: without a response: {', '.join(unanswered)}")
    checker = pathlib.Path(os.environ.get("DAPCHECK") or top / "../shared/clients/protocol/dapcheck.py")
    if not session.schema.absent and checker.is_file():
        done = subprocess.run([sys.executable, str(checker), str(path)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{checker}:\n{done.stdout}{done.stderr}")
    print(f"{path.stem}: {count} messages, checked{' without the schema: ' + session.schema.absent if session.schema.absent else ''}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
