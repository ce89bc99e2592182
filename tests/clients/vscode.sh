#!/bin/sh
# Tries the .vsix in a real VS Code (code-server in headless Chromium), scene by scene; vscode.py says what must be seen.
#   many   F5 in a Cargo project without a launch.json, a stop in a task among ten thousand, a step over an await, the console,
#          marks on lines, the Tasks view, a click that goes to an await
#   waits  a deadlock in the wait graph, keys that go to its line
#   crowd  the wait graph of two thousand tasks
#   walkthrough  its pages, and the button of one
#   pins   a task pinned to the call stack
#   core   a core file: the stack of a task that waits in a select!, the variables of a suspended async fn
#   attach a running program: attach, pause, let it go
# usage: vscode.sh VSIX TARGET_FOLDER [FOLDER_FOR_PICTURES [SCENE...]]
# KEEP=FOLDER keeps each scene's screenshots, result and record there.
# Status 77, with a word: what install.sh installs for it can't be had.
set -u
vsix=$1 CARGO_TARGET_DIR=$2 pictures=${3:-}
export CARGO_TARGET_DIR
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/tests/clients/install.sh" chromium node code-server browser || exit
folder=$(mktemp -d)
program=
trap 'rm -rf "$folder"; [ -z "$program" ] || kill "$program"' EXIT
trap 'exit 1' INT TERM
bad=0

# workspace SOURCE: a copy as $work, of one program and no tests, so that F5 asks nothing; it is built before.
workspace() {
  work=$folder/$(basename "$1")
  [ -d "$work" ] && return
  cp -r "$1" "$work"
  rm -rf "$work/target"
  printf '\n[[bin]]\nname = "%s"\npath = "src/main.rs"\ntest = false\n' "$(basename "$1")" >>"$work/Cargo.toml"
  (cd "$work" && cargo build --quiet)
}

line() { grep -n "MARK: $1\$" "$work/src/main.rs" | cut -d: -f1; }

