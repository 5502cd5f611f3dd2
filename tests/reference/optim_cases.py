"""Optimizers as the parameters after each of 20 steps, and schedules as the rates of 1,000 steps."""

import re
from unittest import mock

import torch
from torch import optim as O
from torch.optim import lr_scheduler as S

from tensors import tensor

STEPS = 20
SOURCE = """use std.loss: mse
use std.optim: {names}
layer Net {{
  param w: [3, 4] = zeros
  param b: [4, 3] = zeros{vector}
  forward(x: [N, 3]) -> [N, 3] = tanh(x @ w) @ b{plus}
}}
let net = Net
{before}let points: (x: [3], y: [3]) = read_csv("optim.csv")
train case {{
  data = points |> batch(5)
  epochs = {steps}
  step (x, y) {{ {step} }}
}}
"""


def agc(params, limit):
    """Adaptive clipping, row by row."""
    for p in params:
        for w, g in zip(p.detach(), p.grad):
            most = limit * max(w.norm().item(), 1e-3)
            if g.norm() > most:
                g.mul_(most / g.norm())


def optimizer(a):
    x = torch.linspace(-1, 1, 15).reshape(5, 3)
    inputs = {"x": tensor(x), "y": tensor(x.flip(0))}

    def run(name, text, make, clip=None, schedule=None, over="net", step=None, before="", more=(), vector=False, only=None):
        """Runs in f64 where `only` says so; `step` in place of the one `minimize`; `vector` adds a parameter with one axis; `more` are parameters beside those of `net`."""
        w = torch.sin(torch.arange(12.0)).reshape(3, 4).requires_grad_()
        b = torch.cos(torch.arange(12.0)).reshape(4, 3).requires_grad_()
        c = torch.tensor([0.5, -0.2, 0.1]).requires_grad_()
        own = {"net.w": w, "net.b": b} | ({"net.c": c} if vector else {})
        params = {path: tensor(p) for path, p in own.items()}
        params |= {path: params[of] for path, of in more}
        opt, steps = make(list(own.values())), []
        rate = schedule and schedule(opt)

        def loss():
            opt.zero_grad()
            loss = ((torch.tanh(x @ w) @ b + (c if vector else 0) - x.flip(0)) ** 2).mean()
            loss.backward()
            return loss

        for _ in range(STEPS):
            loss()
            if clip:
                clip([w, b])
            opt.step(loss) if isinstance(opt, (Sam, O.LBFGS)) else opt.step()
            if rate:
                rate.step()
            steps.append({path: tensor(p) for path, p in own.items()})
        words = [*re.findall(r"(\w+)\(", text), *re.findall(r"(\w+) >>", text)]
        names = ", ".join(word for word in dict.fromkeys(words) if word not in ("p", "mse", "net"))
        source = SOURCE.format(names=names, steps=STEPS, step=step or f"minimize mse(net(x), y) over {over} with {text}", before=before,
                               vector="\n  param c: [3] = zeros" if vector else "", plus=" + c" if vector else "")
        a.emit({"name": name, "source": source, "training": True, "inputs": inputs, "params": params, "steps": steps} | ({"float": only} if only else {}))

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
    run("clip_adaptive", "|p| (clip_adaptive(p, limit: 0.05) >> SGD(lr: 0.1))", lambda p: O.SGD(p, 0.1), lambda p: agc(p, 0.05))
    run("no decay on what is no matrix", "|p| if p.name == \"w\" { AdamW(lr: 0.05, weight_decay: 0.3) } else { AdamW(lr: 0.05, weight_decay: 0.0) }",
        lambda p: O.AdamW([{"params": p[:1], "weight_decay": 0.3}, {"params": p[1:], "weight_decay": 0.0}], 0.05))
    run("one norm, two rates", "clip_norm(0.2) >> |p| if p.name == \"w\" { SGD(lr: 0.2, momentum: 0.9) } else { SGD(lr: 0.02, momentum: 0.9) }",
        lambda p: O.SGD([{"params": p[:1], "lr": 0.2}, {"params": p[1:], "lr": 0.02}], momentum=0.9), norm(0.2))
    run("groups with their own optimizers", "Adam(lr: 0.05), net.b with SGD(lr: 0.1, momentum: 0.5)", lambda p: Both(O.Adam(p[:1], 0.05), O.SGD(p[1:], 0.1, 0.5)),
        over="net.w")
    run("Adam amsgrad", "Adam(lr: 0.05, beta2: 0.5, amsgrad: true)", lambda p: O.Adam(p, 0.05, (0.9, 0.5), amsgrad=True))
    run("AdamW amsgrad", "AdamW(lr: 0.05, beta2: 0.5, weight_decay: 0.1, amsgrad: true)", lambda p: O.AdamW(p, 0.05, (0.9, 0.5), weight_decay=0.1, amsgrad=True))
    run("NAdam decoupled decay", "NAdam(lr: 0.05, weight_decay: 0.1, decoupled: true)", lambda p: O.NAdam(p, 0.05, weight_decay=0.1, decoupled_weight_decay=True))
    run("RAdam decoupled decay", "RAdam(lr: 0.05, beta2: 0.9, weight_decay: 0.1, decoupled: true)",
        lambda p: O.RAdam(p, 0.05, (0.9, 0.9), weight_decay=0.1, decoupled_weight_decay=True))
    run("Adagrad that begins above 0", "Adagrad(lr: 0.1, first: 0.3)", lambda p: O.Adagrad(p, 0.1, initial_accumulator_value=0.3))
    run("Adafactor", "Adafactor(lr: 0.05)", lambda p: O.Adafactor(p, 0.05), vector=True)
    run("Adafactor settings", "Adafactor(lr: 0.5, decay: -0.5, clip: 1.2, eps: 0.01, least: 0.3, weight_decay: 0.1)",
        lambda p: O.Adafactor(p, 0.5, beta2_decay=-0.5, d=1.2, eps=(0.01, 0.3), weight_decay=0.1), vector=True)
    run("ASGD", "ASGD(lr: 0.1)", lambda p: O.ASGD(p, 0.1))
    run("ASGD settings", "ASGD(lr: 0.2, decay: 0.5, power: 0.6, weight_decay: 0.05)", lambda p: O.ASGD(p, 0.2, lambd=0.5, alpha=0.6, weight_decay=0.05))
    run("Rprop", "Rprop(lr: 0.05)", lambda p: O.Rprop(p, 0.05))
    run("Rprop settings", "Rprop(lr: 0.1, down: 0.3, up: 1.5, least: 0.001, most: 0.2)", lambda p: O.Rprop(p, 0.1, (0.3, 1.5), (1e-3, 0.2)))
    run("Muon", "Muon(lr: 0.02)", lambda p: Muon(p, lr=0.02))
    run("Muon without Nesterov", "Muon(lr: 0.02, momentum: 0.8, weight_decay: 0.0, nesterov: false, steps: 3)", lambda p: Muon(p, lr=0.02, momentum=0.8, weight_decay=0.0, nesterov=False, ns_steps=3))
    run("Muon in steps of AdamW", "Muon(lr: 0.02, adjust_lr: \"match_rms_adamw\")", lambda p: Muon(p, lr=0.02, adjust_lr_fn="match_rms_adamw"))
    run("SGD uphill", "maximize >> SGD(lr: 0.01, momentum: 0.9, weight_decay: 0.1)", lambda p: O.SGD(p, 0.01, 0.9, weight_decay=0.1, maximize=True))
    run("Adam uphill", "maximize >> Adam(lr: 0.01, weight_decay: 0.1)", lambda p: O.Adam(p, 0.01, weight_decay=0.1, maximize=True))
    run("AdamW uphill", "maximize >> AdamW(lr: 0.01, weight_decay: 0.1)", lambda p: O.AdamW(p, 0.01, weight_decay=0.1, maximize=True))
    run("RMSProp centered", "RMSProp(lr: 0.01, centered: true)", lambda p: O.RMSprop(p, 0.01, centered=True))
    run("RMSProp momentum", "RMSProp(lr: 0.01, momentum: 0.9)", lambda p: O.RMSprop(p, 0.01, momentum=0.9))
    run("AdaMax settings", "AdaMax(lr: 0.05, beta1: 0.7, beta2: 0.9, eps: 0.01)", lambda p: O.Adamax(p, 0.05, (0.7, 0.9), 0.01))
    run("Lion without decay", "Lion(lr: 0.01)", lambda p: Lion(p, 0.01, 0.0))
    run("LARS without decay", "LARS(lr: 0.2, trust: 0.05)", lambda p: Lars(p, 0.2, 0.0, 0.05))
    run("LAMB without decay", "LAMB(lr: 0.02, weight_decay: 0.0)", lambda p: Lamb(p, 0.02, 0.0))
    for rho in (0.05, 0.5):
        run(f"SAM {rho}", "sam( SGD(", lambda p: Sam(O.SGD(p, 0.1, 0.9), p, rho),
            step=f"minimize sam(|net| mse(net(x), y), net, rho: {rho}) over net with SGD(lr: 0.1, momentum: 0.9)")
    for name, text, how in [("LBFGS", "", {}), ("LBFGS strong_wolfe", ', line_search: "strong_wolfe"', {"line_search_fn": "strong_wolfe"})]:
        run(f"{name}, a step at a time", "LBFGS( mse(", lambda p: O.LBFGS(p, 0.5, 1, 9, history_size=4, **how),
            before=f"let rule = LBFGS(net, lr: 0.5, max_iter: 1, max_eval: 9, history: 4{text})\n",
            step="log loss: rule.step(|net| mse(net(x), y))")
        run(f"{name}, three steps at a time", "LBFGS( mse(", lambda p: O.LBFGS(p, 1.0, 3, tolerance_change=1e-7, **how),
            before=f"let rule = LBFGS(net, max_iter: 3, tolerance_change: 1e-7{text})\n", only="f64", step="log loss: rule.step(|net| mse(net(x), y))")
    run("Lookahead", "Adam(", lambda p: Lookahead(O.Adam(p, 0.05), p, 5, 0.5), before="let slow = copy(net)\n", more=[("slow.w", "net.w"), ("slow.b", "net.b")],
        step="""minimize mse(net(x), y) over net with Adam(lr: 0.05)
    if step % 5 == 0 {
      slow <- slow + 0.5 * (net - slow)
      net <- slow
    }""")
    run("a schedule", "Adam(lr: cosine(0.1, steps: 15))", lambda p: O.Adam(p, 0.1),
        schedule=lambda o: S.LambdaLR(o, lambda k: 0.5 * (1 + torch.cos(torch.tensor(torch.pi * min(k, 15) / 15)).item())))
    for name, text, how in [("SparseAdam", "lr: 0.1", {}), ("SparseAdam settings", "lr: 0.2, beta1: 0.5, beta2: 0.9, eps: 0.001", {"betas": (0.5, 0.9), "eps": 1e-3})]:
        sparse(a, name, text, O.SparseAdam, float(text.split(",")[0][4:]), how)


