"""PyTorch's database of operators, with small tensors, and its samples as calls of dln."""

import inspect

import torch
from torch.testing._internal import common_methods_invocations as common
from torch.testing._internal.opinfo import core
from torch.testing._internal.opinfo.definitions import _masked, fft, linalg, signal, special
from torch.utils._pytree import tree_flatten, tree_map

from calls import Names, Skip, T

SIZES = {"XS": 2, "S": 3, "M": 4, "L": 5}
MOST = 160


def operators():
    for module in (common, core, linalg, fft, special, _masked, signal):
        for name, n in SIZES.items():
            if hasattr(module, name):
                setattr(module, name, n)
    return {op.full_name: op for op in common.op_db}


class Entry:
    """How a table says an operator: `text(*args, **kwargs)` is the call in dln (a list for several results), of samples in
    `dtype`; `out` chooses among PyTorch's results; `why` is the reason for a `tolerance` of its own; with `widen`, samples in
    types of 32 bits count."""

    def __init__(self, text, dtype=None, out=None, smooth=True, limit=None, most=MOST, tolerance=None, why=None, round=3, reference=None,
                 widen=False):
        self.text, self.dtype, self.out, self.smooth, self.limit, self.most = text, dtype, out, smooth, limit, most
        self.tolerance, self.why, self.round, self.reference, self.widen = tolerance, why, round, reference, widen


class Call:
    """A sample: its text, inputs, results, derivatives, and the settings that it shows."""

    def __init__(self, op, entry, sample):
        self.op, self.entry = op, entry
        self.asked, self.strict = [], False
        self.sample = tree_map(self.leaf, (sample.input, sample.args, sample.kwargs))
        self.text_for("")
        tensors = [t for t in tree_flatten(self.sample)[0] if isinstance(t, torch.Tensor)]
        self.cost = sum(t.numel() for t in tensors)
        if self.cost > entry.most:
            raise Skip("large")
        try:
            self.results, self.grads = self.evaluated()
        except (RuntimeError, IndexError) as error:
            raise Skip(f"PyTorch itself: {str(error)[:60]}")
        self.cost += sum(r.numel() for r in self.results)
        if self.cost > 3 * entry.most:
            raise Skip("large")
        self.f64_only = not self.holds_in_f32()
        self.features = self.settings(sample)

    def leaf(self, v):
        if not isinstance(v, torch.Tensor):
            return v
        self.asked.append(v.requires_grad)
        v = v.detach().clone()
        if v.layout != torch.strided:
            raise Skip("a sparse tensor")
        if self.entry.widen and v.dtype in (torch.float32, torch.int32):
            v = v.to(torch.float64 if v.is_floating_point() else torch.int64)
        if v.is_floating_point() and v.dtype == torch.float64 or v.dtype == torch.complex128:
            held = torch.view_as_real(v) if v.is_complex() else v
            held = torch.round(held, decimals=self.entry.round).clone()
            v = torch.view_as_complex(held) if v.is_complex() else held
        return v

    def text_for(self, k):
        names = Names(k)
        first, args, kwargs = names.of(self.sample)
        try:
            inspect.signature(self.entry.text).bind(first, *args, **kwargs)
        except TypeError:
            raise Skip("a setting that the table does not say")
        text = self.entry.text(first, *args, **kwargs)
        return names.all, text

    def evaluated(self):
        """Derivatives in all floats, or only in those that the sample asks for where others have none."""
        try:
            return self.evaluate(torch.float64)
        except RuntimeError as error:
            if "not differentiable" not in str(error):
                raise
            self.strict = True
            return self.evaluate(torch.float64)

    def evaluate(self, float):
        complex = torch.complex128 if float == torch.float64 else torch.complex64
        wants = []

        def enter(v):
            if not isinstance(v, torch.Tensor):
                return v
            if self.strict and not self.asked[len(wants)]:
                wants.append(None)
                return v.to(float) if v.is_floating_point() else v
            if v.is_complex():
                pair = torch.view_as_real(v.to(complex)).detach().clone().requires_grad_()
                wants.append(pair)
                return torch.view_as_complex(pair)
            if v.is_floating_point():
                wants.append(v.to(float).detach().clone().requires_grad_())
                return wants[-1]
            wants.append(None)
            return v

        first, args, kwargs = tree_map(enter, self.sample)
        torch.manual_seed(0)
        out = (self.entry.reference or self.op)(first, *args, **kwargs)
        out = self.entry.out(out) if self.entry.out else out
        results = [real(t) for t in tree_flatten(out)[0] if isinstance(t, torch.Tensor)]
        if not results:
            raise Skip("no tensor comes out")
        return [r.detach() for r in results], self.derivatives(results, wants)

    def derivatives(self, results, wants):
        results = [r for r in results if r.requires_grad and r.is_floating_point()]
        inputs = [w for w in wants if w is not None]
        if not (self.entry.smooth and self.op.supports_autograd) or not results or not inputs:
            return None
        loss = sum((r * torch.cos(1 + torch.arange(r.numel(), dtype=r.dtype)).reshape(r.shape)).sum() for r in results)
        found = iter(torch.autograd.grad(loss, inputs, allow_unused=True))
        grads = [None if w is None else zero_for_none(next(found), w) for w in wants]
        return grads if all(g is None or torch.isfinite(g).all() for g in grads) else None

    def holds_in_f32(self):
        try:
            results, grads = self.evaluate(torch.float32)
        except (RuntimeError, NotImplementedError):
            return True
        pairs = list(zip(self.results, results))
        if grads and self.grads:
            pairs += [(a, b) for a, b in zip(self.grads, grads) if a is not None]
        return all(near(a, b) for a, b in pairs)

    def settings(self, sample):
        kinds = {f"{k}={v}" if not isinstance(v, torch.Tensor) else k for k, v in sample.kwargs.items()}
        kinds |= {f"{i}:{a}" if not isinstance(a, torch.Tensor) else f"{i}:{a.ndim}" for i, a in enumerate(sample.args)}
        first = sample.input
        kinds.add(f"rank {first.ndim}" if isinstance(first, torch.Tensor) else f"{type(first)}")
        shapes = [tuple(t.shape) for t in tree_flatten(self.sample)[0] if isinstance(t, torch.Tensor)]
        kinds.add(f"shapes {shapes}")
        return kinds


