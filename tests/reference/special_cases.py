"""Special functions, running results."""

import torch

from tensors import distinct, randn, values


def special(a):
    def f(name, fn, x, op=None, **kw):
        a.seed(name)
        a.case(name, f"{op or name}(x)", fn, x=x.clone(), uses=[f"std.special: {(op or name).split('(')[0]}"], **kw)

    def slopes(name, fn, x, op=None):
        """The derivative as the result, so that its own derivative is compared too."""
        op = op or name
        a.seed(f"{name}, its slope")
        text = f"grad(|t| sum({op}(t)))(x)"
        slope = lambda x: torch.autograd.grad(fn(x).sum(), x, create_graph=True)[0]
        a.case(f"{name}, its slope", text, slope, x=x.clone(), uses=[f"std.special: {op}"])

    wide = values(-20.0, -3.0, -0.4, -1e-9, 1e-9, 0.3, 1.7, 25.0)
    near_one = 1 - 2.0**-13                       # exact in f32
    inner = values(-0.99, -0.5, -1e-9, 1e-9, 0.3, near_one)
    f("exp2", torch.exp2, values(-15.5, -0.3, 3.372, 12.0))
    f("log2", torch.log2, values(1e-300, 0.3, 8.0, 1e10))
    f("log10", torch.log10, values(1e-300, 0.3, 1000.0, 1e10))
    f("sinh", torch.sinh, wide)
    f("cosh", torch.cosh, wide)
    f("tan", torch.tan, values(-1.5, -0.2, 1e-9, 1.0, 4.0))
    f("asinh", torch.asinh, values(-1e300, -20.0, -1e-9, 0.3, 1e12))
    f("acosh", torch.acosh, values(2 - near_one, 1.5, 20.0, 1e12))
    f("atanh", torch.atanh, inner)
    f("asin", torch.asin, inner)
    f("acos", torch.acos, inner)
    f("rsqrt", torch.rsqrt, values(1e-6, 0.25, 1e12))
    f("trunc", torch.trunc, values(-2.5, -0.5, 0.5, 2.0), smooth=False)
    f("frac", torch.frac, values(-2.5, -0.25, 0.5, 2.25))
    f("sinc", torch.sinc, values(-3.3, -0.26, -0.24, 0.1, 1.0, 7.7))
    f("logit", torch.logit, values(1e-12, 0.2, 0.25001, 0.49999, 0.7, 1 - 2.0**-20))
    f("lgamma", torch.lgamma, values(-3.7, -0.5, 1e-6, 0.3, 0.9999, 1.4, 2.1, 2.6, 9.9, 10.1, 300.0))
    f("digamma", torch.digamma, values(-3.7, -0.5, 1e-3, 0.3, 1.4, 2.1, 9.9, 10.1, 300.0))
    f("trigamma", lambda x: torch.polygamma(1, x), values(0.3, 1.4, 2.1, 9.9, 10.1, 300.0))
    f("normal_cdf", torch.special.ndtr, values(-6.0, -1.0, 0.0, 0.5, 3.0))
    f("normal_quantile", torch.special.ndtri, values(0.001, 0.3, 0.5, 0.9, near_one))
    for name, fn in [("isnan", torch.isnan), ("isfinite", torch.isfinite), ("isinf", torch.isinf)]:
        f(name, fn, values(1.0, float("nan"), float("inf"), -float("inf")), smooth=False)
    slopes("sinh", torch.sinh, wide)
    slopes("asinh", torch.asinh, values(-3.0, -1e-3, 1e-3, 2.0))
    slopes("acos", torch.acos, values(-0.9, -0.2, 0.4, 0.8))
    slopes("lgamma", torch.lgamma, values(0.4, 1.1, 2.2, 5.0, 12.0))
    slopes("logit", torch.logit, values(0.1, 0.3, 0.6))
    slopes("digamma", torch.digamma, values(0.4, 1.1, 2.2, 5.0, 12.0))
    for op, fn, x in [
        ("atan", torch.atan, values(-1e10, -1.0, 0.3, 2.5)),
        ("erfc", torch.erfc, values(-2.0, 0.1, 0.6, 5.0, 20.0)),
        ("erfinv", torch.erfinv, values(-near_one, -0.3, 0.001, 0.6)),
    ]:
        a.case(op, f"{op}(x)", fn, x=x.clone())
        slope = lambda x, fn=fn: torch.autograd.grad(fn(x).sum(), x, create_graph=True)[0]
        a.case(f"{op}, its slope", f"grad(|t| sum({op}(t)))(x)", slope, x=x.clone())
    a.case("polygamma", "polygamma(3, x)", lambda x: torch.polygamma(3, x), x=values(0.3, 1.4, 2.1, 9.9, 10.1), uses=["std.special: polygamma"])
    x, y = values(-2.0, 0.0, 0.0, 3.0, 3.0, -1.0), values(1.0, 2.0, -2.0, 1.5, -0.5, 1e9)
    for name, fn in [("logaddexp", torch.logaddexp), ("atan2", torch.atan2), ("fmod", torch.fmod)]:
        a.case(name, f"{name}(x, y)", fn, x=x.clone(), y=y.clone(), uses=[f"std.special: {name}"])
    a.case("logaddexp of infinities", "logaddexp(x, y)", torch.logaddexp, x=values(float("-inf"), float("-inf"), float("inf")), y=values(float("-inf"), 2.0, 1.0), uses=["std.special: logaddexp"], smooth=False)
    a.case("xlogy", "xlogy(x, y)", torch.xlogy, x=values(0.0, 2.0, -1.0), y=values(3.0, 0.5, 2.0), uses=["std.special: xlogy"])


def cumulative(a):
    use = lambda name: [f"std.cumulative: {name}"]
    a.seed("cumulative")
    x = randn(3, 5)
    a.case("cumprod", "cumprod(x)", lambda x: torch.cumprod(x, -1), x=x.clone(), uses=use("cumprod"))
    a.case("cumprod with zeros", "cumprod(x, over: 0)", lambda x: torch.cumprod(x, 0), x=values(2.0, 0.0, 3.0, 0.0, 1.5), uses=use("cumprod"))
    a.case("logcumsumexp", "logcumsumexp(x, over: 0)", lambda x: torch.logcumsumexp(x, 0), x=50 * x.clone(), uses=use("logcumsumexp"))
    for name, fn in [("cummax", torch.cummax), ("cummin", torch.cummin)]:
        a.case(name, f"{name}(x)", lambda x, fn=fn: tuple(fn(x, -1)), x=distinct(2, 6), uses=use(name))
        ties = values(1.0, 3.0, 3.0, 0.0, 1.0, 0.0)
        a.case(f"{name} of equals", f"{name}(x)", lambda x, fn=fn: tuple(fn(x, -1)), x=ties, uses=use(name), smooth=False)
    a.case("diff", "diff(x)", lambda x: torch.diff(x), x=x.clone(), uses=use("diff"))


AREAS = {"special": special, "cumulative": cumulative}
