#!/bin/sh
# Installs the npm packages of vscode-extension/package.json (at the versions pinned there; 46 MB), if they are not there. Status 77,
# with a word: they can't be had.
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top/vscode-extension" || exit 1
for needed in node npm; do
  command -v $needed >/dev/null || { echo "npm: skipped, as $needed is not here"; exit 77; }
done
exec 9<package.json
flock 9 # tests run side by side
npm ls >/dev/null 2>&1 || timeout 120 npm install --no-audit --no-fund --no-package-lock --loglevel=error >/dev/null 2>&1 || { echo "npm: skipped, as npm install in vscode-extension does not go through"; exit 77; }
