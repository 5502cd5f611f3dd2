"""Fourier transforms: a complex number is a pair on a last axis of 2. Windows of signals."""

import torch

from calls import Skip, T, d_of, is_default, over, say, say_float
from database import Entry


def pairs(x):
    return x if x.value.is_complex() else f"complex({x}, 0 * {x})"


def fitted(text, have, want, axis):
    """The first `want` elements, or as many with zeros behind."""
    if want == have:
        return text
    return f"slice({text}, over: {axis}, stop: {want})" if want < have else f"pad_axis({text}, over: {axis}, after: {want - have})"


def scale(n, norm, inverse):
    """PyTorch's `norm`, of transforms that are unscaled forward and divided by n back."""
    factor = {None: 1.0, "backward": 1.0, "ortho": n ** 0.5 if inverse else n ** -0.5, "forward": float(n) if inverse else 1.0 / n}[norm]
    return "" if factor == 1.0 else f" * {factor!r}"


def along(text, ndim, dim, fn):
    """`fn` of the last axis, for another one."""
    d = d_of(dim, ndim)
    if d == ndim - 1:
        return fn(text)
    return f"swap_axes({fn(f'swap_axes({text}, {d}, {ndim - 1})')}, {d}, {ndim - 1})"


def complex_one(name):
    def text(x, n=None, dim=-1, norm=None):
        if x.ndim == 0:
            raise Skip("an axis of a scalar")
        size = x.shape[dim]
        n = size if n is None else n
        body = along(pairs(x), x.ndim, dim, lambda v: f"{name}({fitted(v, size, n, x.ndim - 1)})")
        return body + scale(n, norm, name == "ifft")

    return text


def complex_many(name, dims_of):
    def text(x, s=None, dim=None, norm=None):
        dims = list(dim) if dim is not None else dims_of(x, s)
        sizes = [x.shape[d] if s is None or s[i] == -1 else s[i] for i, d in enumerate(dims)]
        body, total = pairs(x), 1
        for d, n in zip(dims, sizes):
            body = along(body, x.ndim, d, lambda v, n=n, d=d: f"{name}({fitted(v, x.shape[d], n, x.ndim - 1)})")
            total *= n
        return body + scale(total, norm, name == "ifft")

    return text


def rfft(x, n=None, dim=-1, norm=None):
    size = x.shape[dim]
    n = size if n is None else n
    if d_of(dim, x.ndim) != x.ndim - 1:
        inner = f"swap_axes({x}, {dim}, -1)"
        return f"swap_axes(rfft({fitted(inner, size, n, x.ndim - 1)}), {d_of(dim, x.ndim)}, {x.ndim - 1})" + scale(n, norm, False)
    return f"rfft({fitted(x, size, n, x.ndim - 1)})" + scale(n, norm, False)


def irfft(x, n=None, dim=-1, norm=None):
    size = x.shape[dim]
    n = 2 * (size - 1) if n is None else n
    if n < 1:
        raise Skip("an axis of size 0")
    d = d_of(dim, x.ndim)
    inner = pairs(x) if d == x.ndim - 1 else f"swap_axes({pairs(x)}, {d}, {x.ndim - 1})"
    body = f"irfft({fitted(inner, size, n // 2 + 1, x.ndim - 1)}, n: {n})"
    return (body if d == x.ndim - 1 else f"swap_axes({body}, {d}, {x.ndim - 1})") + scale(n, norm, True)


def hfft(x, n=None, dim=-1, norm=None):
    size = x.shape[dim]
    n = 2 * (size - 1) if n is None else n
    if n < 1 or d_of(dim, x.ndim) != x.ndim - 1:
        raise Skip("another axis than the last")
    return f"irfft(conjugate({fitted(pairs(x), size, n // 2 + 1, x.ndim - 1)}), n: {n}) * {n}" + scale(n, norm, False)


def ihfft(x, n=None, dim=-1, norm=None):
    size = x.shape[dim]
    n = size if n is None else n
    if d_of(dim, x.ndim) != x.ndim - 1:
        raise Skip("another axis than the last")
    return f"conjugate(rfft({fitted(x, size, n, x.ndim - 1)})) / {n}" + scale(n, norm, True)


def shifted(sign):
    def text(x, dim=None):
        dims = list(range(x.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
        dims = [d_of(d, x.ndim) for d in dims]
        return f"roll({x}, {[sign(x.shape[d]) for d in dims]}, over: {dims})"

    return text


def window(name):
    def text(n, *, sym=True, dtype=None, device=None, layout=None, requires_grad=False, **kwargs):
        is_default(layout, None, torch.strided)
        is_default(dtype, None, torch.float64, torch.float32)
        if isinstance(n, int) and n in (0, 1):
            raise Skip("a window of one sample or none")
        given = "".join(f", {k}: {say_float(v)}" for k, v in kwargs.items())
        return f"{name}({say(n)}{given}, periodic: {say(not sym)})"

    return text


def alpha_window(n, *, alpha=0.54, sym=True, **kwargs):
    kwargs.pop("a", None)
    return window("raised_cosine")(n, sym=sym, a=alpha, **kwargs)


def cosine_sum(n, *, a, sym=True, layout=None, dtype=None, **kwargs):
    is_default(layout, None, torch.strided)
    is_default(dtype, None, torch.float64, torch.float32)
    if n in (0, 1):
        raise Skip("a window of one sample or none")
    return f"cosine_sum({n}, {say([float(v) for v in a])}, periodic: {say(not sym)})"


def table():
    two = lambda x, s: [-2, -1]
    every = lambda x, s: list(range(x.ndim)) if s is None else list(range(x.ndim - len(s), x.ndim))
    complex128 = torch.complex128
    t = {
        "fft.fft": Entry(complex_one("fft"), dtype=complex128), "fft.ifft": Entry(complex_one("ifft"), dtype=complex128),
        "fft.fft2": Entry(complex_many("fft", two), dtype=complex128, limit=5), "fft.ifft2": Entry(complex_many("ifft", two), dtype=complex128, limit=5),
        "fft.fftn": Entry(complex_many("fft", every), dtype=complex128, limit=5), "fft.ifftn": Entry(complex_many("ifft", every), dtype=complex128, limit=5),
        "fft.rfft": Entry(rfft), "fft.irfft": Entry(irfft, dtype=complex128), "fft.hfft": Entry(hfft, dtype=complex128, limit=5), "fft.ihfft": Entry(ihfft, limit=5),
        "fft.fftshift": Entry(shifted(lambda n: n // 2)), "fft.ifftshift": Entry(shifted(lambda n: (n + 1) // 2)),
    }
    for name, word in {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "bartlett": "bartlett", "gaussian": "gaussian_window",
                       "cosine": "sine", "nuttall": "nuttall", "kaiser": "kaiser"}.items():
        t[f"signal.windows.{name}"] = Entry(window(word), limit=6)
    t["signal.windows.general_hamming"] = Entry(alpha_window, limit=4)
    t["signal.windows.general_cosine"] = Entry(cosine_sum, limit=4)
    return t
