#!/bin/sh
# Runs the adapter of the .vsix where nothing is but a glibc: this machine's, and those of later Debian releases, which are
# fetched by apt. A session with the echo server is played in each.
# usage: package.sh VSIX TARGET_FOLDER [ROOT...]; a ROOT is a folder with a glibc in it, of another distribution, say.
# Status 77, with a word: it can't be tried here.
set -eu
vsix=$(realpath "$1") program=$(realpath "$2/debug/echo")
shift 2
top=$(cd "$(dirname "$0")/../.." && pwd)
unshare=unshare
[ "$(id -u)" = 0 ] || unshare="unshare -r"
$unshare -m true 2>/dev/null || { echo "package: skipped, as no namespaces can be made here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m zipfile -e "$vsix" "$folder/vsix" && chmod +x "$folder/vsix/extension/bin/stackful"
"$top/tests/clients/notices.py" "$folder/vsix"

# These files, at the paths that they have here. (Rust's programs need libgcc_s, which is glibc's companion everywhere.)
own_glibc() {
  for file in $(ldd "$program" | grep -oE '/[^ ]+') /lib/x86_64-linux-gnu/libm.so.6; do
    mkdir -p "$1/$(dirname "$file")"
    cp -L "$file" "$1/$file"
  done
}

# glibc_of SUITE ROOT: the packages of another release, unpacked; from where this machine has its own.
glibc_of() {
  mkdir -p "$folder/$1/lists/partial" "$folder/$1/cache/archives/partial" "$folder/$1/debs"
  from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/$' | head -n 1)
  echo "deb $from $1 main" >"$folder/$1/sources"
  apt="apt-get -q -o Dir::Etc::SourceList=$folder/$1/sources -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$folder/$1/lists -o Dir::Cache=$folder/$1/cache"
  (cd "$folder/$1/debs" && $apt update && $apt download libc6 libgcc-s1) >"$folder/log" 2>&1 || return 1
  mkdir -p "$2/usr/lib" "$2/usr/lib64"
  ln -s usr/lib "$2/lib" && ln -s usr/lib64 "$2/lib64"
  for deb in "$folder/$1/debs"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar x -C "$2" --keep-directory-symlink
  done
}

# try ROOT NAME: what is there besides the glibc is made in a namespace of mounts.
try() {
  mkdir -p "$1/dev" "$1/proc" "$1/vsix" "$1/tmp" "$1$(dirname "$program")" "$1$top/examples"
  : >"$1/dev/null"
  printf '#!/bin/sh\nexec chroot "%s" /vsix/extension/bin/stackful "$@"\n' "$1" >"$folder/adapter"
  chmod +x "$folder/adapter"
  cp "$program" "$1$program"
  version=$(find "$1" -name 'ld-linux-x86-64.so.2' | head -n 1)
  version=$("$version" --version | sed -nE '1s/.* ([0-9]+\.[0-9]+).*/\1/p')
  $unshare -m sh -ec '
    mount --rbind /proc "$1/proc"; mount --bind /dev/null "$1/dev/null"; mount --bind "$2" "$1/vsix"; mount --bind "$3/examples" "$1$3/examples"
    exec python3 "$3/examples/demo.py" --adapter "$4" --program "$5" --source "$3/examples/echo/src/main.rs"' \
    sh "$1" "$folder/vsix" "$top" "$folder/adapter" "$program" >"$folder/log" 2>&1 || { echo "package: $2: glibc $version:"; tail -n 5 "$folder/log"; exit 1; }
  echo "package: $2 with nothing but glibc $version: well"
}

own_glibc "$folder/own"
try "$folder/own" "this machine's"
for suite in trixie sid; do
  if command -v apt-get >/dev/null && glibc_of $suite "$folder/$suite-root"; then
    try "$folder/$suite-root" "Debian $suite's"
  else
    echo "package: $suite: skipped, as its glibc can't be fetched"
  fi
done
for root; do
  try "$(realpath "$root")" "$root"
done
