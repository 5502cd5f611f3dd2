"""Derivatives as functions, with `torch.func` as the reference; what runs a case differentiates it once more.

Derivatives in the weights of a layer come as one tensor, `flat` or `rows`, with the parameters in their order."""

import re

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, grad_and_value, hessian, jacrev, jvp, vjp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from tensors import distinct, labels, rand, randn

MODULES = {"autodiff": "hessian hvp inner jacobian jvp vjp", "linalg": "inverse slogdet", "loss": "cross_entropy",
           "nn": "BatchNorm Conv2d GroupNorm LayerNorm Linear LSTM MultiHeadAttention", "signal": "fft magnitude", "special": "lgamma"}
FLAT = "fn flat(g: Any) = concat([reshape(p, [_]) for p in params(g)], over: 0)\n"
ROWS = "fn rows(g: Any, n: Int) = concat([reshape(p, [n, _]) for p in params(g)], over: 1)\n"


def case(a, name, body, reference, *, before="", **more):
    """A case with a `use` for every word of the library in it."""
    words = set(re.findall(r"\w+", before + body))
    uses = [f"std.{module}: {', '.join(found)}" for module, names in MODULES.items() if (found := [n for n in names.split() if n in words])]
    a.case(name, body, reference, uses=uses, before=before, **more)


def along(f, x, v):
    return jvp(f, (x,), (v,))[1]


def back(f, x, u):
    return vjp(f, x)[1](u)[0]


def hessian_along(f, x, v):
    return along(grad(f), x, v)


def flat(gs):
    return torch.cat([g.reshape(-1) for g in gs.values()])


def rows(gs):
    return torch.cat([g.flatten(1) for g in gs.values()], 1)


def autodiff(a):
    a.seed("autodiff")
    for_functions(a)
    for_layers(a)
    for_arguments(a)
    for_examples(a)
    for_checkpoints(a)


def for_functions(a):
    square = randn(3, 3, scale=0.3) + 2 * torch.eye(3)
    counted = torch.arange(4)
    for name, text, f, x in [
        ("cubes of sums", "cumsum(x) ** 3", lambda x: x.cumsum(-1) ** 3, randn(4)),
        ("softmax", "softmax(x)", lambda x: x.softmax(-1), randn(2, 3)),
        ("logsumexp", "logsumexp(x)", lambda x: x.logsumexp(-1), randn(2, 3)),
        ("gelu", "gelu(x)", F.gelu, randn(4)),
        ("products", "prod(x, over: 1)", lambda x: x.prod(1), randn(2, 3)),
        ("maxima", "max(x, over: 1) ** 2", lambda x: x.amax(1) ** 2, distinct(2, 3)),
        ("sort", "sort(x)[0] ** 2 * arange(4)", lambda x: x.sort().values ** 2 * counted, distinct(4)),
        ("take", "take(x, [2, 0, 2]) ** 3", lambda x: x[[2, 0, 2]] ** 3, randn(4)),
        ("lgamma", "lgamma(x)", torch.lgamma, rand(4, low=0.5, high=2.0)),
        ("norm", "sqrt(sum(x * x))", lambda x: x.square().sum().sqrt(), randn(4)),
        ("inverse", "inverse(x)", torch.linalg.inv, square),
        ("slogdet", "slogdet(x)[1]", lambda x: torch.linalg.slogdet(x)[1], square),
        ("cholesky", "cholesky(x @ x.T)", lambda x: torch.linalg.cholesky(x @ x.T), square),
        ("conv with itself", "conv(x, x, pad: 1)", lambda x: F.conv2d(x, x, padding=1), randn(1, 1, 3, 3)),
        ("avg_pool", "avg_pool(x ** 2, 2)", lambda x: F.avg_pool2d(x**2, 2), randn(1, 2, 4, 4)),
        ("max_pool", "max_pool(x, 2) ** 2", lambda x: F.max_pool2d(x, 2) ** 2, distinct(1, 1, 4, 4)),
        ("fft", "magnitude(fft(x))", lambda x: torch.fft.fft(torch.view_as_complex(x)).abs(), randn(3, 2)),
        ("scan", "scan t in x over 0 with (h = 0.5) {\n  h = tanh(h + t * h)\n  yield h\n}", scanned, randn(4)),
    ]:
        v, u = randn(*x.shape), randn(*f(x).shape)
        define = f"fn f(x: [{', '.join(map(str, x.shape))}]) = {text}\n"
        transforms(a, name, define, "f", f, x, v, u)


