#!/bin/sh
# Tries the .vsix in a real VS Code (code-server in headless Chromium): F5 in a Cargo project without a launch.json, a
# stop in a task among ten thousand, the console, the Tasks and Workers views, a click that goes to an await.
# usage: vscode.sh VSIX TARGET_FOLDER [FOLDER_FOR_SCREENSHOTS]
# Needs the drivers of ../shared/clients (CLIENTS names another place), installed. Status 77: they are not here.
set -eu
vsix=$1 CARGO_TARGET_DIR=$2 pictures=${3:-}
top=$(cd "$(dirname "$0")/../.." && pwd)
clients=${CLIENTS:-$top/../shared/clients}
cache=${DAP_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dap-clients}
for needed in "$clients/vscode/drive-vscode.mjs" "$cache/code-server/node_modules" "$cache/tools/node_modules"; do
  [ -e "$needed" ] || { echo "vscode: skipped, as $needed is not here"; exit 77; }
done
command -v node >/dev/null && command -v chromium >/dev/null || { echo "vscode: skipped, as node or chromium is not here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
cp -r "$top/tests/clients/many" "$folder/many"
# one program and no tests: F5 asks nothing
printf '\n[[bin]]\nname = "many"\npath = "src/main.rs"\ntest = false\n' >>"$folder/many/Cargo.toml"
export CARGO_TARGET_DIR
line() { grep -n "MARK: $1" "$folder/many/src/main.rs" | cut -d: -f1; }
node "$clients/vscode/drive-vscode.mjs" --workspace "$folder/many" --type stackful --extension "$vsix" \
  --setting "stackful.record=$folder/record.jsonl" --break "src/main.rs:$(line stop)" --timeout 90 \
  --console 'tax + 1' --console 'async task checkout' --fold Watch,Breakpoints,Variables --do shot:stack \
  --do 'palette:stackful: Focus on Workers View' --do 'palette:stackful: Focus on Tasks View' \
  --do key:ArrowDown --do key:ArrowRight --do sleep:2 --do key:ArrowDown --do key:ArrowRight --do sleep:2 --do key:ArrowDown --do key:Enter --do sleep:2 --do shot:tasks \
  --do snapshot:clicked --out "$folder/out" >"$folder/log" 2>&1 || { tail -n 40 "$folder/log"; exit 1; }
STOP=$(line stop) REQUEST=$(line request) python3 - "$folder/out/result.json" <<'PYTHON'
import json, os, sys
result = json.load(open(sys.argv[1]))
steps = {step["step"]: step for step in result["steps"]}
rows = steps["stopped"]["callStack"]
frame = next(row for row in rows if row["kind"] == "frame")
def check(what, ok, told):
    if not ok:
        sys.exit(f"vscode: {what}: {told}")
check("the driver", result["ok"], result)
check("the stopped task is first", "many::checkout" in rows[0]["name"] and rows[0]["name"].startswith("task "), rows[0])
check("its frame", frame["name"] == "many::checkout" and frame["line"].startswith(os.environ["STOP"] + ":"), frame)
check("an expression", result["console"][0]["answer"] == "21", result["console"][0])
check("a command", "many::checkout" in result["console"][1]["answer"], result["console"][1])
check("a click on a task goes to its await", steps["clicked"]["editor"]["cursor"].startswith(f"Ln {os.environ['REQUEST']},"), steps["clicked"]["editor"])
print("vscode: F5, stop, console, Tasks view, click: well")
PYTHON
python=$cache/nvim/venv/bin/python
[ ! -x "$python" ] || "$python" "$clients/protocol/dapcheck.py" "$folder/record.jsonl" || exit 1
if [ -n "$pictures" ]; then
  mkdir -p "$pictures"
  cp "$folder"/out/*-tasks.png "$pictures/tasks.png"
fi
