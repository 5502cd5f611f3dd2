"""Layers, with PyTorch's modules as the reference: same parameters, same results, same derivatives."""

import re

import torch
import torch.nn.functional as F
from torch import nn

from tensors import labels, rand, randn


def layer(a, name, text, module, forward=None, *, rename=None, buffers=(), scale=0.5, training=False, types=None, **inputs):
    """A case for `let net = <text>`: every parameter of `module` gets short numbers and is known as `net.<its name>`."""
    module.train(training)
    params = {}
    with torch.no_grad():
        for path, p in [*module.named_parameters(), *((b, getattr(module, b)) for b in buffers)]:
            p.copy_(rand(*p.shape, low=0.5, high=1.5) if path in ("running_var",) else randn(*p.shape, scale=scale))
            params["net." + (rename(path) if rename else path)] = p
    reference = forward or module
    a.case(name, f"net({', '.join(inputs)})", reference, uses=["std.nn: " + ", ".join(re.findall(r"[A-Z]\w+", text))],
           before=f"let net = {text}\n", params=params, training=training, types=types,
           buffers=["net." + b for b in buffers], **inputs)


def dense(a):
    a.seed("dense")
    layer(a, "Linear", "Linear[3 -> 4]", nn.Linear(3, 4), x=randn(2, 3))
    layer(a, "Linear without bias on three axes", "Linear[3 -> 2](use_bias: false)", nn.Linear(3, 2, bias=False), x=randn(2, 2, 3))
    layer(a, "Linear that takes its size from the input", "Linear[_ -> 2]", nn.Linear(3, 2), x=randn(4, 3))
    layer(a, "Bilinear", "Bilinear[3, 2 -> 4]", nn.Bilinear(3, 2, 4), x=randn(2, 3), y=randn(2, 2))
    layer(a, "Embedding", "Embedding[5 -> 3]", nn.Embedding(5, 3), types={"i": "idx<5>[2, 4]"}, i=labels(5, 2, 4))
    a.case("PReLU", "net(x)", lambda x: F.prelu(x, slope), uses=["std.nn: PReLU"], before="let net = PReLU()\n",
           params={"net.weight": (slope := torch.tensor(0.3))}, x=randn(2, 3))


def conv_layers(a):
    a.seed("conv layers")
    layer(a, "Conv1d", "Conv1d[2 -> 3](kernel: 3, stride: 2, pad: 1)", nn.Conv1d(2, 3, 3, 2, 1), x=randn(2, 2, 7))
    layer(a, "Conv1d dilated", "Conv1d[2 -> 2](kernel: 2, dilation: 3, groups: 2)", nn.Conv1d(2, 2, 2, dilation=3, groups=2), x=randn(1, 2, 8))
    layer(a, "Conv2d", "Conv2d[2 -> 3](kernel: 3)", nn.Conv2d(2, 3, 3), x=randn(2, 2, 5, 4))
    layer(a, "Conv2d all settings", "Conv2d[4 -> 2](kernel: [3, 2], stride: 2, pad: [1, 2], dilation: [1, 2], groups: 2, use_bias: false)",
          nn.Conv2d(4, 2, (3, 2), 2, (1, 2), (1, 2), 2, False), x=randn(1, 4, 5, 5))
    layer(a, "Conv2d then relu, pool and Linear", "Conv2d[1 -> 2](kernel: 3, pad: 1) >> relu >> max_pool(2) >> flatten >> Linear[_ -> 3]",
          ConvNet(), rename=lambda p: p.replace("conv", "0").replace("head", "4"), x=randn(2, 1, 4, 4))


    layer(a, "ConvTranspose2d", "ConvTranspose2d[2 -> 3](kernel: 3, stride: 2, pad: 1, output_pad: 1)",
          nn.ConvTranspose2d(2, 3, 3, 2, 1, 1), x=randn(1, 2, 3, 4))
    layer(a, "ConvTranspose2d uneven", "ConvTranspose2d[2 -> 2](kernel: [2, 3], stride: [2, 1], use_bias: false)",
          nn.ConvTranspose2d(2, 2, (2, 3), (2, 1), bias=False), x=randn(2, 2, 3, 2))
    a.case("upsample", "upsample(x, 3)", lambda x: F.interpolate(x, scale_factor=3), uses=["std.nn: upsample"], x=randn(1, 2, 2, 3))


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))