def scanned(x):
    h, hs = torch.tensor(0.5), []
    for t in x:
        h = torch.tanh(h + t * h)
        hs.append(h)
    return torch.stack(hs)


def transforms(a, name, define, called, f, x, v, u, **more):
    """All that `std.autodiff` makes of `called`, a function of one tensor."""
    s = lambda x: f(x).sin().sum()
    scalar = f"{define}fn s(x: [{', '.join(map(str, x.shape))}]) -> [] = sum(sin({called}(x)))\n"
    for what, before, body, reference, inputs in [
        ("jacobian", define, f"jacobian({called})(x)", jacrev(f), {"x": x}),
        ("vjp", define, f"vjp({called})(x, u)", lambda x, u: back(f, x, u), {"x": x, "u": u}),
        ("jvp", define, f"jvp({called})(x, v)", lambda x, v: along(f, x, v), {"x": x, "v": v}),
        ("hessian", scalar, "hessian(s)(x)", hessian(s), {"x": x}),
        ("hvp", scalar, "hvp(s)(x, v)", lambda x, v: hessian_along(s, x, v), {"x": x, "v": v}),
    ]:
        if more.get("training") and what in ("jacobian", "hessian"):
            continue
        case(a, f"{what} of {name}", body, reference, before=before, **more, **{k: t.clone() for k, t in inputs.items()})


class SelfAttention(nn.MultiheadAttention):
    """By products and a softmax: the fused kernel has no second derivatives."""

    def forward(self, x):
        with sdpa_kernel(SDPBackend.MATH):
            return super().forward(x, x, x, need_weights=False)[0]


class Recurrent(nn.LSTM):
    """An LSTM, one time after another."""

    def forward(self, x):
        h = c = x.new_zeros(len(x), self.hidden_size)
        hs = []
        for t in x.unbind(1):
            i, f, g, o = (F.linear(t, self.weight_ih_l0, self.bias_ih_l0) + F.linear(h, self.weight_hh_l0, self.bias_hh_l0)).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs.append(h)
        return torch.stack(hs, 1)


class Norm(nn.Module):
    """Mean 0 and variance 1 over the axis, by the formula: the derivatives of jvp in PyTorch's fused norms lack terms."""

    def __init__(self, size, axis):
        super().__init__()
        self.weight, self.bias, self.axis = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size)), axis

    def forward(self, x):
        d = x - x.mean(self.axis, keepdim=True)
        return d / (d.square().mean(self.axis, keepdim=True) + 1e-5).sqrt() * self.weight + self.bias


def for_layers(a):
    small = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    for name, text, module, x in [
        ("Linear", "Linear[3 -> 2]", nn.Linear(3, 2), randn(2, 3)),
        ("a perceptron", "Linear[3 -> 4] >> tanh >> Linear[4 -> 2]", small, randn(2, 3)),
        ("Conv2d", "Conv2d[2 -> 2](kernel: 2, stride: 2, pad: 1)", nn.Conv2d(2, 2, 2, 2, 1), randn(1, 2, 3, 3)),
        ("BatchNorm", "BatchNorm[3]", Norm(3, 0), randn(4, 3)),
        ("LayerNorm", "LayerNorm[3]", Norm(3, -1), randn(2, 3)),
        ("GroupNorm", "GroupNorm[4](groups: 2)", nn.GroupNorm(2, 4), randn(2, 4, 2)),
        ("LSTM", "LSTM[2 -> 2]", Recurrent(2, 2, batch_first=True), randn(2, 3, 2)),
        ("attention", "MultiHeadAttention[4](heads: 2)", SelfAttention(4, 2, batch_first=True), randn(2, 3, 4)),
    ]:
        weights = {}
        with torch.no_grad():
            for path, p in module.named_parameters():
                weights[path] = p.copy_(randn(*p.shape, scale=0.5))
        params = {"net." + path.removesuffix("_l0"): p for path, p in weights.items()}
        define = f"let net = {text}\n"
        training = name == "BatchNorm"  # whose running means no loop may change
        transforms(a, name, define, "net", module, x, randn(*x.shape), randn(*module(x).shape), params=params, training=training)
        in_weights(a, name, define, module, weights, x, params=params, training=training)


