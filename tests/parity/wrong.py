"""Calls that PyTorch's databases give as wrong, said in dln by the same tables."""

import torch
from torch.utils._pytree import tree_map

from calls import Names, Skip
from record import joined, uses


def wide(v):
    if isinstance(v, torch.Tensor) and v.dtype in (torch.float32, torch.int32):
        return v.detach().to(torch.float64 if v.is_floating_point() else torch.int64)
    return v


def said(entry, sample):
    """A wrong call in dln: its arguments and its text."""
    names = Names()
    first, args, kwargs = names.of(tree_map(wide, (sample.input, sample.args, sample.kwargs)))
    try:
        text = entry.text(first, *args, **kwargs)
    except (TypeError, AttributeError, IndexError, KeyError, ValueError, RuntimeError, AssertionError, StopIteration):
        raise Skip("a call that has no words in dln")
    return ", ".join(f"{t}: {t.type()}" for t in names.all), joined(text) if isinstance(text, list) else text


def comment(error):
    text = str(error.error_regex).replace("\\", "").split("\n")[0]
    return text[:90].strip()


def collect(topics, database):
    """{operator: {call: what PyTorch says}}, and the operators of calls that have no words in dln."""
    found, unsaid = {}, []
    for table in topics.values():
        for op, entry in table.items():
            if database[op].error_inputs_func is None:
                continue
            for error in database[op].error_inputs("cpu"):
                try:
                    arguments, text = said(entry, error.sample_input)
                    found.setdefault(op, {}).setdefault(f"({arguments}) = {text}", comment(error))
                except Skip:
                    unsaid.append(op)
    return found, unsaid


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
            text = "".join(f"fn wrong_{i}{line}  # {message}\n" for i, (line, message) in enumerate(lines.items()))
            records.append({"name": op, "op": op, "samples": len(lines), "source": uses(text) + text})
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


ON_PURPOSE = {
    "whole numbers become floats where floats are needed": [
        ("mean", "could not infer"), ("nn.functional.conv1d", "should be the same"), ("nn.functional.conv2d", "should be the same"),
        ("nn.functional.conv3d", "should be the same"), ("masked_fill", "without overflow"),
    ],
    "there is no limit on the number of axes": [("amax", "64 dims"), ("amin", "64 dims"), ("aminmax", "64 dims")],
    "leading axes are a batch": [("t", "<= 2"), ("t_copy", "<= 2"), ("diag", "1D or 2D"), ("nn.functional.embedding", "must be 2-D")],
    "what lacks leading axes repeats, and axes of size 1 where `broadcast` asks for it": [
        ("index_add", "source tensor shape must match"), ("linalg.cross", "must have length 3"), ("linalg.cross", "same number of dim"),
    ],
    "an index in data is looked at when it runs (E0802)": [("gather", "index 23")],
    "a formula, in which nobody looks at the sign of a tolerance": [("isclose", "must be greater")],
    "bounds may be tensors, so nothing compares them before the run": [
        ("nn.functional.hardtanh", "min_val"), ("nn.functional.softshrink", "lambda must"),
    ],
}
