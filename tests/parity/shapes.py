"""Operators that move elements, and those that make tensors."""

import torch

from calls import Skip, T, axes_of, common, d_of, fit, is_default, no_scalar, over, say, say_float
from database import Entry


def to(shape_of):
    """A reshape to the shape that PyTorch's result has."""
    return lambda x, *args, **kwargs: f"reshape({x}, {list(shape_of(x, *args, **kwargs))})"


def after(fn):
    """The shape that a PyTorch function gives."""
    return lambda x, *args, **kwargs: fn(torch.empty(x.shape), *args, **kwargs).shape


def sizes(args):
    shape = args[0] if len(args) == 1 and not isinstance(args[0], int) else args
    if any(isinstance(n, T) for n in shape):
        raise Skip("a size that is a tensor")
    return list(shape)


def reshape(x, *shape):
    shape = sizes(shape)
    return f"reshape({x}, {say(shape).replace('-1', '_')})"


def view_as(x, other):
    return f"reshape({x}, {other}.shape)"


def squeeze(x, dim=None):
    if x.ndim == 0:
        return x
    if isinstance(dim, int):
        return f"squeeze({x}, {dim})" if x.shape[dim] == 1 else x
    return f"reshape({x}, {list(torch.empty(x.shape).squeeze(*[] if dim is None else [dim]).shape)})"


def permute(x, *dims):
    dims = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims
    return f"permute({x}, {[d_of(d, x.ndim) for d in dims]})"


def turned(x):
    return f"{x}.T" if x.ndim >= 2 else x


def movedim(x, source, destination):
    if isinstance(source, int):
        return f"move_axis({x}, {source}, {destination})"
    source, destination = [[d_of(d, x.ndim) for d in ds] for ds in (source, destination)]
    if len(set(source)) != len(source) or len(set(destination)) != len(destination):
        raise Skip("an order of axes that Python computes")
    rest = iter([a for a in range(x.ndim) if a not in source])
    order = [source[destination.index(a)] if a in destination else next(rest) for a in range(x.ndim)]
    return f"permute({x}, {order})"


def expand(x, *shape):
    shape = [x.shape[i - len(sizes(shape))] if n == -1 else n for i, n in enumerate(sizes(shape))]
    return f"broadcast({x}, {shape})"


def narrow(x, dim, start, length):
    if isinstance(start, T) and start.dtype == torch.bool or length < 0:
        raise Skip("a length, where dln says the end")
    start = int(start.value) if isinstance(start, T) else start
    if length == 0:
        raise Skip("an axis of size 0")
    start = start if start >= 0 else start + x.shape[dim]
    return f"slice({x}{over(dim)}, start: {start}, stop: {start + length})"


def select(x, dim, index):
    return f"{x}[{', '.join(['..'] * (dim < 0) + [':'] * max(dim, 0) + [str(index)] + [':'] * (-1 - dim))}]"


def part(x, dim=0, start=None, end=None, step=1):
    bounds = "".join(f", {k}: {v}" for k, v in (("start", start), ("stop", end)) if v is not None)
    return f"slice({x}{over(dim)}{bounds}{f', step: {step}' if step != 1 else ''})"


def split(x, size, dim=0):
    no_scalar(x)
    n = x.shape[dim]
    if isinstance(size, (list, tuple)):
        return f"split_sizes({x}, {list(size)}{over(dim)})"
    if n % size == 0:
        return f"split({x}, {n // size}{over(dim)})"
    return f"split_sizes({x}, {[min(size, n - i) for i in range(0, n, size)]}{over(dim)})"


def chunk(x, chunks, dim=0):
    no_scalar(x)
    return f"chunk({x}, {chunks}{over(dim)})"


def tensor_split(x, parts, dim=0):
    return cut(x, parts, dim)


