"""Spoils one thing of a dump at a time; check_dump.py must notice each, and nothing in the dump as it was.

usage: spoil_dumps.py SCRIPTS_FOLDER DUMPS
"""
import pathlib
import sys

import torch

sys.path.insert(0, sys.argv[1])
import check_dump  # noqa: E402

DUMPS = pathlib.Path(sys.argv[2])
BIAS, NORM = "transformer.h.1.mlp.c_fc.bias", "transformer.h.0.ln_2.weight"


def scale(tensors, key, factor):
    tensors[key] = tensors[key] * factor


def norm_too_small(dump):
    dump.raw[0, 1] *= 0.97


def guard_below_norm(dump):
    dump.safe[0, 0] = dump.raw[0, 0] * (1 - 1e-9)
    dump.factors = check_dump.CLIP_FUNCTIONS[dump.clipping["function"]](dump.safe, dump.clipping["group_clip_norm"])


def guard_too_wide(dump):
    dump.safe *= 1.1
    dump.factors = check_dump.CLIP_FUNCTIONS[dump.clipping["function"]](dump.safe, dump.clipping["group_clip_norm"])


def factor_too_large(dump):
    dump.factors[0, 2] *= 1 + 1e-9


def not_clipped(dump):
    dump.factors[:] = 1


SPOILERS = {
    "flat": {
        "norm before the guard": norm_too_small,
        "guard below the norm": guard_below_norm,
        "guard above the norm": guard_too_wide,
        "factor of the guarded norm": factor_too_large,
        "contribution beyond C": not_clipped,
        "clipped sum": lambda dump: scale(dump.sums, BIAS, 1 + 1e-9),
        "form": lambda dump: dump.sums.pop(NORM),
    },
    "bf16": {
        "norm before the guard": norm_too_small,
        "contribution beyond C": not_clipped,
        "clipped sum": lambda dump: scale(dump.sums, NORM, 0),
        "form": lambda dump: dump.sums.update({NORM: dump.sums[NORM].bfloat16()}),
    },
}


def check_one(folder, spoilers):
    """Lines of what went wrong."""
    wrong = [row.quantity for row in check_dump.check(check_dump.open_dump(folder)) if not row.holds]
    complaints = [f"{folder.name}: {quantity} is off as written" for quantity in wrong]
    for quantity, spoil in spoilers.items():
        dump = check_dump.open_dump(folder)
        spoil(dump)
        if quantity not in [row.quantity for row in check_dump.check(dump) if not row.holds]:
            complaints.append(f"{folder.name}: spoiled {quantity} is not noticed")
    return complaints


torch.set_num_threads(1)
complaints = check_one(DUMPS / "flat" / "gpt2_tiny.ghost.T-17.B-3.f64.cpu", SPOILERS["flat"])
complaints += check_one(DUMPS / "others" / "1", SPOILERS["bf16"])
print("\n".join(complaints) or "all spoiled dumps were noticed")
sys.exit(1 if complaints else 0)
