"""Loss functions. Those of dln are means over all examples; `sum` is as many times that, `none` is an expression of its own."""

import torch

from calls import Skip, T, fit, is_default, say, say_float, whole
from database import Entry


def reduced(text, n, reduction):
    if reduction == "none":
        raise Skip("one loss for each element, where dln gives their mean")
    is_default(reduction, "mean", "sum")
    return text if reduction == "mean" else f"{n} * {text}"


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
        return reduced(f"{name}({a}, {b}{extra})", max(x.value.numel(), y.value.numel()), reduction)

    return text


def bce(x, y, weight=None, size_average=None, reduce=None, reduction="mean"):
    is_default(weight, None)
    return pair("bce")(x, y, reduction=reduction)


def bce_logits(x, y, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    is_default(weight, None)
    if pos_weight is not None:
        to = pos_weight if pos_weight.shape == x.shape else f"broadcast({pos_weight}, {x.shape})"
        return reduced(f"weighted_bce_logits({x}, {y}, {to})", x.value.numel(), reduction)
    return pair("bce_logits")(x, y, reduction=reduction)


def classes_last(x):
    """PyTorch has the classes on the second axis, dln on the last."""
    return x if x.ndim <= 2 else f"move_axis({x}, 1, -1)"


def class_numbers(y, n):
    if int(y.value.min()) < 0:
        raise Skip("ignored examples")
    return whole(y, n)


def cross_entropy(x, y, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    old(dict(size_average=size_average, reduce=reduce))
    if y.value.is_floating_point():
        is_default(weight, None)
        is_default(label_smoothing, 0.0)
        count = max(1, x.value.numel() // x.shape[min(1, x.ndim - 1)])
        return reduced(f"soft_cross_entropy({classes_last(x)}, {classes_last(y)})", count, reduction)
    c = x.shape[1] if x.ndim > 1 else x.shape[0]
    if bool((y.value == ignore_index).any()):
        raise Skip("ignored examples")
    class_numbers(y, c)
    smooth = f", label_smoothing: {say_float(label_smoothing)}" if label_smoothing else ""
    if weight is not None:
        if reduction != "mean":
            raise Skip("a sum of weighted losses")
        return f"weighted_cross_entropy({classes_last(x)}, {y}, {weight}{smooth})"
    return reduced(f"cross_entropy({classes_last(x)}, {y}{smooth})", y.value.numel(), reduction)


def nll(x, y, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    old(dict(size_average=size_average, reduce=reduce))
    is_default(weight, None)
    if bool((y.value == ignore_index).any()):
        raise Skip("ignored examples")
    class_numbers(y, x.shape[1] if x.ndim > 1 else x.shape[0])
    return reduced(f"nll({classes_last(x)}, {y})", y.value.numel(), reduction)


def kl_div(x, y, size_average=None, reduce=None, reduction="mean", log_target=False):
    target = f"exp({y})" if log_target else f"{y}"
    if not log_target and float(y.value.min()) < 0:
        raise Skip("targets that are no probabilities")
    if reduction == "none" or x.ndim == 0 or x.shape != y.shape:
        raise Skip("one loss for each element, where dln gives their mean")
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
    return reduced(f"gaussian_nll({x}, {b}, {var}, full: {say(full)}, eps: {say_float(eps)})", x.value.numel(), reduction)


def hinge_embedding(x, y, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    if not bool((y.value.abs() == 1).all()):
        raise Skip("targets that are neither 1 nor -1")
    return reduced(f"hinge_embedding({x}, {y}, margin: {say_float(margin)})", x.value.numel(), reduction)


def cosine_embedding(x, y, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    if x.ndim == 1:
        raise Skip("one pair without a batch")
    return reduced(f"cosine_embedding({x}, {y}, cast({target}, float), margin: {say_float(margin)})", x.shape[0], reduction)


def margin_ranking(x, y, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    a, b, t = fit(x, y, target, exact=True)
    n = torch.broadcast_shapes(x.shape, y.shape, target.shape).numel()
    return reduced(f"margin_ranking({a}, {b}, {t}, margin: {say_float(margin)})", n, reduction)


def multi_margin(x, y, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    is_default(weight, None)
    if y.ndim != x.ndim - 1:
        raise Skip("one example with a batch of one class")
    class_numbers(y, x.shape[-1])
    return reduced(f"multi_margin({x}, {y}, p: {p}, margin: {say_float(margin)})", y.value.numel(), reduction)


def multilabel_soft_margin(x, y, weight=None, size_average=None, reduce=None, reduction="mean"):
    if weight is not None and weight.ndim != 1:
        raise Skip("a weight for each element")
    w = "" if weight is None else f", {weight}"
    return reduced(f"multilabel_soft_margin({x}, {y}{w})", x.value.numel() // x.shape[-1], reduction)


def triplet_margin(x, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
    if x.shape != positive.shape or x.shape != negative.shape:
        raise Skip("shapes that repeat")
    n = max(1, x.value.numel() // x.shape[-1])
    far = f"|a, b| vector_norm(a - b + {say_float(eps)}, {say_float(p)}, over: -1)"
    extra = ", swap: true" if swap else ""
    return reduced(f"triplet({x}, {positive}, {negative}, margin: {say_float(margin)}, distance: {far}{extra})", n, reduction)


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
        "soft_margin_loss": pair("soft_margin"), "multilabel_soft_margin_loss": multilabel_soft_margin, "triplet_margin_loss": triplet_margin,
    }
    return {f"nn.functional.{name}": Entry(text) for name, text in t.items()}
