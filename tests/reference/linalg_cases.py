"""Linear algebra and signals: against LAPACK through PyTorch, and against torch.stft and scipy."""

import math

import scipy.fft
import torch

from tensors import randn


def slope_of(fn):
    """x -> the derivative of a weighted sum of fn(x), to be differentiated again."""

    def slope(x):
        results = fn(x)
        results = results if isinstance(results, tuple) else (results,)
        loss = sum((r * torch.sin(torch.arange(r.numel()) + 0.5).reshape(r.shape)).sum() for r in results)
        return torch.autograd.grad(loss, x, create_graph=True)[0]

    return slope


def definite(*shape):
    x = randn(*shape)
    return torch.round(x @ x.mT + 0.5 * torch.eye(shape[-1]), decimals=3)


def signs(v):
    """The sign of the largest element of each column."""
    at = v.abs().argmax(-2, keepdim=True)
    return torch.sign(torch.gather(v, -2, at)).detach()


def qr(x):
    q, r = torch.linalg.qr(x)
    sign = torch.sign(torch.diagonal(r, dim1=-2, dim2=-1)).detach()
    return q * sign.unsqueeze(-2), r * sign.unsqueeze(-1)


def svd(x):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    sign = signs(vh.mT)
    return u * sign, s, vh.mT * sign


def eigh(x):
    w, v = torch.linalg.eigh((x + x.mT) / 2)
    return w, v * signs(v)


