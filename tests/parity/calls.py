"""One call of PyTorch as dln text: names for its tensors, and the few words that every table needs."""

import math

import torch
from torch.utils._pytree import tree_map

DTYPES = {torch.float64: "", torch.int64: "i64", torch.bool: "bool"}
LETTERS = "xyzuvwabcdeghijklmnpqrst"


class Skip(Exception):
    """This sample is not said in dln; the text is the reason."""


class T(str):
    """The name of a tensor in dln text; `kind` is its element type there, such as `idx<5>`."""

    def __new__(cls, name, value):
        self = super().__new__(cls, name)
        self.value = value
        self.kind = "" if value.is_complex() else DTYPES.get(value.dtype)
        return self

    @property
    def shape(self):
        return list(self.value.shape)

    @property
    def ndim(self):
        return self.value.ndim

    @property
    def dtype(self):
        return self.value.dtype

    def type(self):
        return f"{self.kind}{self.shape + [2] * self.value.is_complex()}"

    def held(self):
        """The tensor as it is handed to dln: complex numbers are pairs."""
        return torch.view_as_real(self.value) if self.value.is_complex() else self.value


class Names:
    """Names for the tensors of sample number `k`: x3, y3, .. in the order in which they are met."""

    def __init__(self, k=""):
        self.k = k
        self.all = []

    def of(self, tree):
        return tree_map(lambda v: self.name(v) if isinstance(v, torch.Tensor) else v, tree)

    def name(self, tensor):
        if tensor.numel() == 0:
            raise Skip("an axis of size 0")
        if not tensor.is_complex() and tensor.dtype not in DTYPES:
            raise Skip(f"a tensor of {tensor.dtype}")
        t = T(f"{LETTERS[len(self.all)]}{self.k}", tensor)
        self.all.append(t)
        return t


def say(v):
    """A number, Bool, text or list as dln writes it."""
    if v is None or isinstance(v, (T, complex, torch.dtype)):
        raise Skip("an argument that is no number here")
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, float) and not math.isfinite(v):
        return "nan" if math.isnan(v) else "inf" if v > 0 else "(-inf)"
    if isinstance(v, str):
        return f'"{v}"'
    if isinstance(v, (list, tuple, torch.Size)):
        return f"[{', '.join(say(u) for u in v)}]"
    return repr(v)


def say_float(v):
    """A number as a Float."""
    return say(float(v))


def is_default(v, *default):
    """Skips samples with a setting that the table does not say."""
    if not any(v is d or (not isinstance(v, T) and v == d) for d in default):
        raise Skip(f"the setting {v}")


def whole(x, n, at=-1):
    """Declares a tensor of class numbers or indices below n."""
    x.kind = f"idx<{n}>"
    return x


def common(*xs):
    """The shape to which tensors repeat in PyTorch; None where they do not go together."""
    try:
        return list(torch.broadcast_shapes(*[x.shape for x in xs if isinstance(x, T)]))
    except RuntimeError:
        return None


def fit(*xs, exact=False):
    """Operands of an element-wise operator. In dln only scalars and missing leading axes repeat by themselves (with `exact`,
    where a function wants equal shapes, nothing does); all else is asked for."""
    to = common(*xs)
    return [say(x) if not isinstance(x, T) else x if to is None else spread(x, to, exact) for x in xs]


def spread(x, to, exact=False):
    n = len(x.shape)
    free = n == 0 or to[len(to) - n:] == x.shape
    return x if x.shape == to or free and not exact else f"broadcast({x}, {to})"


def over(dim, ndim=None):
    """`, over: ..` for a `dim` of PyTorch; with `ndim`, axes counted from the front."""
    if dim is None:
        return ""
    if isinstance(dim, (bool, float)):
        return f", over: {say(dim)}"
    if isinstance(dim, (list, tuple)):
        return f", over: {[int(d) if ndim is None else d % ndim for d in dim]}"
    return f", over: {dim if ndim is None else d_of(dim, ndim)}"


def d_of(dim, ndim):
    return dim % ndim if -ndim <= dim < ndim else dim


def axes_of(dim, ndim):
    dims = range(ndim) if dim is None else dim if isinstance(dim, (list, tuple)) else [dim]
    return [d_of(d, ndim) for d in dims] or list(range(ndim))


def kept(text, x, dim, keepdim):
    """`keepdim` leaves axes of size 1, which in dln is a reshape of the result."""
    gone = axes_of(dim, x.ndim)
    return f"reshape({text}, {[1 if i in gone else n for i, n in enumerate(x.shape)]})" if keepdim else text


def lasts(dim, ndim):
    """An order of axes with `dim` last, and the order that takes it back."""
    i = d_of(dim, ndim)
    there = [a for a in range(ndim) if a != i] + [i]
    return there, [there.index(a) for a in range(ndim)]


def no_scalar(x):
    if x.ndim == 0:
        raise Skip("an axis of a scalar, which PyTorch takes for a vector of one element")
