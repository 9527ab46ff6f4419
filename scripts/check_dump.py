#!/usr/bin/env python3
"""Computes a dump's norms, factors and clipped sum again: plain PyTorch autograd in f64, one sample at a time.

    clipbench --filter 'gpt2_tiny/ghost/T:128/B:8/f64/cpu' --dump dumps
    check_dump.py dumps/*

Nothing here is shared with clipbench but the files (bench/worker/dump.h says what they hold). One table a dump;
exit code 1 when something is off, 2 when a folder is no dump.

Bounds. The reference is f64 on the dumped weights, whatever they are rounded to.
  f64        1e-12, relative: sums of some thousand products in another order differ by 1e-15, three digits are left.
  f32, bf16  1.5 times the error of plain PyTorch in the same dtype, one sample at a time (without clipping: the
             whole batch at once), against the same f64; how far a forward and backward pass in low precision is
             off can't be derived, that of another implementation of equal precision is the measure. Plus one
             rounding to the dtype: right implementations differ in what they round once more.
             Norms: the same with the norm of the whole error of the sample's gradient, plus 8uT, u = 2^-24, of
             Gram matrices summed in f32.
  tf32       the bound of f32 times 2^14: products keep 10 bits of a factor, truncated, instead of 24, rounded.
Errors of a parameter are relative to its sum's norm, or to a thousandth of the whole sum's where that is larger:
a key's bias has no gradient but rounding.
"""

import argparse
import collections
import json
import pathlib
import sys

import torch

from dump_models import expected_shapes, mean_loss

