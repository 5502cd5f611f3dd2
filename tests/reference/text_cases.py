"""Networks of `std.text`, written with PyTorch's modules: a decoder alone, an encoder that fills gaps, and one sequence to another."""

import torch
import torch.nn.functional as F
from torch import nn

from network_cases import named
from tensors import labels


def call(net, params, *inputs):
    return torch.func.functional_call(net, {k.removeprefix("net."): v for k, v in params.items()}, inputs)


class GPT(nn.Module):
    def __init__(self, vocabulary, width, places, depth, heads):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(places, width)
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, F.gelu, batch_first=True, norm_first=True) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        y = self.tokens(x) + self.places.weight[:x.shape[1]]
        for block in self.blocks:
            y = block(y, src_mask=mask)
        return self.norm(y) @ self.tokens.weight.T


class BERT(nn.Module):
    def __init__(self, vocabulary, width, places, heads):
        super().__init__()
        self.tokens, self.places, self.norm = nn.Embedding(vocabulary, width), nn.Embedding(places, width), nn.LayerNorm(width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, F.gelu, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(width), enable_nested_tensor=False)
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, x, length):
        rows = self.norm(self.tokens(x) + self.places.weight[:x.shape[1]])
        rows = self.encoder(rows, src_key_padding_mask=torch.arange(x.shape[1]) >= length[:, None])
        return self.transform(rows) @ self.tokens.weight.T + self.bias


class Seq2Seq(nn.Module):
    """Luong's attention over a bidirectional LSTM, one token after another."""

    def __init__(self, source, target, hidden, width):
        super().__init__()
        self.hidden = hidden
        self.tokens, self.encoder = nn.Embedding(source, width), nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.out, self.cell = nn.Embedding(target, width), nn.LSTMCell(width + hidden, hidden)
        self.look, self.joined = nn.Linear(2 * hidden, hidden, bias=False), nn.Linear(3 * hidden, hidden, bias=False)
        self.head = nn.Linear(hidden, target)

    def forward(self, x, length, y):
        packed = nn.utils.rnn.pack_padded_sequence(self.tokens(x), length, batch_first=True, enforce_sorted=False)
        memory = nn.utils.rnn.pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=x.shape[1])[0]
        outside = torch.arange(x.shape[1]) >= length[:, None]
        h = c = row = torch.zeros(len(x), self.hidden)
        scores = []
        for token in torch.cat([torch.zeros_like(y[:, :1]), y[:, :-1]], 1).T:
            h, c = self.cell(torch.cat([self.out(token), row], 1), (h, c))
            weight = (self.look(memory) @ h[:, :, None])[:, :, 0].masked_fill(outside, -torch.inf).softmax(1)
            row = torch.tanh(self.joined(torch.cat([h, (weight[:, :, None] * memory).sum(1)], 1)))
            scores.append(self.head(row))
        return torch.stack(scores, 1)


def known(name):
    """The parameter of PyTorch's Seq2Seq by its path in dln."""
    for old, new in {"encoder.weight_ih_l0_reverse": "encoder.back.weight_ih", "encoder.weight_hh_l0_reverse": "encoder.back.weight_hh",
                     "encoder.bias_ih_l0_reverse": "encoder.back.bias_ih", "encoder.bias_hh_l0_reverse": "encoder.back.bias_hh",
                     "encoder.weight_ih_l0": "encoder.there.weight_ih", "encoder.weight_hh_l0": "encoder.there.weight_hh",
                     "encoder.bias_ih_l0": "encoder.there.bias_ih", "encoder.bias_hh_l0": "encoder.there.bias_hh",
                     "out.": "decoder.tokens.", "cell.": "decoder.cell.", "look.": "decoder.look.", "joined.": "decoder.joined.",
                     "head.": "decoder.head."}.items():
        if name.startswith(old):
            return new + name[len(old):]
    return name


def text(a):
    a.seed("text")
    gpt = GPT(5, 4, 6, 2, 2)
    params = named(gpt)
    a.case("GPT", "net(x)", lambda x: call(gpt.eval(), params, x), uses=["std.text: GPT"], before="let net = GPT[5, 4, 6](depth: 2, heads: 2)\n",
           params=params, types={"x": "idx<5>[2, 5]"}, x=labels(5, 2, 5))
    bert = BERT(6, 4, 5, 2)
    bert_params = named(bert)
    a.case("BERT", "net.scores(net(x, length))[:, :2]", lambda x, length: call(bert.eval(), bert_params, x, length)[:, :2],
           uses=["std.text: BERT"], before="let net = BERT[6, 4, 5](depth: 2, heads: 2)\n", params=bert_params,
           types={"x": "idx<6>[3, 4]"}, x=labels(6, 3, 4), length=torch.tensor([2, 4, 3]))
    net = Seq2Seq(5, 4, 3, 2)
    own = named(net)
    there = {"net." + known(path.removeprefix("net.")): p for path, p in own.items()}
    a.case("Seq2Seq", "net(x, length, y)", lambda x, length, y: call(net, own, x, length, y), uses=["std.text: Seq2Seq"],
           before="let net = Seq2Seq[5 -> 4, 3](width: 2)\n", params=there, types={"x": "idx<5>[3, 4]", "y": "idx<4>[3, 3]"},
           x=labels(5, 3, 4), length=torch.tensor([4, 1, 3]), y=labels(4, 3, 3))


AREAS = {"text": text}
