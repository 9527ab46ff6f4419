"""Checks of clipbench-kernels from outside: check_kernel_bench.py CHECK PROGRAM."""

import csv
import math
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77
LENGTHS = [64 * 2**i for i in range(8)]
FLOPS_A_BYTE = 160.0


def call(program, *argv):
    return subprocess.run([program, *argv], capture_output=True, text=True)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def measured(program, folder, *argv):
    """The rows that a verb writes."""
    out = folder / "rows.tsv"
    ended = call(program, *argv, "--out", str(out))
    assert ended.returncode == 0, ended.stderr
    rows = rows_of(out)
    names = [row["benchmark"] for row in rows]
    assert len(set(names)) == len(names), "names are not unique"
    return rows


def check_usage(program, folder):
    for argv, code, words in [
        (["--help"], 0, ""),
        (["--version"], 0, ""),
        (["blok"], 2, "did you mean block?"),
        (["block", "more"], 2, "usage: clipbench-kernels block"),
        (["draw"], 2, "usage: clipbench-kernels draw TSV [FILE]"),
        (["--no-such-flag"], 2, "--no-such-flag"),
        (["numerics", "--shrink", "3"], 2, "--shrink"),
        (["numerics", "--out", str(folder / "no" / "such" / "folder")], 2, "no folder"),
        (["draw", "rows.tsv", "--out", "x"], 2, "measures nothing"),
        ([], 3, "no CUDA device"),
        (["linear", "--shrink", "16"], 3, "no CUDA device"),
        (["block"], 3, "no CUDA device"),
        (["draw", str(folder / "missing.tsv")], 3, "missing.tsv: no such file"),
    ]:
        ended = call(program, *argv)
        assert ended.returncode == code, (argv, ended.returncode, ended.stderr)
        assert words in ended.stderr, (argv, ended.stderr)
        assert ended.stderr.count("\n") == (0 if code == 0 else 1), (argv, ended.stderr)


def check_numerics(program, folder):
    rows = measured(program, folder, "numerics", "--shrink", "4")
    assert list(rows[0]) == ["benchmark", "kappa_squared", "relative_error", "least_guard_margin", "device"]
    by_way = {}
    for row in rows:
        _, way, _, T, B, p, d, dtype, device = row["benchmark"].split("/")
        assert (T, B, p, d, device) == ("T:256", "B:4", "p:192", "d:192", "cpu"), row
        by_way.setdefault((way, dtype), []).append(row)
    guarded = {"width", "fused_gram", "stored", "t_t_in_f32"}
    assert set(by_way) == {(way, dtype) for way in guarded for dtype in ("bf16", "f16", "f32")} | {("t_t_in_bf16", "bf16")}
    for (way, dtype), sweep in by_way.items():
        kappa = [float(row["kappa_squared"]) for row in sweep]
        assert all(low < high for low, high in zip(kappa, kappa[1:])), (way, dtype, kappa)
        assert kappa[0] < 1.01 and kappa[-1] > 1e6, kappa
        for row in sweep:
            assert (row["least_guard_margin"] != "") == (way in guarded), row
            assert way not in guarded or float(row["least_guard_margin"]) >= 0, row
    worst = {key: max(abs(float(row["relative_error"])) for row in sweep) for key, sweep in by_way.items()}
    # f32 accumulation; a tile that is rounded to bf16, to f16 once; cancelled digits; half a bf16 step, cancelled.
    assert worst["width", "bf16"] < 1e-6, worst
    assert 1e-6 < worst["stored", "bf16"] < 2**-9, worst
    assert 1e-7 < worst["stored", "f16"] < 2**-12, worst
    assert 1e-4 < worst["fused_gram", "bf16"] < 1, worst
    assert worst["t_t_in_bf16", "bf16"] > 0.5, worst


def check_block(program, folder):
    rows = measured(program, folder, "block", "--shrink", "32")
    assert len(rows) == 10 * 5, len(rows)
    for row in rows:
        _, way, model = row["benchmark"].split("/")[:3]
        assert model in ("gpt2_small", "gpt2_large", "llama_1b", "llama_7b"), row
        assert float(row["least_ms"]) <= float(row["median_ms"]) <= float(row["most_ms"]), row
        assert float(row["tflop_per_s"]) > 0 and float(row["percent_of_ceiling"]) > 0, row
        assert way != "vanilla" or float(row["ratio"]) == 1, row
        # f32 sums of B·T products against f64: that what is timed clips.
        assert way == "vanilla" or float(row["relative_error"]) < 1e-5, row
        ways = re.findall(r" (stored_fused|fused_gram|width)", row["note"])
        assert len(ways) == (4 if way == "auto" else 0), row


