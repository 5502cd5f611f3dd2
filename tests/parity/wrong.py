"""Calls that PyTorch's databases give as wrong, said in dln by the same tables: of operators, modules and optimizers."""

from itertools import chain

import torch
from torch.utils._pytree import tree_map

import modules
import optimizers
from calls import Names, Skip
from record import joined, uses

NO_WORDS = (TypeError, AttributeError, IndexError, KeyError, ValueError, RuntimeError, AssertionError, StopIteration)


def wide(v):
    if isinstance(v, torch.Tensor) and v.dtype in (torch.float32, torch.int32):
        return v.detach().to(torch.float64 if v.is_floating_point() else torch.int64)
    return v


def function(names, text):
    return f"fn wrong({', '.join(f'{t}: {t.type()}' for t in names.all)}) = {joined(text) if isinstance(text, list) else text}"


def of_operators(topics, database):
    """(operator, what PyTorch says, a function that gives the call in dln) of every wrong call."""
    def say(entry, sample):
        names = Names()
        first, args, kwargs = names.of(tree_map(wide, (sample.input, sample.args, sample.kwargs)))
        return function(names, entry.text(first, *args, **kwargs))

    for table in topics.values():
        for op, entry in table.items():
            if database[op].error_inputs_func is not None:
                for error in database[op].error_inputs("cpu"):
                    yield op, error, lambda: say(entry, error.sample_input)


def of_modules():
    def say(cls, make, sample):
        made, text = make(modules.settings(cls, sample.constructor_input))
        names = Names()
        if sample.forward_input is None or not sample.forward_input.args:
            inputs = names.of((torch.ones(2, 3),)) if made is None else None
        else:
            inputs = names.of(tree_map(wide, tuple(sample.forward_input.args)))
        if inputs is None:
            return f"let wrong = {made}"
        return function(names, text(f"({made})" if made and ">>" in made else made, *inputs))

    for name, info, make in modules.known():
        if info.module_error_inputs_func is not None:
            torch.manual_seed(0)
            for error in info.module_error_inputs_func(info, device="cpu", dtype=torch.float64, requires_grad=False, training=False):
                yield f"nn.modules.{name}", error, lambda: say(info.module_cls, make, error.module_error_input)


def of_optimizers():
    for cls, info in optimizers.known():
        if info.optim_error_inputs_func is not None:
            torch.manual_seed(0)
            for error in info.optim_error_inputs_func(device="cpu", dtype=torch.float64):
                yield f"optim.{cls.__name__}", error, lambda: optimizers.wrong(cls, error)


def comment(error):
    text = str(error.error_regex).replace("\\", "").split("\n")[0]
    return text[:90].strip()


def collect(topics, database):
    """{operator: {call: what PyTorch says}}, and the operators of calls that have no words in dln."""
    found, unsaid = {}, []
    for op, error, say in chain(of_operators(topics, database), of_modules(), of_optimizers()):
        try:
            if any(part in comment(error) for part in WITHOUT_WORDS):
                raise Skip("a setting that dln does not have")
            found.setdefault(op, {}).setdefault(say(), comment(error))
        except (Skip, *NO_WORDS):
            unsaid.append(op)
    return {op: lines for op, lines in found.items() if lines}, unsaid


def accepted(op, message):
    """Why dln takes a call that PyTorch refuses."""
    if not message:
        return "a number stands for a tensor of any shape"
    return next((why for why, calls in ON_PURPOSE.items() if any(name == op and part in message for name, part in calls)), None)


def refused(topics, database):
    records = []
    for op, lines in collect(topics, database)[0].items():
        lines = {line: message for line, message in lines.items() if not accepted(op, message)}
        if lines:
            text = "".join(f"{line.replace('wrong', f'wrong_{i}', 1)}  # {message}\n" for i, (line, message) in enumerate(lines.items()))
            head = uses("".join(lines)) + (optimizers.NET if op.startswith("optim.") else "")
            records.append({"name": op, "op": op, "samples": len(lines), "source": head + text})
    return records


def on_purpose(topics, database):
    """[{why, calls, names}] of the calls that dln accepts, and of those that it cannot say."""
    found, unsaid = collect(topics, database)
    reasons = {}
    for op, lines in found.items():
        for message in lines.values():
            if accepted(op, message):
                reasons.setdefault(accepted(op, message), []).append(op)
    if unsaid:
        reasons["settings, types and layouts that have no words in dln"] = unsaid
    return [{"why": why, "calls": len(ops), "names": list(dict.fromkeys(ops))} for why, ops in reasons.items()]


WITHOUT_WORDS = ["does not match weight dtype", "should be of type bool", "num_layers must be", "lr as a Tensor is not supported",
                 "expected spacing to be unspecified", "multiple times in the list of dims", "on the same device"]

ON_PURPOSE = {
    "whole numbers become floats where floats are needed": [
        ("mean", "could not infer"), ("nn.functional.conv1d", "should be the same"), ("nn.functional.conv2d", "should be the same"),
        ("nn.functional.conv3d", "should be the same"), ("masked_fill", "without overflow"),
    ],
    "there is no limit on the number of axes": [("amax", "64 dims"), ("amin", "64 dims"), ("aminmax", "64 dims")],
    "leading axes are a batch": [("t", "<= 2"), ("t_copy", "<= 2"), ("diag", "1D or 2D"), ("nn.functional.embedding", "must be 2-D"),
                              ("nn.modules.CircularPad1d", "got 4D input")],
    "what lacks leading axes repeats, and axes of size 1 where `broadcast` asks for it": [
        ("index_add", "source tensor shape must match"), ("linalg.cross", "must have length 3"), ("linalg.cross", "same number of dim"),
    ],
    "an index in data is looked at when it runs (E0802)": [("gather", "index 23"), ("nn.modules.Embedding", "index out of range")],
    "frequencies may be any numbers": [("cov", "fweights to have integral dtype")],
    "a formula, in which nobody looks at the sign of a tolerance": [("isclose", "must be greater")],
    "bounds may be tensors, so nothing compares them before the run": [
        ("nn.functional.hardtanh", "min_val"), ("nn.functional.softshrink", "lambda must"),
    ],
}
