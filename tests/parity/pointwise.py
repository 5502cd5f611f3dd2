"""Operators that work element by element."""

import torch

from calls import Skip, T, common, fit, is_default, no_scalar, over, say, say_float
from database import Entry


def call(name, exact=True):
    """The function of this name, on tensors of one shape."""
    return lambda *xs: f"{name}({', '.join(fit(*xs, exact=exact))})"


def infix(op):
    def text(x, y):
        a, b = fit(x, y)
        return f"{a} {op} {b}"

    return text


def flipped(op):
    return lambda x, y: infix(op)(y, x)


def scaled(alpha, y):
    return y if alpha == 1 else f"{say(alpha)} * {y}"


def plus(x, y, *, alpha=1):
    a, b = fit(x, y)
    return f"{a} + {scaled(alpha, b)}"


def minus(x, y, *, alpha=1):
    a, b = fit(x, y)
    return f"{a} - {scaled(alpha, b)}"


def rsub(x, y, *, alpha=1):
    a, b = fit(x, y)
    return f"{b} - {scaled(alpha, a)}"


def div(x, y, *, rounding_mode=None):
    quotient = infix("/")(x, y)
    return f"trunc({quotient})" if rounding_mode == "trunc" else infix("//")(x, y) if rounding_mode == "floor" else quotient


def clamp(x, min=None, max=None):
    if isinstance(min, T) or isinstance(max, T):
        low, high = [b for b in (min, max) if b is not None][:1], None
        text = x
        if min is not None:
            a, b = fit(text if isinstance(text, T) else x, min)
            text = f"maximum({a}, {b})"
        if max is not None:
            to = common(x, min, max) if min is not None else common(x, max)
            inner = text if min is not None else fit(x, max)[0]
            text = f"minimum({inner}, {fit(max, Shape(to))[0]})"
        return text
    settings = [f"{k}: {say_float(v)}" for k, v in (("low", min), ("high", max)) if v is not None]
    return f"clamp({x}, {', '.join(settings)})"


class Shape(T):
    """Stands for a tensor of a shape where only the shape counts."""

    def __new__(cls, shape):
        return T.__new__(cls, "", torch.empty(shape, dtype=torch.float64))


def bound(name):
    return lambda x, y: f"{name}({', '.join(fit(x, y))})"


def addc(op):
    def text(x, a, b, *, value=1):
        to = common(x, a, b)
        s, u, v = fit(x, a, b) if to is None else [fit(t, Shape(to))[0] for t in (x, a, b)]
        return f"{s} + {scaled(value, u)} {op} {v}"

    return text


def lerp(x, y, weight):
    a, b = fit(x, y)
    w = fit(weight, Shape(common(x, y, weight)))[0] if isinstance(weight, T) else say(weight)
    if isinstance(weight, T) and common(x, y) != common(x, y, weight):
        a, b = [fit(t, Shape(common(x, y, weight)), exact=True)[0] for t in (x, y)]
    return f"{a} + {w} * ({b} - {a})"


def where(x, condition, y):
    to = Shape(common(x, condition, y))
    c, a, b = [fit(t, to)[0] if isinstance(t, T) else say(t) for t in (condition, x, y)]
    return f"where({c}, {a}, {b})"


def logit(x, eps=None):
    if eps and eps > 0.5:
        raise Skip("a bound above the other")
    return f"logit({x})" if eps is None else f"logit(clamp({x}, {say_float(eps)}, {say_float(1 - eps)}))"


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    top = torch.finfo(torch.float64).max
    nan, posinf, neginf = nan or 0.0, top if posinf is None else posinf, -top if neginf is None else neginf
    return f"where(isnan({x}), {say_float(nan)}, where({x} == inf, {say_float(posinf)}, where({x} == -inf, {say_float(neginf)}, {x})))"


def power(x, y):
    a, b = fit(x, y)
    return f"{a} ** {b}" if not b.startswith("-") else f"{a} ** ({b})"


def rpow(x, y):
    a, b = fit(y, x)
    return f"{a} ** {b}"


def isclose(x, y, rtol=1e-5, atol=1e-8, equal_nan=False):
    is_default(equal_nan, False)
    a, b = fit(x, y)
    return f"abs({a} - {b}) <= {say_float(atol)} + {say_float(rtol)} * abs({b})"


def numbers(x):
    """Truth of numbers: whatever is not 0."""
    return x if x.dtype == torch.bool else f"{x} != 0"


def logic(word):
    def text(x, y):
        a, b = fit(x, y)
        return f"{numbers(x).replace(x, a, 1)} {word} {numbers(y).replace(y, b, 1)}"

    return text


def xor(x, y):
    a, b = fit(x, y)
    return f"({numbers(x).replace(x, a, 1)}) != ({numbers(y).replace(y, b, 1)})"


