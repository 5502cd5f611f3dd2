"""Activations beyond those of `op_cases`."""

import torch
import torch.nn.functional as F

from nn_cases import layer
from tensors import distinct, randn, values


def activations(a):
    a.seed("activations")
    for name, text, fn in [
        ("hard_shrink", "hard_shrink(x)", F.hardshrink), ("hard_shrink 1", "hard_shrink(x, width: 1.0)", lambda x: F.hardshrink(x, 1.0)),
        ("soft_shrink", "soft_shrink(x)", F.softshrink), ("soft_shrink 1", "soft_shrink(x, width: 1.0)", lambda x: F.softshrink(x, 1.0)),
        ("tanh_shrink", "tanh_shrink(x)", F.tanhshrink), ("threshold", "threshold(x, 0.3, -2.0)", lambda x: F.threshold(x, 0.3, -2.0)),
        ("hard_tanh 2", "hard_tanh(x, low: -0.5, high: 2.0)", lambda x: F.hardtanh(x, -0.5, 2.0)), ("softmin", "softmin(x)", lambda x: F.softmin(x, -1)),
        ("softmin over rows", "softmin(x, over: 0)", lambda x: F.softmin(x, 0)), ("squared_relu", "squared_relu(x)", lambda x: F.relu(x) ** 2),
        ("geglu", "geglu(x)", lambda x: F.gelu(x[:, :3]) * x[:, 3:]), ("reglu", "reglu(x)", lambda x: F.relu(x[:, :3]) * x[:, 3:]),
        ("sparsemax", "sparsemax(x)", sparsemax),
    ]:
        a.case(name, text, fn, uses=[f"std.activation: {name.split()[0]}"], x=randn(3, 6))
    for name, fn in [("hard_shrink", F.hardshrink), ("soft_shrink", F.softshrink), ("tanh_shrink", F.tanhshrink)]:
        a.case(f"{name} far out", f"{name}(x)", fn, uses=[f"std.activation: {name}"], x=values(-1e4, -0.5, 0.0, 0.5, 1e4))
    layer(a, "ChannelPReLU", "ChannelPReLU[3]", torch.nn.PReLU(3), x=distinct(2, 3, 2))
    layer(a, "RReLU outside of training", "RReLU(0.1, 0.4)", torch.nn.RReLU(0.1, 0.4), x=randn(2, 3))
    for name, fn in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        a.case(f"{name} of ten thousand", f"{name}(x)", lambda x, fn=fn: fn(x, -1), x=values(1e4, -1e4, 9999.0))
        a.case(f"{name} with a class at -inf", f"{name}(x)[::2]", lambda x, fn=fn: fn(x, -1)[::2], x=values(0.3, -torch.inf, -0.5))


def sparsemax(x):
    """The nearest point of the simplex, row by row, by bisection for the threshold; then exactly from the rows that are left."""
    rows = []
    for row in x:
        low, high = row.min() - 1, row.max()
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if F.relu(row - middle).sum() > 1 else (low, middle)
        kept = row > low.detach()
        rows.append(torch.where(kept, row - (row[kept].sum() - 1) / kept.sum(), torch.zeros_like(row)))
    return torch.stack(rows)


AREAS = {"activations": activations}
