#!/usr/bin/env python3
"""From the start of the process to the end of the first training step: `benches/start.py examples/digits.dln`.

Each run is a new process that is ended behind its first step; what is told is the median, and the least. Needs `cargo build --release`.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


def start(dln, program, folder):
    """Milliseconds until the first step is done."""
    began = time.perf_counter()
    command = [str(dln), "run", str(program), "--json", "--to", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if json.loads(line)["event"] == "step":
            took = time.perf_counter() - began
            process.kill()
            process.wait()
            return 1e3 * took
    raise SystemExit(f"{program} has no step")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=ROOT / "examples" / "digits.dln")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--dln", default=ROOT / "target" / "release" / "dln")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = [start(args.dln, args.program, pathlib.Path(folder) / str(run)) for run in range(args.runs)]
    print(f"{statistics.median(times):.1f} ms to the end of the first step (least {min(times):.1f}, most {max(times):.1f})")


if __name__ == "__main__":
    main()
