"""Products and linear algebra. The factors of dln have fixed signs: those of PyTorch are turned to them."""

import torch

from calls import Skip, T, d_of, fit, is_default, no_scalar, over, say, say_float
from database import Entry


def matmul(x, y):
    """Leading axes of the right side must be those of the left, or be missing."""
    no_scalar(x), no_scalar(y)
    if y.ndim <= 2 or x.shape[:-2] == y.shape[:-2] and x.ndim > 1:
        return f"{x} @ {y}"
    try:
        batch = list(torch.broadcast_shapes(x.shape[:-2], y.shape[:-2]))
    except RuntimeError:
        return f"{x} @ {y}"
    left = x if x.shape[:-2] == batch and x.ndim > 1 else f"broadcast({x}, {batch + ([1] + x.shape)[-2:]})"
    lead = y.shape[:-2]
    right = y if batch[len(batch) - len(lead):] == lead else f"broadcast({y}, {batch + y.shape[-2:]})"
    return f"squeeze({left} @ {right}, -2)" if x.ndim == 1 else f"{left} @ {right}"


def dot(x, y):
    return f"{x} @ {y}"


def added(product):
    """beta * input + alpha * product."""

    def text(x, a, b, *, beta=1, alpha=1):
        body = product(a, b)
        shape = list(eval_shape(product, a, b))
        s = x if x.shape == shape or x.ndim == 0 or x.shape == shape[len(shape) - x.ndim:] else f"broadcast({x}, {shape})"
        s = s if beta == 1 else f"{say(beta)} * {s}"
        body = body if alpha == 1 else f"{say(alpha)} * ({body})"
        return body if beta == 0 else f"{s} + {body}"

    return text


def eval_shape(product, a, b):
    u, v = torch.empty(a.shape), torch.empty(b.shape)
    fn = {addbmm: lambda u, v: (u @ v).sum(0), outer: torch.outer}.get(product, torch.matmul)
    return fn(u, v).shape


def addbmm(a, b):
    return f"sum({a} @ {b}, over: 0)"


def outer(a, b):
    return f"outer({a}, {b})"


def inner(x, y):
    if x.ndim == 0 or y.ndim == 0:
        return f"{x} * {y}"
    if y.ndim > 2 or x.ndim == 1 and y.ndim == 2:
        raise Skip("several leading axes on both sides")
    return f"{x} @ {y}.T" if y.ndim == 2 else f"{x} @ {y}"


def einsum(xs, equation):
    left, _, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if any(len(set(t)) < len(t.replace("...", "")) + ("..." in t) for t in [t.replace("...", ".") for t in terms]) or "->" not in equation:
        raise Skip("a letter twice in a term, or an output that is not said")
    word = lambda t: " ".join(".." if c == "." else c for c in t.replace("...", "."))
    operands = f"({', '.join(xs)})" if len(xs) > 1 else xs[0]
    how = " | sum" if len(xs) == 1 and set(left) - set(right) - set(".,") else ""
    if "." in equation:
        raise Skip("an ellipsis among several operands")
    return f"{operands}.[{', '.join(word(t) for t in terms)} -> {word(right)}{how}]"


def cross(x, y, dim=None):
    a, b = fit(x, y, exact=True)
    if dim is None:
        dim = x.shape.index(3)
    d = d_of(dim, max(x.ndim, y.ndim))
    last = d == max(x.ndim, y.ndim) - 1
    u, v = (a, b) if last else (f"swap_axes({a}, {d}, -1)", f"swap_axes({b}, {d}, -1)")
    return f"cross({u}, {v})" if last else f"swap_axes(cross({u}, {v}), {d}, -1)"


def linalg_cross(x, y, *, dim=-1):
    return cross(x, y, dim)


def vecdot(x, y, *, dim=-1):
    a, b = fit(x, y)
    return f"sum({a} * {b}{over(dim)})"


def solve(a, b, *, left=True, check_errors=False):
    if not left:
        raise Skip("a solve from the right")
    if b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]:
        return f"squeeze(solve({a}, unsqueeze({b})), -1)"
    if b.shape[:-2] != a.shape[:-2]:
        raise Skip("batches that repeat")
    return f"solve({a}, {b})"