def linalg(a):
    use = lambda *names: [f"std.linalg: {', '.join(names)}"]
    weights = "sin(reshape(arange({n}) + 0.5, {shape}))"

    def f(name, body, fn, uses=(), **inputs):
        a.case(name, body, fn, uses=use(*uses) if uses else (), **inputs)

    def twice(name, function, fn, x, uses=()):
        """`function` names a function of one matrix with one result."""
        shape = list(fn(x).shape)
        weight = weights.format(n=math.prod(shape), shape=shape) if shape else "sin(0.5)"
        f(f"{name}, its slope", f"grad(|t| sum({function}(t) * {weight}))(x)", slope_of(fn), uses, x=x.clone())

    a.seed("linalg")
    x, tall, wide, p = randn(2, 3, 3), randn(5, 3), randn(2, 4), definite(2, 3, 3)
    b = randn(2, 3, 2)
    lower = torch.tril(randn(2, 3, 3)) + 2 * torch.eye(3)
    symmetric = lambda x: (x + x.mT) / 2
    f("cholesky", "cholesky(x)", lambda x: torch.linalg.cholesky(symmetric(x)), x=p.clone())
    twice("cholesky", "cholesky", lambda x: torch.linalg.cholesky(symmetric(x)), p[0])
    for upper in (False, True):
        for transposed in (False, True):
            def solve(t, b, upper=upper, transposed=transposed):
                t = torch.triu(t) if upper else torch.tril(t)
                return torch.linalg.solve_triangular(t.mT if transposed else t, b, upper=upper != transposed)
            t = (randn(2, 3, 3) + 3 * torch.eye(3)).clone()
            name = f"solve {'upper' if upper else 'lower'}{' transposed' if transposed else ''}"
            body = f"solve_triangular(t, b, upper: {str(upper).lower()}, transposed: {str(transposed).lower()})"
            f(name, body, solve, t=t, b=b.clone())
    f("solve from the right", "solve_triangular_right(t, b)", lambda t, b: torch.linalg.solve_triangular(torch.tril(t), b, upper=False, left=False),
      ["solve_triangular_right"], t=lower.clone(), b=b.mT.clone())
    f("qr", "qr(x)", qr, ["qr"], x=torch.stack([tall, tall.flip(0)]))
    f("qr of a square", "qr(x)", qr, ["qr"], x=x.clone())
    f("svd", "svd(x)", svd, ["svd"], x=torch.stack([tall, tall.flip(0) + 1]))
    f("svd of a square", "svd(x)", svd, ["svd"], x=x.clone())
    f("eigh", "eigh(x)", eigh, ["eigh"], x=x.clone())
    for name, pick, fn, m in [("qr", "qr(t)[0]", lambda x: qr(x)[0], tall), ("singular values", "svd(t)[1]", lambda x: svd(x)[1], tall),
                              ("left vectors", "svd(t)[0]", lambda x: svd(x)[0], tall), ("eigenvectors", "eigh(t)[1]", lambda x: eigh(x)[1], p[0])]:
        shape = list(fn(m).shape)
        weight = weights.format(n=math.prod(shape), shape=shape)
        f(f"{name}, their slope", f"grad(|t| sum({pick} * {weight}))(x)", slope_of(fn), [pick.split("(")[0]], x=m.clone())
    f("solve", "solve(x, b)", torch.linalg.solve, ["solve"], x=x + 3 * torch.eye(3), b=b.clone())
    f("lstsq", "lstsq(x, b)", lambda x, b: torch.linalg.lstsq(x, b).solution, ["lstsq"], x=tall.clone(), b=randn(5, 2))
    f("cholesky_solve", "cholesky_solve(l, b)", lambda l, b: torch.cholesky_solve(b, l.tril()), ["cholesky_solve"], l=lower.clone(), b=b.clone())
    f("inverse", "inverse(x)", torch.linalg.inv, ["inverse"], x=x.clone())
    twice("inverse", "inverse", torch.linalg.inv, x[0], ["inverse"])
    f("det", "det(x)", torch.linalg.det, ["det"], x=x.clone())
    twice("det", "det", torch.linalg.det, x[0], ["det"])
    f("slogdet", "slogdet(x)", lambda x: (torch.linalg.slogdet(x)[0].detach(), torch.linalg.slogdet(x)[1]), ["slogdet"], x=x.clone())
    f("logdet", "logdet(x)", lambda x: torch.logdet(symmetric(x)), ["logdet"], x=p.clone())
    f("pinv", "pinv(x)", torch.linalg.pinv, ["pinv"], x=tall.clone())
    f("pinv of a wide matrix", "pinv(x)", torch.linalg.pinv, ["pinv"], x=wide.clone())
    f("matrix_power", "matrix_power(x, 3)", lambda x: torch.linalg.matrix_power(x, 3), ["matrix_power"], x=x.clone())
    for name, kind in [("frobenius_norm", "fro"), ("nuclear_norm", "nuc"), ("spectral_norm", 2), ("one_norm", 1), ("infinity_norm", float("inf"))]:
        f(name, f"{name}(x)", lambda x, kind=kind: torch.linalg.matrix_norm(x, kind), [name], x=x.clone())
    f("cond", "cond(x)", lambda x: torch.linalg.cond(x), ["cond"], x=x.clone())
    f("trace", "trace(x)", lambda x: torch.diagonal(x, dim1=-2, dim2=-1).sum(-1), ["trace"], x=x.clone())
    f("diag_embed", "diag_embed(x)", torch.diag_embed, ["diag_embed"], x=randn(2, 3))
    f("outer", "outer(x, y)", torch.outer, ["outer"], x=randn(3), y=randn(2))
    f("kron", "kron(x, y)", torch.kron, ["kron"], x=randn(2, 3), y=randn(3, 2))
    def newton_schulz(x):
        y = x / x.norm().clamp(min=1e-7)
        for _ in range(5):
            square = y @ y.mT
            y = 3.4445 * y + (-4.775 * square + 2.0315 * square @ square) @ y
        return y
    f("newton_schulz", "newton_schulz(x)", newton_schulz, ["newton_schulz"], x=wide.clone())
    wide_matrices(a, f, weights)


