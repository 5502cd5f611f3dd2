"""Reductions, running results, orders and counts."""

import torch

from calls import Skip, T, axes_of, d_of, fit, is_default, kept, no_scalar, over, say, say_float
from database import Entry


def reduce(name, extra="", empty_is_all=True):
    def text(x, dim=None, keepdim=False, *, dtype=None):
        is_default(dtype, None, torch.float64)
        if x.ndim == 0:
            dim = None
        if dim == () or dim == []:
            dim = None
        return kept(f"{name}({x}{over(dim)}{extra})", x, dim, keepdim)

    return text


def spread(name, root=False):
    """var and std: PyTorch divides by n - 1 unless told otherwise."""

    def text(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        n = 1
        for a in axes_of(dim, x.ndim):
            n *= x.shape[a]
        is_default(correction, None, 0, 1)
        free = unbiased is True or correction == 1 or (unbiased is None and correction is None)
        if n == 1 and free:
            raise Skip("the unbiased variance of one number")
        body = f"var({x}{over(dim or None)}{', unbiased: true' if free else ''})"
        return kept(f"sqrt({body})" if root else body, x, dim or None, keepdim)

    return text


def with_mean(root):
    def text(x, *args, **kwargs):
        dim = args[0] if args and not isinstance(args[0], bool) else kwargs.get("dim")
        keepdim = kwargs.get("keepdim", args[2] if len(args) > 2 else False)
        return [spread("var", root)(x, *args, **kwargs), kept(f"mean({x}{over(dim or None)})", x, dim or None, keepdim)]

    return text


def extreme(name, position):
    """max and min along an axis, with the place."""

    def text(x, dim, keepdim=False):
        no_scalar(x)
        return [kept(f"{name}({x}{over(dim)})", x, dim, keepdim), kept(f"{position}({x}{over(dim)})", x, dim, keepdim)]

    return text


def place(name):
    def text(x, dim=None, keepdim=False):
        no_scalar(x)
        if dim is None:
            found = f"{name}(reshape({x}, [_]))"
            return f"reshape({found}, {[1] * x.ndim})" if keepdim else found
        return kept(f"{name}({x}{over(dim)})", x, dim, keepdim)

    return text


def truth(name):
    def text(x, dim=None, keepdim=False):
        if x.ndim == 0:
            dim = None
        x_is = x if x.dtype == torch.bool else f"{x} != 0"
        return kept(f"{name}({x_is}{over(dim)})", x, dim, keepdim)

    return text


def skip_nan(name, value):
    def text(x, dim=None, keepdim=False, *, dtype=None):
        is_default(dtype, None)
        if x.ndim == 0:
            dim = None
        body = f"{name}(where(isnan({x}), {value}, {x}){over(dim or None)})"
        if name == "mean":
            body = f"masked_mean({x}, not isnan({x}){over(dim or None)})"
        return kept(body, x, dim or None, keepdim)

    return text


def logsumexp(x, dim, keepdim=False):
    no_scalar(x)
    return kept(f"logsumexp({x}{over(dim)})", x, dim, keepdim)


def along(name):
    def text(x, dim, *, dtype=None):
        no_scalar(x)
        is_default(dtype, None, torch.float64)
        return f"{name}({x}{over(dim)})"

    return text


def quantile(x, q, dim=None, keepdim=False, *, interpolation="linear"):
    is_default(interpolation, "linear")
    no_scalar(x)
    if isinstance(q, T) and q.ndim:
        raise Skip("several shares at once")
    flat = x if dim is not None else f"reshape({x}, [_])"
    return kept(f"quantile({flat}, {q if isinstance(q, T) else say_float(q)}{over(dim)})", x, dim, keepdim)


def median(x, dim=None, keepdim=False):
    """The lower one of two middle elements."""
    no_scalar(x)
    if dim is None:
        n = x.value.numel()
        return f"kthvalue(reshape({x}, [_]), {(n + 1) // 2})[0]"
    n = x.shape[dim]
    found = f"kthvalue({x}, {(n + 1) // 2}{over(dim)})"
    return [kept(f"{found}[0]", x, dim, keepdim), kept(f"{found}[1]", x, dim, keepdim)]


def kthvalue(x, k, dim=-1, keepdim=False):
    no_scalar(x)
    found = f"kthvalue({x}, {k}{over(dim)})"
    return [kept(f"{found}[0]", x, dim, keepdim), kept(f"{found}[1]", x, dim, keepdim)]


def sort(x, dim=-1, descending=False, stable=None):
    no_scalar(x)
    return f"sort({x}{over(dim)}, descending: {say(descending)})"


def argsort(x, dim=-1, descending=False, stable=None):
    no_scalar(x)
    return f"argsort({x}{over(dim)}, descending: {say(descending)})"


def topk(x, k, dim=-1, largest=True, sorted=True):
    no_scalar(x)
    return f"topk({x}, {k}{over(dim)}, largest: {say(largest)})"


def diff(x, n=1, dim=-1, prepend=None, append=None):
    no_scalar(x)
    if n < 0:
        raise Skip("how often, where dln nests calls")
    parts = [p for p in (prepend, x, append) if p is not None]
    text = x if len(parts) == 1 else f"concat([{', '.join(parts)}]{over(dim)})"
    if n >= sum(p.shape[dim] for p in parts):
        raise Skip("an axis of size 0")
    for _ in range(n):
        text = f"diff({text}{over(dim)})"
    return text


def aminmax(x, *, dim=None, keepdim=False):
    if x.ndim == 0:
        dim = None
    return [kept(f"{name}({x}{over(dim)})", x, dim, keepdim) for name in ("min", "max")]


def count_nonzero(x, *, dim=None):
    if x.ndim == 0:
        raise Skip("a scalar")
    return f"count({x} != 0{over(dim)})"


def histc(x, bins=100, min=0, max=0):
    if min == max:
        raise Skip("a range that the numbers give")
    return f"cast(histogram({x}, {bins}, {say_float(min)}, {say_float(max)}), f64)"


def bincount(x, weights=None, minlength=0):
    n = max(int(x.value.max()) + 1, minlength)
    x.kind = f"idx<{n}>"
    return f"bincount({x})" if weights is None else f"put({x}, {weights}, {n})"


def searchsorted(edges, x, *, out_int32=False, right=False, side=None, sorter=None):
    is_default(sorter, None)
    if not isinstance(x, T):
        raise Skip("a number that is no tensor")
    return f"searchsorted({edges}, {x}, right: {say(right or side == 'right')})"


def bucketize(x, edges, *, out_int32=False, right=False):
    return f"searchsorted({edges}, {x}, right: {say(right)})"


def trapezoid(x, y=None, *, dx=None, dim=-1):
    no_scalar(x)
    if y is None:
        return f"trapezoid({x}, {say_float(1.0 if dx is None else dx)}{over(dim)})"
    return f"trapezoid({x}, diff({y}){over(dim)})"


def norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    is_default(dtype, None)
    if isinstance(dim, (list, tuple)) and p not in ("fro", 2) and len(dim) != 1:
        raise Skip("a matrix norm, see linalg.matrix_norm")
    return vector_norm(x, 2 if p in ("fro", None) else p, dim, keepdim)


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    is_default(dtype, None)
    if x.value.is_complex() or isinstance(ord, str):
        raise Skip("complex numbers")
    dim = None if x.ndim == 0 else dim
    return kept(f"vector_norm({x}, {say_float(ord)}{over(dim)})", x, dim, keepdim)


def dist(x, y, p=2):
    a, b = fit(x, y)
    return f"vector_norm({a} - {b}, {say_float(p)})"


def table():
    first = lambda out: out[0]
    t = {
        "sum": Entry(reduce("sum")), "mean": Entry(reduce("mean")), "prod": Entry(reduce("prod")), "amax": Entry(reduce("max")),
        "amin": Entry(reduce("min")), "max.reduction_no_dim": Entry(reduce("max")), "min.reduction_no_dim": Entry(reduce("min")),
        "max.reduction_with_dim": Entry(extreme("max", "argmax")), "min.reduction_with_dim": Entry(extreme("min", "argmin")),
        "var": Entry(spread("var")), "var.unbiased": Entry(spread("var")), "std": Entry(spread("var", True)),
        "std.unbiased": Entry(spread("var", True)), "logsumexp": Entry(logsumexp), "argmax": Entry(place("argmax")),
        "var_mean": Entry(with_mean(False)), "var_mean.unbiased": Entry(with_mean(False)), "std_mean": Entry(with_mean(True)),
        "std_mean.unbiased": Entry(with_mean(True)),
        "argmin": Entry(place("argmin")), "all": Entry(truth("all")), "any": Entry(truth("any")), "nansum": Entry(skip_nan("sum", "0.0")),
        "nanmean": Entry(skip_nan("mean", "0.0")), "cumsum": Entry(along("cumsum")), "cumprod": Entry(along("cumprod")),
        "cummax": Entry(along("cummax")), "cummin": Entry(along("cummin")), "logcumsumexp": Entry(along("logcumsumexp")),
        "quantile": Entry(quantile), "median": Entry(median), "kthvalue": Entry(kthvalue), "sort": Entry(sort), "argsort": Entry(argsort),
        "msort": Entry(lambda x: f"sort({x}, over: 0)[0]"), "topk": Entry(topk), "diff": Entry(diff), "aminmax": Entry(aminmax),
        "count_nonzero": Entry(count_nonzero), "histc": Entry(histc), "bincount": Entry(bincount), "searchsorted": Entry(searchsorted),
        "bucketize": Entry(bucketize), "dist": Entry(dist), "norm": Entry(norm), "linalg.vector_norm": Entry(vector_norm),
    }
    return t
