"""Loss functions. Those of dln are means over all examples: `sum` is as many times that, and `none` is `vmap` over the axes of the
examples, which gives the loss of each."""

import torch
import torch.nn.functional as F

from calls import Skip, T, common, fit, is_default, say, say_float, whole
from database import Entry


def reduced(name, xs, reduction, shape, extra="", call=None):
    """The loss `name` of `xs`, of which examples have the axes of `shape`, with settings; `call` says that of other names."""
    call = call or (lambda xs: f"{name}({', '.join(xs)}{extra})")
    n = int(torch.Size(shape).numel())
    if reduction == "none":
        one = ["p", "q", "r", "s"][:len(xs)]
        each = name if call(one) == f"{name}({', '.join(one)})" else f"|{', '.join(one)}| {call(one)}"
        return "vmap(" * len(shape) + each + ")" * len(shape) + f"({', '.join(xs)})" if shape else call(xs)
    is_default(reduction, "mean", "sum")
    return call(xs) if reduction == "mean" or n == 1 else f"{n} * {call(xs)}"


def old(kwargs):
    """`size_average` and `reduce`, PyTorch's older words for `reduction`."""
    if kwargs.get("size_average") is not None or kwargs.get("reduce") is not None:
        raise Skip("words that PyTorch itself gave up")


def pair(name, *, setting=None, word=None):
    def text(x, y, size_average=None, reduce=None, reduction="mean", **kwargs):
        old(dict(size_average=size_average, reduce=reduce))
        value = kwargs.pop(setting, None) if setting else None
        if kwargs:
            raise Skip(f"the setting {list(kwargs)[0]}")
        a, b = fit(x, y, exact=True)
        extra = "" if value is None else f", {word}: {say_float(value)}"
        return reduced(name, [a, b], reduction, common(x, y), extra)

    return text


def bce(x, y, weight=None, size_average=None, reduce=None, reduction="mean"):
    is_default(weight, None)
    return pair("bce")(x, y, reduction=reduction)