def heaviside(x, y):
    a, b = fit(x, y)
    return f"where({a} == 0, {b}, step({a}))"


def copysign(x, y):
    a, b = fit(x, y)
    return f"abs({a}) * where({b} < 0, -1.0, 1.0)"


def ldexp(x, y):
    a, b = fit(x, y)
    return f"{a} * exp2({b})"


def logaddexp2(x, y):
    a, b = fit(x, y, exact=True)
    return f"logaddexp({a} * log(2.0), {b} * log(2.0)) / log(2.0)"


def hypot(x, y):
    a, b = fit(x, y, exact=True)
    return f"hypot({a}, {b})"


def extreme(word, empty):
    """fmax and fmin leave NaN out."""

    def text(x, y):
        a, b = fit(x, y, exact=True)
        return f"where(isnan({a}), {b}, where(isnan({b}), {a}, {word}({a}, {b})))"

    return text


def xlogy(x, y):
    a, b = fit(x, y, exact=True) if isinstance(x, T) and isinstance(y, T) else (None, None)
    if a is None:
        a, b = (x, f"full({x.shape}, {say_float(y)})") if isinstance(x, T) else (f"full({y.shape}, {say_float(x)})", y)
    return f"xlogy({a}, {b})"


def round_to(x, *, decimals=0):
    return f"round({x})" if decimals == 0 else f"round({x} * {10.0 ** decimals}) / {10.0 ** decimals}"


def polygamma(order):
    def text(x, n):
        is_default(n, order)
        return f"polygamma({n}, {x})"

    return text


def plain(*names):
    return {name: Entry(call(name)) for name in names}


def table():
    t = plain("abs", "ceil", "cos", "cosh", "exp", "expm1", "erf", "erfc", "erfinv", "floor", "frac", "log", "log10", "log1p", "log2",
              "lgamma", "digamma", "sigmoid", "sign", "sin", "sinc", "sinh", "sqrt", "rsqrt", "tan", "tanh", "trunc", "exp2", "asin", "acos",
              "atan", "asinh", "acosh", "atanh", "isnan", "isinf", "isfinite", "atan2", "logaddexp", "fmod")
    for name, text in {
        "add": plus, "sub": minus, "rsub": rsub, "mul": infix("*"), "true_divide": infix("/"), "div.no_rounding_mode": div,
        "div.trunc_rounding": div, "div.floor_rounding": div, "floor_divide": infix("//"), "remainder": infix("%"), "pow": power,
        "float_power": power, "eq": infix("=="), "ne": infix("!="), "lt": infix("<"), "le": infix("<="), "gt": infix(">"), "ge": infix(">="),
        "__radd__": flipped("+"), "__rsub__": flipped("-"), "__rmul__": flipped("*"), "__rdiv__": flipped("/"), "__rmod__": flipped("%"),
        "__rpow__": rpow, "maximum": bound("maximum"), "minimum": bound("minimum"), "max.binary": bound("maximum"),
        "min.binary": bound("minimum"), "fmax": extreme("maximum", "-inf"), "fmin": extreme("minimum", "inf"), "clamp": clamp,
        "clamp_min": bound("maximum"), "clamp_max": bound("minimum"), "neg": lambda x: f"-{x}", "positive": lambda x: f"{x}",
        "square": lambda x: f"{x} ** 2", "reciprocal": lambda x: f"1 / {x}", "addcmul": addc("*"), "addcdiv": addc("/"), "lerp": lerp,
        "where": where, "logit": logit, "nan_to_num": nan_to_num, "isclose": isclose, "heaviside": heaviside, "copysign": copysign,
        "ldexp": ldexp, "logaddexp2": logaddexp2, "hypot": hypot, "xlogy": xlogy, "deg2rad": lambda x: f"{x} * pi / 180",
        "rad2deg": lambda x: f"{x} * 180 / pi", "signbit": lambda x: f"{x} < 0", "isposinf": lambda x: f"{x} == inf",
        "isneginf": lambda x: f"{x} == -inf", "isreal": lambda x: f"{x} == {x}", "sgn": lambda x: f"sign({x})", "round": round_to,
        "round.decimals_0": round_to, "round.decimals_3": round_to, "round.decimals_neg_3": round_to,
        "logical_and": logic("and"), "logical_or": logic("or"), "logical_xor": xor, "logical_not": lambda x: f"not ({numbers(x)})",
    }.items():
        t[name] = Entry(text)
    for name, text in {"bitwise_and": logic("and"), "bitwise_or": logic("or"), "bitwise_xor": xor, "bitwise_not": lambda x: f"not {x}",
                       "__rand__": logic("and"), "__ror__": logic("or"), "__rxor__": xor}.items():
        t[name] = Entry(text, dtype=torch.bool)
    t["polygamma.polygamma_n_1"] = Entry(polygamma(1), limit=3)
    return t
