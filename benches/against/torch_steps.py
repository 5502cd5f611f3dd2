#!/usr/bin/env python3
"""The cases of `benches/cases` in PyTorch, as a step server: `torch_steps.py mlp --threads 2 --mode eager`.

Modes: `eager`; `channels-last`, pictures and weights in that layout and the optimizer's steps fused; `compile`, the whole forward pass
through `torch.compile` besides. `compare.py` says what a server answers.
"""
import argparse
import math

import torch
import torch.nn.functional as F
from torch import nn

import published
from published import relus
from server import serve


class Residual(nn.Module):
    """A block of ResNet-18 (He et al., 2016)."""

    def __init__(self, a, b, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
            nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b),
        )
        project = stride > 1 or a != b
        self.short = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b)) if project else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))


class Recurrent(nn.Module):
    """Embedding, two LSTM layers, scores; the recurrence by PyTorch's own kernel."""

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(65, 256)
        self.lstm = nn.LSTM(256, 256, 2, batch_first=True)
        self.scores = nn.Linear(256, 65)

    def forward(self, x):
        return self.scores(self.lstm(self.letters(x))[0])


class Block(nn.Module):
    """A block of GPT-2 (Radford et al., 2019) without biases."""

    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(d, bias=False), nn.LayerNorm(d, bias=False)
        self.qkv, self.proj = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.up, self.down = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (part.view(b, t, self.heads, -1).transpose(1, 2) for part in self.qkv(self.before(x)).split(d, -1))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(seen.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.between(x))))


