#!/usr/bin/env python3
"""Holds the documents against the source tree: links, anchors, paths, `./dev` commands, and messages that are quoted.

usage: documents.py [SOURCE-FOLDER]
"""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()
FOLDERS = "adapter|tokio|engine|include|tests|bench|doc|examples|vscode-extension"
problems = []


def complain(path, text):
    problems.append(f"{path.relative_to(TOP)}: {text}")


def anchors(path):
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.M)}


def links(path, text):
    """Tells what does not exist; returns the documents that it leads to."""
    found = set()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists():
            complain(path, f"the link {target} leads nowhere")
        elif anchor and anchor not in anchors(there):
            complain(path, f"the link {target}: no heading of that name")
        else:
            found.add(there)
    return found


def paths(path, text):
    """Between backticks: from the tree's top or the document's folder; a bare file name is somewhere in the document's folder."""
    for code in re.findall(r"`([^`\n]+)`", text):
        for name in re.findall(rf"(?<![\w/.~$:*-])(?:{FOLDERS})/[\w./*-]*[\w*/]", code):
            if "NAME" not in name and not any(any(folder.glob(name)) for folder in (TOP, path.parent)):
                complain(path, f"there is no {name}")
        if re.fullmatch(r"\w+\.(c|h|def|py|sh|mjs)", code) and path.parent != TOP and not any(path.parent.rglob(code)) and not any(TOP.rglob(code)):
            complain(path, f"there is no file {code}")
    for command in re.findall(r"\./dev ([a-z]+)", text):
        if f"do_{command}()" not in (TOP / "dev").read_text():
            complain(path, f"./dev has no command {command}")


def messages(path):
    """The first cells of its tables quote what the program says: `…`, N, M, P and what is in brackets stand for something."""
    said = "".join(file.read_text() for floor in ("adapter", "engine", "tokio") for file in sorted((TOP / floor).rglob("*.[cd]*")) if file.is_file())
    said = re.sub(r'"\s*\n?\s*"', "", said)  # a text on two lines
    quoted = re.findall(r"^\| `([^`]+)` \|", path.read_text(), re.M)
    if len(quoted) < 10:
        complain(path, "the messages in its tables were not found")
    for text in quoted:
        for part in re.split(r"…|\b[NMP]\b|\bby gdb\b|\(.*?\)", text):
            if part.strip() and part.strip() not in said:
                complain(path, f"no message says `{part.strip()}`")


listed = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"], capture_output=True, text=True)
documents = [TOP / name for name in listed.stdout.split("\0") if name] or [one for one in TOP.rglob("*.md") if not {"build", "node_modules"} & set(one.parts)]
reached, todo = set(), [TOP / "README.md"]
texts = {path: path.read_text() for path in documents if path.exists()}
leads = {path: links(path, text) for path, text in texts.items()}
while todo:
    path = todo.pop()
    if path not in reached:
        reached.add(path)
        todo += leads.get(path, [])
for path, text in texts.items():
    paths(path, text)
    if path.parent == TOP / "doc" and path not in reached:
        complain(path, "no link leads here from README.md")
messages(TOP / "doc/troubleshooting.md")
print(f"{len(texts)} documents, {sum(map(len, leads.values()))} links")
if len(texts) < 10:
    problems.append("the documents were not found")
print("\n".join(problems))
sys.exit(1 if problems else 0)
