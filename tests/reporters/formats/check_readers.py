"""Other programs read our files: Google Benchmark's compare.py, a CSV reader, a JSON reader.

usage: check_readers.py RUN_FOLDER [compare.py]; exit 77 where compare.py or its scipy is not installed
"""
import csv
import importlib.util
import json
import pathlib
import subprocess
import sys

run = pathlib.Path(sys.argv[1])


def check_csv():
    rows = list(csv.DictReader((run / "table.csv").open()))
    assert len(rows) == 9 and all(None not in row for row in rows)
    assert all(row["peak_allocated_bytes"].isdigit() for row in rows if row["status"] == "ok")
    tidy = list(csv.DictReader((run / "long.csv").open()))
    assert {"peak_allocated", "component_at_peak", "snapshot_allocated"} <= {row["quantity"] for row in tidy}


def check_traces():
    traces = list((run / "traces").glob("*.json"))
    assert len(traces) == 8
    for path in traces:
        events = json.loads(path.read_text())["traceEvents"]
        assert {"C", "X", "i"} <= {event["ph"] for event in events}


def check_compare(script):
    benchmark = str(run / "benchmark.json")
    done = subprocess.run([sys.executable, script, "benchmarks", benchmark, benchmark],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "gpt2_small/ghost/T:1024/B:16/bf16/cuda_pvalue" in done.stdout, done.stdout
    assert "OVERALL_GEOMEAN" in done.stdout and "nan" not in done.stdout, done.stdout


check_csv()
check_traces()
script = sys.argv[2] if len(sys.argv) > 2 else ""
if not pathlib.Path(script).is_file() or not importlib.util.find_spec("scipy"):
    print("compare.py or scipy is not installed")
    sys.exit(77)
check_compare(script)
