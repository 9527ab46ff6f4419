#!/usr/bin/env python3
"""Holds a dump's per-sample norms against those that Opacus computes, with hooks and with ghost clipping.

    opacus_norms.py dumps/*          dumps in f64 with an untied head and one clip group

Exit code 1 when a norm is off, 2 when a folder is no such dump, 77 where Opacus is not installed.
"""

import argparse
import json
import pathlib
import sys
import warnings

import torch

from eager_gpt2 import Gpt2

TOLERANCE = 1e-12  # relative: f64 sums in another order differ by 1e-15
SKIPPED = 77


class PerSampleGpt2(Gpt2):
    """Opacus takes the first dimension of whatever reaches a layer for the batch. Positions [T] would make the
    position embedding's per-sample gradients ones of T samples, added up over the batch: every sample gets its own.
    Contiguous, because ghost clipping takes a view of them."""

    def positions(self, ids):
        return super().positions(ids).expand_as(ids).contiguous()

    def forward(self, ids, targets):
        return self.losses(ids, targets)


def load_model(meta, parameters):
    shape = meta["model"]
    model = PerSampleGpt2(*(shape[name] for name in ("layers", "width", "heads", "vocabulary", "positions"))).double()
    model.load_state_dict(parameters)
    return model


def backward_of_sum(wrapped, batch):
    """Opacus scales gradients by the batch size unless told that losses are summed: each sample's own counts once."""
    wrapped(batch["ids"], batch["targets"]).sum().backward()


def norms_with_hooks(model, batch):
    from opacus.grad_sample import GradSampleModule
    wrapped = GradSampleModule(model, loss_reduction="sum")
    backward_of_sum(wrapped, batch)
    return torch.stack([p.grad_sample.flatten(1).norm(dim=1) for p in model.parameters()]).norm(dim=0)


def norms_with_ghost(model, batch):
    from opacus.grad_sample import GradSampleModuleFastGradientClipping
    wrapped = GradSampleModuleFastGradientClipping(
        model, loss_reduction="sum", max_grad_norm=1.0, use_ghost_clipping=True)
    backward_of_sum(wrapped, batch)
    return wrapped.get_norm_sample()


def refusal(meta):
    """Why this dump's norms can't be compared; empty: they can."""
    if meta["dtype"] != "f64":
        return "norms are compared in f64"
    if meta["model"]["head"] == "tied":
        return "the model that Opacus gets has an untied head"
    if not meta["clipping"] or len(meta["clipping"]["groups"]) > 1:
        return "there is no norm over all parameters"
    return ""


def read_meta(folder):
    try:
        meta = json.loads((folder / "meta.json").read_text())
        reason = refusal(meta)
    except (OSError, ValueError) as error:
        reason = error
    if reason:
        print(f"{folder}: {reason}", file=sys.stderr)
        sys.exit(2)
    return meta


def compare(folder):
    """Whether both agree; prints a line each."""
    meta = read_meta(folder)
    ours = torch.load(folder / "norms.pt")["before_guard"]
    batch, parameters = torch.load(folder / "batch.pt"), torch.load(folder / "parameters.pt")
    agree = True
    for mode, norms in (("hooks", norms_with_hooks), ("ghost", norms_with_ghost)):
        theirs = norms(load_model(meta, parameters), batch).detach()
        error = ((ours - theirs).abs() / theirs).max().item()
        holds = error <= TOLERANCE
        print(f"{meta['case']:<48} {mode}  {error:.1e}  bound {TOLERANCE:.0e}  {'holds' if holds else 'OFF'}")
        agree = agree and holds
    return agree


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dumps", nargs="+", type=pathlib.Path, help="folders that clipbench --dump wrote")
    folders = parser.parse_args().dumps
    try:
        import opacus
    except ImportError:
        print("skipped: Opacus is not installed")
        return SKIPPED
    print(f"Opacus {opacus.__version__}, torch {torch.__version__}")
    warnings.filterwarnings("ignore", category=UserWarning)  # of backward hooks on inputs without gradients
    return 0 if all([compare(folder) for folder in folders]) else 1


if __name__ == "__main__":
    sys.exit(main())
