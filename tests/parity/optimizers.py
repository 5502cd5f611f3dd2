"""PyTorch's database of optimizers: 20 steps of a small network with each of the settings."""

import torch
from torch.testing._internal.common_optimizers import optim_db

from calls import Skip, say

from record import NAMES, tensor

STEPS = 20
SOURCE = """use std.loss.regression: mse
use {module}: {name}
layer Net {{
  param w: [3, 4] = zeros
  param b: [4, 3] = zeros
  forward(x: [N, 3]) -> [N, 3] = tanh(x @ w) @ b
}}
let net = Net
let points: (x: [3], y: [3]) = read_csv("optim.csv")
train case {{
  data = points |> batch(5)
  epochs = 20
  step (x, y) {{ minimize mse(net(x), y) over net with {text} }}
}}
"""

WORDS = {"lr": "lr", "momentum": "momentum", "dampening": "dampening", "weight_decay": "weight_decay", "nesterov": "nesterov", "eps": "eps",
         "alpha": "alpha", "centered": "centered", "rho": "rho", "lr_decay": "lr_decay", "momentum_decay": "momentum_decay"}
KNOWN = {"SGD": "SGD", "Adam": "Adam", "AdamW": "AdamW", "Adagrad": "Adagrad", "Adadelta": "Adadelta", "RMSprop": "RMSProp", "Adamax": "AdaMax",
         "NAdam": "NAdam", "RAdam": "RAdam"}
SHOWN = {1, 2, 5, 10, 20}
IGNORED = {"foreach", "fused", "capturable", "differentiable"}


def spelled(cls, kwargs):
    """An optimizer of PyTorch with its settings, in dln."""
    given = dict(kwargs)
    parts = []
    if isinstance(given.get("lr"), torch.Tensor):
        raise Skip("a rate in a tensor")
    if "betas" in given:
        b1, b2 = given.pop("betas")
        parts += [f"beta1: {say(float(b1))}", f"beta2: {say(float(b2))}"]
    for name, value in given.items():
        if name in IGNORED or value is False and name not in WORDS:
            continue
        if name not in WORDS:
            raise Skip(name)
        parts.append(f"{WORDS[name]}: {say(value)}")
    if "lr" not in given:
        parts.append(f"lr: {say(cls([torch.zeros(1)]).defaults['lr'])}")
    return f"{KNOWN[cls.__name__]}({', '.join(sorted(parts))})"


def run(cls, kwargs):
    x = torch.linspace(-1, 1, 15).reshape(5, 3)
    w = torch.sin(torch.arange(12.0)).reshape(3, 4).requires_grad_()
    b = torch.cos(torch.arange(12.0)).reshape(4, 3).requires_grad_()
    first = {"net.w": tensor(w), "net.b": tensor(b)}
    optimizer, steps = cls([w, b], **{k: v for k, v in kwargs.items() if k not in IGNORED}), []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        ((torch.tanh(x @ w) @ b - x.flip(0)) ** 2).mean().backward()
        optimizer.step()
        steps.append({"net.w": tensor(w), "net.b": tensor(b)} if step in SHOWN else {})
    return {"x": tensor(x), "y": tensor(x.flip(0))}, first, steps


def fill():
    records = []
    for info in optim_db:
        cls, seen = info.optim_cls, set()
        if cls.__name__ not in KNOWN:
            print("  no dln", cls.__name__)
            continue
        for given in info.optim_inputs_func(device="cpu"):
            try:
                text = spelled(cls, given.kwargs)
            except Skip as why:
                print("  skipped", cls.__name__, why)
                continue
            if text in seen:
                continue
            seen.add(text)
            inputs, params, steps = run(cls, given.kwargs)
            name = KNOWN[cls.__name__]
            source = SOURCE.format(module=NAMES[name], name=name, text=text)
            records.append({"name": text, "op": f"optim.{cls.__name__}", "dln": text, "samples": 1, "source": source, "training": True,
                            "inputs": inputs, "params": params, "steps": steps})
    return records
