#!/usr/bin/env python3
"""How the time of a training step grows with batch, width, depth and the length of sequences, over three decades each, beside what
`dln summary` counts: `benches/limits/grow.py --threads 2`.

`growth` is the power between a row and the one before: 1 is in proportion. Needs `cargo build --release`.
"""
import argparse
import math
import pathlib
import tempfile

from server import Program

ROOT = pathlib.Path(__file__).resolve().parents[2]

MLP = """use std.loss: cross_entropy
use std.nn: Linear
use std.optim: Adam
use std.random: rand_int

let net = Linear[{wide} -> {wide}] >> relu >> chain([Linear[{wide} -> {wide}] >> relu for i in 0..{deep}]) >> Linear[{wide} -> 10]
let x = normal([{batch}, {wide}])
let y = rand_int([{batch}], 0, 10) :> idx<10>[{batch}]

train step {{
  steps = 1
  step () {{ minimize cross_entropy(net(x), y) over net with Adam(lr: 1e-3) }}
}}
"""

TRANSFORMER = """use std.nn: TransformerEncoderLayer
use std.optim: Adam

let net = TransformerEncoderLayer[128](heads: 4, causal: true, dropout: 0.0)
let x = normal([1, {long}, 128])

train step {{
  steps = 1
  step () {{ minimize mean(net(x) ** 2) over net with Adam(lr: 1e-3) }}
}}
"""

# What grows, through which sizes, and the text at a size.
GROWN = {
    "batch": ([1, 10, 100, 1000], lambda n: MLP.format(wide=512, deep=1, batch=n)),
    "width": ([4, 40, 400, 4000], lambda n: MLP.format(wide=n, deep=1, batch=128)),
    "depth": ([1, 10, 100, 1000], lambda n: MLP.format(wide=64, deep=n, batch=128)),
    "length": ([4, 40, 400, 4000], lambda n: TRANSFORMER.format(long=n)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=list(GROWN), help=f"of {', '.join(GROWN)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dln", default=ROOT / "target" / "release" / "dln")
    args = parser.parse_args()
    print("| what | size | ms a step | GFLOP | MB | GFLOP/s | growth |\n| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for what in args.what:
            before, (sizes, text) = None, GROWN[what]
            for size in sizes:
                program = Program(args.dln, folder, f"{what}{size}", text(size), args.threads)
                (flops, moved), took = program.counted(), program.seconds(args.rounds)
                growth = "" if before is None else f"{math.log10(took / before):.2f}"
                counted = f"{flops * 1e-9:.4f} | {moved * 1e-6:.2f} | {flops / took * 1e-9:.1f}"
                print(f"| {what} | {size:,} | {1e3 * took:.3f} | {counted} | {growth} |", flush=True)
                before = took


if __name__ == "__main__":
    main()
