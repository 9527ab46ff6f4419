"""Every operator of libclipbench_ops.so against torch in f64, on the CPU and on a GPU where there is one.

usage: check_ops.py LIBRARY
"""
import sys

import torch

torch.ops.load_library(sys.argv[1])
ops = torch.ops.clipbench
B, T, P, D, V = 3, 37, 24, 40, 11


def near(what, actual, expected, tolerance):
    expected = expected.double()
    error = ((actual.double() - expected).norm() / expected.norm()).item()
    assert error <= tolerance, f"{what}: relative error {error:.3g}, allowed {tolerance:.3g}"


def check(device, dtype, tolerance):
    """`tolerance`: 16 u of what the operator accumulates or rounds in."""
    torch.manual_seed(0)
    a, g = (torch.randn(B, T, n, device=device).to(dtype) for n in (P, D))
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    factors = torch.tensor([0.5, 0.0, 2.0], device=device, dtype=wide)
    gradients = g.double().mT @ a.double()
    sq_norms = gradients.square().sum((1, 2))
    near("gram_norm", ops.gram_norm(a, g), sq_norms, tolerance)
    near("width_norm", ops.width_norm(a, g), sq_norms, tolerance)
    stored, of_stored = ops.stored_norm(a, g)
    near("stored_norm", stored, gradients, max(tolerance, torch.finfo(dtype).eps))
    near("stored_norm", of_stored, stored.double().square().sum((1, 2)), tolerance)
    clipped = torch.einsum("b,bij->ij", factors.double(), gradients)
    for name, run in {
        "clipped_sum_": lambda out: ops.clipped_sum_(out, a, g, factors),
        "weighted_sum_": lambda out: ops.weighted_sum_(out, gradients.to(wide), factors),
    }.items():
        total = torch.ones(D, P, device=device, dtype=wide)
        run(total)
        near(name, total, clipped + 1, tolerance)
    near("bias_norm", ops.bias_norm(g), g.double().sum(1).square().sum(1), tolerance)

    ids = torch.randint(0, V, (B, T), device=device)
    table = torch.zeros(B, V, D, device=device, dtype=torch.float64)
    table.scatter_add_(1, ids[..., None].expand(B, T, D), g.double())
    near("embedding_norm", ops.embedding_norm(ids, g), table.square().sum((1, 2)), tolerance)

    x = torch.randn(B, T, D, device=device).to(dtype)
    mean = x.to(wide).mean(2, keepdim=True)
    rstd = (x.to(wide).var(2, correction=0, keepdim=True) + 1e-5).rsqrt()
    of_weight = (g.double() * (x.double() - mean.double()) * rstd.double()).sum(1)
    weight, bias, of_both = ops.layer_norm_norms(x, mean, rstd, g)
    near("layer_norm_norms", weight, of_weight, tolerance)
    near("layer_norm_norms", bias, g.double().sum(1), tolerance)
    near("layer_norm_norms", of_both, (of_weight**2).sum(1) + (g.double().sum(1) ** 2).sum(1), tolerance)
    weight, of_rms = ops.rms_norm_norms(x, rstd, g)
    of_weight = (g.double() * x.double() * rstd.double()).sum(1)
    near("rms_norm_norms", weight, of_weight, tolerance)
    near("rms_norm_norms", of_rms, (of_weight**2).sum(1), tolerance)


def check_noise(device):
    first, again, other = (torch.empty(4096, device=device) for _ in range(3))
    ops.set_noise_(first, 2.0, 7, 1)
    ops.set_noise_(again, 2.0, 7, 1)
    ops.set_noise_(other, 2.0, 7, 2)
    assert first.equal(again) and not first.equal(other)
    assert abs(first.std().item() - 2) < 0.2, "4096 numbers: nine standard errors"


def check_steps(device):
    """Three steps beside torch.optim's; one with noise, which is set_noise_'s."""
    torch.manual_seed(0)
    sizes = (4099, 5)
    start = [torch.randn(n, device=device) for n in sizes]
    grads = [[torch.randn(n, device=device) for n in sizes] for _ in range(3)]

    def expected(make):
        params = [p.clone().requires_grad_() for p in start]
        optimizer = make(params)
        for of_step in grads:
            for p, grad in zip(params, of_step):
                p.grad = grad.clone()
            optimizer.step()
        return [p.detach() for p in params]

    def compare(what, params, others):
        for p, other in zip(params, others):
            near(what, p, other, 1e-6)

    adam = {"lr": 0.01, "weight_decay": 0.1}
    for decoupled, make in {False: torch.optim.Adam, True: torch.optim.AdamW}.items():
        params = [p.clone() for p in start]
        first, second = ([torch.zeros_like(p) for p in start] for _ in range(2))
        for step, of_step in enumerate(grads, 1):
            ops.noise_adam_(params, of_step, first, second, [], step=step, decoupled=decoupled, **adam)
        compare("noise_adam_", params, expected(lambda ps: make(ps, **adam)))
    sgd = {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True}
    params, momenta = [p.clone() for p in start], [torch.empty_like(p) for p in start]
    for step, of_step in enumerate(grads):
        ops.noise_sgd_(params, of_step, momenta, [], first_step=step == 0, **sgd)
    compare("noise_sgd_", params, expected(lambda ps: torch.optim.SGD(ps, **sgd)))

    params, by_hand = [p.clone() for p in start], []
    ops.noise_sgd_(params, grads[0], [], [], lr=0.5, std=2.0, seed=7, stream=3)
    for k, (p, grad) in enumerate(zip(start, grads[0])):
        drawn = torch.empty_like(p)
        ops.set_noise_(drawn, 2.0, 7, 3 + k)
        by_hand.append(p - 0.5 * (grad + drawn))
    compare("noise_sgd_ with noise", params, by_hand)


for device in ["cpu"] + ["cuda"] * torch.cuda.is_available():
    check(device, torch.float32, 16 * 2**-24)
    check(device, torch.bfloat16, 16 * 2**-24)
    check(device, torch.float16, 16 * 2**-24)
    check(device, torch.float64, 16 * 2**-53)
    check_noise(device)
    check_steps(device)
    print(device, "ok")