# drive SCENE OPTION...: one session; its record, its checks, its pictures (those named as the scene).
drive() {
  scene=$1
  shift
  node "$top/tests/clients/drive-vscode.mjs" --workspace "$work" --type stackful --extension "$vsix" --setting "stackful.record=$folder/$scene.jsonl" \
    --timeout 90 --out "$folder/out-$scene" "$@" >"$folder/log" 2>&1
  [ -z "${KEEP:-}" ] || { mkdir -p "$KEEP" && cp -r "$folder/out-$scene" "$folder/$scene.jsonl" "$KEEP"; } 2>/dev/null
  python3 "$top/tests/clients/vscode.py" "$scene" "$folder/out-$scene/result.json" "$work/src/main.rs" || { tail -n 5 "$folder/log" | cut -c1-500; bad=1; return; }
  python3 "$top/tests/clients/record.py" "$folder/$scene.jsonl" || bad=1
  [ -n "$pictures" ] || return
  mkdir -p "$pictures"
  for picture in "$folder/out-$scene"/*-picture-*.png; do
    [ -f "$picture" ] || continue
    "$top/tests/clients/shrink.py" "$picture" "$pictures/${picture##*-picture-}" || bad=1
  done
}

scene_many() {
  workspace "$top/tests/clients/many"
  drive many --break "src/main.rs:$(line tax)" --fold Watch,Breakpoints,Variables --do next --do next \
    --do 'console:tax + 1' --do 'console:async task checkout|reader' --do 'until:2 of 10,?002 tasks match' --do shot:picture-stop --do 'console:tasks max 30' \
    --do 'palette:stackful: Focus on Workers View' --do 'until:parked' --do 'palette:stackful: Focus on Tasks View' --do 'until:× ?9,?000' \
    --do key:ArrowDown --do key:ArrowRight --do 'until:sleep' --do key:ArrowDown --do key:ArrowRight --do 'until:task \d+' --do key:ArrowDown --do key:Enter \
    --do "until:Ln $(line request)," --do shot:picture-tasks --do snapshot:clicked
}

scene_waits() {
  workspace "$top/tests/fixtures/hung"
  drive waits --break "src/main.rs:$(line tick)" --fold Watch,Breakpoints,Variables --do continue --do wait-stop --do 'palette:stackful: Show Wait Graph' \
    --do 'until:1 deadlock, \d+ tasks' --do shot:picture-waits --do key:Tab --do 'until:^task \d+ · .*main.rs:\d+$' --do key:Enter \
    --do 'palette:View: Focus First Editor Group' --do "until:Ln ($(line first)|$(line second))," --do snapshot:clicked
}

# The same of a thousand pairs and a hundred chains.
scene_crowd() {
  workspace "$top/tests/clients/crowd"
  drive crowd --break "src/main.rs:$(line tick)" --fold Watch,Breakpoints,Variables --do 'palette:stackful: Show Wait Graph' \
    --do 'until:1 deadlock, [\d,]+ tasks' --do shot:graph --do key:Tab --do 'until:^task \d+ · .*main.rs:\d+$' --do key:Enter --do 'palette:View: Focus First Editor Group' --do "until:Ln $(line takes)," --do snapshot:clicked
}

# A task is pinned by the menu of the call stack, and stays when the list is cut.
scene_pins() {
  workspace "$top/tests/clients/many"
  drive pins --break "src/main.rs:$(line tax)" --fold Watch,Breakpoints,Variables --do 'menu-stack:many::reader => Pin' --do wait-stop \
    --do 'console:tasks max 1' --do 'until:more tasks' --do snapshot:pinned --do 'menu-stack:many::reader => Unpin' --do wait-stop --do snapshot:unpinned
}

# Each page of the walkthrough.
scene_walkthrough() {
  workspace "$top/tests/fixtures/hung"
  drive walkthrough --break "src/main.rs:$(line tick)" --do 'choose:Welcome: Open Walkthrough => Debug async Rust' --do 'until:Read a stop' --do shot:first \
    --do 'click:^Read a stop$' --do 'until:the last row says' --do shot:stop --do 'click:^All tasks, grouped$' --do 'until:The Tasks view has' --do shot:tasks \
    --do 'click:^Who waits for whom$' --do 'until:shows deadlocks' --do shot:waits --do 'click:^Step like the task$' --do 'until:whichever worker' --do shot:steps --do 'click:^Who waits for whom$' \
    --do 'click:Show the Wait Graph' --do 'until:deadlock' --do shot:graph
}

# running NAME: starts the program and waits until its tasks are at rest, which `ready` tells.
running() {
  "$CARGO_TARGET_DIR/debug/$1" >/dev/null &
  program=$!
  for _ in $(seq 100); do
    "$folder/vsix/extension/bin/stackful" tasks --pid "$program" --json 2>/dev/null | grep -qE "$2" && return
    sleep 0.1
  done
  echo "vscode: $1 has not come to rest"
  return 1
}

scene_core() {
  command -v gcore >/dev/null || { echo "vscode: core: skipped, as gcore is not here (Debian package gdb)"; return; }
  workspace "$top/tests/fixtures/waits"
  running waits '"root": *"waits::limited"' || { bad=1; return; }
  (cd "$folder" && gcore -o core "$program" >/dev/null 2>&1)
  kill "$program"
  drive core --break "src/main.rs:$(line sleeps)" --launch "{\"request\": \"attach\", \"coreFile\": \"$folder/core.$program\"}" --fold Watch,Breakpoints \
    --do 'expand-stack:waits::selects' --do 'expand-stack:waits::chain' --do 'frame:^waits::middle' --do 'until:order' --do shot:picture-core --do snapshot:frame
  program=
}

scene_attach() {
  workspace "$top/tests/fixtures/waits"
  running waits '"root": *"waits::limited"' || { bad=1; return; }
  drive attach --break "src/main.rs:$(line sleeps)" --launch "{\"request\": \"attach\", \"pid\": $program}" --no-stop --do pause --do wait-stop --do snapshot:paused --do 'console:async task limited'
  kill -0 "$program" || { echo "vscode: attach: the program was not let go"; bad=1; }
  kill "$program"
  program=
}

python3 -m zipfile -e "$vsix" "$folder/vsix" && chmod +x "$folder/vsix/extension/bin/stackful"
shift 2
[ $# = 0 ] || shift
for scene in ${*:-many waits crowd pins walkthrough core attach}; do
  "scene_$scene"
done
exit $bad
