"""torch.special."""

from calls import Skip, T, fit, say
from database import Entry


def two(text):
    def call(x, y):
        if not isinstance(x, T) or not isinstance(y, T):
            raise Skip("a number")
        a, b = fit(x, y, exact=True)
        return text(a, b)

    return call


def mvlgamma(x, p):
    terms = " + ".join(f"lgamma({x}{f' - {j / 2}' if j else ''})" for j in range(p))
    return f"{p * (p - 1) / 4} * log(pi) + {terms}"


def polygamma(x, n):
    if n != 0:
        raise Skip("see polygamma")
    return f"digamma({x})"


def table():
    t = {
        "special.ndtr": lambda x: f"normal_cdf({x})", "special.ndtri": lambda x: f"normal_quantile({x})", "special.entr": lambda x: f"-xlogy({x}, {x})",
        "special.xlog1py": two(lambda a, b: f"{a} * log1p({b})"), "mvlgamma.mvlgamma_p_1": mvlgamma, "mvlgamma.mvlgamma_p_3": mvlgamma,
        "mvlgamma.mvlgamma_p_5": mvlgamma, "i0": lambda x: f"i0({x})", "special.i0e": lambda x: f"i0({x}) * exp(-abs({x}))",
        "special.i1": lambda x: f"i1({x})", "special.i1e": lambda x: f"i1({x}) * exp(-abs({x}))",
        "special.modified_bessel_i0": lambda x: f"i0({x})", "special.modified_bessel_i1": lambda x: f"i1({x})",
    }
    return {name: Entry(text, limit=2) for name, text in t.items()}
