# shellcheck shell=bash
# Sourced by the scripts: how a stage of the set-up tells what it did and how long it took.

# stage_done STAGE TEXT: "setup    torch 2.11.0, cmake 4.4.4, gnuplot 5.4          done  2:10"
stage_done() {
  printf '%-8s %-62s done %5s\n' "$1" "$2" "$((SECONDS / 60)):$(printf %02d $((SECONDS % 60)))"
}

# stage_note STAGE TEXT: what is going on, on stderr
stage_note() { printf '%-8s %s\n' "$1" "$2" >&2; }

# stage_fail STAGE TEXT [LOG]: the end of the log, what went wrong, and exit 1
stage_fail() {
  [ -z "${3:-}" ] || tail -n 40 "$3" >&2
  stage_note "$1" "failed: $2${3:+; all of it: $3}"
  exit 1
}
