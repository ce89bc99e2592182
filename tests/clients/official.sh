#!/bin/sh
# Plays official.mjs: VS Code's own test client for debug adapters. usage: official.sh ADAPTER TARGET_FOLDER
# Status 77: it can't be had.
here=$(cd "$(dirname "$0")" && pwd)
"$here/packages.sh" || exit
exec node "$here/official.mjs" "$1" "$2/debug/echo" "$here/../../examples/echo/src/main.rs"
