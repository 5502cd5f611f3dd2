"""Reading and writing at indices."""

import torch

from calls import Skip, T, common, d_of, fit, is_default, no_scalar, over, say, say_float, whole
from database import Entry


def gather(x, dim, index, *, sparse_grad=False):
    no_scalar(x)
    within(x, dim, index)
    return f"gather({x}, {index}{over(dim)})"


def within(x, dim, index):
    """In dln an index has the sizes of the tensor in all other axes; PyTorch takes fewer."""
    if index.ndim != x.ndim or any(a != b for i, (a, b) in enumerate(zip(x.shape, index.shape)) if i != d_of(dim, x.ndim)):
        raise Skip("an index with fewer places than the tensor in other axes")


def take_along_dim(x, indices, dim=None):
    if dim is None:
        return f"take(reshape({x}, [_]), reshape({indices}, [_]))"
    to = [max(a, b) for a, b in zip(x.shape, indices.shape)]
    xs, ins = list(to), list(to)
    xs[dim], ins[dim] = x.shape[dim], indices.shape[dim]
    a = x if x.shape == xs else f"broadcast({x}, {xs})"
    i = indices if indices.shape == ins else f"broadcast({indices}, {ins})"
    return f"take_along({a}, {i}{over(dim)})"


def take(x, index):
    return f"take(reshape({x}, [_]), {index})"


def index_select(x, dim, index):
    no_scalar(x)
    return f"index_select({x}, {index if index.ndim else f'reshape({index}, [1])'}{over(dim)})"


def index_fill(x, dim, index, value):
    no_scalar(x)
    return f"replace({x}, {index}, {value if isinstance(value, T) else say_float(value)}{over(dim)})"


def index_copy(x, dim, index, source):
    no_scalar(x)
    return f"replace({x}, {index}, {source}{over(dim)})"


def index_add(x, dim, index, source, *, alpha=1):
    no_scalar(x)
    scaled = source if alpha == 1 else f"{say(alpha)} * {source}"
    return f"add_at({x}, {index}, {scaled}{over(dim)})"


def scatter(name):
    def text(x, dim, index, src, *, reduce=None):
        no_scalar(x)
        is_default(reduce, None, "add")
        within(x, dim, index)
        source = f"full({index.shape}, {say_float(src)})" if not isinstance(src, T) else src
        if isinstance(src, T) and src.shape != index.shape:
            raise Skip("a source with more places than the index")
        return f"{'scatter_add' if reduce == 'add' else name}({x}, {index}, {source}{over(dim)})"

    return text


def scatter_reduce(name):
    def text(x, dim, index, src, reduce, *, include_self=True):
        is_default(include_self, True)
        return scatter(name)(x, dim, index, src)

    return text


def masked_fill(x, mask, value):
    to = common(x, mask)
    a = x if to is None or x.shape == to else f"broadcast({x}, {to})"
    return f"masked_fill({a}, {fit(mask, x)[0]}, {say_float(value) if not isinstance(value, T) else value})"


def item(i):
    if isinstance(i, slice):
        if i.step is not None and i.step < 0:
            raise Skip("a negative step")
        bounds = ["" if b is None else str(b) for b in (i.start, i.stop)]
        return ":".join(bounds + ([str(i.step)] if i.step not in (None, 1) else []))
    if i is Ellipsis:
        return ".."
    if i is None or isinstance(i, bool):
        raise Skip("a new axis in brackets")
    if isinstance(i, T) and i.dtype == torch.bool:
        raise Skip("a mask over several axes")
    return i if isinstance(i, T) else say(i)


def getitem(x, index):
    index = index if isinstance(index, tuple) else (index,)
    advanced = [k for k, i in enumerate(index) if isinstance(i, (T, list))]
    if advanced and advanced[-1] - advanced[0] >= len(advanced):
        raise Skip("indices apart, whose axes PyTorch puts first")
    return f"{x}[{', '.join(item(i) for i in index)}]"


def select_scatter(x, src, dim, index):
    return f"replace({x}, {index % x.shape[dim]}, {src}{over(dim)})"


def slice_scatter(x, src, dim=0, start=None, end=None, step=1):
    at = list(range(x.shape[dim]))[slice(start, end, step)]
    return f"replace({x}, {at}, {src}{over(dim)})"


def index_put(x, indices, values, accumulate=False):
    if len(indices) != 1 or indices[0].dtype == torch.bool:
        raise Skip("indices in several axes at once")
    return f"{'add_at' if accumulate else 'replace'}({x}, {indices[0]}, {values})"


def one_hot(x, num_classes=-1):
    n = int(x.value.max()) + 1 if num_classes == -1 else num_classes
    whole(x, n)
    return f"one_hot({x})"


def embedding(weight, x, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    is_default(max_norm, None)
    is_default(scale_grad_by_freq, False)
    is_default(padding_idx, None)
    return f"take({weight}, {x})"


def masked_select(x, mask):
    raise Skip("a size that depends on data")


def table():
    return {
        "gather": Entry(gather), "take_along_dim": Entry(take_along_dim), "take": Entry(take), "index_select": Entry(index_select),
        "index_fill": Entry(index_fill), "index_copy": Entry(index_copy), "index_add": Entry(index_add), "scatter": Entry(scatter("scatter")),
        "scatter_add": Entry(scatter("scatter_add")), "scatter_reduce.sum": Entry(scatter_reduce("scatter_add")),
        "scatter_reduce.mean": Entry(scatter_reduce("scatter_mean")), "scatter_reduce.amax": Entry(scatter_reduce("scatter_max")),
        "scatter_reduce.amin": Entry(scatter_reduce("scatter_min")), "masked_fill": Entry(masked_fill), "__getitem__": Entry(getitem),
        "select_scatter": Entry(select_scatter), "slice_scatter": Entry(slice_scatter, most=300, limit=2), "index_put": Entry(index_put),
        "nn.functional.one_hot": Entry(one_hot), "nn.functional.embedding": Entry(embedding),
    }
