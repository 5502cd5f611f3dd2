"""Activations, normalization, products and attention of torch.nn.functional."""

import torch

from calls import Skip, T, d_of, fit, is_default, no_scalar, over, say, say_float
from database import Entry


def plain(name):
    def text(x, inplace=False):
        return f"{name}({x})"

    return text


def settings(**given):
    return "".join(f", {k}: {say_float(v)}" for k, v in given.items())


def softmax(name):
    def text(x, dim=None, _stacklevel=3, dtype=None):
        no_scalar(x)
        is_default(dtype, None, torch.float64)
        if dim is None:
            raise Skip("an axis that is not said")
        return f"{name}({x}{over(dim)})"

    return text


def softmin(x, dim=None, _stacklevel=3, dtype=None):
    return softmax("softmax")(x, dim, dtype=dtype).replace(f"({x}", f"(-{x}", 1)


def glu(x, dim=-1):
    no_scalar(x)
    last = d_of(dim, x.ndim) == x.ndim - 1
    return f"glu({x})" if last else f"swap_axes(glu(swap_axes({x}, {dim}, -1)), {dim}, -1)"


def gelu(x, *, approximate="none"):
    is_default(approximate, "none", "tanh")
    return f"{'gelu_tanh' if approximate == 'tanh' else 'gelu'}({x})"


def elu(x, alpha=1.0, inplace=False, **kwargs):
    return f"elu({x}{settings(alpha=alpha)})"


def softplus(x, beta=1, threshold=20):
    if float((x.value * beta).max()) > threshold:
        raise Skip("a threshold from which on PyTorch rounds to the straight line")
    return f"softplus({x}{settings(beta=beta)})"


def hardtanh(x, min_val=-1.0, max_val=1.0, inplace=False):
    return f"hard_tanh({x})" if (min_val, max_val) == (-1.0, 1.0) else f"clamp({x}, {say_float(min_val)}, {say_float(max_val)})"


def threshold(x, threshold, value, inplace=False):
    return f"where({x} > {say_float(threshold)}, {x}, {say_float(value)})"


def prelu(x, weight):
    if weight.value.numel() == 1:
        return f"where({x} > 0, {x}, {weight if weight.ndim == 0 else f'{weight}[0]'} * {x})"
    return f"where({x} > 0, {x}, per_channel({weight}, {x}) * {x})"


def normalize(x, p=2.0, dim=1, eps=1e-12, out=None):
    no_scalar(x)
    length = f"vector_norm({x}, {say_float(p)}{over(dim)})"
    one = [1 if i == d_of(dim, x.ndim) else n for i, n in enumerate(x.shape)]
    return f"{x} / broadcast(reshape(maximum({length}, {say_float(eps)}), {one}), {x.shape})"


def trailing(x, shape):
    if not shape or list(shape) != x.shape[x.ndim - len(shape):]:
        raise Skip("sizes where dln says axes")
    return f", over: {list(range(x.ndim - len(shape), x.ndim))}"


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    at = trailing(x, normalized_shape)
    text = f"({x} - mean({x}{at}, keep: true)) / sqrt(var({x}{at}, keep: true) + {say_float(eps)})"
    text = text if weight is None else f"{text} * {weight}"
    return text if bias is None else f"{text} + {bias}"


def rms_norm(x, normalized_shape, weight=None, eps=None):
    at = trailing(x, normalized_shape)
    text = f"{x} / sqrt(mean({x} * {x}{at}, keep: true) + {say_float(2.0 ** -52 if eps is None else eps)})"
    return text if weight is None else f"{text} * {weight}"


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    n, c, *s = x.shape
    flat = f"reshape({x}, [{n}, {num_groups}, {c} // {num_groups} * {torch.Size(s).numel()}])"
    return affine(f"reshape(standardize({flat}, {say_float(eps)}), {x.shape})", x, weight, bias)


def affine(text, x, weight, bias):
    text = text if weight is None else f"{text} * per_channel({weight}, {x})"
    return text if bias is None else f"{text} + per_channel({bias}, {x})"


def instance_norm(x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    is_default(running_mean, None)
    is_default(use_input_stats, True)
    return affine(f"instance_norm({x}, {say_float(eps)})", x, weight, bias)


def batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training or running_mean is None:
        axes = [0, *range(2, x.ndim)]
        m, v = f"mean({x}, over: {axes})", f"var({x}, over: {axes})"
    else:
        m, v = running_mean, running_var
    text = f"({x} - per_channel({m}, {x})) / sqrt(per_channel({v}, {x}) + {say_float(eps)})"
    return affine(text, x, weight, bias)


def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    low = size // 2
    sums = f"sum(windows(pad_axis({x} * {x}, over: 1, before: {low}, after: {size - 1 - low}), over: 1, size: {size}), over: -1)"
    return f"{x} / ({say_float(k)} + {say_float(alpha / size)} * {sums}) ** {say_float(beta)}"


def linear(x, weight, bias=None):
    text = f"{x} @ {weight}.T" if weight.ndim == 2 else f"{x} @ {weight}"
    return text if bias is None else f"{text} + {bias}"


def bilinear(x, y, weight, bias=None):
    if x.ndim != 2:
        raise Skip("more than one leading axis")
    text = f"({x}, {weight}, {y}).[n a, o a c, n c -> n o]"
    return text if bias is None else f"{text} + {bias}"


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False):
    is_default(attn_mask, None)
    is_default(dropout_p, 0.0)
    is_default(enable_gqa, False)
    is_default(scale, None)
    if is_causal and q.shape[-2] != k.shape[-2]:
        raise Skip("a causal mask that is counted from the start, where dln counts from the end")
    return f"attention({q}, {k}, {v}, causal: {say(is_causal)})"


