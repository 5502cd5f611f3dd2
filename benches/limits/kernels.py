#!/usr/bin/env python3
"""Kernels by themselves against what the machine allows: `benches/limits/kernels.py --threads 2`.

Each is a step of its own that reads buffers and writes one. FLOPs and bytes are counted by hand from the shapes: every operand read
once, every result written once. `machine.c` measures the limits: multiply-adds of f32 in registers, and bytes read from memory.
Above 100 % of the multiply-adds are products that run on tiles of bf16; above 100 % of the bytes is what stays in a cache.
Needs `cargo build --release` and a C compiler.
"""
import argparse
import math
import pathlib
import subprocess
import tempfile

from server import Program

HERE = pathlib.Path(__file__).resolve().parent

STEP = """{uses}layer Memory {{
{buffers}
  run() {{ y <- {value} }}
}}

let memory = Memory

train step {{
  steps = 1
  step () {{ memory.run() }}
}}
"""


def text(result, value, uses="", **operands):
    """The program that computes a value out of buffers of these shapes."""
    shape = lambda sizes: "[" + ", ".join(map(str, sizes)) + "]"
    buffers = [f"  buffer {name}: {shape(sizes)} = normal" for name, sizes in operands.items()]
    buffers.append(f"  buffer y: {shape(result)} = zeros")
    moved = 4 * (math.prod(result) + sum(math.prod(sizes) for sizes in operands.values()))
    return STEP.format(uses=uses and f"use {uses}\n\n", buffers="\n".join(buffers), value=value), moved


def product(m, k, n, turned=""):
    """x @ w, one of them turned."""
    a, b = ([k, m] if turned == "x" else [m, k]), ([n, k] if turned == "w" else [k, n])
    value = ("x.T" if turned == "x" else "x") + " @ " + ("w.T" if turned == "w" else "w")
    return f"dot {m} x {k} x {n}{turned and f', {turned} turned'}", 2 * m * k * n, *text([m, n], value, x=a, w=b)


def conv(n, c, side, m, kernel, stride=1, groups=1):
    to, pad = (side + 2 * (kernel // 2) - kernel) // stride + 1, kernel // 2
    value = f"conv(x, w, stride: {stride}, pad: {pad}, groups: {groups})"
    name = f"conv {kernel} x {kernel}, {n} x {c} x {side}^2 to {m}" + (", depthwise" if groups == c else "")
    flops = 2 * n * m * to * to * (c // groups) * kernel * kernel
    return name, flops, *text([n, m, to, to], value, x=[n, c, side, side], w=[m, c // groups, kernel, kernel])


def rows(name, value, flops, shape, result=None, uses=""):
    return f"{name} {' x '.join(map(str, shape))}", flops * math.prod(shape), *text(result or shape, value, uses, x=shape)


KERNELS = [
    product(128, 128, 128), product(512, 512, 512), product(2048, 2048, 2048), product(128, 784, 512),
    product(2048, 384, 1536), product(1536, 2048, 384, "x"), product(128, 3072, 768, "w"), product(32, 256, 1024),
    product(1, 768, 2304, "w"), product(1, 768, 50257, "w"),
    conv(32, 64, 32, 64, 3), conv(32, 256, 8, 256, 3), conv(1, 256, 14, 256, 3), conv(1, 512, 7, 2048, 1), conv(1, 3, 224, 64, 7, 2),
    conv(32, 64, 32, 64, 3, groups=64),
    rows("relu", "relu(x)", 1, [4096, 1024]), rows("gelu", "gelu(x)", 8, [4096, 1024]), rows("exp", "exp(x)", 1, [4096, 1024]),
    rows("softmax", "softmax(x, over: -1)", 5, [4096, 1024]), rows("softmax", "softmax(x, over: -1)", 5, [128, 128]),
    rows("sum of rows", "sum(x, over: -1)", 1, [4096, 1024], [4096]),
    rows("sum of columns", "sum(x, over: 0)", 1, [4096, 1024], [1024]),
    rows("transpose", "x.T", 0, [2048, 2048], [2048, 2048]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="words that a kernel's name begins with")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dln", default=HERE.parents[1] / "target" / "release" / "dln")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        machine = pathlib.Path(folder) / "machine"
        compile = ["cc", "-O3", "-march=native", "-pthread", str(HERE / "machine.c"), "-o", str(machine)]
        subprocess.run(compile, check=True)
        told = subprocess.run([machine, str(args.threads)], capture_output=True, text=True, check=True)
        peak, bandwidth = map(float, told.stdout.split())
        print(f"{peak:.0f} GFLOP/s of multiply-adds, {bandwidth:.1f} GB/s of memory, {args.threads} threads\n")
        print("| kernel | ms | GFLOP/s | of multiply-adds | GB/s | of memory |\n| --- | --- | --- | --- | --- | --- |")
        for at, (name, flops, program, moved) in enumerate(KERNELS):
            if args.only and not name.startswith(tuple(args.only)):
                continue
            took = Program(args.dln, folder, f"kernel{at}", program, args.threads).seconds(args.rounds)
            speed, rate = flops / took * 1e-9, moved / took * 1e-9
            print(
                f"| {name} | {1e3 * took:.3f} | {speed:.1f} | {100 * speed / peak:.0f} % | {rate:.1f} | {100 * rate / bandwidth:.0f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
