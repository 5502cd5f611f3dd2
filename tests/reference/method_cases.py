"""Methods of `examples/papers`: a flow whose determinant is that of the whole derivative, a fixed point by going on for long, a
step that looks around first, a table whose choice is passed by."""

import torch
import torch.nn.functional as F
from torch import nn

from paper_cases import FLAT, flat, network, slopes
from tensors import labels, randn


def methods(a):
    a.seed("methods")
    flow(a)
    fixed_point(a)
    flat_minimum(a)
    codebook(a)


def flow(a):
    couplings = [nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 8)) for _ in range(3)]
    params = {}
    with torch.no_grad():
        for i, net in enumerate(couplings):
            params |= {f"net.steps.{i}.net.{path}": p.copy_(randn(*p.shape, scale=0.7)) for path, p in net.named_parameters()}
    before = 'use "papers/real_nvp.dln": RealNVP\nlet net = RealNVP[4, 3](couplings: 3)\n'
    a.case("RealNVP, noise and density", "{\n  found = net(x)\n  (found.noise, found.log_density)\n}", lambda x: density(couplings, x),
           before=before, params=params, x=randn(2, 4))
    a.case("RealNVP, the way back", "net.inverse(z)", lambda z: torch.stack([inverse(couplings, row) for row in z]),
           before=before, params=params, z=randn(2, 4))


def told(net, i, x):
    """Scales and shifts of the elements that the i-th coupling changes, every second one."""
    stays = torch.arange(4) % 2 == i % 2
    s, t = net(torch.where(stays, x, 0.0)).chunk(2)
    return torch.where(stays, 0.0, s.tanh()), torch.where(stays, 0.0, t)


def forward(couplings, x):
    for i, net in enumerate(couplings):
        s, t = told(net, i, x)
        x = x * s.exp() + t
    return x


def inverse(couplings, z):
    for i, net in reversed(list(enumerate(couplings))):
        s, t = told(net, i, z)
        z = (z - t) / s.exp()
    return z


def density(couplings, x):
    """The density of the noise, times the determinant of the derivative of the whole map."""
    noise = torch.stack([forward(couplings, row) for row in x])
    derivative = lambda row: torch.func.jacrev(lambda row: forward(couplings, row))(row)
    room = torch.stack([torch.linalg.slogdet(derivative(row))[1] for row in x])
    normal = torch.distributions.Normal(0.0, 1.0)
    return noise, normal.log_prob(noise).sum(1) + room


def fixed_point(a):
    inside, given, head = (nn.Linear(n, m) for n, m in ((4, 4), (3, 4), (4, 2)))
    params = {}
    with torch.no_grad():
        for name, net, scale in [("cell.inside", inside, 0.2), ("cell.input", given, 0.7), ("head", head, 0.7)]:
            params |= {f"{name}.{path}": p.copy_(randn(*p.shape, scale=scale)) for path, p in net.named_parameters()}

    def deep(x, y):
        z = torch.zeros(len(x), 4)
        for _ in range(100):
            z = torch.tanh(inside(z) + given(x))
        return F.cross_entropy(head(z), y)

    a.case("a loss at the fixed point of DEQ", "at_fixed_point(|z| cell(z, x), |z| cross_entropy(head(z), y), zeros[5, 4], tolerance: 1e-14).loss",
           deep, uses=["std.nn: Linear", "std.loss: cross_entropy", '"papers/deq.dln": Cell, at_fixed_point'],
           before="let cell = Cell[3, 4]\nlet head = Linear[4 -> 2]\n", params=params, types={"y": "idx<2>[5]"}, x=randn(5, 3), y=labels(2, 5))


def flat_minimum(a):
    net, params = network(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    error = lambda w, x, y: F.cross_entropy(torch.func.functional_call(net, w, (x,)), y)

    def sam(x, y):
        """Algorithm 1 of Foret et al.: the gradient at the weights that lie 0.1 along the gradient."""
        here = dict(net.named_parameters())
        g = slopes(error(here, x, y), net)
        far = 0.1 / flat(g).norm()
        there = {path: p + (far * d).detach() for (path, p), d in zip(here.items(), g)}
        return flat(torch.autograd.grad(error(there, x, y), list(there.values()), create_graph=True))

    before = f'use "papers/sam.dln": loss, nearby\nlet net = Linear[3 -> 4] >> tanh >> Linear[4 -> 3]\n{FLAT}'
    a.case("the gradient of SAM", "flat(grad(|net| loss(nearby(net, x, y, 0.1), x, y))(net))", sam, uses=["std.nn: Linear"], before=before,
           params=params, types={"y": "idx<3>[6]"}, x=randn(6, 3), y=labels(3, 6))


def codebook(a):
    rows = randn(5, 3)

    def quantized(z):
        """Equations 1 to 3 of Van den Oord et al., with a weight of 0.25, one vector after another."""
        e = torch.stack([min(rows, key=lambda row: float((row - v).square().sum())) for v in z.reshape(-1, 3)]).reshape(z.shape)
        return z + (e - z).detach(), F.mse_loss(e, z.detach()) + 0.25 * F.mse_loss(z, e.detach())

    a.case("the codebook of VQ-VAE", "{\n  found = net(z)\n  (found.rows, found.loss)\n}", quantized,
           before='use "papers/vq_vae.dln": Codebook\nlet net = Codebook[5, 3]\n', params={"net.rows": rows}, z=randn(2, 4, 3))


AREAS = {"methods": methods}
