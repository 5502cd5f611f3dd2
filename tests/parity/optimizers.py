"""PyTorch's database of optimizers: 20 steps of a small network with each of the settings, and the settings that are wrong."""

from unittest import mock

import torch
from torch.testing._internal.common_optimizers import optim_db

from calls import Skip, say

from record import NAMES, tensor

STEPS = 20
SOURCE = """use std.loss.regression: mse
{uses}layer Net {{
  param w: [3, 4] = zeros
  param b: [4, 3] = zeros
  forward(x: [N, 3]) -> [N, 3] = tanh(x @ w) @ b
}}
let net = Net
{before}let points: (x: [3], y: [3]) = read_csv("optim.csv")
train case {{
  data = points |> batch(5)
  epochs = 20
  step (x, y) {{ {step} }}
}}
"""

WORDS = {"lr": "lr", "momentum": "momentum", "dampening": "dampening", "weight_decay": "weight_decay", "nesterov": "nesterov", "eps": "eps", "rho": "rho",
         "centered": "centered", "lr_decay": "lr_decay", "momentum_decay": "momentum_decay", "amsgrad": "amsgrad", "decoupled_weight_decay": "decoupled",
         "initial_accumulator_value": "first", "ns_steps": "steps", "ns_coefficients": "coefficients", "adjust_lr_fn": "adjust_lr", "lambd": "decay",
         "beta2_decay": "decay", "d": "clip", "tolerance_grad": "tolerance_grad", "line_search_fn": "line_search"}
PAIRS = {"betas": ("beta1", "beta2"), "etas": ("down", "up"), "step_sizes": ("least", "most")}
OF_ONE = {"Adafactor": {"eps": ("eps", "least")}, "RMSprop": {"alpha": "alpha"}, "ASGD": {"alpha": "power"}}
KNOWN = {"SGD": "SGD", "Adam": "Adam", "AdamW": "AdamW", "Adagrad": "Adagrad", "Adadelta": "Adadelta", "RMSprop": "RMSProp", "Adamax": "AdaMax",
         "NAdam": "NAdam", "RAdam": "RAdam", "Adafactor": "Adafactor", "ASGD": "ASGD", "Rprop": "Rprop", "Muon": "Muon", "SparseAdam": "SparseAdam", "LBFGS": "LBFGS"}
SHOWN = {1, 2, 5, 10, 20}
ROUNDS = {"LBFGS": 2}                 # of up to 20 steps each: behind these, rounding alone moves the path by more than is allowed
IGNORED = {"foreach", "fused", "capturable", "differentiable"}


def setting(cls, name, value):
    """One setting of PyTorch as settings of dln."""
    words = OF_ONE.get(cls.__name__, {}).get(name) or PAIRS.get(name) or WORDS.get(name)
    if words is None:
        raise Skip(f"the setting {name}")
    if isinstance(words, tuple):
        if any(isinstance(v, torch.Tensor) for v in value):
            raise Skip("settings in tensors")
        return [f"{word}: {say(float(v))}" for word, v in zip(words, value)]
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return [f"{words}: {say(value.item())}"]
    if isinstance(value, torch.Tensor):
        return [f"{words}: tensor({value.tolist()})"]
    return [f"{words}: {say(list(value) if isinstance(value, tuple) else value)}"]


def spelled(cls, kwargs):
    """An optimizer of PyTorch with its settings, in dln."""
    given = {"lr": cls([torch.zeros(1, 1)]).defaults["lr"], **kwargs}
    uphill = "maximize >> " if given.pop("maximize", False) else ""
    parts = [part for name, value in given.items() if name not in IGNORED for part in setting(cls, name, value)]
    return f"{uphill}{KNOWN[cls.__name__]}({', '.join(sorted(parts))})"


def uses(cls, text):
    name = KNOWN[cls.__name__]
    return ("use std.optim.maximize: maximize\n" if text.startswith("maximize") else "") + f"use {NAMES[name]}: {name}\n"


def source(cls, text):
    """Most optimizers stand behind `minimize`; one that needs the loss at several weights is a layer with a step of its own."""
    if cls.__name__ != "LBFGS":
        return SOURCE.format(uses=uses(cls, text), before="", step=f"minimize mse(net(x), y) over net with {text}")
    return SOURCE.format(uses=uses(cls, text), before=f"let rule = {text.replace('(', '(net, ', 1)}\n", step="log loss: rule.step(|net| mse(net(x), y))")


def run(cls, kwargs):
    x = torch.linspace(-1, 1, 15).reshape(5, 3)
    w = torch.sin(torch.arange(12.0)).reshape(3, 4).requires_grad_()
    b = torch.cos(torch.arange(12.0)).reshape(4, 3).requires_grad_()
    first = {"net.w": tensor(w), "net.b": tensor(b)}
    optimizer, steps = cls([w, b], **{k: v for k, v in kwargs.items() if k not in IGNORED}), []

    def loss():
        optimizer.zero_grad()
        loss = ((torch.tanh(x @ w) @ b - x.flip(0)) ** 2).mean()
        loss.backward()
        return loss

    for step in range(1, ROUNDS.get(cls.__name__, STEPS) + 1):
        loss()
        if cls.__name__ == "SparseAdam":
            w.grad, b.grad = w.grad.to_sparse(1), b.grad.to_sparse(1)
        with mock.patch.object(torch, "bfloat16", torch.float64):         # in which Muon multiplies
            optimizer.step(loss) if cls.__name__ == "LBFGS" else optimizer.step()
        steps.append({"net.w": tensor(w), "net.b": tensor(b)} if step in SHOWN else {})
    return {"x": tensor(x), "y": tensor(x.flip(0))}, first, steps


def known():
    return [(info.optim_cls, info) for info in optim_db if info.optim_cls.__name__ in KNOWN]


NET = """layer Net {
  param w: [2, 3] = ones
  param cube: [2, 3, 4] = ones
  loss() = sum(w) + sum(cube)
}
let net = Net
"""


def wrong(cls, error):
    """A wrong optimizer: wrong settings, the same parameter in two groups, or a parameter of a wrong shape."""
    given, says = error.optimizer_error_input, str(error.error_regex)
    if cls.__name__ == "LBFGS":
        raise Skip("groups, which PyTorch refuses here too")
    text = spelled(cls, given.kwargs)
    step = "test \"wrong\" {{ minimize net.loss() over {} }}"
    if "more than one parameter group" in says:
        return step.format(f"net.w with {text}, net.w with {text}")
    if "only supports 2D" in says:
        return step.format(f"net.cube with {text}")
    if not given.kwargs:
        raise Skip("what PyTorch takes for a list of parameters")
    return step.format(f"net.w with {text}")


def fill():
    records = []
    for cls, info in known():
        seen = set()
        for given in info.optim_inputs_func(device="cpu"):
            try:
                text = spelled(cls, given.kwargs)
            except Skip as why:
                print("  skipped", cls.__name__, why)
                continue
            if text in seen or cls.__name__ == "LBFGS" and "maximize" in given.kwargs:      # which has no end uphill
                continue
            seen.add(text)
            inputs, params, steps = run(cls, given.kwargs)
            records.append({"name": text, "op": f"optim.{cls.__name__}", "dln": text, "samples": 1, "source": source(cls, text), "training": True,
                            "inputs": inputs, "params": params, "steps": steps})
            if cls.__name__ in ROUNDS:
                records[-1]["float"] = "f64"
    return records


def absent():
    """[{why, names}] of the optimizers without an entry: there is none."""
    assert all(info.optim_cls.__name__ in KNOWN for info in optim_db)
    return []