def check_overhead(program, folder):
    rows = measured(program, folder, "overhead", "--shrink", "32")
    assert len(rows) == 2 * 8 * 6, len(rows)
    for row in rows:
        assert int(row["T"]) * int(row["B"]) == 8192 // 32, row
        T, p, d = int(row["T"]), int(row["p"]), int(row["d"])
        assert (p, d) in ((40, 160), (40, 40)), row
        h, modelled = 2 * p * d / (p + d), float(row["model_extra_percent"])
        expected = {"width": 100 / 3, "fused_gram": 100 * T / (3 * h), "vanilla": 0, "sum": 0}
        if row["way"] in expected:
            assert math.isclose(modelled, expected[row["way"]], rel_tol=1e-5), row
    assert call(program, "draw", str(folder / "rows.tsv")).returncode in (0, 3)  # 3: no gnuplot


def modelled(way, T, p, d):
    h = 2 * p * d / (p + d)
    gram = 2 * T / (3 * h) + 8 * FLOPS_A_BYTE * T / (3 * p * d)
    return {"stored": 2 * FLOPS_A_BYTE / (3 * T), "fused_gram": T / (3 * h), "width": 1 / 3, "gram": gram}[way]


def write_overheads(path, layers, measured_over_model):
    """Rows of devices that keep to the model but for a factor a way."""
    columns = (
        "benchmark way T B p d dtype median_ms least_ms most_ms tflop_per_s percent_of_ceiling extra_percent "
        "least_extra_percent most_extra_percent model_extra_percent device"
    ).split()
    with open(path, "w") as file:
        print(*columns, sep="\t", file=file)
        for p, d in layers:
            for T in LENGTHS:
                for way, factor in measured_over_model.items():
                    model = 100 * modelled(way, T, p, d)
                    extra = factor * model
                    print(f"overhead/{way}/T:{T}", way, T, 8192 // T, p, d, "bf16", 1, 1, 1, 500, 80, extra,
                          0.9 * extra, 1.1 * extra, model, "a 'GPU\"", sep="\t", file=file)


def crossovers_of(text):
    found = re.findall(r"(.+) = (.+): T (\S+) \(model (\S+)\)", text)
    return {(first, second): (at, model) for first, second, at, model in found}


def check_draw(program, folder):
    p, d = 1280, 5120
    h = 2 * p * d / (p + d)
    table = folder / "overhead.tsv"
    write_overheads(table, [(p, d), (1280, 1280)], {"stored": 0.5, "fused_gram": 2, "width": 1, "gram": 1})
    ended = call(program, "draw", str(table), str(folder / "some figure.pdf"))
    if ended.returncode == 3 and "not found" in ended.stderr:
        sys.exit(SKIPPED)
    assert ended.returncode == 0, ended.stderr
    found = crossovers_of(ended.stdout.split("\n\n")[0])
    expected = {  # half and twice the model's overheads shift where curves meet
        ("stored", "width"): (FLOPS_A_BYTE, 2 * FLOPS_A_BYTE),
        ("fused Gram", "stored"): (math.sqrt(0.25 * 2 * h * FLOPS_A_BYTE), math.sqrt(2 * h * FLOPS_A_BYTE)),
        ("fused Gram", "width"): (h / 2, h),
    }
    assert found == {pair: tuple(f"{T:.0f}" for T in both) for pair, both in expected.items()}, found
    drawn = {file.suffix: file for file in folder.iterdir() if file.stem.startswith("some")}
    assert set(drawn) == {".dat", ".gp", ".pdf", ".png"}, drawn
    assert drawn[".png"].read_bytes().startswith(b"\x89PNG") and drawn[".png"].stat().st_size > 20000
    assert "GPU" not in drawn[".gp"].read_text(), "a record's text in the script"
    check_refusals(program, folder, table)


def check_refusals(program, folder, table):
    lines = table.read_text().splitlines()
    spoiled = folder / "spoiled.tsv"
    for text, words in [
        ("", "no column benchmark"),
        (lines[0] + "\n", "no row"),
        ("\n".join([lines[0], lines[1].replace("\t64\t", "\tmany\t")]), "'many' is no number"),
        ("\n".join([lines[0], lines[1].replace("\t64\t", "\t-64\t")]), "above 0"),
        ("\n".join([lines[0], lines[1] + "\t1"]), "line 2 has 18 cells, 17 are needed"),
        ("\n".join([lines[0], lines[1].replace("\tstored\t", "\tguessed\t")]), "guessed"),
    ]:
        spoiled.write_text(text)
        ended = call(program, "draw", str(spoiled))
        assert ended.returncode == 2 and words in ended.stderr, (words, ended.returncode, ended.stderr)
        assert not (folder / "spoiled.pdf").exists()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        globals()["check_" + sys.argv[1]](sys.argv[2], pathlib.Path(temporary))