def cut(x, parts, dim):
    """Parts that differ by at most one, or cut at given places."""
    n = x.shape[dim]
    if isinstance(parts, T):
        raise Skip("places in a tensor")
    if isinstance(parts, int):
        found = [n // parts + (i < n % parts) for i in range(parts)]
    else:
        at = [0, *[min(p if p >= 0 else p + n, n) for p in parts], n]
        found = [b - a for a, b in zip(at, at[1:])]
    if min(found) <= 0:
        raise Skip("an axis of size 0")
    return f"split({x}, {parts}{over(dim)})" if len(set(found)) == 1 else f"split_sizes({x}, {found}{over(dim)})"


def cat(xs, dim=0):
    return f"concat([{', '.join(xs)}]{over(dim)})"


def stack(xs, dim=0):
    return f"stack([{', '.join(xs)}], at: {dim})"


def at_least(rank):
    def text(x, *more):
        shape = getattr(torch, f"atleast_{rank}d")
        xs = [x, *more] if isinstance(x, T) else x
        return [v if v.ndim >= rank else f"reshape({v}, {list(shape(torch.empty(v.shape)).shape)})" for v in xs]

    return text


def joined(rank, dim_of):
    def text(*xs):
        xs = xs[0] if len(xs) == 1 else xs
        up = getattr(torch, f"atleast_{rank}d")
        flat = [x if x.ndim >= rank else f"reshape({x}, {list(up(torch.empty(x.shape)).shape)})" for x in xs]
        return f"concat([{', '.join(flat)}], over: {dim_of(max(rank, xs[0].ndim))})"

    return text


def column_stack(xs):
    columns = [x if x.ndim > 1 else f"unsqueeze({x})" if x.ndim else f"reshape({x}, [1, 1])" for x in xs]
    return f"concat([{', '.join(columns)}], over: 1)"


def flip(x, dims):
    return f"flip({x}{over(list(dims))})" if dims else x


def roll(x, shifts, dims=None):
    no_scalar(x)
    if dims is None or dims == ():
        shifts = shifts if isinstance(shifts, int) else shifts[0]
        return f"reshape(roll(reshape({x}, [_]), {shifts}, over: 0), {x.shape})"
    return f"roll({x}, {say(shifts)}{over(dims)})"


def repeat(x, *counts):
    counts = sizes(counts)
    lead = [1] * (len(counts) - x.ndim)
    text = f"reshape({x}, {lead + x.shape})" if lead else x
    counts = [1] * (x.ndim - len(counts)) + counts
    if min(counts, default=1) == 0:
        raise Skip("an axis of size 0")
    return f"tile({text}, {counts}{over(list(range(len(counts))))})" if counts else x


def repeat_interleave(x, repeats, dim=None, output_size=None):
    if isinstance(repeats, T):
        raise Skip("a count for each element")
    if repeats == 0:
        raise Skip("an axis of size 0")
    return f"repeat_interleave({x}, {repeats}{over(dim)})" if dim is not None else f"repeat_interleave(reshape({x}, [_]), {repeats})"


def triangle(name):
    return lambda x, diagonal=0: f"{name}({x}, diagonal: {diagonal})"


def diagonal(x, offset=0, dim1=0, dim2=1):
    if x.ndim < 2:
        return f"diagonal({x}, offset: {offset})"
    a, b = d_of(dim1, x.ndim), d_of(dim2, x.ndim)
    order = [i for i in range(x.ndim) if i not in (a, b)] + [a, b]
    return f"diagonal({x if order == list(range(x.ndim)) else f'permute({x}, {order})'}, offset: {offset})"


def linalg_diagonal(x, *, offset=0, dim1=-2, dim2=-1):
    return diagonal(x, offset, dim1, dim2)


def diag(x, diagonal=0):
    return f"diagonal({x}, offset: {diagonal})" if x.ndim == 2 else diag_embed(x, diagonal)


def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    return placed(f"diag_embed({x}, offset: {offset})" if offset else f"diag_embed({x})", x.ndim + 1, dim1, dim2)


def placed(text, ndim, dim1, dim2):
    a, b = d_of(dim1, ndim), d_of(dim2, ndim)
    if (a, b) == (ndim - 2, ndim - 1):
        return text
    rest = iter(range(ndim - 2))
    return f"permute({text}, {[ndim - 2 if i == a else ndim - 1 if i == b else next(rest) for i in range(ndim)]})"


def meshgrid(*xs, indexing="ij"):
    xs = xs[0] if isinstance(xs[0], (list, tuple)) else xs
    is_default(indexing, "ij", "xy")
    flat = [x if x.ndim else f"reshape({x}, [1])" for x in xs]
    found = f"meshgrid([{', '.join(flat)}])"
    return f"[swap_axes(g, 0, 1) for g in {found}]" if indexing == "xy" and len(xs) > 1 else found


def unfold(x, dimension, size, step):
    no_scalar(x)
    return f"windows({x}{over(dimension)}, size: {size}, stride: {step})"


def pad(x, pad, mode="constant", value=None):
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    axes = [x.ndim - 1 - i for i in range(len(pairs))]
    if any(n < 0 for n in pad):
        raise Skip("a negative width, which is a slice")
    extra = f', mode: "{mode}"' if mode != "constant" else f", value: {say_float(value)}" if value else ""
    return f"pad({x}, over: {axes}, before: {[a for a, b in pairs]}, after: {[b for a, b in pairs]}{extra})"


def made(name, filled=None):
    def text(shape=None, *args, size=None, **kwargs):
        shape = list(shape if not isinstance(shape, T) else shape.shape)
        return f"full({shape}, {say_float(args[0])})" if name == "full" else f"{name}({shape})"

    return text


def like(x, *args, **kwargs):
    return f"full({x}.shape, {say_float(args[0])})"


def linspace(start, end, steps, **kwargs):
    if steps == 0 or isinstance(start, T) or isinstance(end, T):
        raise Skip("an axis of size 0")
    return f"linspace({say_float(start)}, {say_float(end)}, {steps})"


def logspace(start, end, steps, base=10.0, **kwargs):
    if base <= 0:
        raise Skip("a base that is not positive")
    return f"{say_float(base)} ** {linspace(start, end, steps)}"


def eye(n, m=None, **kwargs):
    if 0 in (n, m):
        raise Skip("an axis of size 0")
    return f"eye({n})" if m is None else f"eye({n}, {m})"


def arange(start, end=None, step=1, **kwargs):
    start, end = (0, start) if end is None else (start, end)
    count = len(torch.arange(start, end, step))
    if count == 0 or isinstance(start, bool) or isinstance(end, bool):
        raise Skip("an axis of size 0")
    return f"1.0 * arange({say(start)}, {say(end)}, {say(step)})"


def block_diag(*xs):
    flat = [x if x.ndim == 2 else f"reshape({x}, {[1, x.value.numel()]})" for x in xs]
    return f"block_diag([{', '.join(flat)}])"


def same(x, *args, **kwargs):
    return x


def table():
    t = {
        "reshape": reshape, "view": reshape, "view_copy": reshape, "reshape_as": view_as, "view_as": view_as, "flatten": to(after(torch.flatten)),
        "unflatten": to(after(torch.unflatten)), "ravel": lambda x: f"reshape({x}, [_])", "squeeze": squeeze, "squeeze.multiple": squeeze,
        "squeeze_copy": squeeze, "unsqueeze": lambda x, dim: f"unsqueeze({x}, {dim})", "unsqueeze_copy": lambda x, dim: f"unsqueeze({x}, {dim})",
        "permute": permute, "permute_copy": permute, "transpose": lambda x, a, b: f"swap_axes({x}, {a}, {b})",
        "transpose_copy": lambda x, a, b: f"swap_axes({x}, {a}, {b})", "t": turned, "t_copy": turned,
        "T": lambda x: f"{x}.T" if x.ndim == 2 else f"permute({x}, {list(range(x.ndim))[::-1]})", "mT": lambda x: f"{x}.T", "movedim": movedim,
        "expand": expand, "expand_copy": expand, "expand_as": lambda x, y: f"broadcast({x}, {y}.shape)", "broadcast_to": expand,
        "broadcast_tensors": lambda x, *xs: [f"broadcast({v}, {common(x, *xs)})" for v in (x, *xs)], "narrow": narrow, "narrow_copy": narrow,
        "select": select, "slice": part, "split": split, "split.list_args": split, "split_with_sizes": split, "split_with_sizes_copy": split,
        "unsafe_split": split, "chunk": chunk, "unsafe_chunk": chunk, "tensor_split": tensor_split, "hsplit": lambda x, n: cut(x, n, 1 if x.ndim > 1 else 0),
        "vsplit": lambda x, n: cut(x, n, 0), "dsplit": lambda x, n: cut(x, n, 2), "cat": cat, "stack": stack, "vstack": joined(2, lambda n: 0),
        "hstack": joined(1, lambda n: min(1, n - 1)), "dstack": joined(3, lambda n: 2), "column_stack": column_stack, "atleast_1d": at_least(1),
        "atleast_2d": at_least(2), "atleast_3d": at_least(3), "flip": flip, "fliplr": lambda x: f"flip({x}, over: 1)",
        "flipud": lambda x: f"flip({x}, over: 0)", "roll": roll, "rot90": lambda x, k=1, dims=(0, 1): f"rot90({x}, {k}, over: {list(dims)})",
        "repeat": repeat, "tile": repeat, "repeat_interleave": repeat_interleave, "tril": triangle("tril"), "triu": triangle("triu"),
        "diagonal": diagonal, "diagonal_copy": diagonal, "linalg.diagonal": linalg_diagonal, "diag": diag, "diag_embed": diag_embed,
        "unbind": lambda x, dim=0: f"unstack({x}{over(dim)})", "unbind_copy": lambda x, dim=0: f"unstack({x}{over(dim)})",
        "meshgrid.variadic_tensors": meshgrid, "meshgrid.list_of_tensors": meshgrid, "unfold": unfold, "unfold_copy": unfold,
        "constant_pad_nd": lambda x, pad_, value=0: pad(x, pad_, "constant", value), "nn.functional.pad.constant": pad, "nn.functional.pad.reflect": pad,
        "nn.functional.pad.replicate": pad, "nn.functional.pad.circular": pad, "clone": same, "contiguous": same, "alias_copy": same,
        "zeros": made("zeros"), "ones": made("ones"), "full": made("full"), "zeros_like": made("zeros"), "ones_like": made("ones"),
        "full_like": like, "eye": eye, "linspace": linspace, "logspace": logspace, "arange": arange, "block_diag": block_diag,
        "diagflat": lambda x, offset=0: diag_embed(T(f"reshape({x}, [_])", x.value.reshape(-1)), offset),
    }
    entries = {name: Entry(text) for name, text in t.items()}
    return entries
