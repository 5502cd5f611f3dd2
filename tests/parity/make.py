"""Writes what PyTorch's own test databases say about everything that dln has: operators, modules and optimizers.

    pip install torch expecttest hypothesis
    python3 tests/parity/make.py [TOPIC ..]

A topic is a table in a file beside this one: from the name of an operator in PyTorch's database to a function that takes the arguments
of a call, tensors by their names, and gives the call as dln text. `<topic>.jsonl` has the cases in the format of
tests/reference/make.py, several samples of an operator in one program, and of each also

    op        the operator's, module's or optimizer's name in PyTorch
    dln       one of the calls in dln
    samples   how many calls there are

A sample runs in f64 only where PyTorch's own f32 misses its f64 by more than 1e-6 (`"float": "f64"`), and without derivatives where
PyTorch's are not finite. `wrong.jsonl` has the calls that must be refused, `absent.json` what is not covered, and why.
"""

import json
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import tables
import wrong
from database import operators, samples
from record import Program

LIMIT = 8


def covering(calls, limit):
    """At most `limit` samples that have the most settings between them, small ones first."""
    left, chosen, seen = sorted(calls, key=lambda c: c.cost), [], set()
    while left and len(chosen) < limit:
        best = max(left, key=lambda c: len(c.features - seen))
        if not best.features - seen and len(chosen) >= 3:
            break
        left.remove(best)
        chosen.append(best)
        seen |= best.features
    return chosen


def write(name, records):
    text = "".join(json.dumps(r, separators=(",", ":"), allow_nan=False) + "\n" for r in records)
    (HERE / f"{name}.jsonl").write_text(text)
    print(f"{name}: {len(records)} programs, {len({r['op'] for r in records})} entries, {sum(r.get('samples', 1) for r in records)} samples, {len(text) // 1024} KiB")


def topic(name, table, database):
    records, none = [], []
    for op in table:
        if op not in database:
            raise SystemExit(f"PyTorch has no {op}")
        calls, reasons = samples(database[op], table[op])
        chosen = covering(calls, table[op].limit or LIMIT)
        if not chosen:
            none.append(f"{op}: {reasons}")
        for exact in (False, True):
            part = [c for c in chosen if c.f64_only == exact]
            if part:
                records.append(Program(op, part, table[op], exact).record())
    write(name, records)
    for line in none:
        print("  NO CASE", line)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    database = operators()
    for name, table in tables.TOPICS.items():
        if not wanted or name in wanted:
            topic(name, table, database)
    for name, fill in tables.FILLS.items():
        if not wanted or name in wanted:
            write(name, fill())
    if not wanted or "wrong" in wanted:
        write("wrong", wrong.refused(tables.TOPICS, database))
    if not wanted or "absent" in wanted:
        tables.write_absent(HERE / "absent.json", database)
