#!/usr/bin/env python3
"""Times of a run, nothing else: a line a case, its processes' times in ms, tab-separated: what
`clipbench compare` judges, the median step on a GPU, the fastest on a CPU.

SLOWDOWN is what seven processes against seven must tell on that machine, as a factor: the tests hold it.
usage: time_pool.py RUN_FOLDER SLOWDOWN >tests/comparison/pools/NAME.tsv
"""
import collections
import json
import pathlib
import sys

times = collections.defaultdict(dict)
for path in sorted(pathlib.Path(sys.argv[1], "records").glob("*.json")):
    record = json.loads(path.read_text())
    if record["status"] == "ok":
        step = record["time"]["step_ms"]
        statistic = "min" if record["config"]["device"] == "cpu" else "median"
        times[record["case"]][record["repetition"]] = step[statistic]
print("# slowdown", sys.argv[2])
for case, processes in times.items():
    print(case, *(f"{processes[i]:.4f}" for i in sorted(processes)), sep="\t")