def cosine_similarity(x, y, dim=1, eps=1e-8):
    no_scalar(x)
    a, b = fit(x, y, exact=True)
    dot = lambda u, v: f"sum({u} * {v}{over(dim)})"
    return f"{dot(a, b)} / maximum(sqrt({dot(a, a)}) * sqrt({dot(b, b)}), {say_float(eps)})"


def pairwise_distance(x, y, p=2.0, eps=1e-6, keepdim=False):
    a, b = fit(x, y)
    text = f"vector_norm({a} - {b} + {say_float(eps)}, {say_float(p)}, over: -1)"
    return f"unsqueeze({text})" if keepdim else text


def cdist(x, y, p=2.0, compute_mode=None):
    if x.ndim != 2:
        raise Skip("batches of points")
    n, m, d = x.shape[0], y.shape[0], x.shape[1]
    gap = f"broadcast(unsqueeze({x}, 1), {[n, m, d]}) - broadcast({y}, {[n, m, d]})"
    return f"vector_norm({gap}, {say_float(p)}, over: -1)"


def dropout_off(x, p=0.5, training=True, inplace=False):
    if training and p > 0:
        raise Skip("chance, whose numbers are each library's own")
    return f"{x}"


def table():
    t = {
        "nn.functional.relu": plain("relu"), "nn.functional.relu6": plain("relu6"), "nn.functional.silu": plain("silu"),
        "nn.functional.mish": plain("mish"), "nn.functional.selu": plain("selu"), "nn.functional.hardswish": plain("hard_silu"),
        "nn.functional.softsign": lambda x: f"softsign({x})", "nn.functional.logsigmoid": lambda x: f"log_sigmoid({x})",
        "nn.functional.tanhshrink": lambda x: f"{x} - tanh({x})", "nn.functional.elu": elu,
        "nn.functional.celu": lambda x, alpha=1.0, inplace=False: f"celu({x}{settings(alpha=alpha)})",
        "nn.functional.leaky_relu": lambda x, negative_slope=0.01, inplace=False: f"leaky_relu({x}{settings(slope=negative_slope)})",
        "nn.functional.gelu": gelu, "nn.functional.glu": glu, "nn.functional.softplus": softplus, "nn.functional.hardtanh": hardtanh,
        "nn.functional.threshold": threshold, "nn.functional.prelu": prelu, "softmax": softmax("softmax"), "log_softmax": softmax("log_softmax"),
        "softmax.with_dtype": softmax("softmax"), "log_softmax.with_dtype": softmax("log_softmax"),
        "nn.functional.softmin": softmin, "nn.functional.softmin.with_dtype": softmin, "nn.functional.normalize": normalize,
        "nn.functional.layer_norm": layer_norm, "nn.functional.rms_norm": rms_norm, "nn.functional.group_norm": group_norm,
        "nn.functional.instance_norm": instance_norm, "nn.functional.batch_norm": batch_norm,
        "nn.functional.local_response_norm": local_response_norm, "nn.functional.linear": linear, "nn.functional.bilinear": bilinear,
        "nn.functional.cosine_similarity": cosine_similarity, "nn.functional.pairwise_distance": pairwise_distance, "cdist": cdist,
        "nn.functional.hardshrink": lambda x, lambd=0.5: f"where(abs({x}) > {say_float(lambd)}, {x}, 0.0)",
        "nn.functional.softshrink": lambda x, lambd=0.5: f"{x} - clamp({x}, {say_float(-lambd)}, {say_float(lambd)})",
        "nn.functional.dropout": dropout_off, "nn.functional.dropout2d": dropout_off, "nn.functional.dropout3d": dropout_off,
        "nn.functional.alpha_dropout": dropout_off,
    }
    entries = {name: Entry(text) for name, text in t.items()}
    entries["nn.functional.hardsigmoid"] = Entry(plain("hard_sigmoid"), tolerance=1e-8, why="PyTorch has 1/6 as an f32 in this derivative")
    entries["nn.functional.scaled_dot_product_attention"] = Entry(attention, most=2000, limit=1)
    return entries
