#!/usr/bin/env python3
"""Puts runs of one build and device together: one folder with all their records and traces. Its run.json lists the runs
under `parts`. Reports and figures: `clipbench figures OUT`, afterwards.

usage: join_runs.py OUT RUN…
"""
import json
import pathlib
import shutil
import sys

OF_A_PART = ("argv", "cases", "device", "ended_utc")
FINDINGS = ("incorrect", "invalid", "crashed", "timeout")


def fail(reason):
    sys.exit(f"join_runs.py: {reason}")


def run_of(folder):
    try:
        run = json.loads((folder / "run.json").read_text())
    except OSError as error:
        fail(f"{folder}: no run ({error.strerror})")
    if run["status"] != "complete":
        fail(f"{folder}: {run['status']}; finish it: clipbench --resume {folder}")
    found = [status for status in FINDINGS if run["statuses"].get(status)]
    if found:
        fail(f"{folder}: has cases that are {', '.join(found)}")
    return run


def copy_new(folder, out):
    """Files of `folder`, none of which `out` may have."""
    for path in sorted(folder.glob("*.json")):
        out.mkdir(exist_ok=True)
        if (out / path.name).exists():
            fail(f"{path}: another run has this one, too")
        shutil.copy(path, out)


if len(sys.argv) < 3:
    sys.exit(__doc__)
out, folders = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]
runs = [run_of(folder) for folder in folders]
for folder, run in zip(folders, runs):
    if run["versions"] != runs[0]["versions"]:
        fail(f"{folder}: another build than {folders[0]}: {run['versions']}, not {runs[0]['versions']}")
try:
    out.mkdir(parents=True)
except FileExistsError:
    fail(f"{out}: exists")
for folder in folders:
    copy_new(folder / "records", out / "records")
    copy_new(folder / "traces", out / "traces")
joined = {
    "schema": runs[0]["schema"],
    "suite": "default",
    "started_utc": min(run["started_utc"] for run in runs),
    "versions": runs[0]["versions"],
    "parts": [{key: run[key] for key in OF_A_PART} for run in runs],
}
(out / "run.json").write_text(json.dumps(joined, indent=2, ensure_ascii=False) + "\n")
print(f"{out}   {len(runs)} runs, {len(list((out / 'records').iterdir()))} records")
print(f"next     clipbench figures {out}")
