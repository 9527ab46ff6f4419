#!/usr/bin/env bash
# Installs what is missing to build and run clipbench: Debian's packages by apt, Python's into .venv.
#
# Where the environment already has torch 2.11 (CUDA build), CMake and ninja, as on a GPU server, it
# installs nothing and says what else is missing. CLIPBENCH_PYTHON names another Python than python3.
# Idempotent; 0.1 s when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/progress.sh

requirements=scripts/requirements.txt
stamp=.venv/.clipbench-setup
log=build/setup.log
packages=(g++ python3-venv libbenchmark-dev nlohmann-json3-dev libgtest-dev libgmock-dev libcli11-dev
          gnuplot-nox fonts-liberation poppler-utils ccache mold)

fingerprint() { sha256sum "$requirements" scripts/setup.sh | sha256sum | cut -d' ' -f1; }
pinned() { sed -n "s/^$1==//p" "$requirements"; }
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n1)" = "$1" ]; }
plotter() { gnuplot --version 2>/dev/null | awk '{print ", gnuplot " $2}'; }

# --- An environment that has everything from PyPI already ------------------------------------------

# Prints the version of a Python's torch if it is a CUDA build; torch is not imported (seconds).
torch_version() {
  "$1" - 2>/dev/null <<'PYTHON'
import importlib.util, pathlib, re
torch = pathlib.Path(importlib.util.find_spec("torch").origin).parent
if (torch / "lib/libtorch_cuda.so").exists():
    print(re.search(r"__version__ = '(.*)'", (torch / "version.py").read_text())[1])
PYTHON
}

environment_versions() {
  local python torch cmake wanted
  python=$(command -v "${CLIPBENCH_PYTHON:-python3}") || return 1
  [ "$python" != "$PWD/.venv/bin/python3" ] || return 1  # an activated .venv is not the environment
  wanted=$(pinned torch)
  torch=$(torch_version "$python") || return 1
  case $torch in "${wanted%.*}".*) ;; *) return 1 ;; esac
  command -v ninja >/dev/null || return 1
  cmake=$(cmake --version 2>/dev/null | awk 'NR == 1 {print $3}')
  [ -n "$cmake" ] && at_least 3.31 "$cmake" || return 1
  echo "torch $torch, cmake $cmake"
}

# Names the Debian package of every header that the compiler doesn't find.
missing_headers() {
  local include=() prefix
  local prefixes=${CMAKE_PREFIX_PATH:-}
  for prefix in ${prefixes//:/ }; do include+=(-I "$prefix/include"); done
  g++ -std=c++20 -E -P "${include[@]}" -x c++ - <<'CPP'
#if !__has_include(<nlohmann/json.hpp>)
nlohmann-json3-dev
#endif
#if !__has_include(<CLI/CLI.hpp>)
libcli11-dev
#endif
#if !__has_include(<benchmark/benchmark.h>)
libbenchmark-dev
#endif
#if !__has_include(<gtest/gtest.h>)
libgtest-dev
#endif
#if !__has_include(<gmock/gmock.h>)
libgmock-dev
#endif
CPP
}

# Whether there is an nvcc of CUDA 13 where cmake/Cuda.cmake looks.
has_nvcc() {
  local nvcc
  for nvcc in "${CUDACXX:-}" nvcc "${CUDA_HOME:-}/bin/nvcc" /usr/local/cuda/bin/nvcc; do
    { "$nvcc" --version 2>/dev/null || true; } | grep -q 'release 1[3-9]' && return
  done
  return 1
}

use_environment() {
  local missing
  command -v g++ >/dev/null || stage_fail setup "g++ (12 or newer) is missing"
  has_nvcc || stage_fail setup \
    "nvcc of CUDA 13 is missing; put it on PATH, or name it with CUDACXX or CUDA_HOME"
  missing=$(missing_headers | tr '\n' ' ') || stage_fail setup "g++ does not work"
  [ -z "$missing" ] || stage_fail setup \
    "headers of ${missing% } are missing; install them, or add their prefix to CMAKE_PREFIX_PATH"
  command -v gnuplot >/dev/null || stage_note setup "gnuplot is missing: no figures"
  stage_done setup "$1$(plotter), nothing installed"
}

# --- Debian's packages -----------------------------------------------------------------------------

missing_packages() {
  comm -23 <(printf '%s\n' "${packages[@]}" | sort) \
    <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
      awk '$2 == "installed" {print $1}' | sort)
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  local missing
  command -v dpkg-query >/dev/null || stage_fail setup "not a Debian system; install: ${packages[*]}"
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    stage_fail setup "as root: apt-get install -y $missing"
  stage_note setup "apt-get install $missing"
  as_root apt-get update -q >>"$log" 2>&1 || stage_fail setup "apt-get update" "$log"
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $missing \
    >>"$log" 2>&1 </dev/null || stage_fail setup "apt-get install $missing" "$log"
}

# --- Python's packages -----------------------------------------------------------------------------

python_is_ready() {
  [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]
}

install_python() {
  local python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  stage_note setup ".venv: torch $(pinned torch) and build tools from PyPI (4.8 GB, minutes)"
  [ -x .venv/bin/pip ] || "$python" -m venv .venv >>"$log" 2>&1 ||
    stage_fail setup "$python -m venv .venv" "$log"
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -r "$requirements" \
    >>"$log" 2>&1 || stage_fail setup "pip install -r $requirements" "$log"
  fingerprint >"$stamp"
}

main() {
  local versions
  if [ -n "${CLIPBENCH_PYTHON:-}" ] || ! python_is_ready; then
    if versions=$(environment_versions); then
      use_environment "$versions"
      return
    fi
  fi
  mkdir -p build
  install_packages
  python_is_ready || install_python
  stage_done setup "torch $(pinned torch), cmake $(pinned cmake)$(plotter)"
}

main "$@"