def solve_triangular(a, b, *, upper, left=True, unitriangular=False):
    is_default(unitriangular, False)
    if b.shape[:-2] != a.shape[:-2]:
        raise Skip("batches that repeat")
    name = "solve_triangular" if left else "solve_triangular_right"
    return f"{name}({a}, {b}, upper: {say(upper)})"


def triangular_solve(b, a, upper=True, transpose=False, unitriangular=False):
    is_default(unitriangular, False)
    if b.shape[:-2] != a.shape[:-2]:
        raise Skip("batches that repeat")
    return f"solve_triangular({a}, {b}, upper: {say(upper)}, transposed: {say(transpose)})"


def cholesky(x, *, upper=False):
    return f"cholesky({x}){'.T' if upper else ''}"


def cholesky_solve(b, l, upper=False):
    if b.shape[:-2] != l.shape[:-2]:
        raise Skip("batches that repeat")
    return f"cholesky_solve({l}{'.T' if upper else ''}, {b})"


def tall(name):
    def text(x, *args, **kwargs):
        if x.shape[-2] < x.shape[-1]:
            raise Skip("a matrix wider than high")
        return f"{name}({x})"

    return text


def qr(x, mode="reduced"):
    is_default(mode, "reduced")
    return tall("qr")(x)


def qr_signs(out):
    q, r = out
    turn = torch.where(torch.diagonal(r, dim1=-2, dim2=-1) < 0, -1.0, 1.0).to(q.dtype)
    return q * turn.unsqueeze(-2), r * turn.unsqueeze(-1)


def column_signs(v):
    """1 or -1 for each column: the sign of its element of largest absolute value."""
    top = v.abs().argmax(-2, keepdim=True)
    return v.gather(-2, top).sign().detach()


def eigh_signs(out):
    w, v = out
    return w, v * column_signs(v)


def svd_signs(out):
    u, s, vh = out
    turn = column_signs(vh.mT)
    return u * turn, s, vh.mT * turn


def svd(x, *, full_matrices=True):
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise Skip("complete bases")
    return tall("svd")(x)


def lstsq(a, b, *, rcond=None, driver=None):
    if a.shape[-2] < a.shape[-1] or b.ndim != a.ndim:
        raise Skip("a matrix wider than high")
    return f"lstsq({a}, {b})"


