#!/usr/bin/env bash
# Configures and builds build/release; what the compiler said is in build/release/build.log.
#   scripts/build.sh [TARGET…]      default: everything
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/progress.sh

folder=build/release
log=$folder/build.log
export PATH="$PWD/.venv/bin:$PATH"

# One a core, but no more than fit into memory: a file that includes ATen takes 1 to 2 GiB.
jobs() {
  local cores gib
  cores=$(nproc)
  gib=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  local fit=$((gib / 2 > 0 ? gib / 2 : 1))
  echo $((cores < fit ? cores : fit))
}

# On a terminal: ninja's "[12/245] …" lines as one line that counts; else nothing.
show_progress() {
  if [ -t 2 ]; then
    sed -un 's|^\[\([0-9]*/[0-9]*\)\].*|\1|p' |
      while read -r step; do printf '\rbuild    release  %s ' "$step" >&2; done
    printf '\r%30s\r' '' >&2
  else
    cat >/dev/null
  fi
}

mkdir -p "$folder"
: >"$log"
if [ ! -f "$folder/build.ninja" ]; then
  cmake --preset release >>"$log" 2>&1 || {
    rm -f "$folder/build.ninja"  # may be half written
    stage_fail build "cmake --preset release" "$log"
  }
fi
ninja -C "$folder" -j "$(jobs)" "$@" 2>&1 | tee -a "$log" | show_progress ||
  stage_fail build "ninja -C $folder" "$log"
stage_done build release
