#!/usr/bin/env python3
"""Holds `vanilla` against eager_gpt2.py: time, peak and losses, alternately, each round two fresh processes.

    compare_vanilla.py gpt2_small/vanilla/T:1024/B:16/bf16/cuda --rounds 7 --out vanilla.json

Both train the same weights on the same batch: the worker writes them (--dump), eager_gpt2.py reads them.
Exit code 1 when a limit is exceeded (--max-time, --max-peak, --max-loss).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EAGER = pathlib.Path(__file__).with_name("eager_gpt2.py")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", help="a vanilla case's name, its optimizer adam")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--worker", default=ROOT / "build/release/clipbench-worker", type=pathlib.Path)
    parser.add_argument("--python", default=sys.executable, help="Python that has torch")
    parser.add_argument("--threads", type=int, help="CPU threads of both")
    parser.add_argument("--max-time", type=float, default=1.02, help="ours / eager's, median of the rounds")
    parser.add_argument("--max-peak", type=float, default=1.01)
    parser.add_argument("--max-loss", type=float, help="default: 1e-6 in f32 on CPU, else 1e-2")
    parser.add_argument("--out", type=pathlib.Path, help="write all of it as JSON")
    return parser.parse_args()


def run(command):
    """Runs it and returns its stdout; on failure ends the program with the end of its stderr."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} exited {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def run_worker(args, folder, *more):
    """One process of ours; the record's JSON. Steps are fixed, so that both sides do the same work."""
    record = folder / "record.json"
    record.unlink(missing_ok=True)
    threads = [f"--threads={args.threads}"] if args.threads else []
    run([args.worker, f"--case={args.case}", f"--record={record}", f"--fixed-steps={args.steps}",
         f"--min-warmup-steps={args.warmup}", "--recorded-iterations=1", "--verify=0", "--fixed-batch=1", *threads, *more])
    result = json.loads(record.read_text())
    if result["status"] != "ok":
        sys.exit(f"{args.case}: {result['status']}: {result['reason']}")
    return result


def run_eager(args, folder, config):
    command = [args.python, EAGER, "--weights", folder / "parameters.pt", "--batch-file", folder / "batch.pt",
               "--steps", args.steps, "--warmup", args.warmup, "--learning-rate", config["learning_rate"]]
    for name in ("layers", "width", "heads", "vocabulary", "seq", "batch", "dtype", "device"):
        command += [f"--{name}", config[name]]
    if args.threads:
        command += ["--threads", args.threads]
    return json.loads(run(command).splitlines()[-1])


def summary_of(record):
    """Ours in the words of eager_gpt2.py."""
    time, memory = record["time"], record["memory"]
    return {"losses": time.get("losses", []), "samples_ms": time["samples_ms"],
            "peak_allocated_bytes": memory["timed_pass_peak_allocated_bytes"],
            "parameters": record["config"]["parameters"], "torch": record["environment"]["torch"]}


def measure_rounds(args, folder, config):
    """[(ours, eager's)], the one that goes first changing from round to round."""
    ours = lambda: summary_of(run_worker(args, folder))
    eager = lambda: run_eager(args, folder, config)
    rounds = []
    for index in range(args.rounds):
        if index % 2 == 0:
            first = ours()
            rounds.append((first, eager()))
        else:
            first = eager()
            rounds.append((ours(), first))
        print(f"round {index + 1} of {args.rounds}", file=sys.stderr)
    return rounds


def worst_loss_difference(ours, eager):
    """Largest relative difference of the first five steps' losses; None where one side has none.

    Later ones say less: training multiplies differences of the last bit.
    """
    pairs = zip(ours["losses"][:5], eager["losses"][:5])
    return max((abs(a - b) / abs(b) for a, b in pairs), default=None)


def compare(rounds):
    step_ms = [[statistics.median(side["samples_ms"]) for side in pair] for pair in rounds]
    time_ratios = [ours / eager for ours, eager in step_ms]
    ours, eager = rounds[0]
    eager_peak = eager["peak_allocated_bytes"]
    differences = [worst_loss_difference(*pair) for pair in rounds]
    return {
        "step_ms": {"ours": [pair[0] for pair in step_ms], "eager": [pair[1] for pair in step_ms]},
        "time_ratios": time_ratios,
        "time_ratio": statistics.median(time_ratios),
        "peak_allocated_bytes": {"ours": ours["peak_allocated_bytes"], "eager": eager_peak},
        "peak_ratio": ours["peak_allocated_bytes"] / eager_peak if eager_peak else None,
        "losses": {"ours": ours["losses"], "eager": eager["losses"]},
        "loss_difference": None if None in differences else max(differences),
    }


def check(result, limits):
    """Adds {quantity: within its limit; None where not measured}."""
    result["limits"] = limits
    result["holds"] = {name: None if result[name] is None else result[name] <= limit
                       for name, limit in limits.items()}


def limits_of(args, config):
    exact = config["dtype"] == "f32" and config["device"] == "cpu"
    loss = args.max_loss if args.max_loss is not None else 1e-6 if exact else 1e-2
    return {"time_ratio": args.max_time, "peak_ratio": args.max_peak, "loss_difference": loss}


def print_table(result):
    print(f"{result['case']}   ours / eager PyTorch {result['torch']}")
    print(f"{'round':>5} {'ours ms':>10} {'eager ms':>10} {'ratio':>7}")
    columns = (result["step_ms"]["ours"], result["step_ms"]["eager"], result["time_ratios"])
    for index, (ours, eager, ratio) in enumerate(zip(*columns), start=1):
        print(f"{index:>5} {ours:>10.3f} {eager:>10.3f} {ratio:>7.4f}")
    for name, limit in result["limits"].items():
        value = "not measured" if result[name] is None else f"{result[name]:.4g}"
        verdict = {True: "holds", False: "EXCEEDED", None: ""}[result["holds"][name]]
        print(f"{name:<16} {value:>12}   limit {limit:g}   {verdict}")


def main():
    args = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        record = run_worker(args, folder, f"--dump={folder}")
        rounds = measure_rounds(args, folder, record["config"])
    result = {"case": args.case, "torch": rounds[0][1]["torch"], "device_name": rounds[0][1]["device_name"]}
    result |= compare(rounds)
    check(result, limits_of(args, record["config"]))
    print_table(result)
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if False in result["holds"].values() else 0


if __name__ == "__main__":
    sys.exit(main())
