#!/usr/bin/env bash
# Measures again what main, rounds and kernels of results/baselines/<device>/ hold, a part at a time: at most ten minutes
# each on an H200. `join_runs.py` makes main of the runs of `verified`, rounds of the others'.
#   scripts/measure_kept.sh PART OUT [OPTION…]
#   PART     verified      every kept case, one process, verified at the timed shape, too
#            rounds_bf16   vanilla, auto and flash_clip, seven interleaved processes a case, not verified again
#            rounds_tf32   vanilla and auto, likewise
#            rounds_long   vanilla and auto, T 16384 and gpt_1b3 in tf32, likewise
#            kernels       what the verbs of clipbench-kernels print and write
#   OUT      a folder that gets one of the part's name; it holds a run a setting
#   OPTION   of clipbench, as --dry-run
set -euo pipefail
programs=$(cd "$(dirname "$0")/../build/release" && pwd)
part=${1:?PART: verified, rounds_bf16, rounds_tf32, rounds_long or kernels} out=${2:?OUT: a folder}/$1
shift 2
more=("$@")
mkdir -p "$out"
status=0

# run NAME MODEL SEQ BATCH DTYPE METHODS [OPTION…]
run() {
  local folder=$out/$1 model=$2 seq=$3 batch=$4 dtype=$5 methods=$6
  shift 6
  "$programs/clipbench" --device cuda --out "$folder" --model "$model" --seq "$seq" --batch "$batch" --dtype "$dtype" \
    --method "$methods" "$@" ${more[@]+"${more[@]}"} || status=$?
}

rounds() { run "$@" --no-verify --iterations 1 --repetitions 7; }

# verb NAME VERB [OPTION…]
verb() { "$programs/clipbench-kernels" "${@:2}" --out "$out/$1.tsv" | tee "$out/$1.txt" || status=$?; }

case $part in
  verified)
    all=vanilla,explicit,fast_clip,ghost,mixed_ghost,flash_clip,bk,flash_bk,flash_stored,per_layer,auto
    some=vanilla,auto,flash_stored,flash_bk,flash_clip,bk
    few=vanilla,auto,flash_clip
    run small_1024 gpt2_small 1024 16 bf16 $all --max-samples 12
    run small_256 gpt2_small 256 64 bf16 $some --max-samples 12
    run small_4096 gpt2_small 4096 4 bf16 $few --max-samples 12
    run large gpt2_large 1024 8 bf16 $some --max-samples 12
    run 1b3 gpt_1b3 1024 8 bf16 $few --max-samples 8
    run spec_1 spec_20x2048 16384 1 bf16 $few --max-samples 8 --iterations 1
    run spec_2 spec_20x2048 16384 2 bf16 vanilla,auto --max-samples 6 --iterations 1
    run small_1024_tf32 gpt2_small 1024 16 tf32 $few,bk --max-samples 12
    run small_256_tf32 gpt2_small 256 64 tf32 vanilla,auto,bk --max-samples 12
    run small_4096_tf32 gpt2_small 4096 4 tf32 vanilla,auto --max-samples 8
    run large_tf32 gpt2_large 1024 8 tf32 vanilla,auto --max-samples 8
    run 1b3_tf32 gpt_1b3 1024 8 tf32 vanilla,auto --max-samples 6 --iterations 1
    run llama llama_1b 1024 4 bf16 $few --max-samples 8
    ;;
  rounds_bf16)
    methods=vanilla,auto,flash_clip
    rounds small_1024 gpt2_small 1024 16 bf16 $methods --max-samples 8 --warmup 2
    rounds small_256 gpt2_small 256 64 bf16 $methods --max-samples 8 --warmup 2
    rounds small_4096 gpt2_small 4096 4 bf16 $methods --max-samples 8 --warmup 2
    rounds large gpt2_large 1024 8 bf16 $methods --max-samples 8 --warmup 2
    rounds 1b3 gpt_1b3 1024 8 bf16 $methods --max-samples 6 --warmup 2
    ;;
  rounds_tf32)
    for setting in 1024:16 256:64 4096:4; do
      rounds "small_${setting%:*}" gpt2_small "${setting%:*}" "${setting#*:}" tf32 vanilla,auto --max-samples 5 --warmup 1
    done
    rounds large gpt2_large 1024 8 tf32 vanilla,auto --max-samples 5 --warmup 1
    ;;
  rounds_long)
    rounds spec_1 spec_20x2048 16384 1 bf16 vanilla,auto --max-samples 5 --warmup 1
    rounds spec_2 spec_20x2048 16384 2 bf16 vanilla,auto --max-samples 3 --warmup 1
    rounds 1b3_tf32 gpt_1b3 1024 8 tf32 vanilla,auto --max-samples 5 --warmup 1
    ;;
  kernels)
    for name in linear memory block numerics overhead; do verb $name $name; done
    for name in linear numerics; do verb ${name}_portable $name --portable; done
    ;;
  *)
    echo "measure_kept.sh: no part \"$part\"; one of: verified, rounds_bf16, rounds_tf32, rounds_long, kernels" >&2
    exit 2
    ;;
esac
exit $status
