#!/bin/sh
# The VS Code extension's own tests, its types, and that it can be bundled. Status 77: its packages can't be had.
here=$(dirname "$0")
"$here/packages.sh" || exit
cd "$here/../../vscode-extension" && npm --silent test && npm --silent run build
