"""Optimizers as the parameters after each of 20 steps, and schedules as the rate at steps 1 to 100."""

import re

import torch
from torch import optim as O
from torch.optim import lr_scheduler as S

from tensors import tensor

STEPS = 20
SOURCE = """use std.loss: mse
use std.optim: {names}
layer Net {{
  param w: [3, 4] = zeros
  param b: [4, 3] = zeros
  forward(x: [N, 3]) -> [N, 3] = tanh(x @ w) @ b
}}
let net = Net
let points: (x: [3], y: [3]) = read_csv("optim.csv")
train case {{
  data = points |> batch(5)
  epochs = {steps}
  step (x, y) {{ minimize mse(net(x), y) over {over} with {text} }}
}}
"""


def optimizer(a):
    x = torch.linspace(-1, 1, 15).reshape(5, 3)
    inputs = {"x": tensor(x), "y": tensor(x.flip(0))}

    def run(name, text, make, clip=None, schedule=None, over="net"):
        w = torch.sin(torch.arange(12.0)).reshape(3, 4).requires_grad_()
        b = torch.cos(torch.arange(12.0)).reshape(4, 3).requires_grad_()
        params = {"net.w": tensor(w), "net.b": tensor(b)}
        opt, steps = make([w, b]), []
        rate = schedule and schedule(opt)
        for _ in range(STEPS):
            opt.zero_grad()
            ((torch.tanh(x @ w) @ b - x.flip(0)) ** 2).mean().backward()
            if clip:
                clip([w, b])
            opt.step()
            if rate:
                rate.step()
            steps.append({"net.w": tensor(w), "net.b": tensor(b)})
        names = ", ".join(dict.fromkeys(word for word in re.findall(r"(\w+)\(", text)))
        source = SOURCE.format(names=names, steps=STEPS, text=text, over=over)
        a.emit({"name": name, "source": source, "training": True, "inputs": inputs, "params": params, "steps": steps})

    run("SGD", "SGD(lr: 0.1)", lambda p: O.SGD(p, 0.1))
    run("SGD momentum", "SGD(lr: 0.1, momentum: 0.9)", lambda p: O.SGD(p, 0.1, 0.9))
    run("SGD momentum, dampening, decay", "SGD(lr: 0.1, momentum: 0.8, dampening: 0.3, weight_decay: 0.05)", lambda p: O.SGD(p, 0.1, 0.8, 0.3, 0.05))
    run("SGD nesterov", "SGD(lr: 0.1, momentum: 0.9, nesterov: true)", lambda p: O.SGD(p, 0.1, 0.9, nesterov=True))
    run("Adagrad", "Adagrad(lr: 0.1)", lambda p: O.Adagrad(p, 0.1))
    run("Adagrad decays", "Adagrad(lr: 0.2, lr_decay: 0.1, weight_decay: 0.05)", lambda p: O.Adagrad(p, 0.2, 0.1, 0.05))
    run("RMSProp", "RMSProp(lr: 0.01)", lambda p: O.RMSprop(p, 0.01))
    run("RMSProp centered, momentum, decay", "RMSProp(lr: 0.01, alpha: 0.9, momentum: 0.5, weight_decay: 0.05, centered: true)",
        lambda p: O.RMSprop(p, 0.01, 0.9, 1e-8, 0.05, 0.5, True))
    run("Adadelta", "Adadelta(lr: 0.5)", lambda p: O.Adadelta(p, 0.5))
    run("Adadelta decay", "Adadelta(rho: 0.95, weight_decay: 0.05)", lambda p: O.Adadelta(p, 1.0, 0.95, weight_decay=0.05))
    run("Adam", "Adam(lr: 0.05)", lambda p: O.Adam(p, 0.05))
    run("Adam all settings", "Adam(lr: 0.05, beta1: 0.5, beta2: 0.9, eps: 0.001, weight_decay: 0.05)", lambda p: O.Adam(p, 0.05, (0.5, 0.9), 1e-3, 0.05))
    run("AdamW", "AdamW(lr: 0.05)", lambda p: O.AdamW(p, 0.05))
    run("AdamW all settings", "AdamW(lr: 0.05, beta1: 0.8, beta2: 0.95, eps: 0.001, weight_decay: 0.3)", lambda p: O.AdamW(p, 0.05, (0.8, 0.95), 1e-3, 0.3))
    run("AdaMax", "AdaMax(lr: 0.05, weight_decay: 0.05)", lambda p: O.Adamax(p, 0.05, weight_decay=0.05))
    run("NAdam", "NAdam(lr: 0.05)", lambda p: O.NAdam(p, 0.05))
    run("NAdam decay", "NAdam(lr: 0.05, weight_decay: 0.05, momentum_decay: 0.01)", lambda p: O.NAdam(p, 0.05, weight_decay=0.05, momentum_decay=0.01))
    run("RAdam", "RAdam(lr: 0.05)", lambda p: O.RAdam(p, 0.05))
    run("RAdam with a short memory", "RAdam(lr: 0.05, beta2: 0.9, weight_decay: 0.05)", lambda p: O.RAdam(p, 0.05, (0.9, 0.9), weight_decay=0.05))
    run("Lion", "Lion(lr: 0.01, weight_decay: 0.1)", lambda p: Lion(p, 0.01, 0.1))
    run("LARS", "LARS(lr: 0.1, weight_decay: 0.01, trust: 0.1)", lambda p: Lars(p, 0.1, 0.01, 0.1))
    run("LAMB", "LAMB(lr: 0.02)", lambda p: Lamb(p, 0.02, 0.01))
    norm = lambda limit: lambda p: torch.nn.utils.clip_grad_norm_(p, limit)
    run("clip_norm", "clip_norm(0.2) >> SGD(lr: 0.1)", lambda p: O.SGD(p, 0.1), norm(0.2))
    run("clip_norm that does not clip", "clip_norm(100.0) >> Adam(lr: 0.05)", lambda p: O.Adam(p, 0.05), norm(100.0))
    run("clip_value", "clip_value(0.05) >> SGD(lr: 0.1, momentum: 0.9)", lambda p: O.SGD(p, 0.1, 0.9), lambda p: torch.nn.utils.clip_grad_value_(p, 0.05))
    run("no decay on what is no matrix", "|p| if p.name == \"w\" { AdamW(lr: 0.05, weight_decay: 0.3) } else { AdamW(lr: 0.05, weight_decay: 0.0) }",
        lambda p: O.AdamW([{"params": p[:1], "weight_decay": 0.3}, {"params": p[1:], "weight_decay": 0.0}], 0.05))
    run("one norm, two rates", "clip_norm(0.2) >> |p| if p.name == \"w\" { SGD(lr: 0.2, momentum: 0.9) } else { SGD(lr: 0.02, momentum: 0.9) }",
        lambda p: O.SGD([{"params": p[:1], "lr": 0.2}, {"params": p[1:], "lr": 0.02}], momentum=0.9), norm(0.2))
    run("groups with their own optimizers", "Adam(lr: 0.05), net.b with SGD(lr: 0.1, momentum: 0.5)", lambda p: Both(O.Adam(p[:1], 0.05), O.SGD(p[1:], 0.1, 0.5)),
        over="net.w")
    run("a schedule", "Adam(lr: cosine(0.1, steps: 15))", lambda p: O.Adam(p, 0.1),
        schedule=lambda o: S.LambdaLR(o, lambda k: 0.5 * (1 + torch.cos(torch.tensor(torch.pi * min(k, 15) / 15)).item())))


