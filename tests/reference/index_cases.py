"""Orders, indices, shapes, pools, convolutions and pictures: PyTorch, NumPy and SciPy as the reference, and the formulas of
torchvision where PyTorch itself has none."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nn_cases import layer
from tensors import distinct, labels, rand, randn, values


def order(a):
    a.seed("order")
    x = distinct(2, 5, 3)
    for over in (0, 1, -1):
        a.case(f"sort over {over}", f"sort(x, over: {over})", lambda x: tuple(x.sort(over)), x=x.clone())
    a.case("sort descending", "sort(x, over: 1, descending: true)", lambda x: tuple(x.sort(1, True)), x=x.clone())
    ties = torch.tensor([[2.0, 1.0, 2.0, 1.0, 3.0]])
    for down in (False, True):
        a.case(f"equal elements keep their order {down}", f"sort(x, descending: {str(down).lower()})",
               lambda x: tuple(torch.sort(x, descending=down, stable=True)), x=ties.clone())
    a.case("sort integers", "sort(x)", lambda x: tuple(x.sort(stable=True)), x=torch.tensor([3, -5, 3, 0]))
    a.case("topk", "topk(x, 3, over: 1)", lambda x: tuple(x.topk(3, 1)), x=x.clone())
    a.case("topk of the least", "topk(x, 2, over: 0, largest: false)", lambda x: tuple(x.topk(2, 0, False)), x=x.clone())
    a.case("topk of all", "topk(x, 3)", lambda x: tuple(x.topk(3)), x=x.clone())
    a.case("kthvalue", "kthvalue(x, 2, over: 1)", lambda x: tuple(x.kthvalue(2, 1)), x=x.clone())
    a.case("argmin", "argmin(x, over: 1)", lambda x: x.argmin(1), x=x.clone(), smooth=False)
    a.case("argmin of integers", "argmin(x)", lambda x: x.argmin(), x=torch.tensor([3, -5, -5, -(2**63)]), smooth=False)
    for q in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0):
        a.case(f"quantile {q}", f"quantile(x, {q}, over: 1)", lambda x: x.quantile(q, 1), x=x.clone())
    a.case("quantile of an even number", "quantile(x, 0.3)", lambda x: x.quantile(0.3, -1), x=distinct(3, 4))
    for n in (1, 4, 5):
        a.case(f"median of {n}", "median(x)", lambda x: x.quantile(0.5, -1), x=distinct(2, n))
        hole = distinct(2, n)
        hole[:, 0] = torch.nan
        a.case(f"nanmedian of {n - 1}", "nanmedian(x)", lambda x: x.nanquantile(0.5, -1), uses=["std.statistics: nanmedian"], x=hole)
    edges = values(-1.0, 0.0, 0.5, 0.5, 2.0)
    seek = values(-2.0, -1.0, 0.25, 0.5, 0.6, 2.0, 3.0)
    for right in (False, True):
        side = f", right: {str(right).lower()}"
        a.case(f"searchsorted {right}", "searchsorted(edges, x" + side + ")", lambda edges, x: torch.searchsorted(edges, x, right=right),
               smooth=False, edges=edges, x=seek)
        a.case(f"searchsorted of a matrix {right}", "searchsorted(edges, x" + side + ")",
               lambda edges, x: torch.searchsorted(edges, x, right=right), smooth=False, edges=edges, x=seek[:6].reshape(2, 3))
        a.case(f"searchsorted in several lines {right}", "searchsorted(edges, x" + side + ")",
               lambda edges, x: torch.searchsorted(edges, x, right=right), smooth=False, edges=distinct(2, 4).sort()[0], x=distinct(2, 3))
    a.case("searchsorted for a number", "searchsorted(edges, x)", lambda edges, x: torch.searchsorted(edges, x), smooth=False,
           edges=edges, x=torch.tensor(0.7))
    a.case("bincount", "bincount(y)", lambda y: torch.bincount(y, minlength=6), types={"y": "idx<6>[9]"}, y=labels(6, 9), smooth=False)
    a.case("histogram", "histogram(x, bins: 4, low: -1.0, high: 1.0)", lambda x: torch.from_numpy(np.histogram(x.numpy(), 4, (-1.0, 1.0))[0]),
           smooth=False, x=torch.cat([randn(20), values(-1.0, 1.0, -0.5, 0.0, 0.5, 1.5)]))
    a.case("unique", "unique_padded(x)", unique, x=torch.tensor([3.0, 1.0, 3.0, 2.0, 1.0]), smooth=False)
    a.case("rank", "rank(x, over: 0)", lambda x: x.argsort(0).argsort(0), smooth=False, x=distinct(4, 2))


def unique(x):
    v, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True)
    more = len(x) - len(v)
    return F.pad(v, (0, more)), inverse, F.pad(counts, (0, more)), torch.tensor(len(v))


def index(a):
    a.seed("index")
    x = randn(3, 4, 2)
    i, j = labels(3, 5), labels(4, 5)
    both = {"i": "idx<3>[5]", "j": "idx<4>[5]"}
    a.case("two indices", "x[i, j]", lambda x, i, j: x[i, j], types=both, x=x.clone(), i=i, j=j)
    a.case("two indices without bounds", "x[i, j]", lambda x, i, j: x[i, j], x=x.clone(), i=i, j=j)
    a.case("two indices behind an axis", "x[:, i, j]", lambda x, i, j: x[:, i, j], x=x.clone(), i=labels(4, 2, 3), j=labels(2, 2, 3))
    a.case("two indices around an axis", "x[i, :, j]", lambda x, i, j: x[i, :, j], x=x.clone(), i=i, j=labels(2, 5))
    a.case("three indices", "x[i, j, k]", lambda x, i, j, k: x[i, j, k], x=x.clone(), i=i, j=j, k=labels(2, 5))
    a.case("an index and a position", "x[i, 1]", lambda x, i: x[i, 1], x=x.clone(), i=i)
    a.case("indices and a slice", "x[i, 1:, 0]", lambda x, i: x[i, 1:, 0], x=x.clone(), i=i)
    a.case("a list and a tensor", "x[[0, 2], i]", lambda x, i: x[[0, 2], i], x=x.clone(), i=labels(4, 2))
    a.case("a number for one of two", "x[i, s]", lambda x, i, s: x[i, s], x=x.clone(), i=i, s=torch.tensor(3))
    square = labels(4, 3, 3, 2)
    a.case("gather", "gather(x, i, over: 1)", lambda x, i: x.gather(1, i), x=x.clone(), i=square)
    a.case("index_select", "index_select(x, i, over: 1)", lambda x, i: x.index_select(1, i), x=x.clone(), i=j)
    mask = torch.tensor([[True, False], [False, True]])
    a.case("masked_fill", "masked_fill(x, m, -1.0)", lambda x, m: x.masked_fill(m, -1.0), x=randn(3, 2, 2), m=mask)
    once = torch.stack([torch.randperm(4)[:3] for _ in range(3 * 2)]).reshape(3, 2, 3).mT.contiguous()
    y = distinct(3, 3, 2)
    a.case("scatter", "scatter(x, i, y, over: 1)", lambda x, i, y: x.scatter(1, i, y), x=x.clone(), i=once, y=y.clone())
    a.case("scatter the last of several", "scatter(x, i, y, over: 0)", lambda x, i, y: x.index_put((i[-1:],), y[-1:]),
           x=randn(3), i=torch.tensor([1, 1, 1]), y=randn(3))
    a.case("scatter_add", "scatter_add(x, i, y, over: 1)", lambda x, i, y: x.scatter_add(1, i, y), x=x.clone(), i=square, y=y.clone())
    for name, reduce in [("max", "amax"), ("min", "amin"), ("mean", "mean")]:
        a.case(f"scatter_{name}", f"scatter_{name}(x, i, y, over: 1)", lambda x, i, y: x.scatter_reduce(1, i, y, reduce), x=x.clone(), i=square, y=y.clone())
        a.case(f"scatter_{name} over the first", f"scatter_{name}(x, i, y, over: 0)", lambda x, i, y: x.scatter_reduce(0, i, y, reduce),
               x=randn(4, 2), i=labels(4, 6, 2), y=distinct(6, 2))
    rows = torch.tensor([2, 0])
    a.case("replace rows", "replace(x, i, y)", lambda x, i, y: x.index_copy(0, i, y), x=x.clone(), i=rows, y=randn(2, 4, 2))
    a.case("replace along an axis", "replace(x, i, y, over: 1)", lambda x, i, y: x.index_copy(1, i, y), x=x.clone(), i=rows, y=randn(3, 2, 2))
    a.case("replace one row", "replace(x, 1, y)", lambda x, y: x.index_copy(0, torch.tensor([1]), y[None]), x=x.clone(), y=randn(4, 2))
    a.case("add_at", "add_at(x, i, y)", lambda x, i, y: x.index_add(0, i, y), x=x.clone(), i=i, y=randn(5, 4, 2))
    a.case("add_at along an axis", "add_at(x, i, y, over: 2)", lambda x, i, y: x.index_add(2, i, y), x=x.clone(), i=labels(2, 3), y=randn(3, 4, 3))
    segment = torch.tensor([3, 0, 3, 3, 1])
    types = {"s": "idx<4>[5]"}
    y = distinct(5, 2)
    a.case("segment_sum", "segment_sum(y, s)", lambda y, s: torch.zeros(4, 2).index_add(0, s, y), types=types, y=y.clone(), s=segment)
    for name, reduce in [("mean", "mean"), ("max", "amax"), ("min", "amin")]:
        empty = "" if name == "mean" else ", empty: 0.0"
        a.case(f"segment_{name}", f"segment_{name}(y, s{empty})",
               lambda y, s: torch.zeros(4, 2).scatter_reduce(0, s[:, None].expand(5, 2), y, reduce, include_self=False), types=types, y=y.clone(), s=segment)
    a.case("segment_softmax", "segment_softmax(y, s)", segment_softmax, types=types, y=y.clone(), s=segment)


def segment_softmax(y, s):
    parts = torch.zeros_like(y)
    for k in s.unique():
        at = (s == k).nonzero()[:, 0]
        parts = parts.index_copy(0, at, y[at].softmax(0))
    return parts


def layout(a):
    a.seed("layout")
    x = randn(2, 3, 4)
    table = [
        ("swap_axes", "swap_axes(x, 0, -1)", lambda x: x.swapaxes(0, 2)), ("roll", "roll(x, 2, over: -1)", lambda x: x.roll(2, -1)),
        ("roll back", "roll(x, -7, over: 1)", lambda x: x.roll(-7, 1)), ("roll two axes", "roll(x, [1, 3], over: [2, 0])", lambda x: x.roll((1, 3), (2, 0))),
        ("flip two axes", "flip(x, over: [0, 2])", lambda x: x.flip(0, 2)),
        *((f"rot90 {k}", f"rot90(x, k: {k}, over: [0, 2])", lambda x, k=k: torch.rot90(x, k, (0, 2))) for k in (-1, 0, 1, 2, 3)),
        ("repeat_interleave", "repeat_interleave(x, 3, over: 1)", lambda x: x.repeat_interleave(3, 1)),
        ("tile", "tile(x, 2, over: 1)", lambda x: x.repeat(1, 2, 1)), ("tile two axes", "tile(x, [2, 3], over: [0, 2])", lambda x: x.tile(2, 1, 3)),
        ("chunk", "chunk(x, 3)[1]", lambda x: x.chunk(3, -1)[1]), ("chunk the last", "chunk(x, 2, over: 1)[1]", lambda x: x.chunk(2, 1)[1]),
        ("split_sizes", "split_sizes(x, [1, 2, 1])[1]", lambda x: x.split([1, 2, 1], -1)[1]), ("unstack", "unstack(x, over: 1)[2]", lambda x: x.unbind(1)[2]),
        *((f"triu {k}", f"triu(x, diagonal: {k})", lambda x, k=k: x.triu(k)) for k in (-1, 0, 2)),
        *((f"tril {k}", f"tril(x, diagonal: {k})", lambda x, k=k: x.tril(k)) for k in (-1, 0, 2)),
        *((f"diagonal {k}", f"diagonal(x, offset: {k})", lambda x, k=k: x.diagonal(k, -2, -1)) for k in (-2, 0, 1, 3)),
        ("diagonal of a tall matrix", "diagonal(x.T)", lambda x: x.mT.diagonal(0, -2, -1)), ("diag_embed", "diag_embed(x)", torch.diag_embed),
        ("slice", "slice(x, over: 1, start: -2)", lambda x: x[:, -2:]), ("slice with step", "slice(x, over: 2, start: 1, step: 2)", lambda x: x[..., 1::2]),
    ]
    for name, text, fn in table:
        a.case(name, text, fn, x=x.clone())
    for mode in ("reflect", "replicate", "circular"):
        for name, text, widths in [
            ("one axis", "over: -1, before: 2, after: 1", (2, 1)), ("one end", "over: 2, after: 3", (0, 3)),
            ("two axes", "over: [1, 2], before: [1, 3], after: 2", (3, 2, 1, 2)), ("nothing", "over: [1, 2]", (0, 0, 0, 0)),
        ]:
            a.case(f"pad {mode} {name}", f'pad(x, {text}, mode: "{mode}")', lambda x: F.pad(x, widths, mode), x=x.clone())
    a.case("pad symmetric", 'pad(x, over: [1, 2], before: [3, 1], after: [0, 4], mode: "symmetric")', symmetric, x=x.clone())
    a.case("pad three axes", "pad(x, over: [0, 1, 2], before: [1, 0, 2], after: 1, value: 0.5)", lambda x: F.pad(x, (2, 1, 0, 1, 1, 1), value=0.5), x=x.clone())
    a.case("eye", "x @ eye(3, 4)", lambda x: x @ torch.eye(3, 4), x=randn(2, 3))
    a.case("linspace", "x * linspace(-1.0, 2.0, 7)", lambda x: x * torch.linspace(-1, 2, 7), x=randn(7))
    a.case("linspace between tensors", "linspace(x, y, 4)", lambda x, y: x + (y - x) * torch.arange(4) / 3, x=torch.tensor(0.3), y=torch.tensor(-1.7))
    a.case("arange with a step", "x + arange(2, 11, 4)", lambda x: x + torch.arange(2, 11, 4), x=torch.tensor([0, 0, 0]))
    a.case("arange downwards", "x + arange(2, -3, -2)", lambda x: x + torch.arange(2, -3, -2), x=torch.tensor([0, 0, 0]))
    a.case("arange of floats", "x + arange(-1.0, 1.0, 0.4)", lambda x: x + torch.arange(-1.0, 1.0, 0.4), x=randn(5))
    a.case("meshgrid", "f(x, y)", lambda x, y: tuple(torch.meshgrid(x, y, indexing="ij")), x=randn(2), y=randn(3),
           before="fn f(x: [N], y: [M]) {\n  a, b = meshgrid([x, y])\n  (a, b)\n}\n")


def symmetric(x):
    row = torch.from_numpy(np.pad(np.arange(3), (3, 0), "symmetric"))
    column = torch.from_numpy(np.pad(np.arange(4), (1, 4), "symmetric"))
    return x[:, row][:, :, column]


def pools(a):
    a.seed("pools")
    line, picture, block = distinct(2, 2, 7), distinct(1, 2, 5, 6), distinct(1, 2, 4, 5, 4)
    a.case("max_pool1d", "max_pool1d(x, 3, stride: 2, pad: 1)", lambda x: F.max_pool1d(x, 3, 2, 1), x=line.clone())
    a.case("max_pool1d dilated", "max_pool1d(x, 2, stride: 1, dilation: 3)", lambda x: F.max_pool1d(x, 2, 1, 0, 3), x=line.clone())
    a.case("max_pool3d", "max_pool3d(x, [2, 3, 2], stride: [1, 2, 2], pad: [0, 1, 1])", lambda x: F.max_pool3d(x, (2, 3, 2), (1, 2, 2), (0, 1, 1)), x=block.clone())
    a.case("avg_pool1d", "avg_pool1d(x, 3, stride: 2, pad: 1)", lambda x: F.avg_pool1d(x, 3, 2, 1), x=line.clone())
    a.case("avg_pool3d", "avg_pool3d(x, 2, pad: 1)", lambda x: F.avg_pool3d(x, 2, None, 1), x=block.clone())
    for p in (1.0, 2.0, 3.0):
        a.case(f"lp_pool {p}", f"lp_pool(x, {p}, 2)", lambda x: F.lp_pool2d(x, p, 2), x=rand(1, 2, 4, 5, low=0.2, high=2.0))
    for name, text, at, k, s, p, d in [
        ("2", "2", "", 2, 2, 0, 1), ("overlapping", "3, stride: 2, pad: 1", "", 3, 2, 1, 1), ("dilated", "2, stride: 1, dilation: 2", "", 2, 1, 0, 2),
        ("uneven", "[3, 2], stride: [1, 2], pad: [1, 0]", "", (3, 2), (1, 2), (1, 0), 1),
    ]:
        a.case(f"max_pool_indices {name}", f"max_pool_indices(x, {text})", lambda x: F.max_pool2d(x, k, s, p, d, return_indices=True), x=picture.clone())
    for name, k, t, p in [("2", 2, 2, 0), ("3 by 2 in the rim", 3, 2, 1), ("[2, 3] by [3, 2]", [2, 3], [3, 2], [0, 1]), ("2 by 3", 2, 3, 1)]:
        ceil = f"{k}, stride: {t}, pad: {p}, ceil_mode: true"
        for kind, fn, x in [("max_pool", F.max_pool2d, picture), ("max_pool1d", F.max_pool1d, line), ("max_pool3d", F.max_pool3d, block)]:
            if x is picture or isinstance(k, int):
                a.case(f"{kind} {name} with ceil_mode", f"{kind}(x, {ceil})", lambda x: fn(x, k, t, p, ceil_mode=True), x=x.clone())
        for kind, fn, x in [("avg_pool", F.avg_pool2d, picture), ("avg_pool1d", F.avg_pool1d, line), ("avg_pool3d", F.avg_pool3d, block)]:
            if x is picture or isinstance(k, int):
                a.case(f"{kind} {name} with ceil_mode", f"{kind}(x, {ceil})", lambda x: fn(x, k, t, p, ceil_mode=True), x=x.clone())
                a.case(f"{kind} {name} without the rim", f"{kind}(x, {ceil}, count_include_pad: false)",
                       lambda x: fn(x, k, t, p, ceil_mode=True, count_include_pad=False), x=x.clone())
    a.case("max_pool_indices with ceil_mode", "max_pool_indices(x, 2, stride: 3, ceil_mode: true)",
           lambda x: F.max_pool2d(x, 2, 3, ceil_mode=True, return_indices=True), x=picture.clone())
    a.case("max_pool_indices of a line", "max_pool_indices(x, 3, stride: 2)", lambda x: F.max_pool1d(x, 3, 2, return_indices=True), x=line.clone())
    a.case("max_pool_indices of a block", "max_pool_indices(x, 2)", lambda x: F.max_pool3d(x, 2, return_indices=True), x=block.clone())
    pooled, i = F.max_pool2d(picture, 2, return_indices=True)
    a.case("max_unpool", "max_unpool(x, i, [5, 6])", lambda x, i: F.max_unpool2d(x, i, 2, output_size=(5, 6)), x=randn(*pooled.shape), i=i)
    for n, fn, best, x in [("1d", F.adaptive_avg_pool1d, F.adaptive_max_pool1d, line), ("2d", F.adaptive_avg_pool2d, F.adaptive_max_pool2d, picture),
                           ("3d", F.adaptive_avg_pool3d, F.adaptive_max_pool3d, block)]:
        for size in (1, 2, 3):
            a.case(f"adaptive_avg_pool {n} to {size}", f"adaptive_avg_pool(x, {size})", lambda x: fn(x, size), x=x.clone())
            a.case(f"adaptive_max_pool {n} to {size}", f"adaptive_max_pool(x, {size})", lambda x: best(x, size), x=x.clone())
    a.case("adaptive pool of two sizes", "adaptive_avg_pool(x, [4, 2])", lambda x: F.adaptive_avg_pool2d(x, (4, 2)), x=picture.clone())
    for name, k, s, p, d in [("plain", 2, 1, 0, 1), ("all settings", [2, 3], [2, 1], [1, 2], [2, 1])]:
        settings = f"{k}, stride: {s}, pad: {p}, dilation: {d}"
        kw = dict(kernel_size=k, stride=s, padding=p, dilation=d)
        a.case(f"unfold {name}", f"unfold(x, {settings})", lambda x: F.unfold(x, **kw), x=picture.clone())
        columns = F.unfold(picture, **kw)
        a.case(f"fold {name}", f"fold(x, [5, 6], {settings})", lambda x: F.fold(x, (5, 6), **kw), x=randn(*columns.shape))


def transposed(a):
    a.seed("transposed")
    for name, n, x, w, stride, pad, dilation, groups, more in [
        ("1d", 1, (2, 3, 4), (3, 2, 3), 1, 0, 1, 1, 0), ("1d all settings", 1, (2, 4, 5), (4, 3, 3), 3, 2, 2, 2, 2),
        ("2d", 2, (1, 2, 3, 4), (2, 3, 3, 2), 2, 1, 1, 1, 1), ("2d uneven", 2, (2, 2, 3, 2), (2, 2, 2, 3), [2, 3], [0, 1], [1, 2], 1, [1, 0]),
        ("2d depthwise", 2, (1, 3, 3, 3), (3, 1, 4, 4), 2, 1, 1, 3, 0), ("3d", 3, (1, 2, 2, 3, 2), (2, 2, 2, 2, 3), 2, 1, 1, 1, 1),
        ("3d groups", 3, (1, 2, 2, 2, 2), (2, 1, 2, 1, 2), 1, 0, 1, 2, 0),
    ]:
        fn = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[n]
        a.case(f"conv_transpose {name}", f"conv_transpose(x, w, stride: {stride}, pad: {pad}, dilation: {dilation}, groups: {groups}, output_pad: {more})",
               lambda x, w: fn(x, w, None, stride, pad, more, groups, dilation), x=randn(*x), w=randn(*w))
    layer(a, "ConvTranspose1d", "ConvTranspose1d[2 -> 4](kernel: 3, stride: 2, pad: 1, output_pad: 1, groups: 2)",
          nn.ConvTranspose1d(2, 4, 3, 2, 1, 1, 2), x=randn(2, 2, 4))
    layer(a, "ConvTranspose2d dilated", "ConvTranspose2d[2 -> 2](kernel: [2, 3], stride: 2, dilation: [2, 1], groups: 2, use_bias: false)",
          nn.ConvTranspose2d(2, 2, (2, 3), 2, groups=2, bias=False, dilation=(2, 1)), x=randn(1, 2, 3, 2))
    layer(a, "ConvTranspose3d", "ConvTranspose3d[2 -> 3](kernel: 2, stride: 2)", nn.ConvTranspose3d(2, 3, 2, 2), x=randn(1, 2, 2, 2, 2))
    layer(a, "Conv3d", "Conv3d[2 -> 2](kernel: [2, 3, 2], stride: [1, 2, 1], pad: [0, 1, 1], groups: 2)",
          nn.Conv3d(2, 2, (2, 3, 2), (1, 2, 1), (0, 1, 1), groups=2), x=randn(1, 2, 3, 4, 3))
    causal, uneven = nn.Conv1d(2, 4, 3, dilation=2, groups=2), nn.Conv2d(2, 3, 3, 2)
    layer(a, "Conv1d, causal", "Conv1d[2 -> 4](kernel: 3, pad: (4, 0), dilation: 2, groups: 2)", causal, lambda x: causal(F.pad(x, (4, 0))), x=randn(2, 2, 6))
    layer(a, "Conv2d with a pad at one side", "Conv2d[2 -> 3](kernel: 3, stride: 2, pad: [(2, 0), 1])", uneven, lambda x: uneven(F.pad(x, (1, 1, 2, 0))),
          x=randn(1, 2, 5, 4))


def pictures(a):
    a.seed("pictures")
    line, picture, block = randn(1, 2, 5), randn(2, 2, 3, 4), randn(1, 1, 3, 2, 4)
    for kind, x, linear in [("line", line, "linear"), ("picture", picture, "bilinear"), ("block", block, "trilinear")]:
        n = x.dim() - 2
        for size in ([7, 2, 5], [3, 3, 9], [1, 4, 4]):
            size = size[:n]
            for mode in ("nearest", "nearest-exact", "area", linear):
                a.case(f"{kind} {mode} to {size}", f'interpolate(x, {size}, mode: "{mode}")', lambda x: F.interpolate(x, size, mode=mode), x=x.clone())
            a.case(f"{kind} {linear} corners to {size}", f'interpolate(x, {size}, mode: "{linear}", align_corners: true)',
                   lambda x: F.interpolate(x, size, mode=linear, align_corners=True), x=x.clone())
    for size in ([5, 9], [2, 3], [1, 1]):
        for corners in (False, True):
            a.case(f"bicubic to {size} {corners}", f'interpolate(x, {size}, mode: "bicubic", align_corners: {str(corners).lower()})',
                   lambda x: F.interpolate(x, size, mode="bicubic", align_corners=corners), x=picture.clone())
    for kind, x, linear in [("line", line, "linear"), ("picture", picture, "bilinear"), ("block", block, "trilinear")]:
        for factor in (1.5, 2, 0.7):
            for mode in ["nearest", "nearest-exact", "area", linear] + ["bicubic"] * (kind == "picture"):
                a.case(f"{kind} {mode} {factor} times as large", f'interpolate(x, scale_factor: {factor}, mode: "{mode}")',
                       lambda x: F.interpolate(x, scale_factor=factor, mode=mode), x=x.clone())
    a.case("bicubic corners by factors", 'interpolate(x, scale_factor: [1.5, 0.8], mode: "bicubic", align_corners: true)',
           lambda x: F.interpolate(x, scale_factor=(1.5, 0.8), mode="bicubic", align_corners=True), x=picture.clone())
    a.case("upsample bilinear", 'upsample(x, 2, mode: "bilinear")', lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), x=picture.clone())
    # No place lies on an edge, where the derivative jumps.
    grid = randn(2, 3, 2, 2, scale=0.9) + 0.0137
    volume = torch.sin(torch.arange(24.0, dtype=torch.float64) * 1.7).reshape(1, 2, 2, 2, 3) * 1.2 + 0.0137
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (False, True):
                a.case(f"grid_sample {mode} {padding} {corners}",
                       f'grid_sample(x, grid, mode: "{mode}", padding: "{padding}", align_corners: {str(corners).lower()})',
                       lambda x, grid: F.grid_sample(x, grid, mode, padding, corners), x=picture.clone(), grid=grid.clone())
    far = 4 * grid
    for padding in ("zeros", "border", "reflection"):
        for corners in (False, True):
            flag = str(corners).lower()
            a.case(f"grid_sample bicubic {padding} {corners}", f'grid_sample(x, grid, mode: "bicubic", padding: "{padding}", align_corners: {flag})',
                   lambda x, grid: F.grid_sample(x, grid, "bicubic", padding, corners), x=picture.clone(), grid=grid.clone())
            for mode in ("bilinear", "nearest"):
                a.case(f"grid_sample of a block {mode} {padding} {corners}",
                       f'grid_sample(x, grid, mode: "{mode}", padding: "{padding}", align_corners: {flag})',
                       lambda x, grid: F.grid_sample(x, grid, mode, padding, corners), x=block.clone(), grid=volume.clone())
    for corners in (False, True):
        flag = str(corners).lower()
        a.case(f"grid_sample far away {corners}", f'grid_sample(x, grid, padding: "reflection", align_corners: {flag})',
               lambda x, grid: F.grid_sample(x, grid, "bilinear", "reflection", corners), x=picture.clone(), grid=far.clone())
        a.case(f"affine_grid {corners}", f"affine_grid(theta, 3, 5, align_corners: {flag})",
               lambda theta: F.affine_grid(theta, [2, 1, 3, 5], corners), theta=randn(2, 2, 3))
    boxes = torch.tensor([[0.5, 0.3, 4.1, 3.2], [2.2, 1.1, 3.9, 5.3], [-2.4, 1.3, 7.7, 2.6], [1.2, 1.2, 1.4, 1.5]])
    of = torch.tensor([0, 1, 1, 0])
    x = distinct(2, 2, 5, 6)
    types = {"of": "idx<2>[4]"}
    for aligned in (False, True):
        for samples, scale in ((1, 1.0), (2, 0.7), (3, 0.5)):
            a.case(f"roi_align {aligned} {samples} {scale}", f"roi_align(x, boxes, of, [3, 2], scale: {scale}, samples: {samples}, aligned: {str(aligned).lower()})",
                   lambda x, boxes, of: roi_align(x, boxes.detach(), of, (3, 2), scale, samples, aligned), types=types, buffers=["boxes"], uses=["std.vision: roi_align"], x=x.clone(), boxes=boxes.clone(), of=of)
    for scale in (1.0, 0.6):
        a.case(f"roi_pool {scale}", f"roi_pool(x, boxes, of, [2, 3], scale: {scale})", lambda x, boxes, of: roi_pool(x, boxes.detach(), of, (2, 3), scale),
               types=types, buffers=["boxes"], uses=["std.vision: roi_pool"], x=x.clone(), boxes=boxes.clone(), of=of)


def roi_align(x, boxes, of, size, scale, samples, aligned):
    """The loops of torchvision's roi_align."""
    _, C, H, W = x.shape
    half = 0.5 if aligned else 0.0
    out = []
    for box, n in zip(boxes.tolist(), of.tolist()):
        x1, y1, x2, y2 = (v * scale - half for v in box)
        w, h = x2 - x1, y2 - y1
        if not aligned:
            w, h = max(w, 1.0), max(h, 1.0)
        bins = []
        for i in range(size[0]):
            for j in range(size[1]):
                total = 0
                for iy in range(samples):
                    for ix in range(samples):
                        y = y1 + i * h / size[0] + (iy + 0.5) * h / size[0] / samples
                        z = x1 + j * w / size[1] + (ix + 0.5) * w / size[1] / samples
                        total = total + sample(x[n], y, z, H, W)
                bins.append(total / samples**2)
        out.append(torch.stack(bins, -1).reshape(C, *size))
    return torch.stack(out)