def in_weights(a, name, define, module, weights, x, **more):
    """Derivatives in the weights of a layer."""
    run = lambda w, x: functional_call(module, w, (x,))
    s = lambda w, x: run(w, x).sin().sum()
    define += f"fn s(net: Layer, x: [{', '.join(map(str, x.shape))}]) -> [] = sum(sin(net(x)))\n{FLAT}"
    new = lambda: x.clone()
    case(a, f"grad in the weights of {name}", "flat(grad(s)(net, x))", lambda x: flat(grad(s)(weights, x)), before=define, x=new(), **more)
    case(a, f"jvp in the weights of {name}", "jvp(|net| net(x))(net, each net as p { cos(p) })",
         lambda x: along(lambda w: run(w, x), weights, {k: p.cos() for k, p in weights.items()}), before=define, x=new(), **more)
    case(a, f"hvp in the weights of {name}", "flat(hvp(|net| s(net, x))(net, each net as p { cos(p) }))",
         lambda x: flat(hessian_along(lambda w: s(w, x), weights, {k: p.cos() for k, p in weights.items()})), before=define, x=new(), **more)
    case(a, f"grad in the input of a derivative in the weights of {name}", "grad(|x| sum(sin(flat(grad(s)(net, x)))))(x)",
         grad(lambda x: flat(grad(s)(weights, x)).sin().sum()), before=define, x=new(), **more)


def for_arguments(a):
    """What is differentiated, and what comes beside it."""
    wave = "fn f(x: []) -> [] = sin(x ** 2) * exp(x)\n"
    f = lambda x: (x**2).sin() * x.exp()
    case(a, "grad", "grad(f)(x)", grad(f), before=wave, x=randn())
    case(a, "grad of grad", "grad(grad(f))(x)", grad(grad(f)), before=wave, x=randn())
    case(a, "grad of grad of grad", "grad(grad(grad(f)))(x)", grad(grad(grad(f))), before=wave, x=randn())
    case(a, "value_and_grad", "value_and_grad(f)(x)", lambda x: grad_and_value(f)(x)[::-1], before=wave, x=randn())
    case(a, "grad over elements", "grad(f)(x)", lambda x: vmap(grad(f))(x), before="fn f(x: [4]) -> [] = sum(sin(x ** 2) * exp(x))\n", x=randn(4))

    bilinear = "fn f(x: [3], w: [3, 2], y: [2]) -> [] = sum(tanh(x @ w) * y)\n"
    f = lambda x, w, y: (torch.tanh(x @ w) * y).sum()
    three = lambda: {"x": randn(3), "w": randn(3, 2), "y": randn(2)}
    case(a, "grad in the second argument", "grad(f, over: 1)(x, w, y)", grad(f, 1), before=bilinear, **three())
    case(a, "grad in an argument by name", 'grad(f, over: "y")(x, w, y)', grad(f, 2), before=bilinear, **three())
    case(a, "grad in several arguments", "grad(f, over: [2, 0])(x, w, y)", grad(f, (2, 0)), before=bilinear, **three())
    case(a, "grad in one argument of grad in another", "grad(|x, w, y| sum(sin(grad(f, over: 1)(x, w, y))))(x, w, y)",
         grad(lambda x, w, y: grad(f, 1)(x, w, y).sin().sum()), before=bilinear, **three())
    case(a, "value_and_grad of a function with more results", "{\n  all, g = value_and_grad(f, over: 1)(x, w, y)\n  (all[0], all[1], g)\n}",
         lambda x, w, y: (f(x, w, y), x @ w, grad(f, 1)(x, w, y)), before=bilinear.replace("[] = ", "([], [2]) = (").rstrip() + ", x @ w)\n", **three())
    case(a, "stop_gradient", "grad(|x| sum(stop_gradient(sin(x)) * x ** 2))(x)", lambda x: 2 * x * x.sin().detach(), x=randn(4))
    case(a, "grad of a scalar in what it was computed from", "{\n  a = tanh(x @ w)\n  s = sum(a ** 3 * y)\n  grad(s, over: a)\n}",
         lambda x, w, y: inside(x, w, y), **three())


