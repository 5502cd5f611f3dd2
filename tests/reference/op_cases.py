"""Primitive operations, reductions, activations, shapes, pooling, patterns and loops."""

import math

import torch
import torch.nn.functional as F

from tensors import distinct, labels, rand, randn, values

EDGES = values(-1000.0, -30.0, -5.0, -1.5, -0.3, -0.001, 0.001, 0.4, 1.1, 2.5, 20.0, 1000.0)


def unary(a):
    def f(name, fn, x, **kw):
        a.seed(name)
        a.case(name, f"{kw.pop('op', name)}(x)", fn, x=x.clone(), **kw)

    f("exp", torch.exp, randn(2, 3))
    f("exp far out", torch.exp, values(-800.0, -50.0, 0.0, 50.0, 700.0), op="exp")
    f("log", torch.log, values(1e-300, 0.001, 1.0, 2.5, 1e300))
    f("expm1 near 0", torch.expm1, values(-30.0, -1e-12, 1e-12, 0.5, 3.0), op="expm1")
    f("log1p near 0", torch.log1p, values(-0.5, -1e-12, 1e-12, 0.5, 1e9), op="log1p")
    f("sqrt", torch.sqrt, values(1e-6, 0.25, 2.0, 1e12))
    f("sin", torch.sin, values(-7.0, -0.5, 0.0, 3.0, 100.0))
    f("cos", torch.cos, values(-7.0, -0.5, 0.0, 3.0, 100.0))
    f("tanh", torch.tanh, EDGES)
    f("erf", torch.erf, values(-6.0, -1.2, -1e-9, 0.0, 0.3, 2.0, 6.0))
    f("abs", torch.abs, EDGES)
    f("sign", torch.sign, values(-3.0, -0.0, 0.0, 0.5), smooth=False)
    f("floor", torch.floor, values(-1.5, -1.0, -0.2, 0.7, 2.0), smooth=False)
    f("ceil", torch.ceil, values(-1.5, -1.0, -0.2, 0.7, 2.0), smooth=False)
    f("round ties to even", torch.round, values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.6), op="round", smooth=False)
    a.case("negation", "-x", torch.neg, x=randn(3))
    a.case("stop_gradient", "x * stop_gradient(x)", lambda x: x * x.detach(), x=randn(3))


