#!/usr/bin/env python3
"""The cases that only answer in ONNX Runtime on the CPU, as a step server: `onnx_steps.py bert_b1 --threads 2`.

The networks are those of `published.py`, exported from PyTorch by a process of its own, so that memory is the runtime's alone.
"""
import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from server import serve


def export(case, path):
    import torch
    from published import ASKED

    net, inputs = ASKED[case]()
    torch.onnx.export(net.eval(), inputs, path, dynamo=True, external_data=True)
    pathlib.Path(path).with_suffix(".count").write_text(str(sum(p.numel() for p in net.parameters())))


def drawn(described):
    """Random numbers for an input: floats, tokens, or a place behind the prompt."""
    import numpy as np

    if "float" in described.type:
        return np.random.randn(*described.shape).astype(np.float32)
    return np.random.randint(16, 80, size=described.shape).astype(np.int64)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export", help="writes the network to this file and ends")
    parser.add_argument("--keep", help="folder in which exported networks stay, and are found again")
    args = parser.parse_args()
    if args.export:
        return export(args.case, args.export)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(args.keep or folder, f"{args.case}.onnx")
        if not os.path.exists(path):
            subprocess.run([sys.executable, __file__, args.case, "--export", path], check=True, stdout=subprocess.DEVNULL)
        import numpy as np
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        count = int(pathlib.Path(path).with_suffix(".count").read_text())
    names = [described.name for described in session.get_inputs()]
    inputs, asked = [drawn(described) for described in session.get_inputs()], 0

    def step():
        nonlocal inputs, asked
        asked += 1
        answers = session.run(None, dict(zip(names, inputs)))
        if args.case == "gpt2_decode":
            inputs = [answers[0], np.array([16 + asked % 64]), *answers[1:]]

    serve(step, count)


if __name__ == "__main__":
    main()