def bce_logits(x, y, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    is_default(weight, None)
    if pos_weight is not None:
        to = pos_weight if pos_weight.shape == x.shape else f"broadcast({pos_weight}, {x.shape})"
        return reduced("weighted_bce_logits", [x, y, to], reduction, x.shape)
    return pair("bce_logits")(x, y, reduction=reduction)


def classes_last(x):
    """PyTorch has the classes on the second axis, dln on the last."""
    return x if x.ndim <= 2 else f"move_axis({x}, 1, -1)"


def examples(x):
    return x.shape[:1] + x.shape[2:] if x.ndim > 1 else []


def class_numbers(y, n):
    if int(y.value.min()) < 0:
        raise Skip("ignored examples")
    return whole(y, n)


def cross_entropy(x, y, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    old(dict(size_average=size_average, reduce=reduce))
    if y.value.is_floating_point():
        is_default(weight, None)
        is_default(ignore_index, -100)
        is_default(label_smoothing, 0.0)
        return reduced("soft_cross_entropy", [classes_last(x), classes_last(y)], reduction, examples(x))
    c = x.shape[1] if x.ndim > 1 else x.shape[0]
    if bool((y.value == ignore_index).any()):
        raise Skip("ignored examples")
    class_numbers(y, c)
    smooth = f", label_smoothing: {say_float(label_smoothing)}" if label_smoothing else ""
    if weight is not None:
        if reduction != "mean":
            raise Skip("a sum of weighted losses")
        return f"weighted_cross_entropy({classes_last(x)}, {y}, {weight}{smooth})"
    return reduced("cross_entropy", [classes_last(x), y], reduction, examples(x), smooth)


def nll(x, y, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    old(dict(size_average=size_average, reduce=reduce))
    is_default(weight, None)
    if bool((y.value == ignore_index).any()):
        raise Skip("ignored examples")
    class_numbers(y, x.shape[1] if x.ndim > 1 else x.shape[0])
    return reduced("nll", [classes_last(x), y], reduction, examples(x))


def kl_div(x, y, size_average=None, reduce=None, reduction="mean", log_target=False):
    """That of each element is the divergence of rows of one element."""
    old(dict(size_average=size_average, reduce=reduce))
    if not log_target and float(y.value.min()) < 0:
        raise Skip("targets that are no probabilities")
    if x.shape != y.shape:
        raise Skip("shapes that repeat")
    target = f"exp({y})" if log_target else f"{y}"
    if reduction == "none" or x.ndim == 0:
        return reduced("kl", [x, target], "none", x.shape, call=lambda xs: f"kl(unsqueeze({xs[0]}), unsqueeze({xs[1]}))")
    rows = x.value.numel() // x.shape[-1]
    scale = {"mean": f"{1.0 / x.shape[-1]!r} * ", "batchmean": f"{rows / x.shape[0]!r} * ", "sum": f"{rows} * "}[reduction]
    return f"{scale}kl({x}, {target})"


def poisson_nll(x, y, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    is_default(log_input, True)
    is_default(full, False)
    return pair("poisson_nll")(x, y, reduction=reduction)


def gaussian_nll(x, y, var, full=False, eps=1e-6, reduction="mean"):
    if not isinstance(var, T):
        raise Skip("a variance that is a number")
    if var.shape != x.shape:
        var = f"broadcast({var if len(var.shape) == x.ndim else f'unsqueeze({var})'}, {x.shape})"
    b = fit(y, x, exact=True)[0]
    return reduced("gaussian_nll", [x, b, var], reduction, x.shape, f", full: {say(full)}, eps: {say_float(eps)}")


def hinge_embedding(x, y, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    if not bool((y.value.abs() == 1).all()):
        raise Skip("targets that are neither 1 nor -1")
    return reduced("hinge_embedding", [x, y], reduction, x.shape, f", margin: {say_float(margin)}")


def cosine_embedding(x, y, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    return reduced("cosine_embedding", [x, y, f"cast({target}, float)"], reduction, x.shape[:-1], f", margin: {say_float(margin)}")


def margin_ranking(x, y, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    a, b, t = fit(x, y, target, exact=True)
    return reduced("margin_ranking", [a, b, t], reduction, common(x, y, target), f", margin: {say_float(margin)}")


def multi_margin(x, y, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    is_default(weight, None)
    if y.ndim != x.ndim - 1:
        raise Skip("one example with a batch of one class")
    class_numbers(y, x.shape[-1])
    return reduced("multi_margin", [x, y], reduction, y.shape, f", p: {p}, margin: {say_float(margin)}")


def once(y):
    """Labels that are named only once, and -1 behind them: PyTorch counts a label as often as it is named."""
    rows = [list(dict.fromkeys(row[:row.index(-1)] if -1 in row else row)) for row in y.reshape(-1, y.shape[-1]).tolist()]
    return torch.tensor([row + [-1] * (y.shape[-1] - len(row)) for row in rows]).reshape(y.shape)


def multilabel_margin(x, y, size_average=None, reduce=None, reduction="mean"):
    """PyTorch's targets are the numbers of the labels up to the first -1; dln's are 1 for labels and 0 for others."""
    old(dict(size_average=size_average, reduce=reduce))
    if x.ndim == 0:
        raise Skip("classes on no axis")
    labels = once(y.value)
    y.value, y.kind = (labels[..., None] == torch.arange(y.shape[-1])).any(-2).double(), ""
    return reduced("multilabel_margin", [x, y], reduction, x.shape[:-1])


def multilabel_soft_margin(x, y, weight=None, size_average=None, reduce=None, reduction="mean"):
    if weight is not None and weight.ndim != 1:
        raise Skip("a weight for each element")
    w = "" if weight is None else f", {weight}"
    return reduced("multilabel_soft_margin", [x, y], reduction, x.shape[:-1], w)


def triplet_margin(x, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
    if x.shape != positive.shape or x.shape != negative.shape:
        raise Skip("shapes that repeat")
    far = f"|a, b| vector_norm(a - b + {say_float(eps)}, {say_float(p)}, over: -1)"
    extra = f", margin: {say_float(margin)}, distance: {far}" + ", swap: true" * swap
    return reduced("triplet", [x, positive, negative], reduction, x.shape[:-1], extra)


def triplet_margin_with_distance(x, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    given = {"norm": 2.0, "eps": 1e-6} if distance_function is None else vars(distance_function)
    return triplet_margin(x, positive, negative, margin=margin, p=given["norm"], eps=given["eps"], swap=swap, reduction=reduction)


def smooth_l1(x, y, size_average=None, reduce=None, reduction="mean", beta=1.0):
    if beta == 0:
        return pair("mae")(x, y, reduction=reduction)
    return pair("smooth_l1", setting="beta", word="beta")(x, y, reduction=reduction, beta=beta)


def mse(x, y, size_average=None, reduce=None, reduction="mean", weight=None):
    is_default(weight, None)
    return pair("mse")(x, y, size_average, reduce, reduction)


def huber(x, y, reduction="mean", delta=1.0, weight=None):
    is_default(weight, None)
    return pair("huber", setting="delta", word="delta")(x, y, reduction=reduction, delta=delta)


def table():
    t = {
        "mse_loss": mse, "l1_loss": pair("mae"), "smooth_l1_loss": smooth_l1, "huber_loss": huber, "binary_cross_entropy": bce,
        "binary_cross_entropy_with_logits": bce_logits, "cross_entropy": cross_entropy, "nll_loss": nll, "kl_div": kl_div,
        "poisson_nll_loss": poisson_nll, "gaussian_nll_loss": gaussian_nll, "hinge_embedding_loss": hinge_embedding,
        "cosine_embedding_loss": cosine_embedding, "margin_ranking_loss": margin_ranking, "multi_margin_loss": multi_margin,
        "soft_margin_loss": pair("soft_margin"), "multilabel_margin_loss": multilabel_margin, "multilabel_soft_margin_loss": multilabel_soft_margin, "triplet_margin_loss": triplet_margin,
        "triplet_margin_with_distance_loss": triplet_margin_with_distance,
    }
    references = {"multilabel_margin_loss": lambda x, y, **settings: F.multilabel_margin_loss(x, once(y), **settings)}
    return {f"nn.functional.{name}": Entry(text, reference=references.get(name)) for name, text in t.items()}