EXACT = 1e-12
RATIO = 1.5  # to plain PyTorch's own error
SHARE = 1e-3  # of the whole norm: parts below it count as this much
MOST_GUARD = 1e-2  # a guard that adds more to a norm clips too much
STORED = {"f64": torch.float64, "f32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}
ROUNDING = {"f32": 2.0**-24, "tf32": 2.0**-24, "bf16": 2.0**-8}

Row = collections.namedtuple("Row", "quantity where error bound holds")


class NoDump(Exception):
    pass


class Dump:
    """The files of a folder. Norms and factors are [groups,B], f64; without clipping there are none."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.meta = json.loads((folder / "meta.json").read_text())
        self.parameters, self.sums = torch.load(folder / "parameters.pt"), torch.load(folder / "sums.pt")
        batch, norms, factors = (torch.load(folder / f"{name}.pt") for name in ("batch", "norms", "factors"))
        self.ids, self.targets = batch["ids"], batch["targets"]
        self.clipping = self.meta["clipping"]
        self.groups = self.clipping["groups"] if self.clipping else [list(self.parameters)]
        if self.clipping:
            self.raw, self.safe = by_group(norms["before_guard"]), by_group(norms["guarded"])
            self.factors = by_group(factors["factors"])

    def factor(self, name, i):
        """What sample i's gradient of this parameter is multiplied by."""
        if not self.clipping:
            return 1.0
        return self.factors[self.group_of(name), i].item()

    def group_of(self, name):
        return next(k for k, group in enumerate(self.groups) if name in group)


def open_dump(folder):
    try:
        return Dump(folder)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise NoDump(f"{folder}: not a dump: {error}") from error


def by_group(values):
    """[groups,B] of [B] or [groups,B]."""
    return values.double().reshape(-1, values.shape[-1])


def gradients(dump, samples, dtype):
    """{name: gradient in f64} of the samples' mean loss, computed in `dtype`. `samples`: a slice."""
    p = {name: value.to(dtype).requires_grad_() for name, value in dump.parameters.items()}
    loss = mean_loss(p, dump.ids[samples], dump.targets[samples], dump.meta["model"])
    found = torch.autograd.grad(loss, list(p.values()))
    return {name: g.double() for name, g in zip(p, found)}


class Reference:
    """What is right, and how far plain PyTorch in the dump's dtype is from it."""

    def __init__(self, dump):
        self.dump = dump
        B = len(dump.ids)
        dtype = STORED[dump.meta["dtype"]]
        self.exact = dtype == torch.float64
        self.norms = torch.zeros(len(dump.groups), B, dtype=torch.float64)
        self.norm_errors = torch.zeros_like(self.norms)  # of plain PyTorch: norms of its gradients' errors
        zeros = lambda: {name: torch.zeros_like(p, dtype=torch.float64) for name, p in dump.parameters.items()}
        self.sums, self.sum_errors = zeros(), {} if self.exact else zeros()
        for i in range(B):
            self.add_sample(i, dtype)
        if not self.exact and not dump.clipping:  # plain training: one sum over all samples' tokens
            mean = gradients(dump, slice(None), dtype)
            self.sum_errors = {name: B * mean[name] - right for name, right in self.sums.items()}

    def add_sample(self, i, dtype):
        sample = slice(i, i + 1)
        right = gradients(self.dump, sample, torch.float64)
        self.norms[:, i] = self.norms_by_group(right)
        self.add(self.sums, right, i)
        if self.exact or not self.dump.clipping:
            return
        off = {name: g - right[name] for name, g in gradients(self.dump, sample, dtype).items()}
        self.norm_errors[:, i] = self.norms_by_group(off)
        self.add(self.sum_errors, off, i)

    def norms_by_group(self, tensors):
        return torch.stack([torch.stack([tensors[name].norm() for name in group]).norm() for group in self.dump.groups])

    def add(self, sums, tensors, i):
        for name, tensor in tensors.items():
            factor = self.dump.factor(name, i)
            if factor:
                sums[name].add_(tensor, alpha=factor)


class Bounds:
    """Of errors against the reference; see the top of the file."""

    def __init__(self, dump, reference):
        self.reference = reference
        self.exact = reference.exact
        self.wider = 2.0**14 if dump.meta["dtype"] == "tf32" else 1.0
        self.rounding = ROUNDING.get(dump.meta["dtype"], 0.0)
        self.gram = 8 * ROUNDING["f32"] * dump.meta["seq"]

    def norms(self, scale):
        """Relative, [groups,B]."""
        if self.exact:
            return torch.full_like(scale, EXACT)
        return self.wider * (RATIO * self.reference.norm_errors / scale + self.rounding + self.gram)

    def sum(self, name, scale):
        if self.exact:
            return EXACT
        return self.wider * (RATIO * self.reference.sum_errors[name].norm().item() / scale + self.rounding)


def worst_of(quantity, places, errors, bounds):
    """The row of the place whose error is largest beside its bound; NaN is the largest of all."""
    beside = [error / bound if error == error else float("inf") for error, bound in zip(errors, bounds)]
    k = max(range(len(beside)), key=beside.__getitem__)
    return Row(quantity, places[k], errors[k], bounds[k], beside[k] <= 1)


def worst_sample(quantity, dump, errors, bounds):
    """errors, bounds [groups,B]."""
    groups, B = errors.shape
    group_name = lambda k: f", {dump.groups[k][0].rsplit('.', 1)[0]}" if groups > 1 else ""
    places = [f"sample {i}{group_name(k)}" for k in range(groups) for i in range(B)]
    return worst_of(quantity, places, errors.flatten().tolist(), bounds.flatten().tolist())


def form_complaints(dump):
    """What is missing or has another shape or dtype than it must have."""
    meta, expected = dump.meta, expected_shapes(dump.meta["model"])
    wide = torch.float64 if meta["dtype"] == "f64" else torch.float32
    for name in sorted(expected.keys() | dump.parameters.keys() | dump.sums.keys()):
        for tensors, dtype in ((dump.parameters, STORED[meta["dtype"]]), (dump.sums, wide)):
            value = tensors.get(name)
            if value is None or list(value.shape) != expected.get(name) or value.dtype != dtype:
                yield name
    if sorted(name for group in dump.groups for name in group) != sorted(expected):
        yield "groups"
    if dump.ids.shape != (meta["batch"], meta["seq"]) or dump.targets.shape != dump.ids.shape:
        yield "batch"
    if meta["noise_multiplier"] != 0 or meta["sum_divided_by"] != 1:
        yield "noise or division"
    if dump.clipping:
        yield from clipping_complaints(dump)


def clipping_complaints(dump):
    groups = len(dump.groups)
    for name, values in (("guarded", dump.safe), ("before_guard", dump.raw), ("factors", dump.factors)):
        if values.shape != (groups, len(dump.ids)):
            yield name
    # Groups of C/√groups each: the whole contribution stays within C.
    if dump.clipping["group_clip_norm"] * groups**0.5 > dump.clipping["clip_norm"] * (1 + EXACT):
        yield "group_clip_norm"


def check_form(dump):
    complaints = list(form_complaints(dump))
    return Row("form", complaints[0] if complaints else "none", float(len(complaints)), 0.0, not complaints)


CLIP_FUNCTIONS = {
    "abadi": lambda n, C: (C / n).clamp(max=1),
    "autos": lambda n, C: C / (n + 0.01),
    "psac": lambda n, C: C / (n + 0.1 / (n + 0.1)),
    "global": lambda n, C: (n <= C).double(),
}


def check_clipping(dump, reference, bounds):
    whole = reference.norms.norm(dim=0)
    scale = reference.norms.maximum(SHARE * whole)
    bound = bounds.norms(scale)
    yield worst_sample("norm before the guard", dump, (dump.raw - reference.norms).abs() / scale, bound)
    below = (torch.maximum(reference.norms - bound * scale, dump.raw) - dump.safe) / scale
    # A guarded norm has no excuse below the norm but this reference's own rounding, 1e-15 or so.
    yield worst_sample("guard below the norm", dump, below.clamp(min=0), torch.full_like(below, 1e-14))
    above = (dump.safe - reference.norms) / scale
    yield worst_sample("guard above the norm", dump, above.clamp(min=0), MOST_GUARD + bound)

    group_C, C = dump.clipping["group_clip_norm"], dump.clipping["clip_norm"]
    factors = CLIP_FUNCTIONS[dump.clipping["function"]](dump.safe, group_C)
    error = (dump.factors - factors).abs() / factors.clamp(min=1e-300)
    yield worst_sample("factor of the guarded norm", dump, error, torch.full_like(error, EXACT))
    beyond = (dump.factors * reference.norms).norm(dim=0) / C - 1
    excuse = (bound * scale).norm(dim=0) / whole if not bounds.exact else torch.full_like(whole, EXACT)
    yield worst_sample("contribution beyond C", dump, beyond.clamp(min=0)[None], excuse[None])


def check_sums(dump, reference, bounds):
    whole = torch.stack([s.norm() for s in reference.sums.values()]).norm().item()
    names = [name for name in reference.sums if name in dump.sums]
    errors, limits = [], []
    for name in names:
        right = reference.sums[name]
        scale = max(right.norm().item(), SHARE * whole) or 1.0  # 0: no sample has a factor
        errors.append((dump.sums[name].double() - right).norm().item() / scale)
        limits.append(bounds.sum(name, scale))
    return worst_of("clipped sum", names, errors, limits)


def check(dump):
    """Rows of the table, one a quantity."""
    rows = [check_form(dump)]
    if not rows[0].holds:
        return rows
    reference = Reference(dump)
    bounds = Bounds(dump, reference)
    if dump.clipping:
        rows += check_clipping(dump, reference, bounds)
    return rows + [check_sums(dump, reference, bounds)]


def print_table(dump, rows):
    print(f"{dump.meta['case']}\n{'':2}{'quantity':<27} {'worst at':<42} {'error':>8} {'bound':>8}")
    for row in rows:
        verdict = "holds" if row.holds else "OFF"
        print(f"  {row.quantity:<27} {row.where:<42} {row.error:8.1e} {row.bound:8.1e}  {verdict}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dumps", nargs="+", help="folders that clipbench --dump wrote")
    off = 0
    for folder in parser.parse_args().dumps:
        try:
            dump = open_dump(folder)
        except NoDump as error:
            print(error, file=sys.stderr)
            return 2
        rows = check(dump)
        print_table(dump, rows)
        off += not all(row.holds for row in rows)
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
