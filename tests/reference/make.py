"""Writes what PyTorch (and scikit-learn, for metrics) say about everything in the standard library.

    python3 tests/reference/make.py [AREA ..]

One JSON line per case in `<area>.jsonl`, all in float64 (but those of `half`) and deterministic (every case seeds itself by its name):

    name      unique in the area
    source    dln text that defines `fn case(..)`; where it has a layer, `let net = ..`; `use "papers/moe.dln"` is an example
    training  whether `training` is true while the case runs
    inputs    {argument of case: tensor}
    params    {path: tensor}: parameters and buffers to set first, such as `net.weight`
    output    the results of `case`, a list of tensors
    grads     {argument or path: tensor}: derivatives of sum over all results of <result, cos(1 + arange(n))>; absent where
              nothing is differentiable
    buffers   {path: tensor}: buffers after the run, where it changes them

A case of `published` has a `file` in place of `params`: see `published_cases.py`. A case may have `float`, the one float type in which it runs, and a `tolerance` of its own, with the reason (`why`).

`optimizer.jsonl`, `plateau.jsonl` and `mixed.jsonl` have `steps` in place of `output`: for a `train case` block, {path: tensor} after each step on the one batch
in `inputs` (the file that the block names is never read). A tensor is {"shape": [..], "dtype": "f64" | "f32" | "bf16" | "f16" | "i64" | "bool", "data": [flat, row-major]}. Numbers that JSON
cannot write are the strings "inf", "-inf" and "nan".
"""

import importlib
import json
import pathlib
import sys
import warnings
import zlib

import torch

from tensors import DTYPES, tensor

HERE = pathlib.Path(__file__).parent


def cotangent(x):
    return torch.cos(1 + torch.arange(x.numel(), dtype=torch.float64)).reshape(x.shape)


class Area:
    """The cases of one file."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        self.names = set()

    def seed(self, name):
        torch.manual_seed(zlib.crc32(f"{self.name}/{name}".encode()))

    def emit(self, record):
        assert record["name"] not in self.names, record["name"]
        self.names.add(record["name"])
        self.lines.append(json.dumps(record, separators=(",", ":"), allow_nan=False))

    def case(self, name, body, reference, *, uses=(), before="", params=None, types=None, training=False, smooth=True,
             buffers=(), tolerance=None, why=None, **inputs):
        """A case whose results `reference(*inputs)` gives; `params` are (path, tensor) that `reference` closes over.

        `types` gives the dln type of an argument that is not simply `[sizes]`; `smooth=False` asks for no derivatives,
        and none is taken in `buffers`. With a `tolerance` the case runs in f64 only, and must agree so far.
        """
        params = params or {}
        state = {path: tensor(p) for path, p in params.items()}
        wants = {k: v for k, v in {**inputs, **params}.items() if smooth and v.is_floating_point() and k not in buffers}
        for value in wants.values():
            value.requires_grad_()
        arguments = ", ".join(f"{k}: {(types or {}).get(k) or dln_type(v)}" for k, v in inputs.items())
        results = reference(*inputs.values())
        results = results if isinstance(results, tuple) else (results,)
        kinds = ", ".join(dln_type(r) for r in results)
        kinds = kinds if len(results) == 1 else f"({kinds})"
        text = "".join(f"use {u}\n" for u in uses) + before + f"fn case({arguments}) -> {kinds} = {body}"
        record = {"name": name, "source": text, "training": training}
        if tolerance:
            record |= {"float": "f64", "tolerance": tolerance} | ({"why": why} if why else {})
        record["inputs"] = {k: tensor(v) for k, v in inputs.items()}
        if state:
            record["params"] = state
        record["output"] = [tensor(r) for r in results]
        if wants:
            loss = sum((r * cotangent(r)).sum() for r in results if r.requires_grad)
            grads = torch.autograd.grad(loss, list(wants.values()), allow_unused=True)
            record["grads"] = {k: tensor(g if g is not None else torch.zeros_like(w)) for (k, w), g in zip(wants.items(), grads)}
            assert all(torch.isfinite(g).all() for g in grads if g is not None), f"{name}: a derivative is not finite"
        if buffers and training:
            record["buffers"] = {path: tensor(params[path]) for path in buffers}
        self.emit(record)

    def write(self):
        (HERE / f"{self.name}.jsonl").write_text("".join(line + "\n" for line in self.lines))
        print(f"{self.name}: {len(self.lines)} cases")


def dln_type(x):
    element = "" if x.dtype == torch.float64 else DTYPES[x.dtype]
    return f"{element}[{', '.join(map(str, x.shape))}]"


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for module in [importlib.import_module(path.stem) for path in sorted(HERE.glob("*_cases.py"))]:
        for name, fill in module.AREAS.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            area = Area(name)
            fill(area)
            area.write()