def binary(a):
    a.seed("binary")
    x, y = randn(2, 3), rand(2, 3, low=0.5, high=2.0)
    for name, text, fn in [
        ("add", "x + y", torch.add), ("subtract", "x - y", torch.sub), ("multiply", "x * y", torch.mul),
        ("divide", "x / y", torch.div), ("maximum", "maximum(x, y)", torch.maximum), ("minimum", "minimum(x, y)", torch.minimum),
        ("remainder", "x % y", torch.remainder),
    ]:
        a.case(name, text, fn, x=x.clone(), y=y.clone())
    a.case("power", "x ** y", torch.pow, x=rand(2, 3, low=0.2, high=3.0), y=randn(2, 3))
    a.case("square of a negative", "x ** 2", lambda x: x**2, x=randn(4))
    a.case("cube", "x ** 3", lambda x: x**3, x=randn(4))
    a.case("inverse root", "x ** -0.5", lambda x: x**-0.5, x=rand(4, low=0.1, high=5.0))
    a.case("number to a power", "2.0 ** x", lambda x: 2.0**x, x=randn(4))
    a.case("floor division", "x // y", torch.floor_divide, x=x.clone(), y=y.clone(), smooth=False)
    a.case("floor division of integers", "x // 3", lambda x: x // 3, x=torch.tensor([-7, -3, 0, 2, 8]))
    a.case("remainder of integers", "x % 3", lambda x: x % 3, x=torch.tensor([-7, -3, 0, 2, 8]))
    a.case("a number with a tensor", "2 - x / 4", lambda x: 2 - x / 4, x=randn(3))
    a.case("a scalar tensor with a tensor", "s * x + s", lambda s, x: s * x + s, s=randn(), x=randn(2, 3))
    a.case("missing leading axes", "x * v + v", lambda x, v: x * v + v, x=randn(2, 2, 3), v=randn(3))
    for name, op in [("less", "<"), ("at most", "<="), ("greater", ">"), ("at least", ">="), ("equal", "=="), ("unequal", "!=")]:
        fn = {"<": torch.lt, "<=": torch.le, ">": torch.gt, ">=": torch.ge, "==": torch.eq, "!=": torch.ne}[op]
        a.case(name, f"x {op} y", fn, x=values(1.0, 2.0, 3.0), y=values(2.0, 2.0, 2.0), smooth=False)
    a.case("logic", "x > 0 and not (y > 1) or x < -1", lambda x, y: (x > 0) & ~(y > 1) | (x < -1), x=x.clone(), y=y.clone(), smooth=False)
    a.case("where", "where(x > 0, x * y, y)", lambda x, y: torch.where(x > 0, x * y, y), x=x.clone(), y=y.clone())
    a.case("where keeps what it leaves out apart", "where(x > 0, log(where(x > 0, x, 1.0)), 0.0)",
           lambda x: torch.where(x > 0, torch.log(torch.where(x > 0, x, 1.0)), 0.0), x=values(-1.0, 0.0, 0.5, 2.0))
    a.case("clamp", "clamp(x, -1.0, 0.5)", lambda x: torch.clamp(x, -1.0, 0.5), x=values(-2.0, -0.7, 0.2, 0.9))
    a.case("clamp from below", "clamp(x, low: 0.0)", lambda x: torch.clamp(x, min=0.0), x=values(-2.0, -0.7, 0.2, 0.9))
    a.case("cast to integers and back", "cast(cast(x, i64), f64)", lambda x: x.long().double(), x=values(-1.7, -0.2, 0.9, 2.0), smooth=False)


def reduce(a):
    a.seed("reduce")
    x = distinct(2, 3, 4)
    small = rand(2, 3, low=0.5, high=1.5)
    for name, over, dims in [("all", "", (0, 1, 2)), ("last", ", over: -1", (2,)), ("two", ", over: [0, 2]", (0, 2))]:
        a.case(f"sum over {name}", f"sum(x{over})", lambda x: x.sum(dims), x=x.clone())
        a.case(f"max over {name}", f"max(x{over})", lambda x: x.amax(dims), x=x.clone())
        a.case(f"min over {name}", f"min(x{over})", lambda x: x.amin(dims), x=x.clone())
        a.case(f"mean over {name}", f"mean(x{over})", lambda x: x.mean(dims), x=x.clone())
        a.case(f"var over {name}", f"var(x{over})", lambda x: x.var(dims, unbiased=False), x=x.clone())
        a.case(f"logsumexp over {name}", f"logsumexp(x, over: {'[0, 1, 2]' if name == 'all' else over[8:]})",
               lambda x: x.logsumexp(dims), x=x.clone())
    a.case("prod over last", "prod(x, over: -1)", lambda x: x.prod(-1), x=small.clone())
    a.case("prod with a zero", "prod(x)", lambda x: x.prod(), x=values(2.0, 0.0, 3.0))
    a.case("sum over a size by its name", "f(x)", lambda x: x.sum(1), before="fn f(x: [A, B]) -> [A] = sum(x, over: B)\n", x=small.clone())
    for op, fn in [("sum", lambda x: x.sum(1, True)), ("max", lambda x: x.amax(1, True)), ("mean", lambda x: x.mean(1, True))]:
        a.case(f"{op} repeated back", f"x * {op}(x, over: 1, keep: true)", lambda x: x * fn(x).expand_as(x), x=x.clone())
    a.case("unbiased variance", "var(x, over: 0, unbiased: true)", lambda x: x.var(0), x=x.clone())
    a.case("logsumexp of large numbers", "logsumexp(x, over: -1)", lambda x: x.logsumexp(-1), x=torch.tensor([[1e4, 1e4 - 1], [-1e4, -1e4 + 3]]))
    a.case("logsumexp with log 0", "logsumexp(x, over: -1)", lambda x: x.logsumexp(-1), x=torch.tensor([[-math.inf, 1.0], [2.0, -math.inf]]))
    a.case("logsumexp repeated back", "x - logsumexp(x, over: 1, keep: true)", lambda x: x - x.logsumexp(1, True), x=x.clone())
    a.case("argmax", "argmax(x, over: 1)", lambda x: x.argmax(1), x=x.clone(), smooth=False)
    a.case("cumsum", "cumsum(x, over: 1)", lambda x: x.cumsum(1), x=x.clone())
    a.case("cumsum from the end", "cumsum(x, over: -1, reverse: true)", lambda x: x.flip(-1).cumsum(-1).flip(-1), x=x.clone())
    a.case("argsort", "argsort(x, over: -1)", lambda x: x.sort(dim=-1, stable=True)[1], x=x.clone(), smooth=False)
    a.case("argsort descending", "argsort(x, over: 1, descending: true)", lambda x: x.sort(dim=1, descending=True, stable=True)[1], x=x.clone(), smooth=False)


def activation(a):
    a.seed("activation")
    table = [
        ("relu", "relu(x)", F.relu), ("leaky_relu", "leaky_relu(x)", F.leaky_relu),
        ("leaky_relu 0.2", "leaky_relu(x, slope: 0.2)", lambda x: F.leaky_relu(x, 0.2)), ("elu", "elu(x)", F.elu),
        ("elu 0.5", "elu(x, alpha: 0.5)", lambda x: F.elu(x, 0.5)), ("sigmoid", "sigmoid(x)", torch.sigmoid),
        ("log_sigmoid", "log_sigmoid(x)", F.logsigmoid), ("softplus", "softplus(x)", lambda x: F.softplus(x, threshold=1e9)),
        ("softplus 2", "softplus(x, beta: 2.0)", lambda x: F.softplus(x, beta=2.0, threshold=1e9)), ("silu", "silu(x)", F.silu),
        ("gelu", "gelu(x)", F.gelu), ("gelu_tanh", "gelu_tanh(x)", lambda x: F.gelu(x, approximate="tanh")),
        ("gelu_sigmoid", "gelu_sigmoid(x)", lambda x: x * torch.sigmoid(1.702 * x)),
        ("softmax", "softmax(x)", lambda x: F.softmax(x, -1)), ("log_softmax", "log_softmax(x)", lambda x: F.log_softmax(x, -1)),
    ]
    infinite = {"softplus", "softplus 2"}
    for name, text, fn in table:
        a.case(f"{name} on usual numbers", text, fn, x=randn(2, 5, scale=2.0))
        x = EDGES[1:-1] if name in infinite else EDGES
        a.case(f"{name} far out", text, fn, x=x.clone())
        if name not in ("relu", "leaky_relu", "leaky_relu 0.2"):
            a.case(f"{name} at 0", text, fn, x=values(0.0, 0.0))
    table = [
        ("relu6", F.relu6), ("hard_sigmoid", F.hardsigmoid), ("hard_silu", F.hardswish), ("hard_tanh", F.hardtanh), ("selu", F.selu), ("celu", F.celu),
        ("softsign", F.softsign), ("mish", F.mish), ("step", lambda x: torch.heaviside(x, torch.zeros(()))),
    ]
    for name, fn in table:
        for size, x in [("on usual numbers", randn(2, 5, scale=3.0)), ("far out", EDGES[1:-1])]:
            own = {"tolerance": 1e-8, "why": "PyTorch has 1/6 as an f32 in this derivative"} if name == "hard_sigmoid" else {}
            a.case(f"{name} {size}", f"{name}(x)", fn, uses=[f"std.activation: {name}"], smooth=name != "step", x=x.clone(), **own)
    for name, text, fn in [
        ("celu 2", "celu(x, alpha: 2.0)", lambda x: F.celu(x, 2.0)), ("glu", "glu(x)", F.glu),
        ("swiglu", "swiglu(x)", lambda x: F.silu(x[:, :2]) * x[:, 2:]), ("maxout", "maxout(x)", lambda x: x.reshape(3, 2, 2).amax(-1)),
    ]:
        a.case(name, text, fn, uses=[f"std.activation: {name.split()[0]}"], x=randn(3, 4))
    a.case("relu at 0", "relu(x)", F.relu, x=values(0.0, -0.0))
    x = randn(2, 3, 4)
    a.case("softmax over the middle", "softmax(x, over: 1)", lambda x: F.softmax(x, 1), x=x.clone())
    a.case("log_softmax over two axes", "log_softmax(x, over: [1, 2])",
           lambda x: F.log_softmax(x.flatten(1), 1).reshape(x.shape), x=x.clone())


def shape(a):
    a.seed("shape")
    x = randn(2, 3, 4)
    table = [
        ("reshape", "reshape(x, [4, 6])", lambda x: x.reshape(4, 6)), ("permute", "permute(x, [2, 0, 1])", lambda x: x.permute(2, 0, 1)),
        ("transpose", "x.T", lambda x: x.mT), ("broadcast", "broadcast(x, [2, 2, 3, 4])", lambda x: x.expand(2, 2, 3, 4)),
        ("flip", "flip(x, over: 1)", lambda x: x.flip(1)), ("pad", "pad(x, over: 1, before: 1, after: 2, value: 5.0)", lambda x: F.pad(x, (0, 0, 1, 2), value=5.0)),
        ("windows", "windows(x, over: 2, size: 2)", lambda x: x.unfold(2, 2, 1)),
        ("windows with stride", "windows(x, over: 1, size: 2, stride: 2)", lambda x: x.unfold(1, 2, 2)),
        ("windows with dilation", "windows(x, over: 2, size: 2, dilation: 2)", lambda x: torch.stack([x[..., :2], x[..., 2:]], -1)),
        ("concat", "concat([x, 2 * x], over: 1)", lambda x: torch.cat([x, 2 * x], 1)), ("stack", "stack([x, 2 * x], at: 1)", lambda x: torch.stack([x, 2 * x], 1)),
        ("stack at the end", "stack([x, x], at: -1)", lambda x: torch.stack([x, x], -1)),
        ("unsqueeze", "unsqueeze(x, 1)", lambda x: x.unsqueeze(1)), ("move_axis", "move_axis(x, 0, -1)", lambda x: x.movedim(0, -1)),
        ("move_axis forward", "move_axis(x, 2, 0)", lambda x: x.movedim(2, 0)), ("flatten", "flatten(x)", lambda x: x.flatten(1)),
        ("index", "x[1]", lambda x: x[1]), ("index from the end", "x[:, -1]", lambda x: x[:, -1]), ("slice", "x[:, 1:, :-1]", lambda x: x[:, 1:, :-1]),
        ("slice with step", "x[.., ::2]", lambda x: x[..., ::2]), ("pattern transpose", "x.[a b c -> c a b]", lambda x: x.permute(2, 0, 1)),
        ("pattern merge", "x.[a b c -> b (a c)]", lambda x: x.permute(1, 0, 2).reshape(3, 8)),
        ("pattern mean", "x.[a b c -> b | mean]", lambda x: x.mean((0, 2))), ("pattern max", "x.[a b c -> c a | max]", lambda x: x.amax(1).mT),
    ]
    for name, text, fn in table:
        a.case(name, text, fn, x=x.clone())
    a.case("pattern split", "f(x, y)", lambda x, y: x.reshape(2, 3, 2, 2).permute(0, 2, 1, 3) * y,
           before="fn f(x: [A, B, C], y: [D]) where C % D == 0 = x.[A B (h D) -> A h B D] * y\n", x=x.clone(), y=randn(2))
    a.case("split", "f(x)", lambda x: x[..., :2] * torch.sin(x[..., 2:]), before="fn f(x: [..S, 4]) {\n  a, b = split(x, 2, over: -1)\n  a * sin(b)\n}\n", x=x.clone())
    a.case("contraction", "(x, y).[b t d, b s d -> b t s]", lambda x, y: x @ y.mT, x=x.clone(), y=randn(2, 5, 4))
    a.case("contraction of three", "(x, y, z).[a b c, c d, a d -> b]", lambda x, y, z: torch.einsum("abc,cd,ad->b", x, y, z), x=x.clone(), y=randn(4, 2), z=randn(2, 2))
    a.case("matrix product", "x @ y", torch.matmul, x=randn(3, 4), y=randn(4, 2))
    a.case("matrix product of batches", "x @ y", torch.matmul, x=randn(2, 3, 4), y=randn(2, 4, 2))
    a.case("batch times matrix", "x @ y.T", lambda x, y: x @ y.mT, x=randn(2, 2, 3, 4), y=randn(2, 4))
    i = torch.tensor([[2, 0], [1, 1]])
    a.case("take", "take(x, i, over: 0)", lambda x, i: x[i], types={"i": "idx<3>[2, 2]"}, x=randn(3, 2), i=i)
    a.case("take along an inner axis", "take(x, i, over: 1)", lambda x, i: x[:, i], types={"i": "idx<3>[2, 2]"}, x=randn(2, 3, 2), i=i)
    a.case("take_along", "take_along(x, i, over: 1)", lambda x, i: x.gather(1, i), types={"i": "idx<3>[2, 2]"}, x=randn(2, 3), i=i)
    a.case("put_along", "put_along(i, y, 3, over: 1)", lambda i, y: torch.zeros(2, 3).scatter_add(1, i, y), types={"i": "idx<3>[2, 2]"}, i=i, y=randn(2, 2))
    a.case("pick", "pick(x, y)", lambda x, y: x.gather(1, y[:, None])[:, 0], types={"y": "idx<3>[4]"}, x=randn(4, 3), y=labels(3, 4))
    a.case("pick along the channels", "pick(x, y, over: 1)", lambda x, y: x.gather(1, y[:, None])[:, 0], types={"y": "idx<3>[2, 2]"}, x=randn(2, 3, 2), y=labels(3, 2, 2))
    a.case("one_hot", "one_hot(y)", lambda y: F.one_hot(y, 4).double(), types={"y": "idx<4>[2, 3]"}, smooth=False, y=labels(4, 2, 3))
    a.case("arange", "x + arange(3)", lambda x: x + torch.arange(3), x=torch.tensor([5, 6, 7]))
    a.case("per_channel", "per_channel(v, x) * x", lambda v, x: v[:, None, None] * x, v=randn(3), x=randn(2, 3, 2, 2))


def convolution(a):
    a.seed("convolution")
    for name, n, x, w, stride, pad, dilation, groups in [
        ("1d", 1, (2, 3, 7), (4, 3, 3), 1, 0, 1, 1), ("1d all settings", 1, (2, 4, 9), (6, 2, 3), 2, 3, 2, 2),
        ("2d", 2, (2, 2, 5, 4), (3, 2, 3, 2), 1, 0, 1, 1), ("2d stride and pad", 2, (1, 2, 6, 7), (3, 2, 3, 3), 2, 1, 1, 1),
        ("2d dilation", 2, (1, 2, 7, 6), (2, 2, 3, 2), 1, 1, 2, 1), ("2d depthwise", 2, (2, 3, 4, 4), (6, 1, 3, 3), 1, 1, 1, 3),
        ("2d pointwise with stride", 2, (2, 3, 5, 5), (2, 3, 1, 1), 2, 0, 1, 1), ("2d a setting per axis", 2, (1, 2, 6, 8), (2, 2, 3, 2), [1, 2], [2, 0], [2, 3], 1),
        ("3d", 3, (1, 2, 4, 3, 4), (2, 2, 2, 2, 2), 1, 1, 1, 1),
    ]:
        fn = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[n]
        a.case(name, f"conv(x, w, stride: {stride}, pad: {pad}, dilation: {dilation}, groups: {groups})",
               lambda x, w: fn(x, w, None, stride, pad, dilation, groups), x=randn(*x), w=randn(*w))
    x = distinct(2, 2, 5, 6)
    for name, text, k, s, p in [("2", "2", 2, 2, 0), ("3 stride 2 pad 1", "3, stride: 2, pad: 1", 3, 2, 1), ("uneven", "[2, 3], stride: [1, 2], pad: [0, 1]", (2, 3), (1, 2), (0, 1))]:
        a.case(f"max_pool {name}", f"max_pool(x, {text})", lambda x: F.max_pool2d(x, k, s, p), x=x.clone())
        a.case(f"avg_pool {name}", f"avg_pool(x, {text})", lambda x: F.avg_pool2d(x, k, s, p), x=x.clone())
    ties = torch.tensor([[[[1.0, 1.0], [1.0, 0.0]]]])
    a.case("max_pool takes the first of equals", "max_pool(x, 2)", lambda x: F.max_pool2d(x, 2), x=ties)


def loops(a):
    a.seed("loops")

    def running(x, h):
        out = []
        for t in range(x.shape[1]):
            h = torch.tanh(0.5 * h + x[:, t])
            out.append(h)
        return torch.stack(out, 1)

    scan = "scan xt in x over 1 {back}with (s = h) {{\n  s = tanh(0.5 * s + xt)\n  yield s\n}}"
    a.case("scan", scan.format(back=""), running, x=randn(2, 4, 3), h=randn(2, 3))
    a.case("scan from the end", scan.format(back="backward "), lambda x, h: running(x.flip(1), h).flip(1), x=randn(2, 4, 3), h=randn(2, 3))
    a.case("scan with a shared weight", "scan xt in x over 1 with (s = zeros[2, 3]) {\n  s = tanh(s @ w + xt)\n  yield s\n}",
           lambda x, w: recurrent(x, w), x=randn(2, 4, 3), w=randn(3, 3))
    a.case("repeat", "repeat 5 with (y = x) { y = y - 0.1 * y * y }", lambda x: iterate(5, x, lambda y, i: y - 0.1 * y * y), x=randn(4))
    a.case("repeat with a counter", "repeat i in 0..4 with (y = x) { y = y * x + i }", lambda x: iterate(4, x, lambda y, i: y * x + i), x=randn(3))
    a.case("derivative as a function", "grad(|v| sum(v ** 3))(x)", lambda x: 3 * x**2, x=randn(4))
    a.case("derivative of a derivative", "grad(|v| sum(grad(|u| sum(sin(u) * u))(v)))(x)", lambda x: 2 * torch.cos(x) - x * torch.sin(x), x=randn(4))


def recurrent(x, w):
    s, out = torch.zeros(2, 3), []
    for t in range(x.shape[1]):
        s = torch.tanh(s @ w + x[:, t])
        out.append(s)
    return torch.stack(out, 1)


def iterate(n, y, f):
    for i in range(n):
        y = f(y, i)
    return y


AREAS = {"unary": unary, "binary": binary, "reduce": reduce, "activation": activation, "shape": shape, "convolution": convolution, "loops": loops}
