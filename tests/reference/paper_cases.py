"""Layers of `examples/papers`, read from there by the cases, against implementations that do one row and one time after another."""

import itertools

import torch
import torch.nn.functional as F

from tensors import labels, randn


def papers(a):
    a.seed("papers")
    experts(a)
    mamba(a)
    ctc(a)
    crf(a)


def experts(a):
    for name, room, rows in [("with room for all", 2, 5), ("with rows that find no slot", 1, 8)]:
        gate, up, down = randn(3, 4), randn(3, 4, 5, scale=0.5), randn(3, 5, 4, scale=0.5)
        x = randn(rows, 4)
        lost = sent(x, gate, up, down, 2, room)[2]
        assert (lost > 0) == (room == 1), f"{lost} rows are lost"
        a.case(f"MixtureOfExperts {name}", "net(x)", lambda x: sent(x, gate, up, down, 2, room)[:2],
               before=f'use "papers/moe.dln": MixtureOfExperts\nlet net = MixtureOfExperts[4, 3](hidden: 5, room: {room})\n',
               params={"net.gate.weight": gate, "net.up": up, "net.down": down}, x=x)


def sent(x, gate, up, down, k, room):
    """Rows one by one to the experts that they choose, first choices before second ones."""
    count = gate.shape[0]
    p = F.softmax(x @ gate.T, -1)
    g, chosen = p.topk(k, -1)
    g = g / g.sum(-1, keepdim=True)
    slots = -(-room * k * len(x) // count)
    free = [slots] * count
    rows = [torch.zeros_like(x[0]) for _ in x]
    lost = 0
    for choice in range(k):
        for row in range(len(x)):
            expert = int(chosen[row, choice])
            if free[expert] == 0:
                lost += 1
                continue
            free[expert] -= 1
            rows[row] = rows[row] + g[row, choice] * (F.relu(x[row] @ up[expert]) @ down[expert])
    share = F.one_hot(chosen[:, 0], count).to(x.dtype).mean(0)
    return torch.stack(rows), count * (share * p.mean(0)).sum(), lost


def mamba(a):
    for name, (b, t, m, e, n, r, kernel) in [("", (2, 5, 3, 4, 3, 2, 3)), (" of one time", (1, 1, 2, 4, 2, 1, 4))]:
        weights = {
            "in_proj.weight": randn(2 * e, m), "conv1d.weight": randn(e, 1, kernel), "conv1d.bias": randn(e),
            "x_proj.weight": randn(r + 2 * n, e), "dt_proj.weight": randn(e, r), "dt_proj.bias": randn(e),
            "out_proj.weight": randn(m, e), "A_log": randn(e, n), "D": randn(e),
        }
        a.case(f"Mamba{name}", "net(x)", lambda x, w=weights: block(x, w),
               before=f'use "papers/mamba.dln": Mamba\nlet net = Mamba[{m}, {e}, {n}, {r}](kernel: {kernel})\n',
               params={f"net.{path}": w for path, w in weights.items()}, x=randn(b, t, m))


def block(x, w):
    """The reference implementation of the paper's code, one time after another."""
    inner, states = w["A_log"].shape
    rank = w["dt_proj.weight"].shape[1]
    u, gate = (x @ w["in_proj.weight"].T).chunk(2, -1)
    kernel = w["conv1d.weight"].shape[-1]
    u = F.conv1d(u.transpose(1, 2), w["conv1d.weight"], w["conv1d.bias"], padding=kernel - 1, groups=inner)[..., :x.shape[1]]
    u = F.silu(u).transpose(1, 2)
    low, b, c = (u @ w["x_proj.weight"].T).split([rank, states, states], -1)
    dt = F.softplus(low @ w["dt_proj.weight"].T + w["dt_proj.bias"])
    h = torch.zeros(len(x), inner, states)
    ys = []
    for t in range(x.shape[1]):
        kept = torch.exp(torch.einsum("be,en->ben", dt[:, t], -torch.exp(w["A_log"])))
        h = kept * h + torch.einsum("be,bn,be->ben", dt[:, t], b[:, t], u[:, t])
        ys.append(torch.einsum("ben,bn->be", h, c[:, t]) + w["D"] * u[:, t])
    return (torch.stack(ys, 1) * F.silu(gate)) @ w["out_proj.weight"].T


def ctc(a):
    said = torch.tensor([[1, 2, 2], [3, 1, 3], [1, 1, 1]])
    lengths = lambda n: torch.full((3,), n)
    a.case("ctc", "ctc(log_softmax(x), labels)",
           lambda x, labels: F.ctc_loss(F.log_softmax(x, -1).transpose(0, 1), labels, lengths(7), lengths(3), reduction="none"),
           before='use "papers/ctc.dln": ctc\n', types={"labels": "idx<4>[3, 3]"}, x=randn(3, 7, 4), labels=said)


def crf(a):
    transition, start, end = randn(3, 3), randn(3), randn(3)
    score = lambda e, tags: (start[tags[0]] + end[tags[-1]] + sum(e[t, y] for t, y in enumerate(tags))
                             + sum(transition[i, j] for i, j in itertools.pairwise(tags)))
    every = list(itertools.product(range(3), repeat=4))
    before = 'use "papers/crf.dln": CRF\nlet net = CRF[3]\n'
    params = {"net.transition": transition, "net.start": start, "net.end": end}
    types = {"tags": "idx<3>[2, 4]"}

    def loss(x, tags):
        return sum(torch.stack([score(e, s) for s in every]).logsumexp(0) - score(e, y) for e, y in zip(x, tags.tolist())) / len(x)

    a.case("CRF", "net(x, tags)", loss, before=before, params=params, types=types, x=randn(2, 4, 3), tags=labels(3, 2, 4))
    a.case("CRF, the best sequence", "net.decode(x)", lambda x: torch.tensor([max(every, key=lambda s: score(e, s)) for e in x]),
           before=before, params=params, smooth=False, x=randn(2, 4, 3))


AREAS = {"papers": papers}
