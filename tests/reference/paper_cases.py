"""Layers of `examples/papers`, read from there by the cases, against implementations that do one row and one time after another."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from tensors import labels, randn


def papers(a):
    a.seed("papers")
    experts(a)
    mamba(a)
    ctc(a)
    crf(a)
    critic(a)
    waves(a)
    private(a)
    heat(a)


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


FLAT = "fn flat(g: Any) = concat([reshape(p, [_]) for p in params(g)], over: 0)\n"


def network(*layers):
    """A network with short weights, and its parameters as `net` has them."""
    net = nn.Sequential(*layers)
    with torch.no_grad():
        params = {f"net.{path}": p.copy_(randn(*p.shape, scale=0.7)) for path, p in net.named_parameters()}
    return net, params


def slopes(loss, net):
    """The derivatives of a loss in all weights, to be differentiated again."""
    return torch.autograd.grad(loss, list(net.parameters()), create_graph=True)


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def critic(a):
    for name, text, bend in [("", "leaky_relu(0.2)", nn.LeakyReLU(0.2)), (" of a smooth critic", "tanh", nn.Tanh())]:
        net, params = network(nn.Linear(3, 4), bend, nn.Linear(4, 1))
        before = f'use "papers/wgan_gp.dln": critic_loss\nlet net = Linear[3 -> 4] >> {text} >> Linear[4 -> 1]\n{FLAT}'
        loss = lambda real, fake, share, net=net: critic_loss(net, real, fake, share)
        inputs = lambda: {"real": randn(5, 3), "fake": randn(5, 3), "share": torch.rand(5).round(decimals=3)}
        more = {"uses": ["std.nn: Linear"], "before": before, "params": params}
        a.case(f"the loss{name} of WGAN-GP", "critic_loss(net, real, fake, share)", loss, **more, **inputs())
        a.case(f"the gradient{name} of WGAN-GP", "flat(grad(critic_loss)(net, real, fake, share))",
               lambda real, fake, share, net=net, loss=loss: flat(slopes(loss(real, fake, share), net)), **more, **inputs())


def critic_loss(net, real, fake, share):
    """Algorithm 1 of Gulrajani et al., one pair of pictures after another."""
    total = 0.0
    for x, y, t in zip(real, fake, share):
        mix = t * x + (1 - t) * y
        mix = mix if mix.requires_grad else mix.requires_grad_()
        slope, = torch.autograd.grad(net(mix).sum(), mix, create_graph=True)
        total = total + net(y).squeeze() - net(x).squeeze() + 10 * ((slope.square().sum() + 1e-12).sqrt() - 1) ** 2
    return total / len(real)


def waves(a):
    for steps, text, bend in [(1, "relu", nn.ReLU()), (2, "tanh", nn.Tanh())]:
        net, params = network(nn.Linear(1, 4), bend, nn.Linear(4, 1))
        before = f'use "papers/maml.dln": after\nlet net = Linear[1 -> 4] >> {text} >> Linear[4 -> 1]\n{FLAT}'
        loss = lambda waves, seen, new, net=net, steps=steps: after(net, waves, seen, new, steps)
        inputs = lambda: {"waves": torch.rand(3, 2).round(decimals=3), "seen": randn(3, 4, 1), "new": randn(3, 4, 1)}
        more = {"uses": ["std.nn: Linear"], "before": before, "params": params}
        count = "one step" if steps == 1 else f"{steps} steps"
        a.case(f"the loss behind {count} of MAML", f"after(net, waves, seen, new, steps: {steps})", loss, **more, **inputs())
        a.case(f"the meta-gradient through {count} of MAML", f"flat(grad(|net| after(net, waves, seen, new, steps: {steps}))(net))",
               lambda waves, seen, new, net=net, loss=loss: flat(slopes(loss(waves, seen, new), net)), **more, **inputs())


def after(net, waves, seen, new, steps):
    """Algorithm 2 of Finn et al. with a rate of 0.01, one wave after another."""
    total = 0.0
    for wave, x, z in zip(waves, seen, new):
        height = lambda x: (0.1 + 4.9 * wave[0]) * torch.sin(x - torch.pi * wave[1])
        error = lambda w, x: (torch.func.functional_call(net, w, (x,)) - height(x)).square().mean()
        weights = dict(net.named_parameters())
        for _ in range(steps):
            g = torch.autograd.grad(error(weights, x), list(weights.values()), create_graph=True)
            weights = {path: p - 0.01 * d for (path, p), d in zip(weights.items(), g)}
        total = total + error(weights, z)
    return total / len(waves)


def private(a):
    net, params = network(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    before = f'use "papers/dp_sgd.dln": clipped_sum\nlet net = Linear[3 -> 4] >> tanh >> Linear[4 -> 3]\n{FLAT}'
    a.case("the clipped gradients of DP-SGD", "flat(clipped_sum(net, x, y, limit: 1.0))", lambda x, y: clipped_sum(net, x, y, 1.0),
           uses=["std.nn: Linear"], before=before, params=params, types={"y": "idx<3>[6]"}, x=randn(6, 3), y=labels(3, 6))


def clipped_sum(net, x, y, limit):
    """Algorithm 1 of Abadi et al. without its noise, one example after another."""
    total, cut = 0.0, 0
    for row, label in zip(x, y):
        g = flat(slopes(F.cross_entropy(net(row), label), net))
        cut += int(g.norm() > limit)
        total = total + g / max(1.0, g.norm() / limit)
    assert 0 < cut < len(x), f"{cut} of {len(x)} gradients are too long"
    return total


def heat(a):
    body, head = nn.Conv2d(1, 3, 2), nn.Linear(3 * 9, 3)
    net, params = network(nn.Sequential(body, nn.Tanh()), nn.Flatten(), nn.Sequential(head, nn.Tanh()))
    params = {f"net.{path}": p for path, p in zip(("body.0.weight", "body.0.bias", "head.1.weight", "head.1.bias"), params.values())}
    before = ('use "papers/grad_cam.dln": grad_cam\nlayer Net {\n  body = Conv2d[1 -> 3](kernel: 2) >> tanh\n'
              "  head = flatten >> Linear[27 -> 3] >> tanh\n}\nlet net = Net\n")
    a.case("the heat map of Grad-CAM", "grad_cam(net.body, net.head, x, class)", lambda x, class_: grad_cam(net, x, class_),
           uses=["std.nn: Conv2d, Linear"], before=before, params=params, types={"class": "idx<3>[4]"},
           **{"x": randn(4, 1, 4, 4), "class": labels(3, 4)})


def grad_cam(net, x, classes):
    """Equations 1 and 2 of Selvaraju et al., one picture after another."""
    maps = []
    for picture, c in zip(x, classes):
        a = net[0](picture[None])
        g, = torch.autograd.grad(net[1:](a)[0, c], a, create_graph=True)
        maps.append(F.relu(sum(alpha * k for alpha, k in zip(g[0].mean((-2, -1)), a[0]))))
    return torch.stack(maps)


AREAS = {"papers": papers}