def norms(a):
    a.seed("norms")
    running = ("running_mean", "running_var")
    for training in (True, False):
        mode = "training" if training else "running statistics"
        layer(a, f"BatchNorm2d, {mode}", "BatchNorm2d[3]", nn.BatchNorm2d(3), buffers=running, training=training, x=randn(2, 3, 2, 2))
        layer(a, f"BatchNorm1d, {mode}", "BatchNorm1d[3](momentum: 0.3, eps: 0.001)", nn.BatchNorm1d(3, 1e-3, 0.3), buffers=running, training=training, x=randn(4, 3))
    layer(a, "LayerNorm", "LayerNorm[4]", nn.LayerNorm(4), x=randn(2, 3, 4))
    layer(a, "LayerNorm with a large eps", "LayerNorm[3](eps: 0.1)", nn.LayerNorm(3, 0.1), x=randn(2, 3))
    layer(a, "RMSNorm", "RMSNorm[4]", nn.RMSNorm(4, eps=1e-6), x=randn(2, 3, 4))
    layer(a, "GroupNorm", "GroupNorm[4](groups: 2)", nn.GroupNorm(2, 4), x=randn(2, 4, 3))
    layer(a, "GroupNorm of one channel each", "GroupNorm[3](groups: 3)", nn.GroupNorm(3, 3), x=randn(2, 3, 2, 2))
    a.case("instance_norm", "instance_norm(x)", F.instance_norm, uses=["std.nn: instance_norm"], x=randn(2, 3, 2, 3))
    for name, training in (("Dropout outside of training", False),):
        layer(a, name, "Dropout(0.5)", nn.Dropout(0.5), training=training, x=randn(3))
    layer(a, "Dropout that drops nothing", "Dropout(0.0)", nn.Dropout(0.0), training=True, x=randn(3))


def recurrent(a):
    a.seed("recurrent")
    first = lambda p: p.removesuffix("_l0")
    for name, make in [("RNN", nn.RNN), ("LSTM", nn.LSTM), ("GRU", nn.GRU)]:
        for size, (b, t, n, h) in [("", (2, 4, 3, 2)), (" of one step", (1, 1, 2, 3)), (" with equal sizes", (3, 3, 3, 3))]:
            module = make(n, h, batch_first=True)
            layer(a, name + size, f"{name}[{n} -> {h}]", module, lambda x: module(x)[0], rename=first, x=randn(b, t, n))
    module = nn.LSTM(3, 2, batch_first=True, bidirectional=True)
    layer(a, "BiLSTM", "BiLSTM[3 -> 2]", module, lambda x: module(x)[0], x=randn(2, 4, 3),
          rename=lambda p: ("back." if p.endswith("_reverse") else "there.") + p.split("_l0")[0])
    a.case("last", "last(h)", lambda h: h[:, -1], uses=["std.nn: last"], h=randn(2, 3, 4))


def attention(a):
    a.seed("attention")
    q, k, v = randn(2, 3, 4), randn(2, 5, 4), randn(2, 5, 2)
    use = ["std.nn: attention"]
    a.case("attention", "attention(q, k, v)", F.scaled_dot_product_attention, uses=use, q=q.clone(), k=k.clone(), v=v.clone())
    a.case("attention with heads", "attention(q, k, v)", F.scaled_dot_product_attention, uses=use, q=randn(1, 2, 3, 2), k=randn(1, 2, 4, 2), v=randn(1, 2, 4, 3))
    a.case("attention of large scores", "attention(q, k, v)", F.scaled_dot_product_attention, uses=use, q=randn(1, 2, 4, scale=30.0), k=randn(1, 3, 4, scale=30.0), v=randn(1, 3, 2))
    a.case("causal attention", "attention(q, k, v, causal: true)", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
           uses=use, q=randn(2, 4, 3), k=randn(2, 4, 3), v=randn(2, 4, 3))
    sees_past = torch.tensor([[True, True, True, False], [True, True, True, True]])
    a.case("causal attention with a past", "attention(q, k, v, causal: true)", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, sees_past),
           uses=use, q=randn(1, 2, 3), k=randn(1, 4, 3), v=randn(1, 4, 3))
    for heads in (1, 2):
        module = nn.MultiheadAttention(4, heads, batch_first=True)
        layer(a, f"MultiHeadAttention, {heads} heads", f"MultiHeadAttention[4](heads: {heads})", module,
              lambda x: module(x, x, x, need_weights=False)[0], x=randn(2, 3, 4))
    mask = torch.ones(3, 3, dtype=torch.bool).triu(1)
    layer(a, "MultiHeadAttention, causal", "MultiHeadAttention[4](heads: 2, causal: true)", module,
          lambda x: module(x, x, x, need_weights=False, attn_mask=mask)[0], x=randn(2, 3, 4))
    layer(a, "MultiHeadAttention to a context", "MultiHeadAttention[4](heads: 2)", module,
          lambda x, context: module(x, context, context, need_weights=False)[0], x=randn(2, 3, 4), context=randn(2, 5, 4))


def transformer(a):
    a.seed("transformer")
    for norm_first in (False, True):
        module = nn.TransformerEncoderLayer(4, 2, 6, 0.0, batch_first=True, norm_first=norm_first)
        layer(a, f"TransformerEncoderLayer, norm {'first' if norm_first else 'last'}",
              f"TransformerEncoderLayer[4](heads: 2, hidden: 6, dropout: 0.0, norm_first: {str(norm_first).lower()})", module, training=True, x=randn(2, 3, 4))


AREAS = {"dense": dense, "conv_layers": conv_layers, "norms": norms, "recurrent": recurrent, "attention": attention, "transformer": transformer}
