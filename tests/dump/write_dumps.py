"""Writes dumps of small cases of every schedule: some by a run of clipbench, the rest by its worker alone.

usage: write_dumps.py FOLDER_OF_PROGRAMS FOLDER
FOLDER/flat holds f64 dumps with one clip group and an untied head, FOLDER/others the rest.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

programs, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

FLAT = ["--model", "gpt2_tiny", "--seq", "17", "--batch", "3", "--device", "cpu", "--method", "explicit,ghost",
        "--dtype", "f64", "--warmup", "0", "--steps", "1", "--iterations", "1", "--no-verify", "--threads", "1"]
OTHERS = ["gpt2_tiny/vanilla/T:17/B:3/bf16", "gpt2_tiny/ghost/T:17/B:3/bf16", "gpt2_tiny/per_layer/T:17/B:3/f64",
          "gpt2_tiny/flash_clip/T:17/B:3/clip:psac/physical_batch:2/f64",
          "gpt2_tiny/bk/T:17/B:3/clip_norm:0.5/head:tied/f64", "gpt2_tiny/bk/T:17/B:3/f32",
          "llama_tiny/vanilla/T:17/B:3/f64", "llama_tiny/flash_clip/T:17/B:3/f64",
          "llama_tiny/bk/T:17/B:3/head:tied/f64", "llama_tiny/auto/T:17/B:3/bf16"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}: {done.stderr}")


shutil.rmtree(folder, ignore_errors=True)
with tempfile.TemporaryDirectory() as out:
    run(programs / "clipbench", *FLAT, "--dump", folder / "flat", "--out", f"{out}/run")
for index, case in enumerate(OTHERS):
    run(programs / "clipbench-worker", f"--case={case}/cpu", f"--dump={folder}/others/{index}",
        "--min-warmup-steps=0", "--fixed-steps=1", "--recorded-iterations=1", "--verify=0", "--threads=1")
