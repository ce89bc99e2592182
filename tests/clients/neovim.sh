#!/bin/sh
# Tries doc/neovim.md and the Lua module in a real Neovim. usage: neovim.sh ADAPTER TARGET_FOLDER
# Needs a copy of nvim-dap, which is in no registry: NVIM_DAP, or nvim-dap/current in the cache of install.sh. NVIM names another
# Neovim than the one that install.sh puts there. NVIM_DAP_UI and NVIM_NIO (in no registry either) name copies of nvim-dap-ui
# and nvim-nio, to try it with those, too. Status 77: they are not here.
set -eu
adapter=$1 CARGO_TARGET_DIR=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${DAP_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dap-clients}
nvim=${NVIM:-$cache/nvim/bin/nvim}
plugin=${NVIM_DAP:-$cache/nvim-dap/current}
[ -e "$plugin/lua/dap.lua" ] || { echo "neovim: skipped, as $plugin/lua/dap.lua is not here (NVIM_DAP names a copy of nvim-dap)"; exit 77; }
[ -n "${NVIM:-}" ] || "$top/tests/clients/install.sh" neovim || exit
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
cp -r "$top/tests/clients/many/." "$folder"
cd "$folder"
export CARGO_TARGET_DIR
export XDG_CONFIG_HOME="$folder/.config" XDG_DATA_HOME="$folder/.data" XDG_STATE_HOME="$folder/.state" XDG_CACHE_HOME="$folder/.cache"
paths=$plugin
if [ -n "${NVIM_DAP_UI:-}" ] && [ -n "${NVIM_NIO:-}" ]; then
  paths=$paths,$NVIM_DAP_UI,$NVIM_NIO
  export DAP_UI=1
fi
# Each session leaves a record.
recording=$folder/.stackful
mkdir "$folder/.records"
printf '#!/bin/sh\nexec "%s" --record "%s/$$.jsonl" "$@"\n' "$adapter" "$folder/.records" >"$recording"
chmod +x "$recording"
TOP=$top ADAPTER=$recording "$nvim" --headless -u NONE -i NONE --cmd "set noswapfile runtimepath^=$paths" -S "$top/tests/clients/neovim.lua" </dev/null
find "$folder/.records" -name '*.jsonl' -size +0 -exec sh -c 'for record; do "$0" "$record" || exit 1; done' "$top/tests/clients/record.py" {} +
