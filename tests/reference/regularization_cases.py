"""Penalties, bounds, means of networks, mixed examples."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tensors import labels, rand, randn, values


def regularization(a):
    a.seed("regularization")
    use = lambda name: [f"std.regularization: {name}"]
    x, y = randn(3, 4), randn(2)
    a.case("l1", "l1([x, y])", lambda x, y: x.abs().sum() + y.abs().sum(), uses=use("l1"), x=x.clone(), y=y.clone())
    a.case("l1 at 0", "l1([x])", lambda x: x.abs().sum(), uses=use("l1"), x=values(0.0, -1.0))
    a.case("l2", "l2([x, y])", lambda x, y: (x.square().sum() + y.square().sum()) / 2, uses=use("l2"), x=x.clone(), y=y.clone())
    a.case("elastic_net", "elastic_net([x], share: 0.3)", lambda x: 0.3 * x.abs().sum() + 0.35 * x.square().sum(), uses=use("elastic_net"), x=x.clone())
    for name, w in [("wide", randn(3, 2, 2)), ("high", randn(5, 3))]:
        a.case(f"orthogonality, {name}", "orthogonality(w)", gram, uses=use("orthogonality"), w=w)
    w = randn(4, 3, 2, scale=1.5)
    a.case("max_norm", "max_norm(w, limit: 2.0)", lambda w: torch.renorm(w, 2, 0, 2.0), uses=use("max_norm"), smooth=False, tolerance=1e-7, w=w)
    means(a)
    mixtures(a)
    alpha = lambda x, lost: torch.where(lost, -1.7580993408473766, x)
    p = 0.3
    s = 1 / math.sqrt((1.7580993408473766**2 * p + 1) * (1 - p))
    a.case("alpha_dropout of these", "with_lowest(x, lost, 0.3)", lambda x, lost: s * alpha(x, lost) + s * p * 1.7580993408473766,
           uses=["std.nn.dropout: with_lowest"], x=randn(2, 4), lost=labels(2, 2, 4).bool())


def gram(w):
    w = w.flatten(1)
    m = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    return (m - torch.eye(len(m))).square().sum()


def means(a):
    """Parameters of averaged models, seen through what they give."""
    nets = [nn.Linear(3, 2) for _ in range(3)]
    for net in nets:
        for p in net.parameters():
            p.data = randn(*p.shape)
    params = {f"{name}.{path}": p.detach() for name, net in zip("abc", nets) for path, p in net.named_parameters()}
    before = "".join(f"let {name} = Linear[3 -> 2]\n" for name in "abc")
    for name, text, averaged in [
        ("swa", "swa(swa(a, b, 2.0), c, 3.0)(x)", AveragedModel(nets[0])),
        ("ema", "ema(ema(a, b, 0.7), c, 0.7)(x)", AveragedModel(nets[0], multi_avg_fn=get_ema_multi_avg_fn(0.7))),
    ]:
        for net in nets:
            averaged.update_parameters(net)
        a.case(name, text, averaged, uses=["std.nn: Linear", f"std.regularization: {name}"], before=before, params=dict(params), buffers=list(params), x=randn(4, 3))
    a.case("ensemble", "ensemble([a, b, c], read: |z| softmax(z))(x)", lambda x: sum(F.softmax(net(x), -1) for net in nets) / 3,
           uses=["std.nn: Linear", "std.regularization: ensemble"], before=before, params=dict(params), buffers=list(params), x=randn(4, 3))


def mixtures(a):
    x, y, other = randn(3, 2, 4, 6), F.one_hot(labels(5, 3), 5).double(), torch.tensor([1, 2, 0])
    kinds = {"other": "idx<3>[3]"}
    for share in (0.3, 0.9):
        a.case(f"mixup by {share}", f"(mixed(x, y, other, {share}).x, mixed(x, y, other, {share}).y)", lambda x, y, other: tuple(v * share + v[other] * (1 - share) for v in (x, y)),
               uses=["std.augment.mix: mixed"], types=kinds, x=x.clone(), y=y.clone(), other=other)
        for row, column in [(2, 3), (0, 5)]:
            a.case(f"cutmix by {share} at {row}, {column}", f"(patched(x, y, other, {share}, {row}.0, {column}.0).x, patched(x, y, other, {share}, {row}.0, {column}.0).y)",
                   lambda x, y, other: cutmix(x, y, other, share, row, column), uses=["std.augment.mix: patched"], types=kinds, x=x.clone(), y=y.clone(), other=other)


def cutmix(x, y, other, share, row, column):
    """As torchvision's transform has it, for a rectangle that is given."""
    h, w = x.shape[-2:]
    half = 0.5 * math.sqrt(1 - share)
    top, bottom = max(row - int(half * h), 0), min(row + int(half * h), h)
    left, right = max(column - int(half * w), 0), min(column + int(half * w), w)
    x = x.clone()
    x[..., top:bottom, left:right] = x[other][..., top:bottom, left:right]
    own = 1 - (bottom - top) * (right - left) / (h * w)
    return x, own * y + (1 - own) * y[other]


AREAS = {"regularization": regularization}