def wide_matrices(a, f, weights):
    """Fewer rows than columns."""
    a.seed("wide")
    x, one = randn(2, 3, 5), randn(3, 4) + 3 * torch.eye(3, 4)
    for name, fn in [("qr", qr), ("svd", svd)]:
        f(f"{name} of a wide matrix", f"{name}(x)", fn, [name], x=x.clone())
    for name, pick, fn in [("qr", "qr(t)[1]", lambda x: qr(x)[1]), ("svd", "svd(t)[2]", lambda x: svd(x)[2])]:
        shape = list(fn(one).shape)
        weight = weights.format(n=math.prod(shape), shape=shape)
        f(f"{name} of a wide matrix, its slope", f"grad(|t| sum({pick} * {weight}))(x)", slope_of(fn), [name], x=one.clone())
    shortest = lambda x, b: x.mT @ torch.linalg.solve(x @ x.mT, b)
    assert torch.allclose(shortest(x, x[..., :2]), torch.linalg.lstsq(x, x[..., :2]).solution)
    f("lstsq of a wide matrix", "lstsq(x, b)", shortest, ["lstsq"], x=x.clone(), b=randn(2, 3, 2))
    for name, kind in [("nuclear_norm", "nuc"), ("spectral_norm", 2)]:
        f(f"{name} of a wide matrix", f"{name}(x)", lambda x, kind=kind: torch.linalg.matrix_norm(x, kind), [name], x=x.clone())
    f("cond of a wide matrix", "cond(x)", torch.linalg.cond, ["cond"], x=x.clone())


def pairs(z):
    return torch.view_as_real(z.resolve_conj())


def cplx(z):
    return torch.view_as_complex(z)


