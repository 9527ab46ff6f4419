#!/usr/bin/env python3
"""Puts runs of one build, suite and kind of device together: one folder with all their records and traces, whose
run.json lists the runs under `parts`. Reports and figures: `clipbench figures OUT`, afterwards.

usage: join_runs.py OUT RUN…
"""
import json
import pathlib
import shutil
import sys

OF_A_PART = ("argv", "cases", "device", "ended_utc")
OF_ALL = {
    "build": lambda run: run["versions"],
    "suite": lambda run: run["suite"],
    "device": lambda run: run["device"].split(",")[0],  # what follows is free memory
}
FINDINGS = ("incorrect", "invalid", "crashed", "timeout")


def fail(reason):
    sys.exit(f"join_runs.py: {reason}")


def run_of(folder):
    try:
        run = json.loads((folder / "run.json").read_text())
    except OSError as error:
        fail(f"{folder}: no run ({error.strerror})")
    if "parts" in run:
        fail(f"{folder}: was put together already; name its parts instead")
    if run["status"] != "complete":
        fail(f"{folder}: {run['status']}; finish it: clipbench --resume {folder}")
    found = [status for status in FINDINGS if run["statuses"].get(status)]
    if found:
        fail(f"{folder}: has cases that are {', '.join(found)}")
    return run


def files_of(folders):
    """Records and traces, by where they go."""
    files = {}
    for folder in folders:
        for path in (*folder.glob("records/*.json"), *folder.glob("traces/*.json")):
            name = path.relative_to(folder)
            if name in files:
                fail(f"{path}: {files[name].parent.parent} has this one, too")
            files[name] = path
    return files


if len(sys.argv) < 3:
    sys.exit(__doc__)
out, folders = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]
runs = [run_of(folder) for folder in folders]
for what, of in OF_ALL.items():
    for folder, run in zip(folders, runs):
        if of(run) != of(runs[0]):
            fail(f"{folder}: another {what} than {folders[0]}: {of(run)}, not {of(runs[0])}")
files = files_of(folders)
try:
    out.mkdir(parents=True)
except FileExistsError:
    fail(f"{out}: exists")
for name, path in files.items():
    (out / name).parent.mkdir(exist_ok=True)
    shutil.copy(path, out / name)
joined = {
    "schema": runs[0]["schema"],
    "suite": runs[0]["suite"],
    "started_utc": min(run["started_utc"] for run in runs),
    "versions": runs[0]["versions"],
    "parts": [{key: run[key] for key in OF_A_PART} for run in runs],
}
(out / "run.json").write_text(json.dumps(joined, indent=2, ensure_ascii=False) + "\n")
print(f"{out}   {len(runs)} runs, {len(files)} records and traces")
print(f"next     clipbench figures {out}")