def matrix_norm(x, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    is_default(dtype, None)
    if keepdim or tuple(dim) not in ((-2, -1), (x.ndim - 2, x.ndim - 1)):
        raise Skip("other axes than the last two")
    names = {"fro": "frobenius_norm", "nuc": "nuclear_norm", 2: "spectral_norm", 1: "one_norm", float("inf"): "infinity_norm"}
    if ord not in names:
        raise Skip("the least singular value or sum")
    if ord in ("nuc", 2) and x.shape[-2] < x.shape[-1]:
        return f"{names[ord]}({x}.T)"
    return f"{names[ord]}({x})"


def matrix_power(x, n):
    return f"matrix_power({x}, {n})" if n >= 0 else f"matrix_power(inverse({x}), {-n})"


def multi_dot(xs):
    return " @ ".join(xs)


def rank(x, *, tol=None, atol=None, rtol=None, hermitian=False):
    for v in (tol, atol, rtol):
        is_default(v, None)
    return tall("matrix_rank")(x).join(["cast(", ", i64)"])


def cond(x, p=None):
    is_default(p, None, 2)
    return tall("cond")(x)


def tensordot(x, y, dims):
    if isinstance(dims, int):
        raise Skip("a count of axes")
    letters = iter("abcdefghijkl")
    left = [next(letters) for _ in range(x.ndim)]
    right = [next(letters) for _ in range(y.ndim)]
    for i, j in zip(*dims):
        if x.shape[i] != y.shape[j]:
            raise Skip("axes of size 1 that repeat")
        right[j] = left[i]
    out = [c for i, c in enumerate(left) if i not in [d % x.ndim for d in dims[0]]] + [c for c in right if c not in left]
    return f"({x}, {y}).[{' '.join(left)}, {' '.join(right)} -> {' '.join(out)}]"


def vander(x, *, N=None):
    no_scalar(x)
    n = x.shape[-1] if N is None else N
    return f"stack([{x} ** i for i in 0..{n}], at: -1)"


def trace(x):
    return f"trace({x})" if x.ndim != 2 or x.shape[0] == x.shape[1] else f"sum(diagonal({x}))"


def triangle_solved(b, l, upper=False):
    """Derivatives in the triangle that counts; PyTorch gives them for both."""
    return torch.cholesky_solve(b, l.triu() if upper else l.tril(), upper)


def kron(x, y):
    if x.ndim != 2 or y.ndim != 2:
        raise Skip("what is no matrix")
    return f"kron({x}, {y})"


def pinv(x, *, atol=None, rtol=None, hermitian=False):
    is_default(hermitian, False)
    is_default(atol, None)
    if rtol is not None and (isinstance(rtol, T) or rtol == 0):
        raise Skip("a tolerance in a tensor")
    return f"pinv({x})" if rtol is None else f"pinv({x}, tolerance: {say_float(rtol)})"


def table():
    symmetric = lambda fn: lambda x, *args, **kwargs: fn(0.5 * (x + x.mT), *args, **kwargs)
    first = lambda out: out[0]
    return {
        "matmul": Entry(matmul), "mm": Entry(dot), "bmm": Entry(dot), "mv": Entry(dot), "dot": Entry(dot), "vdot": Entry(dot), "inner": Entry(inner),
        "__rmatmul__": Entry(lambda x, y: matmul(y, x)), "outer": Entry(outer), "addmm": Entry(added(dot)), "addmv": Entry(added(dot)),
        "baddbmm": Entry(added(dot)), "addbmm": Entry(added(addbmm)), "addr": Entry(added(outer)), "einsum": Entry(einsum), "kron": Entry(kron),
        "cross": Entry(cross), "linalg.cross": Entry(linalg_cross), "linalg.vecdot": Entry(vecdot), "linalg.multi_dot": Entry(multi_dot, limit=3, most=300),
        "trace": Entry(trace), "tensordot": Entry(tensordot, most=300), "linalg.matrix_power": Entry(matrix_power, limit=6),
        "linalg.cholesky": Entry(cholesky, reference=symmetric(torch.linalg.cholesky), limit=4),
        "cholesky_solve": Entry(cholesky_solve, reference=triangle_solved, limit=5), "linalg.det": Entry(lambda x: f"det({x})", limit=6),
        "linalg.slogdet": Entry(lambda x: f"slogdet({x})", limit=6), "logdet": Entry(lambda x: f"slogdet({x})[1]", limit=5),
        "linalg.inv": Entry(lambda x: f"inverse({x})", limit=5), "linalg.inv_ex": Entry(lambda x, *, check_errors=False: f"inverse({x})", out=first, limit=5),
        "linalg.solve": Entry(solve, limit=6), "linalg.solve_ex": Entry(solve, out=first, limit=6), "linalg.solve_triangular": Entry(solve_triangular, limit=8),
        "triangular_solve": Entry(triangular_solve, out=first, limit=6), "linalg.qr": Entry(qr, out=qr_signs, limit=4),
        "linalg.eigh": Entry(lambda x, UPLO="L": f"eigh({x})", out=eigh_signs, reference=symmetric(torch.linalg.eigh), limit=4),
        "linalg.eigvalsh": Entry(lambda x, UPLO="L": f"eigh({x})[0]", reference=symmetric(torch.linalg.eigvalsh), limit=4),
        "linalg.svdvals": Entry(lambda x: f"svd({x if x.shape[-2] >= x.shape[-1] else x + '.T'})[1]", limit=5),
        "linalg.svd": Entry(svd, out=svd_signs, limit=4),
        "linalg.lstsq": Entry(lstsq, out=first, smooth=False, limit=4), "linalg.pinv": Entry(pinv, limit=5), "pinverse": Entry(lambda x, rcond=1e-15: f"pinv({x})", limit=4),
        "linalg.matrix_norm": Entry(matrix_norm, limit=12), "linalg.matrix_rank": Entry(rank, limit=4), "linalg.cond": Entry(cond, limit=4),
        "linalg.vander": Entry(vander, limit=4),
    }