def mel_filters(n, rate, mels, low, high):
    """The formulas of torchaudio.functional.melscale_fbanks with the HTK scale and without norm."""
    hz = torch.linspace(0, rate // 2, n // 2 + 1)
    to_mel = lambda f: 2595.0 * math.log10(1.0 + f / 700.0)
    m = torch.linspace(to_mel(low), to_mel(high), mels + 2)
    f = 700.0 * (10.0 ** (m / 2595.0) - 1.0)
    difference = f[1:] - f[:-1]
    slopes = f.unsqueeze(0) - hz.unsqueeze(1)
    down, up = -slopes[:, :-2] / difference[:-1], slopes[:, 2:] / difference[1:]
    return torch.clamp(torch.minimum(down, up), min=0.0)


def slaney_filters(n, rate, mels):
    """The formulas of librosa.filters.mel, with its defaults."""
    step = math.log(6.4) / 27
    to_mel = lambda f: 15 + math.log(f / 1000) / step if f >= 1000 else 3 * f / 200
    f = torch.tensor([1000 * math.exp(step * (m - 15)) if m >= 15 else 200 * m / 3 for m in torch.linspace(0, to_mel(rate / 2), mels + 2).tolist()])
    slopes = f.unsqueeze(0) - torch.linspace(0, rate / 2, n // 2 + 1).unsqueeze(1)
    down, up = -slopes[:, :-2] / (f[1:-1] - f[:-2]), slopes[:, 2:] / (f[2:] - f[1:-1])
    return torch.clamp(torch.minimum(down, up), min=0.0) * (2 / (f[2:] - f[:-2]))


def stft(x, window, hop):
    z = torch.stft(x, len(window), hop_length=hop, window=window, center=True, pad_mode="reflect", return_complex=True)
    return z.mT


def signal(a):
    use = lambda *names: [f"std.signal: {', '.join(names)}"]
    a.seed("signal")
    for n in (1, 7, 12):
        z = randn(2, n, 2)
        a.case(f"fft of length {n}", "fft(z)", lambda z: pairs(torch.fft.fft(cplx(z))), z=z.clone(), uses=use("fft"))
        a.case(f"ifft of length {n}", "ifft(z)", lambda z: pairs(torch.fft.ifft(cplx(z))), z=z.clone(), uses=use("ifft"))
        x = randn(2, n)
        a.case(f"rfft of length {n}", "rfft(x)", lambda x: pairs(torch.fft.rfft(x)), x=x.clone(), uses=use("rfft"))
        z = randn(2, n // 2 + 1, 2)
        a.case(f"irfft to length {n}", f"irfft(z, n: {n})", lambda z, n=n: torch.fft.irfft(cplx(z), n=n), z=z.clone(), uses=use("irfft"))
        dct = lambda x: torch.from_numpy(scipy.fft.dct(x.detach().numpy(), norm="ortho"))
        a.case(f"dct of length {n}", "dct(x)", dct, x=x.clone(), uses=use("dct"), smooth=False)
        idct = lambda x: torch.from_numpy(scipy.fft.idct(x.detach().numpy(), norm="ortho"))
        a.case(f"idct of length {n}", "idct(x)", idct, x=x.clone(), uses=use("idct"), smooth=False)
    z = randn(3, 4, 2)
    a.case("fft2", "fft2(z)", lambda z: pairs(torch.fft.fft2(cplx(z))), z=z.clone(), uses=use("fft2"))
    a.case("ifft2", "ifft2(z)", lambda z: pairs(torch.fft.ifft2(cplx(z))), z=z.clone(), uses=use("ifft2"))
    y = randn(3, 4, 2)
    a.case("complex_product", "complex_product(z, y)", lambda z, y: pairs(cplx(z) * cplx(y)), z=z.clone(), y=y.clone(), uses=use("complex_product"))
    a.case("magnitude", "magnitude(z)", lambda z: cplx(z).abs(), z=z.clone(), uses=use("magnitude"))
    a.case("phase", "phase(z)", lambda z: cplx(z).angle(), z=z.clone(), uses=use("phase"))
    x = randn(9)
    for name, fn in [("hann", torch.hann_window), ("hamming", torch.hamming_window), ("blackman", torch.blackman_window)]:
        for periodic in (True, False):
            text = "" if periodic else ", periodic: false"
            a.case(f"{name}{text}", f"x * {name}(9{text})", lambda x, fn=fn, p=periodic: x * fn(9, periodic=p), x=x.clone(), uses=use(name))
    x, window = randn(2, 40), torch.hann_window(8)
    a.case("stft", "stft(x, w, hop: 3)", lambda x, w: pairs(stft(x, w, 3)), x=x.clone(), w=window.clone(), uses=use("stft"))
    z = randn(2, 14, 5, 2)
    def istft(z, w):
        # torch wants no imaginary parts where irfft sees none.
        return torch.istft(cplx(z).mT, 8, hop_length=3, window=w, center=True, length=36)
    a.case("istft", "istft(z, w, hop: 3, length: 36)", istft, z=z.clone(), w=window.clone(), uses=use("istft"))
    filters = mel_filters(64, 16000, 6, 0.0, 8000.0)
    x = randn(33)
    a.case("mel_filters", "x @ mel_filters(64, 16000.0, mels: 6)", lambda x: x @ filters, x=x.clone(), uses=use("mel_filters"))
    bank = slaney_filters(64, 16000, 6)
    a.case("mel_filters of Slaney", "x @ mel_filters(64, 16000.0, mels: 6, slaney: true)", lambda x: x @ bank, x=x.clone(), uses=use("mel_filters"))
    x, window = randn(120), torch.hamming_window(32)
    few = mel_filters(32, 8000, 5, 0.0, 4000.0)
    mel = lambda x: stft(x, window, 10).abs() ** 2 @ few
    db = lambda x: 10 * torch.log10(torch.clamp(mel(x), min=1e-10))
    a.case("log_mel", "log_mel(x, hamming(32), 8000.0, hop: 10, mels: 5)", db, x=x.clone(), uses=use("log_mel", "hamming"))
    powers = torch.tensor([1e-12, 1e-6, 0.3, 50.0])
    ranged = lambda x: torch.maximum(10 * torch.log10(x.clamp(min=1e-10)), (10 * torch.log10(x)).max() - 60)
    a.case("decibel", "decibel(x, range: 60.0)", ranged, x=powers, uses=use("decibel"))
    k, j = torch.arange(3.0).unsqueeze(1), torch.arange(5.0)
    basis = torch.cos(math.pi / 5 * (j + 0.5) * k) * math.sqrt(2 / 5)
    basis[0] *= 1 / math.sqrt(2)
    a.case("mfcc", "mfcc(x, hamming(32), 8000.0, hop: 10, mels: 5, count: 3)", lambda x: db(x) @ basis.mT, x=x.clone(), uses=use("mfcc", "hamming"))


AREAS = {"linalg": linalg, "signal": signal}
