#!/usr/bin/env python3
"""What debuggers show of the values of tests/fixtures/values and crates: stackful beside gdb, lldb-dap and BugStalker.

usage: values.py --adapter build/stackful --build build [--list] [--write doc/values.md]

Each program has one local of each kind, and in its source how it is to be shown. It is stopped where all are alive, and
each debugger is asked for each. A value counts as told when all words and numbers of the wanted text are there, in
whatever form and order: in one line (the first 200 characters), or when it is unfolded (four levels of 20; all that gdb's
`print` and BugStalker's `var locals` write). gdb and lldb-dap have the printers that come with rustc. A table by the
headings of the source goes to stdout, or with --write into the document. What a machine does not have is left out.
"""
import argparse, os, pty, re, select, signal, subprocess, sys, time

from run import Dap, TOP, end, find, line_of, which

PROGRAMS = (("values", "let sum = callee("), ("crates", "    stop();"))
LINE, DEEP, LEVELS, ITEMS, NODES = 200, 20000, 4, 20, 400
BEGIN, END = "<!-- made by bench/values.py -->", "<!-- end -->"


# ---- what is wanted --------------------------------------------------------------------------------------

def wishes(source):
    """(heading, variable, wanted text)"""
    heading = ""
    for text in open(source):
        if found := re.match(r"    // (\w[^:]*?)\.?$", text):
            heading = found.group(1)
        elif found := re.search(r"let (?:mut )?(\w+)\b.*// SHOWS: (.*)$", text):
            yield heading, found.group(1), found.group(2)


def words(text):
    text = re.sub(r"\\u\{\w+\}|\\[ntr0]|\\x[0-9a-f]{2}", " ", text)
    return [number(word) for word in re.findall(r"0x[0-9a-f]+|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|\w+", text.lower())]


def number(word):
    try:
        return float(int(word, 16)) if word.startswith("0x") else float(word) if re.match(r"-?\d", word) else word
    except ValueError:
        return word


def wanted_words(text):
    if text.startswith("<moved"):
        return ["moved"]
    text = re.sub(r"\{hex\}|\{dec\}|…", " ", text)
    text = re.sub(r"^[\w:<>\[\], &;]+ \(len \d+\) ", "", text)  # other debuggers tell types and lengths elsewhere
    return words(re.sub(r"\((strong|borrowed|len|read-locked)[^)]*\)", " ", text))


def tells(text, wanted):
    there = set(words(text))
    numbers = [word for word in there if isinstance(word, float)]
    near = lambda word: isinstance(word, float) and any(abs(n - word) <= 1e-6 * abs(word) for n in numbers)  # 0.100000001
    return bool(text) and all(word in there or near(word) for word in wanted)


# ---- debuggers: variable -> (one line, all of it) --------------------------------------------------------

def stopped_dap(command, program, source, line, launch):
    dap = Dap(command)
    dap.send("initialize", {"adapterID": "values", "supportsVariablePaging": True, "linesStartAt1": True,
                            "columnsStartAt1": True, "pathFormat": "path"})
    dap.send("launch", {"program": program, **launch})
    dap.event("initialized")
    dap.request("setBreakpoints", {"source": {"path": source}, "breakpoints": [{"line": line}]})
    dap.send("configurationDone")
    thread = dap.event("stopped")["body"]["threadId"]
    return dap, dap.request("stackTrace", {"threadId": thread, "levels": 1})["body"]["stackFrames"][0]["id"]


def ask_dap(command, program, source, line, names, launch):
    """One by one, and anew behind one that it does not come back from (lldb-dap: a Vec of 10 million, some enums)."""
    answers, dap = {}, None
    for name in names:
        try:
            if not dap:
                dap, frame = stopped_dap(command, program, source, line, launch)
            body = dap.request("evaluate", {"expression": name, "frameId": frame, "context": "watch"}).get("body", {})
            if "result" in body:
                answers[name] = (body["result"], body["result"])
                answers[name] = (body["result"], unfold(dap, {**body, "value": body["result"]}))
        except (RuntimeError, OSError) as problem:
            print(f"values: {command[0]}: {name}: {problem}", file=sys.stderr)
            if dap:
                end(dap.process)
            dap = None
    if dap:
        end(dap.process)
    return answers


def unfold(dap, variable):
    texts, level = [variable["value"]], [variable]
    for _ in range(LEVELS):
        children = []
        for parent in level:
            many = parent.get("indexedVariables", 0) > 1000  # lldb-dap answers with all of them, whatever page is asked for
            if parent.get("variablesReference") and len(texts) < NODES and not many:
                answer = dap.request("variables", {"variablesReference": parent["variablesReference"],
                                                   "start": 0, "count": ITEMS})
                children += [c for c in answer.get("body", {}).get("variables", [])[:ITEMS] if not c["name"].startswith("[raw")]
        texts += [f"{c['name']} {c['value']}" for c in children]
        level = children
    return "\n".join(texts)


def ask_gdb(command, program, source, line, names):
    script = ["set pagination off", "set width 0", "set debuginfod enabled off", "set confirm off",
              f"break {source}:{line}", "run"]
    for name in names:
        script += [f"echo \\n@@{name}@@", f"print {name}"]
    arguments = [word for one in script for word in ("-ex", one)]
    text = subprocess.run(command + ["-q", "-batch", *arguments, program], capture_output=True, text=True, errors="replace",
                          timeout=120, stdin=subprocess.DEVNULL).stdout
    answers = {}
    for part in text.split("\n@@")[1:]:
        name, _, value = part.partition("@@")
        value = re.sub(r"^\$\d+ = ", "", value.strip())
        answers[name] = (value, value)
    return answers


