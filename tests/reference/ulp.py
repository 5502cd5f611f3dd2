"""Points at which element-wise functions are measured, with values from mpmath at 60 digits.

    python tests/reference/ulp.py

writes `tests/reference/ulp.json`: for each function its name, the dln expression, its range, and points as texts
"x y rest": the exact value is y + rest * ulp(y), where y is the nearest f64; and what PyTorch gives at 0, -0, inf and -inf.
`tests/it/numerics.rs` reads it.
"""

import json
import math
import random
from pathlib import Path

import torch
from mpmath import mp, mpf

mp.dps = 60

# name, dln expression in x, mpmath, range, extra points
FUNCTIONS = [
    ("exp", "exp(x)", mp.exp, (-745, 709), []),
    ("log", "log(x)", mp.log, (5e-324, 1e308), [1 - 2**-53, 1 + 2**-52]),
    ("expm1", "expm1(x)", mp.expm1, (-40, 709), [1e-300, -1e-20]),
    ("log1p", "log1p(x)", mp.log1p, (-1 + 2**-53, 1e308), [1e-300, -1e-20]),
    ("sqrt", "sqrt(x)", mp.sqrt, (5e-324, 1e308), []),
    ("tanh", "tanh(x)", mp.tanh, (-22, 22), [1e-300, -1e-20]),
    ("sin", "sin(x)", mp.sin, (-100, 100), [3.141592653589793, 1e5, 1e22]),
    ("cos", "cos(x)", mp.cos, (-100, 100), [1.5707963267948966, 1e5, 1e22]),
    ("atan", "atan(x)", mp.atan, (-1e300, 1e300), [1e-300]),
    ("erf", "erf(x)", mp.erf, (-6.5, 6.5), [1e-300]),
    ("erfc", "erfc(x)", mp.erfc, (-6.5, 26.5), [1e-300]),
    ("erfinv", "erfinv(x)", mp.erfinv, (-1 + 2**-53, 1 - 2**-53), [1e-300]),
    ("x ** 2.5", "x ** 2.5", lambda x: x ** mpf("2.5"), (1e-120, 1e120), []),
    ("1 / x", "1 / x", lambda x: 1 / x, (1e-307, 1e307), []),
    ("sigmoid", "sigmoid(x)", lambda x: 1 / (1 + mp.exp(-x)), (-700, 40), [1e-300]),
    ("softplus", "softplus(x)", lambda x: mp.log1p(mp.exp(x)), (-700, 1e4), []),
    ("log_sigmoid", "log_sigmoid(x)", lambda x: -mp.log1p(mp.exp(-x)), (-1e4, 700), []),
    ("silu", "silu(x)", lambda x: x / (1 + mp.exp(-x)), (-700, 1e4), []),
    ("gelu", "gelu(x)", lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, (-37, 100), []),
    ("elu", "elu(x)", lambda x: x if x > 0 else mp.expm1(x), (-40, 40), [-1e-20]),
    ("logit", "logit(x)", lambda x: mp.log(x / (1 - x)), (1e-300, 1 - 2**-53), [0.5 + 1e-10]),
    ("sinh", "sinh(x)", mp.sinh, (-709, 709), [1e-300]),
    ("cosh", "cosh(x)", mp.cosh, (-709, 709), []),
    ("asinh", "asinh(x)", mp.asinh, (-1e300, 1e300), [1e-300]),
    ("atanh", "atanh(x)", mp.atanh, (-1 + 2**-53, 1 - 2**-53), [1e-300]),
    ("normal_cdf", "normal_cdf(x)", mp.ncdf, (-37, 8), []),
    ("lgamma", "lgamma(x)", lambda x: mp.log(abs(mp.gamma(x))), (1e-300, 1e15), [0.5, 1.001, 1.999, 2.001]),
    ("digamma", "digamma(x)", mp.digamma, (1e-300, 1e15), [1.5, 2.5]),
    ("bce_logits to 0", "softplus(x)", lambda x: mp.log1p(mp.exp(x)), (-1e4, 1e4), [-1e4, 1e4]),
]
COUNT = 120
TORCH = {
    "atan": torch.arctan, "asinh": torch.arcsinh, "atanh": torch.arctanh, "normal_cdf": torch.special.ndtr,
    "x ** 2.5": lambda x: x**2.5, "1 / x": lambda x: 1 / x, "bce_logits to 0": torch.nn.functional.softplus,
    "log_sigmoid": torch.nn.functional.logsigmoid,
}
EDGES = [0.0, -0.0, math.inf, -math.inf]


def torch_of(name):
    """PyTorch's function of a name."""
    places = [torch, torch.special, torch.nn.functional]
    return TORCH.get(name) or next(getattr(place, name) for place in places if hasattr(place, name))


def samples(low, high, extra, rng):
    """Points of few digits: at the ends, at random, and by random exponents towards both ends of the range."""
    points = {low, high, *extra}
    points |= {p for p in (-1.0, -0.5, 0.5, 1.0, 2.0) if low <= p <= high}
    while len(points) < COUNT:
        if rng.random() < 0.5:
            x = rng.uniform(max(low, -50.0), min(high, 50.0))
        else:
            sign = rng.choice([s for s, end in ((1, high), (-1, -low)) if end > 0])
            top = math.log10(high if sign > 0 else -low)
            least = math.log10(low) if low > 0 else -20
            x = sign * 10 ** rng.uniform(least, top)
        x = float(f"{x:.4g}")
        if low <= x <= high:
            points.add(x)
    return sorted(points)


def point(x, f):
    exact = f(mpf(x))
    y = float(exact)
    if y == 0 or math.isinf(y):
        return f"{x!r} {y!r} 0"
    return f"{x!r} {y!r} {float((exact - mpf(y)) / mpf(math.ulp(y))):.4g}"


def main():
    rng = random.Random(0)
    rows = []
    for name, expression, f, (low, high), extra in FUNCTIONS:
        points = [point(x, f) for x in samples(low, high, extra, rng)]
        edges = torch_of(name)(torch.tensor(EDGES, dtype=torch.float64)).tolist()
        edges = [[str(x), str(y)] for x, y in zip(EDGES, edges)]
        rows.append({"name": name, "dln": expression, "range": [str(low), str(high)], "edges": edges, "points": points})
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    Path(__file__).with_name("ulp.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
