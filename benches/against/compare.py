#!/usr/bin/env python3
"""dln beside PyTorch and ONNX Runtime, case by case, in one run: `benches/against/compare.py mlp lstm --threads 2`.

Every side is a step server: a process that builds one case, says `{"ready": true, ..}` on its standard output, and answers
`go SECONDS` with `{"steps": n, "seconds": s}` and `quit` with `{"peak_rss_mb": m}`. The sides take turns, each round in another
order, and only one of them works at a time; what is told is the median over the rounds of the ratios within a round, so that a
machine that is slow for a while is slow for all. Below 1, a side is faster than the first.

Needs `cargo build --release` and, for the others, a Python with PyTorch (`--python`), for cases that only answer with torchvision,
onnx, onnxscript and onnxruntime too. Leave the machine alone meanwhile.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(path.stem for path in HERE.parent.joinpath("cases").glob("*.dln"))
# Cases that only answer, which ONNX Runtime can run, and those with neither pictures nor an optimizer to be laid out in another way.
EXPORTED = ["bert_b1", "gpt2_decode", "mlp_infer_b1", "resnet50_b1"]
PLAIN = ["bert_b1", "gpt2_decode", "mlp_infer_b1", "elementwise"]


class Side:
    """A server of one case."""

    def __init__(self, name, command, threads):
        self.name, self.times = name, []
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        start = time.perf_counter()
        self.process = subprocess.Popen(
            command, env=env, cwd=HERE.parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answer()
        self.ready = time.perf_counter() - start

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.answer()

    def block(self, seconds):
        told = self.ask(f"go {seconds}")
        self.times.append(told["seconds"] / told["steps"])


def commands(case, args):
    """The sides of a case, the first of which the others are measured by."""
    torch = [args.python, str(HERE / "torch_steps.py"), case, "--threads", str(args.threads), "--mode"]
    for mode in args.modes.split(","):
        if mode == "onnx" and case in EXPORTED:
            keep = ["--keep", args.keep] if args.keep else []
            yield "onnxruntime", [args.python, str(HERE / "onnx_steps.py"), case, "--threads", str(args.threads), *keep]
        elif mode != "onnx" and not (mode == "channels-last" and case in PLAIN):
            yield f"torch {mode}", torch + [mode]
    yield "dln", [str(args.dln), "bench", "step-server", case, "--threads", str(args.threads)]


def compare(case, args):
    sides = [Side(name, command, args.threads) for name, command in commands(case, args)]
    for turn in range(args.rounds):
        for k in range(len(sides)):
            sides[(turn + k) % len(sides)].block(args.seconds)
    best = min(statistics.median(side.times) for side in sides[:-1])
    for side in sides:
        ratio = statistics.median(a / b for a, b in zip(side.times, sides[0].times))
        memory = side.ask("quit")["peak_rss_mb"]
        print(
            f"{case:14} {side.name:14} {1e3 * statistics.median(side.times):10.3f} ms"
            f"  [{1e3 * min(side.times):.3f} .. {1e3 * max(side.times):.3f}]  {ratio:6.3f} of {sides[0].name}"
            f"  {memory:7.0f} MB  ready after {side.ready:.2f} s",
            flush=True,
        )
    print(f"{case:14} dln takes {statistics.median(sides[-1].times) / best:.3f} of the best other side's time", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES, help=f"of {', '.join(CASES)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a block")
    modes = "of PyTorch, and ONNX Runtime; the first is what ratios are told by"
    parser.add_argument("--modes", default="eager,channels-last,compile,onnx", help=modes)
    parser.add_argument("--keep", help="folder for the networks that are exported for ONNX Runtime")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--dln", default=HERE.parents[1] / "target" / "release" / "dln")
    args = parser.parse_args()
    for case in args.cases:
        compare(case, args)


if __name__ == "__main__":
    main()