def inside(x, w, y):
    a = torch.tanh(x @ w)
    return grad(lambda a: (a**3 * y).sum())(a)


def for_examples(a):
    """Functions of one example over many, and the derivatives of each."""
    define = "fn f(x: [3], y: [3]) -> [2] = [sum(x * y), prod(x) + y[0]]\n"
    f = lambda x, y: torch.stack([x.dot(y), x.prod() + y[0]])
    case(a, "vmap", "vmap(f)(x, y)", vmap(f), before=define, x=randn(4, 3), y=randn(4, 3))
    case(a, "vmap over one argument", "vmap(f, over: [0, _])(x, y)", vmap(f, (0, None)), before=define, x=randn(4, 3), y=randn(3))
    case(a, "vmap over the last axis", "vmap(f, over: [1, 0])(x, y)", vmap(f, (1, 0)), before=define, x=randn(3, 4), y=randn(4, 3))
    case(a, "vmap in vmap", "vmap(|x| vmap(|y| f(x, y))(y))(x)", lambda x, y: vmap(lambda x: vmap(lambda y: f(x, y))(y))(x),
         before=define, x=randn(2, 3), y=randn(4, 3))
    case(a, "vmap of jacobian", "vmap(|x, y| jacobian(|x| f(x, y))(x))(x, y)", vmap(jacrev(f)), before=define, x=randn(4, 3), y=randn(4, 3))
    case(a, "jacobian of vmap", "jacobian(|x| vmap(f)(x, y))(x)", jacrev(vmap(f)), before=define, x=randn(2, 3), y=randn(2, 3))
    case(a, "vmap of hessian", "vmap(hessian(|x| sum(sin(f(x, x)))))(x)", vmap(hessian(lambda x: f(x, x).sin().sum())), before=define, x=randn(2, 3))
    case(a, "vmap of scan", "vmap(|x| scan t in x over 0 with (h = 0.5) { h = tanh(h + t * h) })(x)", vmap(lambda x: scanned(x)[-1]), x=randn(3, 4))
    case(a, "vmap of a pattern", "vmap(|x| (x, w).[a b, b c -> c])(x)", lambda x, w: vmap(lambda x: torch.einsum("ab,bc->c", x, w))(x),
         x=randn(2, 3, 4), w=randn(4, 2))
    case(a, "vmap of solve_triangular", "vmap(solve_triangular)(m, y)", vmap(lambda m, y: torch.linalg.solve_triangular(m.tril(), y, upper=False)),
         m=(randn(2, 3, 3) + 2 * torch.eye(3)).tril(), y=randn(2, 3, 2))

    for name, text, module, shape in [
        ("a perceptron", "Linear[4 -> 3] >> tanh >> Linear[3 -> 3]", nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3)), (4,)),
        ("a convolutional net", "Conv2d[1 -> 2](kernel: 3) >> relu >> max_pool(2) >> flatten >> Linear[2 -> 3]",
         nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 3)), (1, 4, 4)),
        ("a recurrent net", "LSTM[2 -> 2] >> flatten >> Linear[6 -> 3]", nn.Sequential(Recurrent(2, 2, batch_first=True), nn.Flatten(), nn.Linear(6, 3)), (3, 2)),
    ]:
        of_examples(a, name, text, module, shape)


