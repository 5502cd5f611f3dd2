"""Programs of several samples as lines of a file of cases."""

import pathlib
import re
import sys

import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "reference"))

from tensors import DTYPES, number

LIBRARY = HERE.parent.parent / "stdlib"


def library():
    """Where the names of the library are declared, but for those that the prelude brings."""
    found, prelude = {}, (LIBRARY / "prelude.dln").read_text()
    known = set(re.findall(r"^(?:fn|layer|let) (\w+)", prelude, re.M))
    for line in re.findall(r"^use std\.\w+: (.*)$", prelude, re.M):
        known |= {name.strip() for name in line.split(",")}
    for path in sorted(LIBRARY.rglob("*.dln")):
        module = "std." + ".".join(path.relative_to(LIBRARY).with_suffix("").parts)
        for name in re.findall(r"^(?:fn|layer|optimizer|let) (\w+)", path.read_text(), re.M):
            if name not in known and module != "std.prelude":
                found.setdefault(name, module)
    return found


NAMES = library()


def uses(text):
    """The `use` lines that a text needs."""
    words = dict.fromkeys(re.findall(r"(?<![\w.])([A-Za-z_]\w*)(?=[(\[])", text))
    words.update(dict.fromkeys(re.findall(r"\b([A-Z]\w+)\b", text)))
    return "".join(f"use {NAMES[w]}: {w}\n" for w in words if w in NAMES)


def tensor(x):
    x = x.detach()
    x = x.double() if x.is_floating_point() else x
    x = x if x.dtype in DTYPES else x.long()
    return {"shape": list(x.shape), "dtype": DTYPES[x.dtype], "data": [number(v) for v in x.reshape(-1).tolist()]}


def joined(texts):
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


class Program:
    """Samples of one operator as one function with all of their arguments and results."""

    def __init__(self, op, calls, entry, exact):
        self.op, self.calls, self.entry, self.exact = op, calls, entry, exact

    def record(self):
        arguments, bodies, inputs, output, grads = [], [], {}, [], {}
        for k, call in enumerate(self.calls):
            names, text = call.text_for(k)
            arguments += [f"{t}: {t.type()}" for t in names]
            bodies.append(joined(text) if isinstance(text, list) else text)
            inputs |= {str(t): tensor(t.held()) for t in names}
            output += [tensor(r) for r in call.results]
            grads |= {str(t): tensor(g) for t, g in zip(names, call.grads or []) if g is not None}
        text = joined(bodies)
        name = self.op + (" in f64" if self.exact else "")
        record = {"name": name, "op": self.op, "dln": self.shown(), "samples": len(self.calls)}
        record["source"] = f"{uses(text)}fn case({', '.join(arguments)}) = {text}"
        record |= {"training": False, "inputs": inputs, "output": output}
        if grads:
            record["grads"] = grads
        if self.exact:
            record["float"] = "f64"
        if self.entry.tolerance:
            record |= {"tolerance": self.entry.tolerance, "why": self.entry.why}
        return record

    def shown(self):
        texts = [c.text_for("")[1] for c in self.calls]
        texts = [joined(t) if isinstance(t, list) else t for t in texts]
        return min(texts, key=len)
