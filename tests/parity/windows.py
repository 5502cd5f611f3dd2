"""Convolutions, pools, patches and pictures in other sizes."""

import torch

from calls import Skip, T, is_default, say, say_float
from database import Entry


def spatial(v, n):
    v = list(v) if isinstance(v, (list, tuple)) else v
    return v * n if isinstance(v, list) and len(v) == 1 else v


def batched(x, n, text):
    """PyTorch takes pictures without a batch, too; here that is an axis of size 1."""
    return text(x) if x.ndim == n + 2 else f"squeeze({text(f'unsqueeze({x}, 0)')}, 0)"


def conv(n):
    def text(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if isinstance(padding, str):
            if padding == "same" and spatial(stride, n) not in (1, [1] * n):
                raise Skip("a rim by its name")
            k = torch.tensor(weight.shape[2:]) - 1
            total = [int(v) * d for v, d in zip(k, spatial(dilation, n) if isinstance(spatial(dilation, n), list) else [dilation] * n)]
            if padding == "same" and any(v % 2 for v in total):
                raise Skip("a rim with different sides")
            padding = [v // 2 for v in total] if padding == "same" else 0
        shown = [("stride", stride, 1), ("pad", padding, 0), ("dilation", dilation, 1), ("groups", groups, 1)]
        extra = "".join(f", {k}: {spatial(v, n)}" for k, v, d in shown if v != d)
        y = batched(x, n, lambda v: f"conv({v}, {weight}{extra})")
        return with_bias(y, x, bias, n)

    return text


def with_bias(y, x, bias, n):
    if bias is None:
        return y
    if x.ndim != n + 2:
        raise Skip("a bias without a batch")
    return f"{{ y = {y}; y + per_channel({bias}, y) }}"


def conv_transpose(n):
    def text(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        shown = [("stride", stride, 1), ("pad", padding, 0), ("dilation", dilation, 1), ("groups", groups, 1), ("output_pad", output_padding, 0)]
        extra = "".join(f", {k}: {spatial(v, n)}" for k, v, d in shown if v != d)
        y = batched(x, n, lambda v: f"conv_transpose({v}, {weight}{extra})")
        return with_bias(y, x, bias, n)

    return text


def pool_settings(n, kernel, stride, padding, dilation=1):
    shown = [("stride", stride, None), ("pad", padding, 0), ("dilation", dilation, 1)]
    return f"{spatial(kernel, n)}" + "".join(f", {k}: {spatial(v, n)}" for k, v, d in shown if v is not None and v != d and v != () and v != [])


def max_pool(n):
    name = {1: "max_pool1d", 2: "max_pool", 3: "max_pool3d"}[n]

    def text(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        word = "max_pool_indices" if return_indices else name
        given = pool_settings(n, kernel_size, stride, padding, dilation) + ", ceil_mode: true" * ceil_mode
        if return_indices and x.ndim != n + 2:
            raise Skip("positions without a batch")
        return batched(x, n, lambda v: f"{word}({v}, {given})")

    return text


def avg_pool(n):
    name = {1: "avg_pool1d", 2: "avg_pool", 3: "avg_pool3d"}[n]

    def text(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        is_default(divisor_override, None)
        given = pool_settings(n, kernel_size, stride, padding) + ", ceil_mode: true" * ceil_mode + ", count_include_pad: false" * (not count_include_pad)
        return batched(x, n, lambda v: f"{name}({v}, {given})")

    return text


def lp_pool(n):
    def text(x, norm_type, kernel_size, stride=None, ceil_mode=False):
        is_default(ceil_mode, False)
        if norm_type % 2:
            raise Skip("a power of negative numbers, which dln takes without their signs")
        return batched(x, n, lambda v: f"lp_pool({v}, {say_float(norm_type)}, {pool_settings(n, kernel_size, stride, 0)})")

    return text


def adaptive(name, n):
    def text(x, output_size, return_indices=False):
        is_default(return_indices, False)
        size = list(output_size) if isinstance(output_size, (list, tuple)) else [output_size] * n
        size = [x.shape[i - n] if s is None else s for i, s in enumerate(size)]
        if 0 in size:
            raise Skip("an axis of size 0")
        return batched(x, n, lambda v: f"{name}({v}, {size})")

    return text


def max_unpool(n):
    def text(x, indices, kernel_size, stride=None, padding=0, output_size=None):
        per = lambda v: list(v) if isinstance(v, (list, tuple)) else [v] * n
        k, s, p = per(kernel_size), per(stride if stride is not None else kernel_size), per(padding)
        size = list(output_size)[-n:] if output_size is not None else [(x.shape[i - n] - 1) * s[i] - 2 * p[i] + k[i] for i in range(n)]
        if x.ndim != n + 2:
            raise Skip("positions without a batch")
        if 0 in s:
            raise Skip("strides, where dln says the size of the result")
        return f"max_unpool({x}, {indices}, {size})"

    return text


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    given = [("stride", stride, 1), ("pad", padding, 0), ("dilation", dilation, 1)]
    extra = "".join(f", {k}: {spatial(v, 2)}" for k, v, d in given if v != d)
    return batched(x, 2, lambda v: f"unfold({v}, {spatial(kernel_size, 2)}{extra})")


def interpolate(n):
    def text(x, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
        is_default(antialias, False)
        if size is None:
            factors = list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * n
            size = [int(s * f) for s, f in zip(x.shape[2:], factors)]
            if any(s * f != round(s * f) for s, f in zip(x.shape[2:], factors)):
                raise Skip("a factor that leaves parts of pixels")
        size = list(size) if isinstance(size, (list, tuple)) else [size] * n
        corners = ", align_corners: true" if align_corners else ""
        return f'interpolate({x}, {size}, mode: "{mode}"{corners})'

    return text


def interpolate_any(x, *args, **kwargs):
    return interpolate(x.ndim - 2)(x, *args, **kwargs)


def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    if x.ndim != 4 or mode == "bicubic":
        raise Skip("cubics and volumes")
    corners = ", align_corners: true" if align_corners else ""
    return f'grid_sample({x}, {grid}, mode: "{mode}", padding: "{padding_mode}"{corners})'


def table():
    large = dict(most=420, limit=6)
    t = {}
    for n in (1, 2, 3):
        t[f"nn.functional.conv{n}d"] = Entry(conv(n), **large)
        t[f"nn.functional.conv_transpose{n}d"] = Entry(conv_transpose(n), **large)
        t[f"nn.functional.max_pool{n}d"] = Entry(max_pool(n), most=420, limit=8 if n < 3 else 4)
        t[f"nn.functional.avg_pool{n}d"] = Entry(avg_pool(n), most=500, limit=6)
        t[f"nn.functional.adaptive_avg_pool{n}d"] = Entry(adaptive("adaptive_avg_pool", n), most=500 if n < 3 else 1500, limit=4 if n < 3 else 2)
        t[f"nn.functional.adaptive_max_pool{n}d"] = Entry(adaptive("adaptive_max_pool", n), most=700, limit=4)
        t[f"nn.functional.max_unpool{n}d"] = Entry(max_unpool(n), most=300, limit=4, smooth=False)
        t[f"nn.functional.max_unpool{n}d.grad"] = Entry(max_unpool(n), most=300, limit=4)
    t["nn.functional.unfold"] = Entry(unfold, most=300)
    for mode in ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"):
        t[f"nn.functional.interpolate.{mode}"] = Entry(interpolate_any, most=300 if mode != "trilinear" else 700, limit=6 if mode != "trilinear" else 3)
    t["nn.functional.upsample_nearest"] = Entry(lambda x, *args, **kwargs: interpolate_any(x, *args, **kwargs), most=300, limit=3)
    t["nn.functional.upsample_bilinear"] = Entry(lambda x, *args, **kwargs: interpolate_any(x, *args, mode="bilinear", align_corners=True, **kwargs), most=300, limit=3)
    t["nn.functional.grid_sample"] = Entry(grid_sample, most=700, limit=6)
    return t