SPARSE = """use std.loss: mse
use std.nn: Embedding
use std.optim: SparseAdam
let net = Embedding[7 -> 3]
let points: (x: [2, 3]) = read_csv("optim.csv")
train case {{
  data = points |> batch(2)
  epochs = 20
  step (x) {{
    k = cast(step, i64)
    seen = [k * k % 7, (k + 2) % 7]
    minimize mse(net(stack(seen)), x[0]) over net with SparseAdam({text})
  }}
}}
"""


def sparse(a, name, text, make, lr, how):
    """Two rows of a table of seven in each step, sometimes the same one."""
    x = torch.linspace(-1, 1, 12).reshape(2, 2, 3)
    table = torch.sin(torch.arange(21.0)).reshape(7, 3).requires_grad_()
    params, opt, steps = {"net.weight": tensor(table)}, make([table], lr, **how), []
    for k in range(1, STEPS + 1):
        opt.zero_grad()
        ((torch.nn.functional.embedding(torch.tensor([k * k % 7, (k + 2) % 7]), table, sparse=True) - x[0]) ** 2).mean().backward()
        opt.step()
        steps.append({"net.weight": tensor(table)})
    a.emit({"name": name, "source": SPARSE.format(text=text), "training": True, "inputs": {"x": tensor(x)}, "params": params, "steps": steps})