class GPT(nn.Module):
    def __init__(self, v=65, d=384, t=256, layers=6, heads=6):
        super().__init__()
        self.letters, self.places = nn.Embedding(v, d), nn.Embedding(t, d)
        nn.init.normal_(self.letters.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(d, bias=False)

    def forward(self, x):
        y = self.letters(x) + self.places(torch.arange(x.shape[1]))
        return F.linear(self.norm(self.blocks(y)), self.letters.weight)


class Level(nn.Module):
    """A level of a U-Net (Ronneberger et al., 2015) around another."""

    def __init__(self, a, b, inner):
        super().__init__()
        self.down, self.inner, self.up = double(a, b), inner, double(2 * b, b)
        self.grow = nn.ConvTranspose2d(2 * b, b, 2, 2)

    def forward(self, x):
        y = self.down(x)
        return self.up(torch.cat([self.grow(self.inner(F.max_pool2d(y, 2))), y], 1))


def double(a, b):
    return nn.Sequential(
        nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()
    )


class Cell(nn.Module):
    """A gated recurrent cell by hand, step by step."""

    def __init__(self, h):
        super().__init__()
        self.input, self.state = nn.Linear(h, 3 * h), nn.Linear(h, 3 * h)

    def forward(self, x):
        h = torch.zeros_like(x[0])
        for xt in x:
            ir, iz, candidate = self.input(xt).chunk(3, -1)
            hr, hz, hn = self.state(h).chunk(3, -1)
            n = torch.tanh(candidate + torch.sigmoid(ir + hr) * hn)
            h = n + torch.sigmoid(iz + hz) * (h - n)
        return h


class Elementwise(nn.Module):
    """A norm, GELU's approximation by hand, a residual."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(1024)), nn.Parameter(torch.randn(1024))

    def forward(self, x):
        m = x.mean(-1, keepdim=True)
        v = ((x - m) ** 2).mean(-1, keepdim=True)
        u = (x - m) / torch.sqrt(v + 1e-5) * self.weight + self.bias
        return x + 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u * u * u)))


def resnet18():
    widths = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
    first = [nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*first, *[Residual(*w) for w in widths], nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), *relus(400, 120, 84, 10),
    )


def classes(n, *shape):
    return torch.randint(0, n, shape)


def by_class(scores, y):
    return F.cross_entropy(scores.flatten(0, -2), y.flatten())


# Of each case with one optimizer: the network, what it reads, what it should say, the loss, the optimizer.
TRAINED = {
    "mlp": lambda: (relus(784, 512, 512, 10), torch.randn(128, 784), classes(10, 128), by_class, adam(1e-3)),
    "lenet": lambda: (lenet(), torch.randn(128, 1, 28, 28), classes(10, 128), by_class, sgd(1e-2)),
    "resnet18": lambda: (resnet18(), torch.randn(32, 3, 32, 32), classes(10, 32), by_class, sgd(1e-2, momentum=0.9)),
    "lstm": lambda: (Recurrent(), classes(65, 32, 64), classes(65, 32, 64), by_class, adam(1e-3)),
    "gpt": lambda: (
        GPT(), classes(65, 8, 256), classes(65, 8, 256), by_class, adam(1e-3, torch.optim.AdamW, betas=(0.9, 0.99), weight_decay=0.1)
    ),
    "unet": lambda: (
        nn.Sequential(Level(3, 16, Level(16, 32, Level(32, 64, double(64, 128)))), nn.Conv2d(16, 1, 1)),
        torch.randn(8, 3, 64, 64), (torch.rand(8, 1, 64, 64) < 0.5).float(), F.binary_cross_entropy_with_logits, adam(1e-3),
    ),
    "tinymlp": lambda: (
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(4, 2), torch.rand(4, 1), F.mse_loss, sgd(0.1)
    ),
    "grucell": lambda: (Cell(128), torch.randn(64, 16, 128), torch.randn(16, 128), F.mse_loss, adam(1e-3)),
}
# Of each case that only answers: the network and what it reads.
ASKED = {**published.ASKED, "elementwise": lambda: (Elementwise(), (torch.randn(4096, 1024),))}


def adam(lr, kind=torch.optim.Adam, **settings):
    return lambda params, fused: kind(params, lr=lr, fused=fused or None, **settings)


def sgd(lr, **settings):
    return lambda params, fused: torch.optim.SGD(params, lr=lr, fused=fused or None, **settings)


def laid(net, mode, *values):
    """The network and the tensors as the mode wants them."""
    if mode != "eager":
        net = net.to(memory_format=torch.channels_last) if any(v.ndim == 4 for v in values) else net
        values = [v.contiguous(memory_format=torch.channels_last) if v.ndim == 4 else v for v in values]
    return (torch.compile(net) if mode == "compile" else net), *values


def dcgan(mode):
    """Both players once (Radford et al., 2015)."""
    def grows(a, b, *rest):
        return [nn.ConvTranspose2d(a, b, 4, *rest, bias=False), nn.BatchNorm2d(b), nn.ReLU()]

    def looks(a, b):
        return [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]

    g = [*grows(100, 256), *grows(256, 128, 2, 1), *grows(128, 64, 2, 1), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()]
    d = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *looks(64, 128), *looks(128, 256)]
    g, z = laid(nn.Sequential(*g), mode, torch.randn(64, 100, 1, 1))
    d, real = laid(nn.Sequential(*d, nn.Conv2d(256, 1, 4, bias=False), nn.Flatten()), mode, 2 * torch.rand(64, 3, 32, 32) - 1)
    of_d, of_g = (adam(2e-4, betas=(0.5, 0.999))(net.parameters(), mode != "eager") for net in (d, g))
    loss, yes, no = F.binary_cross_entropy_with_logits, torch.ones(64, 1), torch.zeros(64, 1)

    def step():
        fake = g(z)
        of_d.zero_grad()
        (loss(d(real), yes) + loss(d(fake.detach()), no)).backward()
        of_d.step()
        of_g.zero_grad()
        loss(d(fake), yes).backward()
        of_g.step()

    return step, [g, d]


def trained(case, mode):
    net, x, y, loss, optimizer = TRAINED[case]()
    net, x = laid(net, mode, x)
    optimizer = optimizer(net.parameters(), mode != "eager")

    def step():
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()

    return step, [net]


def asked(case, mode):
    net, inputs = ASKED[case]()
    net, *inputs = laid(net.eval(), mode, *inputs)
    count = 0

    @torch.inference_mode()
    def step():
        nonlocal inputs, count
        count += 1
        inputs = published.follows(case, inputs, net(*inputs), count)

    return step, [net]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=[*TRAINED, *ASKED, "dcgan"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mode", choices=["eager", "channels-last", "compile"], default="eager")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    step, nets = dcgan(args.mode) if args.case == "dcgan" else (trained if args.case in TRAINED else asked)(args.case, args.mode)
    serve(step, sum(p.numel() for net in nets for p in net.parameters()))


if __name__ == "__main__":
    main()