def ask_bs(command, program, source, line):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command + [program])
    text, script = b"", [(b"(bs)", f"break {os.path.basename(source)}:{line}\n"), (b"New breakpoint", "run\n"),
                         (b"Hit breakpoint", "var locals\n")]
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([fd], [], [], 3)[0]:
                if not script:
                    break
                continue
            text += os.read(fd, 1 << 16)
            if script and script[0][0] in text:
                for c in script.pop(0)[1]:  # its line editor hangs on more than one byte a read
                    os.write(fd, c.encode())
                    time.sleep(0.002)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.decode(errors="replace")).replace("\r", "")
    answers, name = {}, None
    for row in plain.split("\n"):
        if found := re.match(r"(\w+) = (.*)", row):
            name = found.group(1)
            answers[name] = [found.group(2)]
        elif name:
            answers[name].append(row)
    return {name: (" ".join(rows), " ".join(rows)) for name, rows in answers.items()}


def rustc_printers():
    """lldb's commands for the printers that come with rustc."""
    root = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True).stdout.strip()
    etc = os.path.join(root, "lib/rustlib/etc")
    return [f"command script import {etc}/lldb_lookup.py", f"command source -s true {etc}/lldb_commands"]


def version(command):
    told = subprocess.run([command, "--version"], capture_output=True, text=True)
    text = told.stdout + told.stderr
    found = re.search(r"\d+\.\d+(\.\d+)?", text)
    return found.group(0) if found else ""


def debuggers(arguments):
    gdb, lldb = which("gdb"), which("lldb-dap-19") or which("lldb-dap")
    bs = find([f"{arguments.build}/peers/bin/bs", which("bs")])
    yield "stackful", lambda p, s, l, names: ask_dap([arguments.adapter], p, s, l, names, {})
    if lldb:
        commands = rustc_printers()
        yield os.path.basename(lldb), lambda p, s, l, names: ask_dap([lldb], p, s, l, names, {"initCommands": commands})
    if gdb:
        yield f"gdb {version(gdb)}", lambda p, s, l, names: ask_gdb([which("rust-gdb") or gdb], p, s, l, names)
    if bs:
        yield f"BugStalker {version(bs)}", lambda p, s, l, names: ask_bs([bs], p, s, l)
    for name, path in (("gdb", gdb), ("lldb-dap", lldb), ("bs", bs)):
        if not path:
            print(f"values: {name} is not on this machine and is left out", file=sys.stderr)


# ---- the table -------------------------------------------------------------------------------------------

def compare(arguments, peers):
    """{heading: {peer: [in one line, unfolded]}}, in the order of the sources, and how many there are of each."""
    table, totals = {}, {}
    for name, stop in PROGRAMS:
        program, source = f"{arguments.build}/fixtures/debug/{name}", f"{TOP}/tests/fixtures/{name}/src/main.rs"
        if not os.access(program, os.X_OK):
            print(f"values: the program `{name}` is not built and is left out", file=sys.stderr)
            continue
        rows, line = list(wishes(source)), line_of(source, stop)
        for heading, _, _ in rows:
            table.setdefault(heading, {})
            totals[heading] = totals.get(heading, 0) + 1
        for peer, ask in peers:
            try:
                answers = ask(program, source, line, [variable for _, variable, _ in rows])
            except (RuntimeError, OSError, subprocess.TimeoutExpired, KeyError) as problem:
                print(f"values: {name}: {peer}: {problem}", file=sys.stderr)
                continue
            for heading, variable, text in rows:
                short, whole = answers.get(variable, ("", ""))
                wanted = wanted_words(text)
                told = [tells(short[:LINE], wanted), tells(whole[:DEEP], wanted)]
                count = table[heading].setdefault(peer, [0, 0])
                count[0] += told[0]
                count[1] += told[0] or told[1]
                if arguments.list and not told[0]:
                    print(f"{peer}: {variable}: wanted {text}\n    {'unfolded: ' if told[1] else ''}{short[:LINE]!r}")
    return table, totals


def markdown(table, totals, peers):
    lines = ["| | values | " + " | ".join(peers) + " |", "| --- | --- |" + " --- |" * len(peers)]
    sums = {peer: [0, 0] for peer in peers}
    for heading, counts in table.items():
        cells = []
        for peer in peers:
            line, deep = counts.get(peer, [0, 0])
            sums[peer] = [sums[peer][0] + line, sums[peer][1] + deep]
            cells.append(f"{line}" if line == deep else f"{line} ({deep})")
        lines.append(f"| {heading} | {totals[heading]} | " + " | ".join(cells) + " |")
    lines.append(f"| all | {sum(totals.values())} | " + " | ".join(f"{a} ({b})" if a != b else f"{a}" for a, b in sums.values()) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", default=f"{TOP}/build/stackful")
    parser.add_argument("--build", default=f"{TOP}/build", help="where the programs are, in fixtures/debug")
    parser.add_argument("--list", action="store_true", help="tell each value that is not told in one line")
    parser.add_argument("--write", metavar="FILE", help="put the table between its marks in this document")
    arguments = parser.parse_args()
    peers = list(debuggers(arguments))
    table, totals = compare(arguments, peers)
    text = markdown(table, totals, [name for name, _ in peers])
    if not arguments.write:
        print(text, end="")
        return
    document = open(arguments.write).read()
    before, mark, rest = document.partition(BEGIN + "\n")
    _, mark_end, after = rest.partition(END)
    if not mark or not mark_end:
        sys.exit(f"values: {arguments.write} has no `{BEGIN}` and `{END}`")
    with open(arguments.write, "w") as out:
        out.write(before + mark + text + mark_end + after)


if __name__ == "__main__":
    main()
