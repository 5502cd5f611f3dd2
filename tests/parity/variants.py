"""Statistics, slopes, bags of rows, and further forms of masked and indexed reductions."""

import torch

from calls import Skip, T, common, d_of, fit, is_default, kept, no_scalar, over, say, say_float, whole
from database import Entry
from indexing import scatter_reduce


def cov(x, *, correction=1, fweights=None, aweights=None):
    rows = x if x.ndim == 2 else f"unsqueeze({x}, 0)"
    if x.ndim == 0:
        raise Skip("a scalar, which PyTorch takes for a row")
    given = f", correction: {correction}" * (correction != 1)
    given += f", frequency: {fweights}" if fweights is not None else ""
    given += f", weight: {aweights}" if aweights is not None else ""
    return f"cov({rows}{given})" + "[0, 0]" * (x.ndim == 1 or x.shape[0] == 1)


def corrcoef(x):
    if x.ndim != 2:
        raise Skip("a row with itself, which is 1")
    return f"corrcoef({x})" + "[0, 0]" * (x.shape[0] == 1)


def gradient(x, *, spacing=None, dim=None, edge_order=1):
    """A list with the slopes along each axis; places of their own stand in `spacing`."""
    dims = list(range(x.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    spacing = list(spacing) if isinstance(spacing, (list, tuple)) else [1.0 if spacing is None else spacing] * len(dims)
    extra = f", edge_order: {edge_order}" * (edge_order != 1)
    dims = dims if edge_order in (1, 2) else dims[:1]                   # one mistake is enough
    steps = [f"diff({s})" if isinstance(s, T) else say_float(s) for s in spacing]
    return [f"gradient({x}, {s}{over(d)}{extra})" for s, d in zip(steps, dims)]


def nanquantile(x, q, dim=None, keepdim=False, *, interpolation="linear"):
    is_default(interpolation, "linear")
    no_scalar(x)
    if isinstance(q, T) and q.ndim:
        raise Skip("several shares at once")
    flat = x if dim is not None else f"reshape({x}, [_])"
    return kept(f"nanquantile({flat}, {q if isinstance(q, T) else say_float(q)}{over(dim)})", x, dim, keepdim)


def nanmedian(x, dim=None, keepdim=False):
    """Of an odd number of elements; PyTorch gives the lower one of two in the middle, and dln their mean."""
    no_scalar(x)
    lines = x.value.reshape(-1) if dim is None else x.value.movedim(dim, -1)
    if bool((lines.isnan().logical_not().sum(-1) % 2 == 0).any()):
        raise Skip("an even number of elements")
    flat = x if dim is not None else f"reshape({x}, [_])"
    return kept(f"nanmedian({flat}{over(dim)})", x, dim, keepdim)


def index_reduce(name):
    def text(x, dim, index, source, reduce, *, include_self=True):
        no_scalar(x)
        is_default(include_self, True)
        shape = [index.shape[0] if i == d_of(dim, x.ndim) else 1 for i in range(x.ndim)]
        return f"{name}({x}, broadcast(reshape({index}, {shape}), {source.shape}), {source}{over(dim)})"

    return text


def embedding_bag(table, i, offsets=None, *, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean", sparse=False,
                  per_sample_weights=None, include_last_offset=False, padding_idx=None):
    for given in (max_norm, padding_idx):
        is_default(given, None)
    is_default(scale_grad_by_freq, False)
    n, weight = table.shape[0], per_sample_weights
    whole(i, n)
    if i.ndim == 2:
        starts = f"{i.shape[1]} * arange({i.shape[0]})"
        weight = weight and f"reshape({weight}, [{i.value.numel()}])"
        flat = f"reshape({i}, [{i.value.numel()}])"
    else:
        starts, flat = f"{offsets}[:-1]" if include_last_offset else offsets, i
    extra = f", weight: {weight}" if weight is not None else ""
    return f'embedding_bag({table}, {flat}, {starts}, mode: "{mode}"{extra})'


def masked(form, outside):
    """A reduction of what a mask leaves; `form` has places for the elements and the axis."""
    def text(x, *args, mask=None, keepdim=False, dim=None, dtype=None):
        no_scalar(x)
        is_default(dtype, None)
        words = [say_float(a) for a in args[:-1]] if form.count("{}") == 3 and dim is None and len(args) > 1 else [say_float(a) for a in args]
        if dim in ((), []):
            raise Skip("no axis")
        if mask is not None and not bool(mask.value.expand(x.shape).any(*([] if dim is None else [dim])).all()):
            raise Skip("lines without an element, whose result is not defined")
        inside = x if mask is None else f"where({fit(mask, x, exact=True)[0]}, {x}, {outside})"
        inside = inside if dim is not None else f"reshape({inside}, [_])"
        return kept(form.format(inside, *words, over(dim)), x, dim, keepdim)

    return text


def masked_axis(form, outside):
    """As `masked`, along one axis that stays."""
    def text(x, dim, *, mask=None, dtype=None):
        no_scalar(x)
        is_default(dtype, None)
        if mask is not None and not bool(mask.value.expand(x.shape).any(dim).all()):
            raise Skip("lines without an element, whose result is not defined")
        return form.format(x if mask is None else f"where({fit(mask, x, exact=True)[0]}, {x}, {outside})", over(dim))

    return text


def masked_logaddexp(x, y, *, dtype=None, input_mask=None, other_mask=None):
    is_default(dtype, None)
    hidden = lambda v, mask: v if mask is None else f"where({fit(mask, v, exact=True)[0]}, {v}, -inf)"
    return f"logaddexp({hidden(x, input_mask)}, {hidden(y, other_mask)})"


def table():
    t = {
        "cov": Entry(cov, widen=True), "corrcoef": Entry(corrcoef), "gradient": Entry(gradient, out=list), "nanquantile": Entry(nanquantile),
        "nanmedian": Entry(nanmedian, out=lambda out: out if isinstance(out, torch.Tensor) else out[0]),
        "scatter_reduce.prod": Entry(scatter_reduce("scatter_prod")), "nn.functional.embedding_bag": Entry(embedding_bag),
        "masked.logsumexp": Entry(masked("logsumexp({}{})", "-inf")), "masked.norm": Entry(masked("vector_norm({}, {}{})", "0.0")),
        "masked.argmax": Entry(masked("argmax({}{})", "-inf"), smooth=False), "masked.argmin": Entry(masked("argmin({}{})", "inf"), smooth=False),
        "masked.softmin": Entry(masked_axis("softmin({}{})", "inf")), "masked.logaddexp": Entry(masked_logaddexp),
    }
    return t | {f"index_reduce.{word}": Entry(index_reduce(f"scatter_{name}")) for word, name in
                {"amax": "max", "amin": "min", "mean": "mean", "prod": "prod"}.items()}