def of_examples(a, name, text, module, shape):
    """The gradient of every example of a classifier, and the squares of their lengths."""
    places = {path: path.removesuffix("_l0") for path, _ in module.named_parameters()}
    with torch.no_grad():
        weights = {path: p.copy_(randn(*p.shape, scale=0.5)) for path, p in module.named_parameters()}
    error = lambda w, x, y: F.cross_entropy(functional_call(module, w, (x[None],)), y[None])
    each = vmap(grad(error), (None, 0, 0))
    sizes = ", ".join(map(str, shape))
    before = (f"let net = {text}\nfn error(net: Layer, x: [{sizes}], y: idx<3>[]) -> [] = "
              f"cross_entropy(net(unsqueeze(x, 0)), unsqueeze(y, 0))\n{ROWS}")
    more = {"before": before, "params": {"net." + places[path]: w for path, w in weights.items()}, "types": {"y": "idx<3>[3]"}}
    new = lambda: {"x": randn(3, *shape), "y": labels(3, 3)}
    case(a, f"the gradient of each example of {name}", "rows(vmap(grad(error))(net, x, y), 3)", lambda x, y: rows(each(weights, x, y)), **more, **new())
    case(a, f"the length of each gradient of {name}", "vmap(|x, y| inner(grad(error)(net, x, y), grad(error)(net, x, y)))(x, y)",
         lambda x, y: rows(each(weights, x, y)).square().sum(1), **more, **new())
    case(a, f"the slope of {name} at each example", "vmap(grad(error, over: 1))(net, x, y)", lambda x, y: vmap(grad(error, 1), (None, 0, 0))(weights, x, y),
         **more, **new())


def for_checkpoints(a):
    """What is computed again has the derivatives of what is kept."""
    f = lambda x, w: torch.tanh(x @ w) ** 2
    kept = lambda x, w: checkpoint(f, x, w, use_reentrant=False)
    define = "fn f(x: [2, 3], w: [3, 4]) = tanh(x @ w) ** 2\n"
    both = lambda: {"x": randn(2, 3), "w": randn(3, 4)}
    case(a, "checkpoint", "checkpoint(f)(x, w)", kept, before=define, **both())
    case(a, "a checkpoint in a checkpoint", "checkpoint(|x, w| checkpoint(f)(x, w) @ w.T)(x, w)",
         lambda x, w: checkpoint(lambda x, w: kept(x, w) @ w.T, x, w, use_reentrant=False), before=define, **both())
    case(a, "grad of a checkpoint", "grad(|x| sum(sin(checkpoint(f)(x, w))))(x)", lambda x, w: grad(lambda x: f(x, w).sin().sum())(x), before=define, **both())
    case(a, "a checkpoint of grad", "checkpoint(grad(|x| sum(sin(f(x, w)))))(x)", lambda x, w: grad(lambda x: f(x, w).sin().sum())(x), before=define, **both())
    case(a, "hvp of a checkpoint", "hvp(|x| sum(sin(checkpoint(f)(x, w))))(x, cos(x))",
         lambda x, w: hessian_along(lambda x: f(x, w).sin().sum(), x, x.cos()), before=define, **both())
    case(a, "vmap of a checkpoint", "vmap(|x| checkpoint(|x| f(stack([x, x]), w))(x))(x)", lambda x, w: vmap(lambda x: f(torch.stack([x, x]), w))(x),
         before=define, **both())
    case(a, "a checkpoint at every time", "scan t in x over 0 with (h = zeros[4]) { h = checkpoint(|h, t| tanh(h + t @ w))(h, t) }",
         lambda x, w: repeated(x, w), **both())


def repeated(x, w):
    h = torch.zeros(4)
    for t in x:
        h = checkpoint(lambda h, t: torch.tanh(h + t @ w), h, t, use_reentrant=False)
    return h


AREAS = {"autodiff": autodiff}
