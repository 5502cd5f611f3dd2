"""Small files that PyTorch saves, for tests/cases/found/files_of_pytorch.dln: run in this folder."""

from pathlib import Path

import torch

TO = Path(__file__).parent.parent / "cases/found/data"
weight = torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4
state = {
    "fc.weight": weight.T,  # lies by columns
    "fc.bias": torch.tensor([0.5, -0.25, 2.0], dtype=torch.float16),
    "fc.part": torch.arange(12, dtype=torch.float64)[4:8],
    "steps": torch.tensor(7),
}
checkpoint = {"model": state, "epoch": 3, "lr": 0.1, "note": "text", "optimizer": [{"betas": (0.9, 0.999)}]}
torch.save(checkpoint, TO / "checkpoint.pt")
linear = torch.nn.Linear(2, 3)
with torch.no_grad():
    linear.weight.copy_(weight.T)
    linear.bias.copy_(state["fc.bias"])
torch.save(linear.state_dict(), TO / "linear.bin")
