#!/usr/bin/env python3
"""Networks of `examples/` with the same recipe in PyTorch, on one thread: what three seeds reach, and how long one takes.

    benches/against/recipes.py [lenet] [letters] [cvae] [cvae_he]      some seconds each

First values (but for `cvae_he`) and held-out rows are PyTorch's own; layers, rates, epochs and the share held out are those of the dln files. Of the
classifiers it tells the accuracy of the best epoch, of the variational autoencoder the share of drawings that are read as asked.
"""

import csv
import gzip
import pathlib
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

DATA = pathlib.Path(__file__).resolve().parents[2] / "examples" / "data"


def idx(path, offset, shape):
    return torch.from_numpy(numpy.frombuffer(gzip.open(path).read()[offset:], dtype=numpy.uint8).copy()).reshape(shape)


def mnist():
    """Bytes of pictures `[2500, 28, 28]` and their classes."""
    return idx(DATA / "mnist/images.idx3-ubyte.gz", 16, (-1, 28, 28)), idx(DATA / "mnist/labels.idx1-ubyte.gz", 8, (-1,)).long()


def parts(x, y):
    """Nine tenths to fit and a tenth held out."""
    order = torch.randperm(len(x))
    n = round(0.9 * len(x))
    return x[order[:n]], y[order[:n]], x[order[n:]], y[order[n:]]


def batches(x, y, rows):
    for batch in torch.randperm(len(x)).split(rows):
        yield x[batch], y[batch]


def classified(net, x, y, rows, epochs):
    """The best accuracy over epochs of AdamW with a one-cycle rate."""
    x, y, held_x, held_y = parts(x, y)
    optimizer = torch.optim.AdamW(net.parameters())
    steps = epochs * -(-len(x) // rows)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, cycle_momentum=False)
    reached = 0.0
    for _ in range(epochs):
        net.train()
        for batch_x, batch_y in batches(x, y, rows):
            optimizer.zero_grad()
            functional.cross_entropy(net(batch_x), batch_y).backward()
            optimizer.step()
            rate.step()
        net.eval()
        with torch.no_grad():
            reached = max(reached, (net(held_x).argmax(1) == held_y).float().mean().item())
    return reached


def lenet():
    x, y = mnist()
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )
    return classified(net, (x[:, None] / 255 - 0.1307) / 0.3081, y, rows=32, epochs=12)


def letters():
    rows = [row for row in csv.reader(open(DATA / "tables/letters.csv")) if row[1].isdigit()]
    x = torch.tensor([[float(v) for v in row[1:]] for row in rows])
    y = torch.tensor([ord(row[0]) - ord("A") for row in rows])
    net = nn.Sequential(
        nn.Linear(16, 256), nn.GELU(), nn.Dropout(0.1), nn.Linear(256, 256), nn.GELU(), nn.Dropout(0.1), nn.Linear(256, 26),
    )
    return classified(net, (x - x.mean(0)) / x.std(0, correction=0), y, rows=64, epochs=40)


def by_cosine(parameters, loss, x, y, epochs):
    """Adam, its rate from 2e-3 to 0 along half a cosine."""
    optimizer = torch.optim.Adam(parameters, lr=2e-3)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * -(-len(x) // 64))
    for _ in range(epochs):
        for batch_x, batch_y in batches(x, y, 64):
            optimizer.zero_grad()
            loss(batch_x, batch_y).backward()
            optimizer.step()
            rate.step()


def as_he(make):
    """What `make` gives where dense layers begin as dln's do: uniform with variance 2 / fan-in (He et al., 2015), biases of 0."""
    def made():
        before = nn.Linear.reset_parameters
        nn.Linear.reset_parameters = lambda layer: (nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu"), nn.init.zeros_(layer.bias))
        try:
            return make()
        finally:
            nn.Linear.reset_parameters = before
    return made


def cvae():
    x, y = mnist()
    x, y, _, _ = parts(x.reshape(-1, 784) / 255, y)
    reader = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
    by_cosine(reader.parameters(), lambda x, y: functional.cross_entropy(reader(x), y), x, y, epochs=10)

    body = nn.Sequential(nn.Linear(794, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU())
    mean, logvar = nn.Linear(256, 8), nn.Linear(256, 8)
    decoder = nn.Sequential(nn.Linear(18, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 784))
    net = nn.ModuleList([body, mean, logvar, decoder])

    def loss(x, y):
        told = functional.one_hot(y, 10).float()
        h = body(torch.cat([x, told], 1))
        m, v = mean(h), logvar(h)
        z = m + torch.exp(0.5 * v) * torch.randn_like(m)
        logits = decoder(torch.cat([z, told], 1))
        reconstruction = functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
        return reconstruction + 3.0 * (0.5 * (m ** 2 + v.exp() - 1 - v)).sum(1).mean()

    by_cosine(net.parameters(), loss, x, y, epochs=20)
    asked = torch.arange(500) % 10
    with torch.no_grad():
        drawn = decoder(torch.cat([torch.randn(500, 8), functional.one_hot(asked, 10).float()], 1)).sigmoid()
        return (reader.eval()(drawn).argmax(1) == asked).float().mean().item()


if __name__ == "__main__":
    torch.set_num_threads(1)
    recipes = {"lenet": lenet, "letters": letters, "cvae": cvae, "cvae_he": as_he(cvae)}
    for name in sys.argv[1:] or recipes:
        reached = []
        start = time.process_time()
        for seed in range(3):
            torch.manual_seed(seed)
            reached.append(recipes[name]())
        seconds = (time.process_time() - start) / 3
        print(name, *(f"{value:.3f}" for value in reached), f"{seconds:.0f} s each")
