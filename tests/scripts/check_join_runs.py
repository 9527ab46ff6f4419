#!/usr/bin/env python3
"""scripts/join_runs.py: two runs of this build are one, whose reports clipbench makes; what must not be joined is
refused.

usage: check_join_runs.py FOLDER_OF_CLIPBENCH FOLDER_OF_SCRIPTS WORK_FOLDER
"""
import json
import pathlib
import shutil
import subprocess
import sys

programs, scripts, work = (pathlib.Path(name).resolve() for name in sys.argv[1:])
shutil.rmtree(work, ignore_errors=True)
work.mkdir()


def called(*argv):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True)


def clipbench(*argv):
    result = called(programs / "clipbench", *argv)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def join(out, *folders):
    return called(sys.executable, scripts / "join_runs.py", out, *folders)


def refused(reason, *folders, out=work / "never"):
    result = join(out, *folders)
    assert result.returncode == 1 and reason in result.stderr, (reason, result.returncode, result.stderr)


def changed(folder, name, change):
    """A copy of the run whose run.json differs."""
    copy = work / name
    shutil.copytree(folder, copy)
    run = json.loads((copy / "run.json").read_text())
    change(run)
    (copy / "run.json").write_text(json.dumps(run))
    return copy


one, other = work / "one", work / "other"
for folder, method in ((one, "vanilla"), (other, "flash_bk")):
    clipbench("--model", "gpt2_tiny", "--method", method, "--steps", 1, "--no-verify", "--out", folder)

both = work / "both"
result = join(both, one, other)
assert result.returncode == 0, result.stderr
clipbench("figures", both)
cases = [line.split("\t")[0] for line in (both / "index.tsv").read_text().splitlines()[1:]]
assert len(cases) == 2 and "/vanilla/" in "".join(cases) and "/flash_bk/" in "".join(cases), cases
parts = json.loads((both / "run.json").read_text())["parts"]
assert [part["argv"][part["argv"].index("--method") + 1] for part in parts] == ["vanilla", "flash_bk"], parts
for folder in (one, other):
    for record in (folder / "records").iterdir():
        assert (both / "records" / record.name).read_bytes() == record.read_bytes()

refused("exists", one, out=both)
refused("has this one, too", one, one)
refused("no run", one, work / "nothing")
refused("another build", one, changed(other, "older", lambda run: run["versions"].update(git_sha="0000000")))
on_gpu = {"device": "cuda: NVIDIA H200, 1 of 2 GiB free"}
refused("another device", one, changed(other, "elsewhere", lambda run: run.update(on_gpu)))
refused("another suite", one, changed(other, "paper", lambda run: run.update(suite="paper")))
refused("already", both, one)
refused("incorrect", changed(one, "wrong", lambda run: run["statuses"].update(incorrect=1)))
refused("finish it", changed(one, "cut", lambda run: run.update(status="running")))
assert not (work / "never").exists()
