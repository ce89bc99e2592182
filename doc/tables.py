#!/usr/bin/env python3
"""Writes doc/launch-keys.md out of vscode-extension/attributes.json, and doc/commands.md out of adapter/console.def and
adapter/client.c.

usage: doc/tables.py [--check]   (--check: fails if one of them is out of date, and writes nothing)

That attributes.json and adapter/config.c have the same keys is tests/attributes.py's concern.
"""
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]

LAUNCH = """# Keys of launch.json

An entry says `"type": "stackful"`, `"request"`: `"launch"` or `"attach"`, a `"name"`, and some of these. Other editors than
VS Code send the same keys. A key that is not known is told, and ignored; keys of CodeLLDB, lldb-dap and the C++ tools are
known, so that an entry made for those needs another `type` only.

```json
{ "type": "stackful", "request": "launch", "name": "Server", "program": "${workspaceFolder}/target/debug/server", "args": ["--port", "0"] }
{ "type": "stackful", "request": "attach", "name": "Attach", "pid": 4711 }
{ "type": "stackful", "request": "attach", "name": "Core", "coreFile": "core.4711" }
```
"""

COMMANDS = """# Commands of the debug console

Type them where the editor takes expressions: VS Code's Debug Console, nvim-dap's REPL, Zed's console, `:debug-eval` of Helix.
What is no command is an expression in Rust's grammar. \N{BLACK CIRCLE} marks commands that look into the program: while it
runs, they stop it for the moment of the answer.
"""

BEHIND = """
`launch.json` can run them, too: `preRunCommands`, `postRunCommands`, `stopCommands`, `exitCommands`
([launch-keys.md](launch-keys.md)).

## Which tasks

`async task` takes any of these before its regular expression (PCRE), which is held against the root future's path:

| option | |
| --- | --- |
| `--state STATE` | only those that are `running`, `queued`, `idle`, `complete` or `cancelled` |
| `--waiting REGEX` | only those of whose leaves one waits for what matches: `--waiting Mutex`, `--waiting "10\\.0\\.0\\.1"` |
| `--limit N` | at most N of them |

## Which tasks are listed as threads

An editor asks for the whole list at each stop, so it is short by default: the stopped task, those that are pinned, those
that run, those that are queued, then idle ones, those whose root future is the workspace's first. How many depends on what the
editor does with them: CLIENTS. `tasks max N` here or `"tasks": { "max": N }` in launch.json is any other number.

## In a terminal

`stackful tasks --pid N` and `stackful tasks --core FILE` print what `async backtrace all` does; `--waits` what `async waits`
and `async deadlocks` do. `stackful tasks --help` has the rest.
"""


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def types(row):
    kinds = row["type"] if isinstance(row.get("type"), list) else [row.get("type", "")]
    if kinds == ["array"] and row.get("items", {}).get("type"):
        kinds = [f"list of {row['items']['type']}s"]
    return " or ".join(kind.replace("array", "list").replace("boolean", "flag").replace("integer", "number") for kind in kinds)


def members(row):
    rows = []
    for name, inner in row.get("properties", {}).items():
        told = inner.get("description", "")
        if inner.get("enum") and not all(str(one) in told for one in inner["enum"]):
            told += " One of " + ", ".join(f"`{json.dumps(one)}`" for one in inner["enum"]) + "."
        if "default" in inner:
            told += f" Default: `{json.dumps(inner['default'])}`."
        rows.append(f"| `{row['name']}.{name}` | {types(inner)} | {cell(told)} |")
    return rows


def launch_keys():
    rows = json.loads((TOP / "vscode-extension/attributes.json").read_text())
    lines = [LAUNCH.rstrip("\n")]
    parts = [("Launch and attach", "launch attach"), ("Launch only", "launch"), ("Attach only", "attach")]
    for title, where in parts:
        chosen = [row for row in rows if row["in"] == where and "same" not in row and not row.get("ignored")]
        lines += ["", f"## {title}", "", "| key | type | |", "| --- | --- | --- |"]
        for row in chosen:
            told = row["text"]
            if "default" in row and row["default"] not in ([], {}):
                told += f" Default: `{json.dumps(row['default'])}`."
            if row.get("by") == "extension":
                told += " By the VS Code extension" + (" and the Lua module for Neovim." if row["name"] == "cargo" else ".")
            lines += [f"| `{row['name']}` | {types(row)} | {cell(told)} |", *members(row)]
    lines += ["", "## Other names for the same", "", "| key | is |", "| --- | --- |"]
    lines += [f"| `{row['name']}` | `{row['same']}` |" for row in rows if "same" in row]
    ignored = ", ".join(f"`{row['name']}`" for row in rows if row.get("ignored"))
    lines += ["", f"Accepted and ignored, as they hold other debuggers' own commands or say what is known: {ignored}."]
    return "\n".join(["<!-- made by doc/tables.py out of vscode-extension/attributes.json; do not edit -->", *lines]) + "\n"


def clients():
    """adapter/client.c's table of how many tasks each lists."""
    names = {"vscode": "VS Code", "zed": "Zed", "neovim": "Neovim", "emacs": "Emacs", "hx": "Helix", "": "any other"}
    rows = re.findall(r'{"([\w-]*)", (\d+), (?:true|false)}', (TOP / "adapter/client.c").read_text())
    if not {"vscode", "hx", ""} <= {name for name, _ in rows}:
        sys.exit("adapter/client.c: its table has a form that doc/tables.py does not know")
    return ", ".join(f"{count if count != '0' else 'none'} in {names[name]}" for name, count in rows if name in names)


def commands():
    text = (TOP / "adapter/console.def").read_text()
    rows = re.findall(r'^COMMAND\("([^"]*)", *\w+, *(true|false), *"([^"]*)", *"((?:[^"\\]|\\.)*)"\)', text, re.M)
    if len(rows) != len(re.findall(r"^COMMAND\(", text, re.M)):
        sys.exit("adapter/console.def: a row has a form that doc/tables.py does not know")
    lines = [COMMANDS.rstrip("\n"), "", "| command | | what it does |", "| --- | --- | --- |"]
    for words, stopped, args, told in rows:
        spelled = " \\| ".join(f"`{one}`" for one in words.split("|"))
        lines.append(f"| {spelled}{f' `{args}`' if args else ''} | {chr(0x25cf) if stopped == 'true' else ''} | {cell(told)} |")
    return "\n".join(["<!-- made by doc/tables.py out of adapter/console.def; do not edit -->", *lines]) + "\n" + BEHIND.replace("CLIENTS", clients())


late = []
for name, text in (("doc/launch-keys.md", launch_keys()), ("doc/commands.md", commands())):
    path = TOP / name
    if path.exists() and path.read_text() == text:
        continue
    late.append(name)
    if sys.argv[1:] != ["--check"]:
        path.write_text(text)
if sys.argv[1:] == ["--check"] and late:
    sys.exit(f"{', '.join(late)}: out of date: run doc/tables.py")
