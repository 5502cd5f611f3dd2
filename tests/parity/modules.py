"""PyTorch's database of modules: those with parameters as layers of `std.nn`, the others as functions."""

import inspect
import re

import torch
from torch.testing._internal.common_modules import module_db
from torch.utils._pytree import tree_flatten, tree_map

import functional
import losses
import sequences
import windows
from calls import Names, Skip, T, is_default, say, say_float, whole
from database import near
from record import joined, tensor, uses
from shapes import pad

MOST = 160
LIMITS = {"BatchNorm1d": 5, "BatchNorm2d": 4, "InstanceNorm1d": 4, "InstanceNorm3d": 1, "MultiheadAttention": 6, "TransformerEncoderLayer": 6,
          "TransformerDecoderLayer": 4, "LinearCrossEntropyLoss": 6}


def settings(cls, made):
    """The settings of a module by their names."""
    bound = inspect.signature(cls.__init__).bind(None, *made.args, **made.kwargs)
    given = {k: v for k, v in bound.arguments.items() if k not in ("self", "args", "kwargs")}
    given |= dict(zip(("input_size", "hidden_size"), bound.arguments.get("args", ()))) | bound.arguments.get("kwargs", {})
    return {k: v for k, v in given.items() if k not in ("device", "dtype", "inplace")}


def function(mapper):
    """A module that is a function with settings."""
    return lambda given: (None, lambda net, *xs: mapper(*xs, **given))


def padding(mode, n):
    def make(given):
        def text(net, x):
            widths = given["padding"]
            return pad(x, [widths] * 2 * n if isinstance(widths, int) else list(widths), mode, given.get("value"))

        return None, text

    return make


def only(given, **defaults):
    """Skips a module with settings that the layer does not have."""
    for name, default in defaults.items():
        is_default(given.get(name, default), default)


def words(given, **names):
    """Settings as dln says them: PyTorch's name to dln's."""
    shown = {new: given[old] for old, new in names.items() if given.get(old) is not None}
    spelled = [f"{k}: {say(list(v) if isinstance(v, tuple) else v)}" for k, v in shown.items()]
    return f"({', '.join(spelled)})" if spelled else ""


