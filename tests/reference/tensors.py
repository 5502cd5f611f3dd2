"""Tensors of the cases: how they are written, and inputs of short decimal numbers, so that the files stay small and readable."""

import math

import torch

DTYPES = {torch.float64: "f64", torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16", torch.int64: "i64", torch.bool: "bool"}


def number(v):
    if isinstance(v, float) and not math.isfinite(v):
        return "nan" if math.isnan(v) else "inf" if v > 0 else "-inf"
    return int(v) if isinstance(v, float) and v.is_integer() and abs(v) < 1e6 else v


def tensor(x):
    x = x.detach()
    return {"shape": list(x.shape), "dtype": DTYPES[x.dtype], "data": [number(v) for v in x.reshape(-1).tolist()]}


def randn(*shape, scale=1.0):
    return torch.round(scale * torch.randn(shape), decimals=3)


def rand(*shape, low=0.0, high=1.0):
    return torch.round(low + (high - low) * torch.rand(shape), decimals=3)


def distinct(*shape):
    """No two elements equal, so that a maximum has one place."""
    n = 1
    for d in shape:
        n *= d
    return (torch.randperm(n) - n // 2).double().reshape(shape) / 4 + 0.1


def labels(classes, *shape):
    return torch.randint(0, classes, shape)


def values(*xs):
    return torch.tensor(xs, dtype=torch.float64)