PLATEAU = """use std.optim: ReduceLROnPlateau
let plateau = ReduceLROnPlateau({text})
let rows: (v: [{n}]) = read_csv("plateau.csv")
train case {{
  data = rows |> batch(1)
  step (v) {{ plateau.see(take(v[0], cast(step, i64) - 1, over: 0)) }}
}}
"""


def plateau(a):
    """The rate, the best number and the counters of ReduceLROnPlateau along a curve that falls, stands still and jumps."""
    t = torch.arange(60.0, dtype=torch.float64)
    curve = torch.exp(-t / 12) + 0.05 * torch.sin(2.1 * t) * torch.exp(-t / 30) + 0.1 * (t > 45)

    def run(name, text, values, **settings):
        p = torch.zeros(1, requires_grad=True)
        opt, steps = O.SGD([p], 0.5), []
        rate = S.ReduceLROnPlateau(opt, **settings)
        for value in values.tolist():
            rate.step(value)
            numbers = {"current": rate.get_last_lr()[0], "best": rate.best, "bad": rate.num_bad_epochs, "cooling": rate.cooldown_counter}
            steps.append({f"plateau.{k}": tensor(torch.tensor(float(v), dtype=torch.float64)) for k, v in numbers.items()})
        source = PLATEAU.format(text=text, n=len(values))
        a.emit({"name": name, "source": source, "training": True, "inputs": {"v": tensor(values[None])}, "params": {}, "steps": steps})

    run("ReduceLROnPlateau", "lr: 0.5", curve)
    run("ReduceLROnPlateau soon", "lr: 0.5, factor: 0.5, patience: 1", curve, factor=0.5, patience=1)
    run("ReduceLROnPlateau cooldown and least rate", "lr: 0.5, factor: 0.3, patience: 2, cooldown: 4, min_lr: 0.02", curve,
        factor=0.3, patience=2, cooldown=4, min_lr=0.02)
    run("ReduceLROnPlateau absolute", "lr: 0.5, factor: 0.5, patience: 0, threshold: 0.03, threshold_mode: \"abs\"", curve,
        factor=0.5, patience=0, threshold=0.03, threshold_mode="abs")
    run("ReduceLROnPlateau up", "lr: 0.5, mode: \"max\", factor: 0.5, patience: 3, threshold: 0.01", 1 - curve,
        mode="max", factor=0.5, patience=3, threshold=0.01)
    run("ReduceLROnPlateau up, absolute", "lr: 0.5, mode: \"max\", factor: 0.5, patience: 1, threshold: 0.02, threshold_mode: \"abs\", cooldown: 1",
        1 - curve, mode="max", factor=0.5, patience=1, threshold=0.02, threshold_mode="abs", cooldown=1)


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