def rim(given, n):
    """What stands around a picture with the padding "same" or "valid"."""
    per = lambda v: list(v) if isinstance(v, tuple) else [v] * n
    total = [d * (k - 1) for k, d in zip(per(given["kernel_size"]), per(given.get("dilation", 1)))]
    if given["padding"] == "same" and any(v % 2 for v in total):
        raise Skip("a rim with different sides")
    return tuple(v // 2 if given["padding"] == "same" else 0 for v in total)


def conv(layer, n, turned=False):
    def make(given):
        only(given, padding_mode="zeros")
        if isinstance(given.get("padding"), str):
            given = {**given, "padding": rim(given, n)}
        given = {k: v[0] if isinstance(v, tuple) and n == 1 else v for k, v in given.items()}
        names = dict(kernel_size="kernel", stride="stride", padding="pad", dilation="dilation", groups="groups", bias="use_bias")
        names |= {"output_padding": "output_pad"} if turned else {}
        made = f"{layer}[{given.get('in_channels', '_')} -> {given['out_channels']}]{words(given, **names)}"

        def text(net, x):
            if x.ndim != n + 2:
                raise Skip("an example without a batch")
            return f"{net}({x})"

        return made, text

    return make


def layer(spell, call=lambda net, *xs: f"{net}({', '.join(xs)})"):
    return lambda given: (spell(given), call)


def linear(given):
    return f"Linear[{given['in_features']} -> {given['out_features']}]{words(given, bias='use_bias')}"


def bilinear(given):
    only(given, bias=True)
    return f"Bilinear[{given['in1_features']}, {given['in2_features']} -> {given['out_features']}]"


def channels(name, n):
    def make(given):
        if "momentum" in given and given["momentum"] is None:
            raise Skip("a running mean over all batches")

        def text(net, x):
            return f"{net}({x})" if x.ndim > n else f"squeeze({net}(unsqueeze({x}, 0)), 0)"

        return norm(name, given), text

    return make


def norm(name, given):
    only(given, bias=True)
    return f"{name}[{given['num_features']}]{words(given, momentum='momentum', eps='eps', affine='affine', track_running_stats='track')}"


def one_axis(given):
    only(given, elementwise_affine=True, bias=True)
    shape = given["normalized_shape"]
    shape = [shape] if isinstance(shape, int) else list(shape)
    if len(shape) != 1:
        raise Skip("several axes")
    return shape[0]


def layer_norm(given):
    return f"LayerNorm[{one_axis(given)}]{words(given, eps='eps')}"


def rms_norm(given):
    """PyTorch's default epsilon is that of the float type."""
    return f"RMSNorm[{one_axis(given)}](eps: {say_float(given.get('eps') or 2.0 ** -52)})"


def group_norm(given):
    only(given, affine=True)
    return f"GroupNorm[{given['num_channels']}](groups: {given['num_groups']}{', eps: ' + say(given['eps']) if 'eps' in given else ''})"


def embedding(given):
    only(given, padding_idx=None, max_norm=None, scale_grad_by_freq=False, sparse=False)
    return f"Embedding[{given['num_embeddings']} -> {given['embedding_dim']}]"


def class_layer(given):
    n = given["num_embeddings"]
    return embedding(given), lambda net, i: f"{net}({i if i.value.is_floating_point() else whole(i, n)})"


def rows(net, *xs):
    if xs[0].ndim != 2:
        raise Skip("an example without a batch")
    return f"{net}({', '.join(xs)})"


def prelu(given):
    only(given, num_parameters=1)
    return "PReLU"


def recurrent(name):
    def make(given):
        only(given, bias=True, bidirectional=False, nonlinearity="tanh", proj_size=0, dropout=0.0)

        def text(net, x, *state):
            if state:
                raise Skip("a first state that is not zero")
            if x.ndim == 2:
                return f"squeeze({net}(unsqueeze({x}, 0)), 0)"
            return f"{net}({x})" if given.get("batch_first") else f"swap_axes({net}(swap_axes({x}, 0, 1)), 0, 1)"

        size, wide = given["input_size"], given["hidden_size"]
        return " >> ".join(f"{name}[{say(wide if i else size)} -> {say(wide)}]" for i in range(given.get("num_layers", 1))), text

    return make


def cell(name, states):
    def make(given):
        only(given, bias=True, nonlinearity="tanh")
        size = given["hidden_size"]

        def text(net, x, state=None):
            first = [f"zeros{x.shape[:-1] + [size]}"] * states if state is None else list(state) if isinstance(state, (tuple, list)) else [state]
            if x.ndim == 2:
                return f"{net}.step({', '.join([x, *first])})"
            step = f"{net}.step({', '.join(f'unsqueeze({v}, 0)' for v in [x, *first])})"
            return f"squeeze({step}, 0)" if states == 1 else f"each {step} as s {{ squeeze(s, 0) }}"

        return f"{name}[{given['input_size']} -> {size}]", text

    return make


def linear_cross_entropy(given):
    """Scores by a layer without a bias, and their cross entropy."""
    is_default(tuple(given.get("out_features", ())), ())

    def text(net, x, y):
        scores = T(f"{net}.linear({x})", x.value.new_zeros(*x.shape[:-1], given["num_classes"]))
        ignored = given.get("ignore_index")
        return losses.cross_entropy(scores, y, given.get("weight"), ignore_index=-100 if ignored is None else ignored,
                                    reduction=given.get("reduction", "mean"), label_smoothing=given.get("label_smoothing", 0.0))

    is_default(given.get("weight"), None)
    return f"(linear: Linear[{given['in_features']} -> {given['num_classes']}](use_bias: false))", text


def table():
    t = {name: function(functional.table()[f"nn.functional.{word}"].text) for name, word in {
        "CELU": "celu", "ELU": "elu", "GELU": "gelu", "GLU": "glu", "Hardswish": "hardswish", "Hardtanh": "hardtanh", "Hardshrink": "hardshrink",
        "ReLU": "relu", "LeakyReLU": "leaky_relu", "ReLU6": "relu6", "SELU": "selu", "SiLU": "silu", "Mish": "mish", "Softplus": "softplus",
        "Softshrink": "softshrink", "Softsign": "softsign", "Tanhshrink": "tanhshrink", "Threshold": "threshold", "LogSigmoid": "logsigmoid",
        "Softmin": "softmin", "LocalResponseNorm": "local_response_norm"}.items()}
    for name, word in {"BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "CosineEmbeddingLoss": "cosine_embedding_loss",
                       "CrossEntropyLoss": "cross_entropy", "GaussianNLLLoss": "gaussian_nll_loss", "HingeEmbeddingLoss": "hinge_embedding_loss",
                       "HuberLoss": "huber_loss", "KLDivLoss": "kl_div", "L1Loss": "l1_loss", "MSELoss": "mse_loss", "MarginRankingLoss": "margin_ranking_loss",
                       "MultiLabelMarginLoss": "multilabel_margin_loss", "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss", "MultiMarginLoss": "multi_margin_loss", "NLLLoss": "nll_loss",
                       "PoissonNLLLoss": "poisson_nll_loss", "SmoothL1Loss": "smooth_l1_loss", "SoftMarginLoss": "soft_margin_loss"}.items():
        t[name] = function(losses.table()[f"nn.functional.{word}"].text)
    t |= {"Sigmoid": function(lambda x: f"sigmoid({x})"), "Tanh": function(lambda x: f"tanh({x})"), "Softmax": function(functional.softmax("softmax")),
          "LogSoftmax": function(functional.softmax("log_softmax")), "Softmax2d": function(lambda x: f"softmax({x}, over: -3)"),
          "Linear": layer(linear), "Bilinear": layer(bilinear, rows), "LayerNorm": layer(layer_norm), "RMSNorm": layer(rms_norm), "GroupNorm": layer(group_norm),
          "Embedding": class_layer, "PReLU": layer(prelu),
          "MultiheadAttention": sequences.attention, "TransformerEncoderLayer": sequences.encoder_layer, "TransformerEncoder": sequences.encoder,
          "TransformerDecoderLayer": sequences.decoder_layer, "Transformer": sequences.transformer, "CTCLoss": sequences.ctc,
          "LinearCrossEntropyLoss": linear_cross_entropy}
    for n in (1, 2, 3):
        t[f"Conv{n}d"], t[f"ConvTranspose{n}d"] = conv(f"Conv{n}d", n), conv(f"ConvTranspose{n}d", n, turned=True)
        t[f"LazyConv{n}d"], t[f"LazyConvTranspose{n}d"] = t[f"Conv{n}d"], t[f"ConvTranspose{n}d"]
        t[f"BatchNorm{n}d"], t[f"InstanceNorm{n}d"] = channels("BatchNorm", n if n == 1 else n + 1), channels("InstanceNorm", n + 1)
        t[f"LPPool{n}d"] = function(windows.lp_pool(n))
        t[f"MaxPool{n}d"], t[f"AvgPool{n}d"] = function(windows.max_pool(n)), function(windows.avg_pool(n))
        t[f"AdaptiveAvgPool{n}d"] = function(windows.adaptive("adaptive_avg_pool", n))
        t[f"AdaptiveMaxPool{n}d"] = function(windows.adaptive("adaptive_max_pool", n))
        for name, mode in {"ReflectionPad": "reflect", "ReplicationPad": "replicate", "CircularPad": "circular", "ZeroPad": "constant", "ConstantPad": "constant"}.items():
            t[f"{name}{n}d"] = padding(mode, n)
    t |= {name: recurrent(name) for name in ("RNN", "LSTM", "GRU")}
    return t | {f"{name}Cell": cell(name, 1 + (name == "LSTM")) for name in ("RNN", "LSTM", "GRU")}


def most(name):
    """How many numbers a sample may have: those of volumes are the smallest that there are."""
    if name.endswith("CTCLoss"):
        return 2400
    return 1100 if name.endswith("LPPool3d") else 900 if name.endswith("3d") else 450 if name.endswith(("Loss", "Norm2d", "Pad2d")) else MOST


PARAMETERS = {"nn.TransformerEncoder": 400, "nn.TransformerDecoderLayer": 400, "nn.Transformer": 500}


class Call:
    """A module with its settings, called once."""

    def __init__(self, info, make, sample, training):
        self.given = settings(info.module_cls, sample.constructor_input)
        self.made, self.text = make(self.given)
        self.info, self.sample, self.training = info, sample, training
        self.inputs = tree_map(lambda v: torch.round(v.detach(), decimals=3) if isinstance(v, torch.Tensor) and v.is_floating_point() else v,
                               (tuple(sample.forward_input.args), sample.forward_input.kwargs))
        if info.name == "nn.MultiLabelMarginLoss":
            self.inputs = ((self.inputs[0][0], losses.once(self.inputs[0][1])), {})
        if any(t.is_floating_point() and bool(t.isnan().any()) for t in self.tensors()):
            raise Skip("a sample of NaN")
        self.spelled("")
        if sum(t.numel() for t in self.tensors()) > most(info.name):
            raise Skip("large")
        self.run(torch.float32)
        narrow = [*self.results, *self.grads, *self.param_grads.values()]
        self.run(torch.float64)
        wide = [*self.results, *self.grads, *self.param_grads.values()]
        self.f64_only = not all(near(a, b) for a, b in zip(wide, narrow))

    def tensors(self):
        return [t for t in tree_flatten(self.inputs)[0] if isinstance(t, torch.Tensor)]

    def spelled(self, k):
        names = Names(k)
        args, kwargs = names.of(self.inputs)
        return names.all, self.text(f"net{k}", *args, **{name: v for name, v in kwargs.items() if v is not None})

    def run(self, float):
        made = self.sample.constructor_input
        torch.manual_seed(0)
        module = self.info.module_cls(*made.args, **made.kwargs).double().train(self.training)
        if "Lazy" in self.info.name:
            module(*self.inputs[0])
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(torch.round(p, decimals=3))
        module = module.to(float)
        self.params = {k: v.detach().clone() for k, v in module.state_dict().items() if v.is_floating_point()}
        if sum(p.numel() for p in self.params.values()) > PARAMETERS.get(self.info.name, 720 if "Cell" in self.info.name or "3d" in self.info.name else 320):
            raise Skip("large")
        wants = []
        targets = self.info.name == "nn.SoftMarginLoss"
        enter = lambda v: wants.append(v.to(float).clone().requires_grad_(not (targets and wants))) or wants[-1] if isinstance(v, torch.Tensor) and v.is_floating_point() else v
        args, kwargs = tree_map(enter, self.inputs)
        if self.info.name == "nn.CTCLoss":
            args = (args[0].log_softmax(-1), *args[1:])
        torch.manual_seed(0)
        out = module(*args, **kwargs)
        out = out[0] if self.info.name in ("nn.RNN", "nn.LSTM", "nn.GRU", "nn.MultiheadAttention") else out
        self.results = [t for t in tree_flatten(out)[0] if isinstance(t, torch.Tensor)]
        trained = dict(module.named_parameters())
        loss = sum((r * torch.cos(1 + torch.arange(r.numel(), dtype=r.dtype)).reshape(r.shape)).sum() for r in self.results)
        wants = [w for w in wants if w.requires_grad]
        grads = torch.autograd.grad(loss, [*trained.values(), *wants], allow_unused=True)
        grads = [torch.zeros_like(w) if g is None else g for g, w in zip(grads, [*trained.values(), *wants])]
        self.param_grads = dict(zip(trained, grads))
        self.grads = grads[len(trained):]
        self.after = {k: v.detach().clone() for k, v in module.named_buffers() if v.is_floating_point()}

    def shaped(self, p):
        """The one slope of a PReLU is a scalar in dln."""
        return p.reshape(()) if self.info.name == "nn.PReLU" else p

    def path(self, name, k):
        stacked = re.fullmatch(r"(\w+)_l(\d)", name)
        if stacked and ">>" in self.made:
            return f"net{k}.{stacked[2]}.{stacked[1]}"
        return f"net{k}.{stacked[1] if stacked else name}"


def record(name, calls, training):
    arguments, bodies, lets, inputs, params, output, grads, buffers = [], [], "", {}, {}, [], {}, {}
    for k, call in enumerate(calls):
        names, text = call.spelled(k)
        arguments += [f"{t}: {t.type()}" for t in names]
        bodies.append(text)
        lets += f"let net{k} = {call.made}\n" if call.made else ""
        inputs |= {str(t): tensor(t.value) for t in names}
        params |= {call.path(n, k): tensor(call.shaped(p)) for n, p in call.params.items()}
        output += [tensor(r) for r in call.results]
        floats = [t for t in names if t.value.is_floating_point()]
        grads |= {str(t): tensor(g) for t, g in zip(floats, call.grads)} | {call.path(n, k): tensor(call.shaped(g)) for n, g in call.param_grads.items()}
        buffers |= {call.path(n, k): tensor(b) for n, b in call.after.items()} if training else {}
    text = joined(bodies)
    shown = calls[0].made or calls[0].spelled("")[1]
    line = {"name": f"{name}{' in training' if training else ''}", "op": f"nn.modules.{name}", "dln": shown, "samples": len(calls)}
    line["source"] = f"{uses(lets + text)}{lets}fn case({', '.join(arguments)}) = {text}"
    line |= {"training": training, "inputs": inputs, "params": params, "output": output, "grads": grads}
    if buffers:
        line["buffers"] = buffers
    if any(call.f64_only for call in calls):
        line["float"] = "f64"
    return line


def known():
    """(name, PyTorch's entry, how it is said) of all modules that dln has."""
    infos = {info.name.removeprefix("nn."): info for info in module_db}
    return [(name, infos[name], make) for name, make in table().items() if name in infos]


def fill():
    records = []
    for name, info, make in known():
        reasons = {}
        for training in (False, True):
            calls, seen = [], set()
            torch.manual_seed(0)
            for sample in info.module_inputs_func(info, device="cpu", dtype=torch.float64, requires_grad=False, training=training):
                try:
                    call = Call(info, make, sample, training)
                    key = f"{call.made} {call.spelled('')[1]} {[t.shape for t in call.tensors()]}"
                    if key not in seen and len(calls) < LIMITS.get(name, 2):
                        seen.add(key)
                        calls.append(call)
                except Skip as why:
                    reasons[str(why)] = reasons.get(str(why), 0) + 1
                except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
                    reasons[repr(error)[:150]] = reasons.get(repr(error)[:150], 0) + 1
            if calls and (not training or calls[0].after or name.startswith("Transformer")):
                records.append(record(name, calls, training))
        if not any(r["op"] == f"nn.modules.{name}" for r in records):
            print("  NO CASE", name, reasons)
    return records


ABSENT = {
    "chance: the numbers are each library's own; moments are tested in `std.random`": ["FractionalMaxPool2d", "FractionalMaxPool3d"],
}


def absent():
    """[{why, names}] of the modules without an entry; each needs a reason."""
    left = {info.name.removeprefix("nn.") for info in module_db} - {name for name, *_ in known()}
    assert left == {name for names in ABSENT.values() for name in names}, left
    return [{"why": why, "names": [f"nn.modules.{name}" for name in names]} for why, names in ABSENT.items()]
