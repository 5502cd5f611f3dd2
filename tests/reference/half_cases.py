"""Floats of 16 bits: each operation rounds once, sums and products accumulate in f32."""

import torch

from tensors import randn, values


def half(a):
    for name, dtype in [("bf16", torch.bfloat16), ("f16", torch.float16)]:
        def f(what, body, fn, smooth=True, **inputs):
            a.case(f"{what} of {name}", body, fn, smooth=smooth, **{k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()})

        a.seed(name)
        x, y = randn(2, 3), randn(2, 3).abs() + 0.5
        f("sum", "x + y", torch.add, x=x, y=y)
        f("difference", "x - y", torch.sub, x=x, y=y)
        f("product", "x * y", torch.mul, x=x, y=y)
        f("quotient", "x / y", torch.div, x=x, y=y)
        f("root", "sqrt(y)", torch.sqrt, y=y)
        f("maximum", "maximum(x, y)", torch.maximum, x=x, y=y)
        f("a tensor with a number", "2 - x / 3", lambda x: 2 - x / 3, x=x)
        f("a tensor with whole numbers", "x * n", lambda x, n: x * n, x=x, n=torch.tensor([[1, 2, 3], [4, 5, 6]]))
        f("sum of many", "sum(x)", torch.sum, x=randn(300))
        f("sum over an axis", "sum(x, over: 0)", lambda x: x.sum(0), x=randn(64, 3))
        f("greatest", "max(x, over: 1)", lambda x: x.amax(1), x=randn(3, 5))
        f("matrix product", "x @ y", torch.matmul, x=randn(3, 40), y=randn(40, 2))
        f("large and small", "x + y", torch.add, x=values(256.0, 2048.0, 65000.0, 1e-7), y=values(1.0, 1.0, 40.0, 1e-7))
        f("convolution", "conv(x, w, pad: 1)", lambda x, w: torch.nn.functional.conv1d(x, w, padding=1), x=randn(1, 2, 7), w=randn(3, 2, 3))
        for to, target in [("f32", torch.float32), ("f64", torch.float64), ("i64", torch.int64)]:
            f(f"cast to {to}", f"cast(x, {to})", lambda x: x.to(target), smooth=to != "i64", x=values(-1.7, 0.3, 255.9))
        a.case(f"cast to {name}", f"cast(x, {name})", lambda x: x.to(dtype),
               x=values(1.00390625, 1.01171875, 1e-9, 1e9, -0.1, 65519.0, 65521.0, 5.9e-8), smooth=False)


AREAS = {"half": half}