class Sam:
    """Foret et al., 2020: the gradient at the weights moved by rho g / |g|."""

    def __init__(self, inner, params, rho):
        self.inner, self.params, self.rho = inner, params, rho

    def zero_grad(self):
        self.inner.zero_grad()

    def step(self, loss):
        norm = torch.stack([p.grad.norm() for p in self.params]).norm()
        moves = [self.rho * p.grad / (norm + 1e-12) for p in self.params]
        with torch.no_grad():
            for p, move in zip(self.params, moves):
                p += move
        loss()
        with torch.no_grad():
            for p, move in zip(self.params, moves):
                p -= move
        self.inner.step()


class Lookahead:
    """Zhang et al., 2019 (arXiv 1907.08610): every k steps the slow weights go a part of the way, and the fast ones begin there."""

    def __init__(self, inner, params, k, alpha):
        self.inner, self.params, self.k, self.alpha, self.t = inner, params, k, alpha, 0
        self.slow = [p.detach().clone() for p in params]

    def zero_grad(self):
        self.inner.zero_grad()

    def step(self):
        self.inner.step()
        self.t += 1
        if self.t % self.k == 0:
            with torch.no_grad():
                for p, s in zip(self.params, self.slow):
                    s += self.alpha * (p - s)
                    p.copy_(s)


