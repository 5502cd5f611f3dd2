"""Normalization: of activations, of weights, and in f32 far from 0."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

from nn_cases import layer
from tensors import rand, randn, tensor


def normalization(a):
    a.seed("normalization")
    running = ("running_mean", "running_var")
    for training in (True, False):
        mode = "training" if training else "running statistics"
        layer(a, f"BatchNorm3d, {mode}", "BatchNorm3d[2]", nn.BatchNorm3d(2), buffers=running, training=training, x=randn(2, 2, 2, 1, 3))
        layer(a, f"InstanceNorm, {mode}", "InstanceNorm[2](affine: true, track: true)", nn.InstanceNorm2d(2, affine=True, track_running_stats=True),
              buffers=running, training=training, x=randn(2, 2, 2, 3))
        bare = nn.BatchNorm1d(3, affine=False)
        layer(a, f"BatchNorm without scale, {mode}", "BatchNorm[3](affine: false)", bare, buffers=running, training=training, x=randn(4, 3, 2))
        layer(a, f"BatchNorm of the batch alone, {mode}", "BatchNorm[3](track: false)", nn.BatchNorm1d(3, track_running_stats=False), training=training, x=randn(4, 3))
    layer(a, "LayerNorm without scale", "LayerNorm[4](affine: false)", nn.LayerNorm(4, elementwise_affine=False), x=randn(2, 3, 4))
    layer(a, "LayerNorm without shift", "LayerNorm[4](use_bias: false)", nn.LayerNorm(4, bias=False), x=randn(2, 3, 4))
    layer(a, "GroupNorm without scale", "GroupNorm[4](groups: 2, affine: false)", nn.GroupNorm(2, 4, affine=False), x=randn(2, 4, 3))
    layer(a, "RMSNorm without scale", "RMSNorm[4](affine: false)", nn.RMSNorm(4, eps=1e-6, elementwise_affine=False), x=randn(2, 4))
    layer(a, "InstanceNorm of sequences", "InstanceNorm[3](affine: true, eps: 0.01)", nn.InstanceNorm1d(3, 0.01, affine=True), x=randn(2, 3, 5))
    for size in (1, 2, 3, 5):
        a.case(f"LocalResponseNorm {size}", "net(x)", lambda x: F.local_response_norm(x, size, 0.3, 0.6, 1.5), uses=["std.nn: LocalResponseNorm"],
               before=f"let net = LocalResponseNorm(size: {size}, alpha: 0.3, beta: 0.6, k: 1.5)\n", x=randn(2, 4, 3))
    a.case("standardize whole pictures", "standardize(x, 0.01, over: [1, 2, 3])", lambda x: F.layer_norm(x, x.shape[1:], eps=0.01), uses=["std.nn: standardize"], x=randn(2, 3, 2, 2))
    weights(a)


def weights(a):
    for name, text, module, x in [
        ("Linear", "Linear[3 -> 4]", nn.Linear(3, 4), randn(2, 3)),
        ("Conv2d", "Conv2d[2 -> 3](kernel: 2)", nn.Conv2d(2, 3, 2), randn(1, 2, 3, 3)),
    ]:
        w, b, g = randn(*module.weight.shape), randn(*module.bias.shape), rand(len(module.bias), low=0.5, high=2.0)
        forward = (lambda x, w, b: x @ w.T + b) if w.dim() == 2 else F.conv2d
        inner = {"net.inner.weight": w, "net.inner.bias": b}
        a.case(f"WeightNorm of {name}", "net(x)", lambda x: forward(x, torch._weight_norm(w, g.reshape(-1, *[1] * (w.dim() - 1)), 0), b),
               uses=[f"std.nn: {name}, WeightNorm"], before=f"let net = WeightNorm({text})\n", params={**inner, "net.gain": g}, x=x.clone())
        for training in (True, False):
            v = F.normalize(randn(w[0].numel()), dim=0)
            u = F.normalize(w.flatten(1) @ v, dim=0).detach()
            buffers = {"net.u": u, "net.v": v}
            a.case(f"SpectralNorm of {name}, {'training' if training else 'kept vectors'}", "net(x)",
                   lambda x: forward(x, spectral(w, u, v, training), b), uses=[f"std.nn: {name}, SpectralNorm"], training=training,
                   before=f"let net = SpectralNorm({text})\n", params={**inner, **buffers}, buffers=list(buffers), x=x.clone())


def spectral(w, u, v, training):
    """The weight that PyTorch's parametrization gives, with its vectors set to these; they become what it makes of them."""
    holder = nn.Linear(1, 1, bias=False)
    holder.weight = nn.Parameter(w.detach().clone())
    parametrizations.spectral_norm(holder)
    module = holder.parametrizations.weight[0].train(training)
    with torch.no_grad():
        module._u.copy_(u)
        module._v.copy_(v)
    result = module(w)
    with torch.no_grad():
        u.copy_(module._u)
        v.copy_(module._v)
    return result


def far_from_0(a):
    """f32 around 1e4 to 1e8, compared with results in f64: a mean that is rounded to f32 moves results by up to 0.08 (PyTorch's do)."""
    a.seed("far from 0")
    for offset, scale in [(1e4, 1.0), (1e6, 1.0), (1e7, 100.0), (1e8, 1000.0)]:
        x = (offset + scale * torch.randn(3, 4, 8)).float()
        for name, body, use, fn in [
            ("var", "var(x, over: -1)", [], lambda x: x.var(-1, unbiased=False)),
            ("LayerNorm", "net(x)", ["std.nn: LayerNorm"], lambda x: F.layer_norm(x, (8,))),
            ("BatchNorm", "net(x)", ["std.nn: BatchNorm"], lambda x: F.batch_norm(x, None, None, training=True)),
            ("GroupNorm", "net(x)", ["std.nn: GroupNorm"], lambda x: F.group_norm(x, 2)),
            ("instance_norm", "instance_norm(x)", ["std.nn: instance_norm"], F.instance_norm),
        ]:
            exact = fn(x.double())
            made = {"LayerNorm": "LayerNorm[8]", "BatchNorm": "BatchNorm[4]", "GroupNorm": "GroupNorm[4](groups: 2)"}
            before = f"let net = {made[name]}\n" if name in made else ""
            sizes = ", ".join(map(str, exact.shape))
            source = "".join(f"use {u}\n" for u in use) + before + f"fn case(x: [3, 4, 8]) -> [{sizes}] = {body}"
            a.emit({"name": f"{name} around {offset:g}", "source": source, "training": True, "float": "f32", "tolerance": 2e-6,
                    "inputs": {"x": tensor(x)}, "output": [tensor(exact)]})


AREAS = {"normalization": normalization, "far_from_0": far_from_0}
