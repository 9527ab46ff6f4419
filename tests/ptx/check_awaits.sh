#!/usr/bin/env bash
# Whether every kernel of a source awaits the launches before it (kernels/cuda/early_start.cuh) ahead of its first
# access to memory, in the PTX that nvcc makes of it: a compiler may move what is written in the right order. And whether
# it reads nothing through the read-only cache, which is not for what another kernel may still be writing.
#   check_awaits.sh NVCC ARCHITECTURE SOURCE ROOT        ARCHITECTURE: 90 or 90a
set -euo pipefail
nvcc=$1 architecture=$2 source=$3 root=$4
ptx=$(mktemp)
trap 'rm -f "$ptx"' EXIT
"$nvcc" -std=c++20 -O3 -DNDEBUG --expt-relaxed-constexpr -I"$root" \
  "-gencode=arch=compute_$architecture,code=compute_$architecture" -ptx "$source" -o "$ptx"
awk '
    /\.entry/                   { kernel = $0; awaits = 0; kernels++ }
    /griddepcontrol\.wait/      { awaits = 1 }
    /^[ \t@!%p0-9]*(ld|st|red|atom)\./ && !/\.(param|shared|local|const)/ || /cp\.(reduce\.)?async/ {
      accesses++
      if (!awaits) { print "before any wait: " $0 " in " kernel; early++ }
    }
    /ld\.global[a-z0-9.]*\.nc/ { print "through the read-only cache: " $0 " in " kernel; early++ }
    END { print kernels " kernels, " accesses " accesses, " early + 0 " that may not be"; exit early > 0 || kernels == 0 }' "$ptx"
