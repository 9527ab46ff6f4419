#!/usr/bin/env python3
"""The model of `vanilla`, trained in plain eager PyTorch: what clipbench's own training step is held against.

nn.Linear, nn.LayerNorm, F.scaled_dot_product_attention, Adam(fused=True), zero_grad(set_to_none=True);
bf16 is model.to(bfloat16), tf32 is f32 storage with TF32 matrix products. Prints one JSON line.
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):
        B, T, d = x.shape
        projections = self.q_proj, self.k_proj, self.v_proj
        q, k, v = (f(x).view(B, T, self.heads, -1).transpose(1, 2) for f in projections)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, d))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width, eps=1e-5), Attention(width, heads)
        self.ln_2, self.mlp = nn.LayerNorm(width, eps=1e-5), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt2(nn.Module):
    """Pre-norm blocks, learned positions, untied head without bias. Parameters are named as in clipbench's dumps."""

    def __init__(self, layers, width, heads, vocabulary, positions):
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocabulary, width), "wpe": nn.Embedding(positions, width),
            "h": nn.ModuleList(Block(width, heads) for _ in range(layers)), "ln_f": nn.LayerNorm(width, eps=1e-5)})
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def positions(self, ids):
        return torch.arange(ids.shape[1], device=ids.device)

    def losses(self, ids, targets):
        """[B]: each sample's mean loss over its tokens. ids, targets: [B,T] int64."""
        x = self.transformer.wte(ids) + self.transformer.wpe(self.positions(ids))
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return loss.view(ids.shape).mean(dim=1)

    def forward(self, ids, targets):
        return self.losses(ids, targets).mean()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("layers", 4), ("width", 128), ("heads", 4), ("vocabulary", 2048), ("seq", 128),
                          ("batch", 8), ("steps", 10), ("warmup", 3), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--positions", type=int, help="rows of the position table (default: --seq)")
    parser.add_argument("--dtype", choices=("f32", "tf32", "bf16"), default="f32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's)")
    parser.add_argument("--weights", help="file that torch.load opens: {parameter's name: tensor}")
    parser.add_argument("--batch-file", help="file that torch.load opens: {ids, targets: [B,T] int64}")
    return parser.parse_args()


def initialize(model):
    """Weights ~ N(0, 0.02²), biases 0, norms 1."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            nn.init.normal_(parameter, std=0.02)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)


def build_model(args):
    weights = torch.load(args.weights, weights_only=True) if args.weights else None
    positions = len(weights["transformer.wpe.weight"]) if weights else args.positions or args.seq
    model = Gpt2(args.layers, args.width, args.heads, args.vocabulary, positions)
    if weights:
        model.load_state_dict(weights)
    else:
        initialize(model)
    dtype = torch.bfloat16 if args.dtype == "bf16" else torch.float32
    return model.to(device=args.device, dtype=dtype)


def build_batch(args):
    if args.batch_file:
        batch = torch.load(args.batch_file, weights_only=True)
        return batch["ids"].to(args.device), batch["targets"].to(args.device)
    tokens = torch.randint(args.vocabulary, (args.batch, args.seq + 1))
    return tokens[:, :-1].contiguous().to(args.device), tokens[:, 1:].contiguous().to(args.device)


class StepClock:
    """Milliseconds of each step: CUDA events on the stream, read at the end; on CPU the wall clock."""

    def __init__(self, device):
        self.on_device = device.startswith("cuda")
        self.marks = []

    def mark(self):
        if self.on_device:
            self.marks.append(torch.cuda.Event(enable_timing=True))
            self.marks[-1].record()
        else:
            self.marks.append(time.perf_counter())

    def samples_ms(self):
        pairs = zip(self.marks, self.marks[1:])
        if not self.on_device:
            return [1e3 * (end - begin) for begin, end in pairs]
        torch.cuda.synchronize()
        return [begin.elapsed_time(end) for begin, end in pairs]


def train(args, model, ids, targets):
    """Returns (losses of all steps, milliseconds of the steps after the warm-up, their peak bytes)."""
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate, fused=True)
    losses = torch.empty(args.warmup + args.steps, device=args.device)
    clock = StepClock(args.device)
    for step in range(args.warmup + args.steps):
        if step == args.warmup:
            if clock.on_device:
                torch.cuda.synchronize()
                torch.cuda.reset_peak_memory_stats()
            clock.mark()
        optimizer.zero_grad(set_to_none=True)
        loss = model(ids, targets)
        loss.backward()
        optimizer.step()
        losses[step] = loss.detach()
        if step >= args.warmup:
            clock.mark()
    samples_ms = clock.samples_ms()
    peak_bytes = torch.cuda.max_memory_allocated() if clock.on_device else None
    return losses.tolist(), samples_ms, peak_bytes


def main():
    args = parse_arguments()
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.dtype == "tf32":
        torch.set_float32_matmul_precision("high")
    model = build_model(args)
    losses, samples_ms, peak_bytes = train(args, model, *build_batch(args))
    on_device = args.device.startswith("cuda")
    print(json.dumps({  # one line
        "losses": losses, "samples_ms": samples_ms, "peak_allocated_bytes": peak_bytes,
        "parameters": sum(p.numel() for p in model.parameters()), "torch": torch.__version__,
        "device_name": torch.cuda.get_device_name(args.device) if on_device else "cpu"}))


if __name__ == "__main__":
    main()