class Both:
    """Two optimizers, each with parameters of its own."""

    def __init__(self, *parts):
        self.parts = parts

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()


class Lion(O.Optimizer):
    """Algorithm 2 of Chen et al., 2023."""

    def __init__(self, params, lr, decay):
        super().__init__(params, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p -= group["lr"] * (torch.sign(0.9 * m + 0.1 * p.grad) + group["decay"] * p)
                m.mul_(0.99).add_(0.01 * p.grad)


class Lars(O.Optimizer):
    """Algorithm 1 of You et al., 2017, with 1e-8 added to the denominator."""

    def __init__(self, params, lr, decay, trust):
        super().__init__(params, {"lr": lr, "decay": decay, "trust": trust})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                local = group["trust"] * p.norm() / (p.grad.norm() + group["decay"] * p.norm() + 1e-8)
                v.mul_(0.9).add_(group["lr"] * local * (p.grad + group["decay"] * p))
                p -= v


class Lamb(O.Optimizer):
    """Algorithm 2 of You et al., 2019."""

    def __init__(self, params, lr, decay):
        super().__init__(params, {"lr": lr, "decay": decay})
        self.t = 0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                m.lerp_(p.grad, 0.1)
                v.lerp_(p.grad**2, 0.001)
                r = m / (1 - 0.9**self.t) / ((v / (1 - 0.999**self.t)).sqrt() + 1e-6) + group["decay"] * p
                p -= group["lr"] * p.norm() / r.norm() * r


def schedule(a):
    steps = torch.arange(1.0, 101.0)

    def run(name, text, base, make):
        opt = O.SGD([torch.zeros(1)], base)
        rates, rate = [], make(opt)
        for _ in range(100):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            if len(rates) < 100:
                rate.step()
        names = ", ".join(dict.fromkeys(w for w in text.replace("(", " ").split() if w.isidentifier()))
        a.case(name, f"{text}(t)", lambda t: torch.tensor(rates), uses=[f"std.optim: {names}"], smooth=False, t=steps.clone())

    run("constant", "constant(0.1)", 0.1, lambda o: S.ConstantLR(o, 1.0))
    run("step_decay", "step_decay(0.1, every: 30)", 0.1, lambda o: S.StepLR(o, 30))
    run("step_decay by half", "step_decay(0.1, every: 7, factor: 0.5)", 0.1, lambda o: S.StepLR(o, 7, 0.5))
    run("exponential", "exponential(0.1, factor: 0.95)", 0.1, lambda o: S.ExponentialLR(o, 0.95))
    run("inverse_time", "inverse_time(0.1, factor: 0.2)", 0.1, lambda o: S.LambdaLR(o, lambda k: 1 / (1 + 0.2 * k)))
    run("polynomial", "polynomial(0.1, steps: 80)", 0.1, lambda o: S.PolynomialLR(o, 80))
    run("polynomial squared", "polynomial(0.1, steps: 100, power: 2.0)", 0.1, lambda o: S.PolynomialLR(o, 100, 2.0))
    run("cosine", "cosine(0.1, steps: 99)", 0.1, lambda o: S.CosineAnnealingLR(o, 99))
    run("cosine above 0", "cosine(0.1, steps: 120, low: 0.02)", 0.1, lambda o: S.CosineAnnealingLR(o, 120, 0.02))
    run("cosine_restarts", "cosine_restarts(0.1, steps: 40, low: 0.01)", 0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 40, eta_min=0.01))
    run("warmup", "warmup(cosine(0.1, steps: 90), steps: 10)", 0.1,
        lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 9), S.CosineAnnealingLR(o, 90)], [10]))
    run("warmup to a constant", "warmup(constant(0.1), steps: 20)", 0.1, lambda o: S.LinearLR(o, 0.05, 1.0, 19))
    run("one_cycle", "one_cycle(0.1, steps: 100)", 0.1, lambda o: S.OneCycleLR(o, 0.1, 100, cycle_momentum=False))
    run("one_cycle settings", "one_cycle(0.5, steps: 120, rise: 0.2, start_factor: 10.0, end_factor: 100.0)", 0.1,
        lambda o: S.OneCycleLR(o, 0.5, 120, pct_start=0.2, div_factor=10.0, final_div_factor=100.0, cycle_momentum=False))


AREAS = {"optimizer": optimizer, "schedule": schedule}