def sample(picture, y, x, H, W):
    if y < -1 or y > H or x < -1 or x > W:
        return torch.zeros(picture.shape[0])
    y, x = max(y, 0.0), max(x, 0.0)
    low_y, low_x = int(y), int(x)
    if low_y >= H - 1:
        low_y = high_y = H - 1
        y = float(low_y)
    else:
        high_y = low_y + 1
    if low_x >= W - 1:
        low_x = high_x = W - 1
        x = float(low_x)
    else:
        high_x = low_x + 1
    ly, lx = y - low_y, x - low_x
    return (picture[:, low_y, low_x] * (1 - ly) * (1 - lx) + picture[:, low_y, high_x] * (1 - ly) * lx
            + picture[:, high_y, low_x] * ly * (1 - lx) + picture[:, high_y, high_x] * ly * lx)


def roi_pool(x, boxes, of, size, scale):
    """The loops of torchvision's roi_pool."""
    _, C, H, W = x.shape
    out = []
    for box, n in zip(boxes.tolist(), of.tolist()):
        x1, y1, x2, y2 = (int(math.copysign(math.floor(abs(v * scale) + 0.5), v)) for v in box)
        w, h = max(x2 - x1 + 1, 1), max(y2 - y1 + 1, 1)
        bins = []
        for i in range(size[0]):
            for j in range(size[1]):
                top, bottom = (min(max(v + y1, 0), H) for v in (i * h // size[0], -(-(i + 1) * h // size[0])))
                left, right = (min(max(v + x1, 0), W) for v in (j * w // size[1], -(-(j + 1) * w // size[1])))
                part = x[n, :, top:bottom, left:right].reshape(C, -1)
                bins.append(part.amax(1) if part.shape[1] else torch.zeros(C))
        out.append(torch.stack(bins, -1).reshape(C, *size))
    return torch.stack(out)


AREAS = {"order": order, "index": index, "layout": layout, "pools": pools, "transposed": transposed, "pictures": pictures}
