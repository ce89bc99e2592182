#!/bin/sh
# The VS Code extension's own tests, its types, and that it can be bundled. Status 77: its packages can't be had.
here=$(dirname "$0")
"$here/packages.sh" || exit
cd "$here/../../vscode-extension" && npm --silent test >/dev/null && npm --silent run build && echo "extension: its own tests, its types, its bundle: well"