def zero_for_none(g, w):
    return torch.zeros_like(w) if g is None else torch.zeros_like(w) + g.detach()


def real(t):
    return torch.view_as_real(t.resolve_conj()) if t.is_complex() else t.resolve_neg()


def near(a, b):
    a, b = a.double(), b.double()
    same = (a == b) | (a.isnan() & b.isnan())
    return bool((same | ((a - b).abs() <= 1e-6 * a.abs().clamp(min=1.0))).all())


def samples(op, entry):
    """All samples of an operator that its table can say, and why others are left out."""
    dtype = entry.dtype or next(d for d in (torch.float64, torch.int64, torch.bool) if d in op.dtypes)
    calls, reasons, texts = [], {}, set()
    for sample in drawn(op, dtype):
        try:
            call = Call(op, entry, sample)
            key = repr(call.text_for("")[1]) + str([t.shape for t in call.text_for("")[0]])
            if key not in texts:
                texts.add(key)
                calls.append(call)
        except (TypeError, AttributeError, IndexError, KeyError, ValueError) as error:
            reasons[repr(error)] = reasons.get(repr(error), 0) + 1
        except Skip as why:
            reasons[str(why)] = reasons.get(str(why), 0) + 1
    return calls, reasons


def drawn(op, dtype):
    """A few operators have samples that need the usual sizes."""
    torch.manual_seed(0)
    found = []
    try:
        for sample in op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd and dtype.is_floating_point):
            found.append(sample)
            if len(found) == 400:
                break
    except (RuntimeError, IndexError):
        pass
    return found
