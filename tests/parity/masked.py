"""torch.masked, and further members of other families."""

import torch

from calls import Skip, T, d_of, fit, is_default, kept, no_scalar, over, say, say_float
from database import Entry


def reduce(name, outside):
    def text(x, dim=None, keepdim=False, *, dtype=None, mask=None, **kwargs):
        if kwargs or x.ndim == 0:
            raise Skip("a setting that the table does not say")
        is_default(dtype, None)
        dim = None if dim in ((), []) else dim
        m = mask if mask is None else fit(mask, x, exact=True)[0]
        if mask is not None and torch.broadcast_shapes(mask.shape, x.shape) != torch.Size(x.shape):
            raise Skip("a mask that is larger than the tensor")
        inner = x if mask is None else f"where({m}, {x}, {outside})"
        if name == "mean":
            body = f"masked_mean({x}, {m}{over(dim)})" if mask is not None else f"mean({x}{over(dim)})"
        else:
            body = f"{name}({inner}{over(dim)})"
        if mask is not None and outside != "0.0" and not bool(mask.value.any(dim if dim is None or isinstance(dim, int) else dim[0]).all()):
            raise Skip("lines without an element, whose result is not defined")
        return kept(body, x, dim, keepdim)

    return text


def mean(x, dim=None, keepdim=False, *, dtype=None, mask=None):
    if mask is not None and not bool(torch.masked.sum(torch.ones(x.shape), dim, mask=mask.value).gt(0).all()):
        raise Skip("lines without an element, whose result is not defined")
    return reduce("mean", "0.0")(x, dim, keepdim, dtype=dtype, mask=mask)


def softmax(name):
    def text(x, dim, *, dtype=None, mask=None):
        no_scalar(x)
        is_default(dtype, None)
        if mask is None:
            return f"{name}({x}{over(dim)})"
        m = fit(mask, x, exact=True)[0]
        if not bool(mask.value.expand(x.shape).any(dim).all()):
            raise Skip("lines without an element, whose result is not defined")
        return f"masked_softmax({x}, {m}{over(dim)})" if name == "softmax" else f"log_softmax(where({m}, {x}, -inf){over(dim)})"

    return text


def running(name, outside):
    def text(x, dim, *, dtype=None, mask=None):
        no_scalar(x)
        is_default(dtype, None)
        return f"{name}({x if mask is None else f'where({fit(mask, x, exact=True)[0]}, {x}, {outside})'}{over(dim)})"

    return text


def trapezoid(name):
    def text(y, x=None, *, dx=None, dim=-1):
        no_scalar(y)
        if x is None:
            return f"{name}({y}, {say_float(1.0 if dx is None else dx)}{over(dim)})"
        if x.ndim != 1:
            raise Skip("places of their own for each line")
        return f"{name}({y}, diff({x}){over(dim)})"

    return text


def pixel_shuffle(x, upscale_factor):
    r = upscale_factor
    return f"{x}.[.. (c {r} {r}) h w -> .. c (h {r}) (w {r})]"


def pixel_unshuffle(x, downscale_factor):
    r = downscale_factor
    return f"{x}.[.. c (h {r}) (w {r}) -> .. (c {r} {r}) h w]"


def channel_shuffle(x, groups):
    rest = "abcdefg"[: x.ndim - 2]
    return f"{x}.[n ({groups} z) {' '.join(rest)} -> n (z {groups}) {' '.join(rest)}]"


def linalg_norm(x, ord=None, dim=None, keepdim=False, *, dtype=None):
    from algebra import matrix_norm
    from reductions import vector_norm

    if ord is None or isinstance(dim, int) or (dim is None and x.ndim == 1):
        return vector_norm(x, 2 if ord is None else ord, dim, keepdim)
    return matrix_norm(x, ord, (-2, -1) if dim is None else dim, keepdim)


def norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    from algebra import matrix_norm
    from reductions import vector_norm

    if p == "nuc":
        return matrix_norm(x, "nuc", (-2, -1) if dim is None else dim, keepdim)
    return vector_norm(x, 2 if p in ("fro", None) else p, dim, keepdim)


def filled(x, shape, value=None, **kwargs):
    return f"full({list(shape)}, {say_float(value)})"


def shape_of(name):
    def text(x, *args, **kwargs):
        shape = list(args[0]) if args and isinstance(args[0], (list, tuple)) else list(args)
        if 0 in shape:
            raise Skip("an axis of size 0")
        return f"{name}({shape})"

    return text


def pdist(x, p=2.0):
    i, j = torch.triu_indices(x.shape[0], x.shape[0], 1).tolist()
    if not i:
        raise Skip("an axis of size 0")
    return f"vector_norm({x}[{i}] - {x}[{j}], {say_float(p)}, over: -1)"


def renorm(x, p, dim, maxnorm):
    no_scalar(x)
    axes = [i for i in range(x.ndim) if i != d_of(dim, x.ndim)]
    one = [n if i == d_of(dim, x.ndim) else 1 for i, n in enumerate(x.shape)]
    length = f"vector_norm({x}, {say_float(p)}, over: {axes})"
    factor = f"where({length} > {say_float(maxnorm)}, {say_float(maxnorm)} / ({length} + 1e-7), 1.0)"
    return f"{x} * broadcast(reshape({factor}, {one}), {x.shape})"


def cartesian(*xs):
    return f"stack([reshape(g, [_]) for g in meshgrid([{', '.join(xs)}])], at: -1)" if len(xs) > 1 else xs[0]


def table():
    t = {
        "masked.sum": reduce("sum", "0.0"), "masked.prod": reduce("prod", "1.0"), "masked.amax": reduce("max", "-inf"),
        "masked.amin": reduce("min", "inf"), "masked.mean": mean, "masked.softmax": softmax("softmax"), "masked.log_softmax": softmax("log_softmax"),
        "masked.cumsum": running("cumsum", "0.0"), "masked.cumprod": running("cumprod", "1.0"), "trapezoid": trapezoid("trapezoid"),
        "trapz": trapezoid("trapezoid"), "cumulative_trapezoid": trapezoid("cumulative_trapezoid"), "nn.functional.pixel_shuffle": pixel_shuffle,
        "nn.functional.pixel_unshuffle": pixel_unshuffle, "nn.functional.channel_shuffle": channel_shuffle, "linalg.norm": linalg_norm,
        "norm.fro": norm, "norm.nuc": norm, "norm.inf": norm, "new_full": filled, "new_zeros": shape_of("zeros"), "new_ones": shape_of("ones"),
        "nn.functional.pdist": pdist, "renorm": renorm, "cartesian_prod": cartesian,
    }
    return {name: Entry(text, most=500 if "channel" in name else 160, limit=6) for name, text in t.items()}
