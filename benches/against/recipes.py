#!/usr/bin/env python3
"""Networks of `examples/` with the same recipe in PyTorch, on one thread: what three seeds reach, and how long one takes.

    benches/against/recipes.py [lenet] [letters] [cvae] [cvae_he] [wordnet] [rnn] [gru] [lstm]      some seconds each

First values (but for `cvae_he`) and rows held out by chance are PyTorch's own; layers, rates, epochs and the share held out are those of
the dln files. Of LeNet and the letters it tells the accuracy of the best epoch, of the variational autoencoder the share of drawings that
are read as asked, of the graph convolution the accuracy at the end, of the recurrent cells the squared error at the end.
"""

import csv
import functools
import gzip
import json
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


def forecast(cell):
    """The squared error of the sea's temperature a month ahead, from 36 months, by a recurrent `cell`, after the last epoch."""
    rows = csv.DictReader(open(DATA / "el_nino.csv"))
    months = torch.tensor([float(row["temperature"]) for row in rows])
    past, future = months[:659].unfold(0, 37, 1), months[623:].unfold(0, 37, 1)
    body, head = cell(1, 32, batch_first=True), nn.Linear(32, 1)

    def error(windows):
        said = windows[:, -2] + head(body(0.4 * (windows[:, :-1, None] - 23))[0][:, -1])[:, 0]
        return functional.mse_loss(said, windows[:, -1])

    epochs = 40
    optimizer = torch.optim.AdamW([*body.parameters(), *head.parameters()], lr=5e-3, weight_decay=0.1)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * -(-len(past) // 32))
    for _ in range(epochs):
        for batch in torch.randperm(len(past)).split(32):
            optimizer.zero_grad()
            error(past[batch]).backward()
            optimizer.step()
            rate.step()
    with torch.no_grad():
        return error(future).item()


def wordnet():
    """The accuracy of two graph convolutions on the nouns of WordNet, a fifth of them told, after the last epoch."""
    nouns = [json.loads(line) for line in open(DATA / "wordnet/nodes.jsonl")]
    y = torch.tensor([noun["y"] for noun in nouns])
    x = torch.zeros(len(y), 500)
    for row, noun in zip(x, nouns):
        row[noun["words"]] = 1
    edges = torch.tensor([[int(row["a"]), int(row["b"])] for row in csv.DictReader(open(DATA / "wordnet/edges.csv"))]).T
    own = torch.arange(len(y)).expand(2, -1)
    edges = torch.cat([edges, edges.flip(0), own], 1)
    scale = torch.bincount(edges[0]).float() ** -0.5
    graph = torch.sparse_coo_tensor(edges, scale[edges[0]] * scale[edges[1]], (len(y), len(y))).coalesce()
    first, second, head = nn.Linear(500, 64), nn.Linear(64, 64), nn.Linear(64, 6)

    def scores(drop):
        h = torch.relu(torch.sparse.mm(graph, first(drop(x))))
        return head(torch.relu(torch.sparse.mm(graph, second(drop(h)))))

    optimizer = torch.optim.AdamW(nn.ModuleList([first, second, head]).parameters(), lr=1e-2)
    place = torch.arange(len(y)) % 10
    for _ in range(60):
        optimizer.zero_grad()
        functional.cross_entropy(scores(nn.Dropout(0.5))[place < 2], y[place < 2]).backward()
        optimizer.step()
    with torch.no_grad():
        return (scores(nn.Identity()).argmax(1) == y)[place > 2].float().mean().item()


if __name__ == "__main__":
    torch.set_num_threads(1)
    recipes = {"lenet": lenet, "letters": letters, "cvae": cvae, "cvae_he": as_he(cvae), "wordnet": wordnet}
    recipes |= {cell.__name__.lower(): functools.partial(forecast, cell) for cell in (nn.RNN, nn.GRU, nn.LSTM)}
    for name in sys.argv[1:] or recipes:
        reached = []
        start = time.process_time()
        for seed in range(3):
            torch.manual_seed(seed)
            reached.append(recipes[name]())
        seconds = (time.process_time() - start) / 3
        print(name, *(f"{value:.3f}" for value in reached), f"{seconds:.0f} s each")
