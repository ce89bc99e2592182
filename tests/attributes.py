#!/usr/bin/env python3
"""adapter/config.c and vscode-extension/attributes.json know the same keys of launch.json.

usage: attributes.py SOURCE_TREE
"""
import json
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
rows = re.findall(r'^ +\{"(\w+)", ([a-z_]+|NULL)\},', (top / "adapter/config.c").read_text(), re.M)
offered = {row["name"]: row for row in json.loads((top / "vscode-extension/attributes.json").read_text())}
if not rows:
    sys.exit("adapter/config.c: no table of keys was found: has its form changed?")

wrong = []
read = {name: function for name, function in rows}
for name, function in rows:
    if function == "refuse" and name in offered:
        wrong.append(f"{name}: the adapter refuses it, and the extension offers it")
    elif function not in ("NULL", "refuse") and name not in offered:
        wrong.append(f"{name}: the adapter reads it; add it to vscode-extension/attributes.json, then npm run generate")
    elif name in offered and offered[name].get("ignored", False) != (function == "skip_commands") and function != "NULL":
        wrong.append(f"{name}: attributes.json and config.c differ in whether it is ignored")
    elif name in offered and offered[name].get("same") and read.get(offered[name]["same"]) != function:
        wrong.append(f"{name}: not the same as {offered[name]['same']}")
for name, row in offered.items():
    if row.get("by") != "extension" and name not in read:
        wrong.append(f"{name}: the extension offers it, and the adapter does not know it")
print("\n".join(wrong) if wrong else f"{len(offered)} keys agree")
sys.exit(bool(wrong))
