"""Mixed precision: the parameters after each of 20 steps under PyTorch's autocast, with its gradient scaler for f16.

Roundings fall in other places, so each case says how far off numbers may be; five digits are kept."""

import torch
import torch.nn.functional as F
from torch import nn

from tensors import randn, labels, tensor

STEPS = 20
SOURCE = """use std.loss: {loss}
use std.nn: Linear, Conv2d, LayerNorm
use std.optim: {optimizer}
let net = {net}
let points: {rows} = read_csv("mixed.csv")
train case {{
  data = points |> batch({batch})
  epochs = 20
  {settings}
  step (x, y) {{ minimize {loss}(net(x), y) over net with {optimizer}({rates}) }}
}}
"""


def mixed(a):
    def run(name, net, text, x, y, loss, fn, optimizer, rates, make, dtype, tolerance, rows, settings="", scale=None):
        net = net.float()
        params = {f"net.{path}": tensor(p) for path, p in net.named_parameters()}
        inputs = {"x": tensor(x), "y": tensor(y)}
        x, y = x.float(), y.float() if y.is_floating_point() else y
        opt, steps = make(net.parameters()), []
        scaler = torch.amp.GradScaler("cpu", init_scale=scale or 1.0, enabled=scale is not None)
        skipped = 0
        for _ in range(STEPS):
            opt.zero_grad()
            with torch.autocast("cpu", dtype=dtype):
                value = fn(net(x), y)
            scaler.scale(value).backward()
            before = scaler.get_scale()
            scaler.step(opt)
            scaler.update()
            skipped += scaler.get_scale() < before
            steps.append({f"net.{path}": tensor(torch.round(p.double(), decimals=5)) for path, p in net.named_parameters()})
        assert scale is None or 0 < skipped < STEPS // 2, skipped
        short = {torch.bfloat16: "bf16", torch.float16: "f16"}[dtype]
        source = SOURCE.format(loss=loss, optimizer=optimizer, net=text, rows=rows, batch=len(x), rates=rates,
                               settings="; ".join([f"precision = {short}", *([settings] if settings else [])]))
        a.emit({"name": f"{name} in {short}", "source": source, "training": True, "float": "f32", "tolerance": tolerance,
                "inputs": inputs, "params": params, "steps": steps})

    for dtype, settings, scale in [(torch.bfloat16, "", None), (torch.float16, "loss_scale = 2 ** 22", 2.0**22)]:
        a.seed("mlp2")  # no bias overflows where its weight does not: dln sums the gradients of a bias in f32
        run("a classifier", nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)),
            "Linear[4 -> 8] >> relu >> Linear[8 -> 3]", randn(12, 4), labels(3, 12), "cross_entropy", F.cross_entropy,
            "SGD", "lr: 0.2, momentum: 0.9", lambda p: torch.optim.SGD(p, 0.2, momentum=0.9), dtype, 1e-2,
            "(x: [4], y: idx<3>)", settings, scale)
        a.seed("norm")
        run("a norm between products", nn.Sequential(nn.Linear(3, 6), nn.LayerNorm(6), nn.Tanh(), nn.Linear(6, 2)),
            "Linear[3 -> 6] >> LayerNorm[6] >> tanh >> Linear[6 -> 2]", randn(8, 3), randn(8, 2), "mse", F.mse_loss,
            "Adam", "lr: 0.01", lambda p: torch.optim.Adam(p, 0.01), dtype, 5e-3, "(x: [3], y: [2])", settings, scale)
    a.seed("conv")
    run("a convolution", nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.GELU(), nn.Flatten(), nn.Linear(32, 3)),
        "Conv2d[1 -> 2](kernel: 3, pad: 1) >> gelu >> flatten >> Linear[32 -> 3]", randn(4, 1, 4, 4), labels(3, 4),
        "cross_entropy", F.cross_entropy, "SGD", "lr: 0.1", lambda p: torch.optim.SGD(p, 0.1), torch.bfloat16, 5e-3,
        "(x: [1, 4, 4], y: idx<3>)")


AREAS = {"mixed": mixed}
