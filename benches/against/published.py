"""The networks of the cases that only answer, in PyTorch with random weights: what `torch_steps.py` runs and `onnx_steps.py` exports.

ResNet-50 is torchvision's.
"""
import torch
import torch.nn.functional as F
from torch import nn

LAYERS, HEADS, D, PLACES, PROMPT, WRITTEN = 12, 12, 768, 128, 16, 64


def relus(*sizes):
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def resnet50():
    from torchvision.models import resnet50

    return resnet50()


class Layer(nn.Module):
    """A layer of BERT (Devlin et al., 2018): the norms stand behind the sums."""

    def __init__(self):
        super().__init__()
        self.qkv, self.proj, self.behind = nn.Linear(D, 3 * D), nn.Linear(D, D), nn.LayerNorm(D, 1e-12)
        self.up, self.down, self.last = nn.Linear(D, 4 * D), nn.Linear(4 * D, D), nn.LayerNorm(D, 1e-12)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (part.view(b, t, HEADS, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)
        x = self.behind(x + self.proj(seen))
        return self.last(x + self.down(F.gelu(self.up(x))))


class Bert(nn.Module):
    """BERT-base: the rows of a text, and what its pooler makes of the first."""

    def __init__(self):
        super().__init__()
        self.words, self.places, self.segments = nn.Embedding(30522, D), nn.Embedding(512, D), nn.Embedding(2, D)
        self.norm, self.pooler = nn.LayerNorm(D, 1e-12), nn.Linear(D, D)
        self.layers = nn.Sequential(*[Layer() for _ in range(LAYERS)])

    def forward(self, x):
        y = self.words(x) + self.places.weight[: x.shape[1]] + self.segments(torch.zeros_like(x))
        y = self.layers(self.norm(y))
        return y, torch.tanh(self.pooler(y[:, 0]))


class Block(nn.Module):
    """A layer of GPT-2 (Radford et al., 2019) that sees one token, and what it kept of those before."""

    def __init__(self):
        super().__init__()
        self.before, self.between = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x, at, k, v):
        q, row, value = (part.view(1, HEADS, 1, -1) for part in self.qkv(self.before(x)).chunk(3, -1))
        places = torch.arange(PLACES)
        if torch.compiler.is_exporting():
            here = (places == at)[:, None]
            k, v = torch.where(here, row, k), torch.where(here, value, v)
        else:
            k, v = k.index_copy_(2, at, row), v.index_copy_(2, at, value)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=(places <= at)[None])
        x = x + self.proj(seen.reshape(1, D))
        return x + self.down(F.gelu(self.up(self.between(x)), approximate="tanh")), k, v


class Writer(nn.Module):
    """GPT-2 small, one token more: the next token, and keys and values with those of this one."""

    def __init__(self):
        super().__init__()
        self.letters, self.places = nn.Embedding(50257, D), nn.Embedding(1024, D)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(D)

    def forward(self, token, at, *past):
        x, kept = self.letters(token) + self.places(at), []
        for block, k, v in zip(self.blocks, past[::2], past[1::2]):
            x, k, v = block(x, at, k, v)
            kept += [k, v]
        return F.linear(self.norm(x), self.letters.weight).argmax(-1), *kept


def past():
    return [torch.randn(1, HEADS, PLACES, D // HEADS) for _ in range(2 * LAYERS)]


# Of each case: the network and what it reads.
ASKED = {
    "mlp_infer_b1": lambda: (relus(784, 512, 512, 10), (torch.randn(1, 784),)),
    "resnet50_b1": lambda: (resnet50(), (torch.randn(1, 3, 224, 224),)),
    "bert_b1": lambda: (Bert(), (torch.randint(30522, (1, 128)),)),
    "gpt2_decode": lambda: (Writer(), (torch.randint(50257, (1,)), torch.tensor([PROMPT]), *past())),
}


def follows(case, inputs, answers, count):
    """What is read behind an answer: the same again, or the token that was written, at the next place."""
    if case != "gpt2_decode":
        return inputs
    return [answers[0], torch.tensor([PROMPT + count % WRITTEN]), *answers[1:]]