class Muon(O.Muon):
    """PyTorch's, with its products in f64 in place of bfloat16."""

    def step(self):
        with mock.patch.object(torch, "bfloat16", torch.float64):
            super().step()


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
    """The rates of 1,000 steps, of which every third is kept."""
    kept = torch.arange(0, 1000, 3)

    def run(name, text, base, make):
        opt = O.SGD([torch.zeros(1)], base)
        rates, rate = [], make(opt)
        for _ in range(1000):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            if len(rates) < 1000:
                rate.step()
        names = ", ".join(dict.fromkeys(re.findall(r"(\w+)\(", text)))
        a.case(name, f"{text}(t)", lambda t: torch.tensor(rates)[kept], uses=[f"std.optim: {names}"], smooth=False, t=kept + 1.0)

    run("constant", "constant(0.1)", 0.1, lambda o: S.ConstantLR(o, 1.0))
    run("step_decay", "step_decay(0.1, every: 300)", 0.1, lambda o: S.StepLR(o, 300))
    run("step_decay by half", "step_decay(0.1, every: 70, factor: 0.5)", 0.1, lambda o: S.StepLR(o, 70, 0.5))
    run("multistep", "multistep(0.1, at: [300, 450, 900])", 0.1, lambda o: S.MultiStepLR(o, [300, 450, 900]))
    run("multistep by half", "multistep(0.1, at: [1, 2, 30], factor: 0.5)", 0.1, lambda o: S.MultiStepLR(o, [1, 2, 30], 0.5))
    run("exponential", "exponential(0.1, factor: 0.995)", 0.1, lambda o: S.ExponentialLR(o, 0.995))
    run("inverse_time", "inverse_time(0.1, factor: 0.2)", 0.1, lambda o: S.LambdaLR(o, lambda k: 1 / (1 + 0.2 * k)))
    run("polynomial", "polynomial(0.1, steps: 800)", 0.1, lambda o: S.PolynomialLR(o, 800))
    run("polynomial squared", "polynomial(0.1, steps: 1000, power: 2.0)", 0.1, lambda o: S.PolynomialLR(o, 1000, 2.0))
    run("linear", "linear(0.02, 0.1, steps: 600)", 0.1, lambda o: S.LinearLR(o, 0.2, 1.0, 600))
    run("linear down", "linear(0.1, 0.01, steps: 900)", 0.1, lambda o: S.LinearLR(o, 1.0, 0.1, 900))
    run("cosine", "cosine(0.1, steps: 999)", 0.1, lambda o: S.CosineAnnealingLR(o, 999))
    run("cosine above 0", "cosine(0.1, steps: 1200, low: 0.02)", 0.1, lambda o: S.CosineAnnealingLR(o, 1200, 0.02))
    run("cosine_restarts", "cosine_restarts(0.1, steps: 400, low: 0.01)", 0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 400, eta_min=0.01))
    run("cosine_restarts growing", "cosine_restarts(0.1, steps: 9, growth: 2.0)", 0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 9, 2))
    run("cosine_restarts growing by 5", "cosine_restarts(0.1, steps: 6, low: 0.02, growth: 5.0)", 0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 6, 5, 0.02))
    run("warmup", "warmup(cosine(0.1, steps: 900), steps: 100)", 0.1,
        lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.01, 1.0, 99), S.CosineAnnealingLR(o, 900)], [100]))
    run("warmup to a constant", "warmup(constant(0.1), steps: 200)", 0.1, lambda o: S.LinearLR(o, 0.005, 1.0, 199))
    run("sequential", "sequential([linear(0.01, 0.1, 90), constant(0.1), exponential(0.1, 0.99)], at: [90, 600])", 0.1,
        lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 90), S.ConstantLR(o, 1.0), S.ExponentialLR(o, 0.99)], [90, 600]))
    run("inverse_sqrt", "inverse_sqrt(0.1, warmup: 90)", 0.1, lambda o: S.LambdaLR(o, lambda k: min((k + 1) / 90, (90 / (k + 1)) ** 0.5)))
    run("noam", "noam(512, warmup: 400, factor: 2.0)", 1.0, lambda o: S.LambdaLR(o, lambda k: 2 * 512**-0.5 * min((k + 1) ** -0.5, (k + 1) * 400**-1.5)))
    for name, options, how in [("", "", {}), (" straight", ", straight: true", {"anneal_strategy": "linear"}), (" three phases", ", three_phase: true", {"three_phase": True}),
                               (" three phases, straight", ", three_phase: true, straight: true", {"three_phase": True, "anneal_strategy": "linear"})]:
        run("one_cycle" + name, f"one_cycle(0.1, steps: 1000{options})", 0.1, lambda o: S.OneCycleLR(o, 0.1, 1000, cycle_momentum=False, **how))
    run("one_cycle settings", "one_cycle(0.5, steps: 1200, rise: 0.2, start_factor: 10.0, end_factor: 100.0)", 0.1,
        lambda o: S.OneCycleLR(o, 0.5, 1200, pct_start=0.2, div_factor=10.0, final_div_factor=100.0, cycle_momentum=False))
    for mode in ("triangular", "triangular2", "exp_range"):
        run(f"cyclic {mode}", f'cyclic(0.01, 0.1, up: 60, down: 90, mode: "{mode}", gamma: 0.999)', 0.1,
            lambda o: S.CyclicLR(o, 0.01, 0.1, 60, 90, mode=mode, gamma=0.999, cycle_momentum=False))


AREAS = {"optimizer": optimizer, "plateau": plateau, "schedule": schedule}
