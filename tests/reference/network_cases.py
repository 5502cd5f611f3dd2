"""Blocks of larger networks, written with PyTorch's modules, and graph layers with dense adjacencies."""

import torch
import torch.nn.functional as F
from torch import nn

from tensors import rand, randn


def networks(a):
    a.seed("networks")
    residual(a)
    separable(a)
    dense(a)
    graphs(a)


def named(net, prefix="net."):
    """Parameters and running statistics with short decimals, by their paths."""
    for name, p in [*net.named_parameters(), *net.named_buffers()]:
        if p.is_floating_point():
            p.data = rand(*p.shape, low=0.5, high=1.5) if "var" in name else randn(*p.shape, scale=0.3)
    return {prefix + k: v.detach() for k, v in net.state_dict().items() if v.is_floating_point()}


class Basic(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = nn.Sequential()
        if stride != 1 or inside != out:
            self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class Narrow(nn.Module):
    def __init__(self, inside, out, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def case(a, name, module, make, net, x):
    params = named(net)
    net.eval()
    a.case(name, "net(x)", lambda x: torch.func.functional_call(net, {k.removeprefix("net."): v for k, v in params.items()}, x),
           uses=[module], before=f"let net = {make}\n", params=params, x=x,
           buffers=[k for k in params if "running" in k])


def residual(a):
    case(a, "BasicBlock", "std.vision.resnet: BasicBlock", "BasicBlock[2 -> 2]", Basic(2, 2, 1), randn(1, 2, 4, 5))
    case(a, "BasicBlock with a stride", "std.vision.resnet: BasicBlock", "BasicBlock[2 -> 3](stride: 2)", Basic(2, 3, 2), randn(1, 2, 5, 4))
    case(a, "Bottleneck", "std.vision.resnet: Bottleneck", "Bottleneck[3 -> 4](stride: 2)", Narrow(3, 4, 1, 2), randn(1, 3, 5, 5))


def conv_norm(inside, out, kernel, stride=1, groups=1):
    conv = nn.Conv2d(inside, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU6())


class Inverted(nn.Module):
    def __init__(self, c, expand):
        super().__init__()
        self.wide = conv_norm(c, c * expand, 1)
        self.depthwise = conv_norm(c * expand, c * expand, 3, groups=c * expand)
        self.narrow = nn.Sequential(nn.Conv2d(c * expand, c, 1, bias=False), nn.BatchNorm2d(c))

    def forward(self, x):
        return x + self.narrow(self.depthwise(self.wide(x)))


def separable(a):
    case(a, "InvertedResidual", "std.vision.mobilenet: InvertedResidual", "InvertedResidual[2 -> 2](expand: 2)", Inverted(2, 2), randn(1, 2, 4, 4))


class Dense(nn.Module):
    def __init__(self, c, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(c), nn.Conv2d(c, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))], 1)


def dense(a):
    case(a, "DenseLayer", "std.vision.densenet: DenseLayer", "DenseLayer[2](growth: 2)", Dense(2, 2), randn(1, 2, 3, 4))


def graphs(a):
    source, target = torch.tensor([0, 1, 2, 3, 0, 4]), torch.tensor([1, 2, 0, 1, 3, 4])
    edges = {"source": source, "target": target}
    types = {"source": "idx<5>[6]", "target": "idx<5>[6]"}
    adjacency = torch.zeros(5, 5).index_put((target, source), torch.tensor(1.0), accumulate=True)
    weight, bias, x = randn(4, 3), randn(4), randn(5, 3)

    def conv(x, *_):
        s = (1 + adjacency.sum(1)) ** -0.5
        return s[:, None] * (adjacency + torch.eye(5)) * s @ (x @ weight.T) + bias

    a.case("GraphConv", "net(x, source, target)", conv, uses=["std.graph: GraphConv"], before="let net = GraphConv[3 -> 4]\n",
           params={"net.linear.weight": weight, "net.bias": bias}, types=types, x=x, **edges)

    w, p, q, b = randn(4, 3), randn(2, 2), randn(2, 2), randn(4)

    def attention(x, *_):
        h = (x @ w.T).reshape(5, 2, 2)
        score = F.leaky_relu((h * q).sum(2)[:, None] + (h * p).sum(2)[None], 0.2)            # [to, from, head]
        count = (adjacency + torch.eye(5))[:, :, None]
        weights = count * score.exp()
        weights = weights / weights.sum(1, keepdim=True)
        return torch.einsum("tfh,fhd->thd", weights, h).reshape(5, 4) + b

    a.case("GraphAttention", "net(x, source, target)", attention, uses=["std.graph: GraphAttention"],
           before="let net = GraphAttention[3 -> 4](heads: 2)\n",
           params={"net.linear.weight": w, "net.source": p, "net.target": q, "net.bias": b}, types=types, x=x, **edges)

    own, near, own_bias = randn(4, 3), randn(4, 3), randn(4)

    def sage(x, *_):
        means = adjacency @ x / adjacency.sum(1, keepdim=True).clamp(min=1)
        return x @ own.T + own_bias + means @ near.T

    a.case("SAGEConv", "net(x, source, target)", sage, uses=["std.graph: SAGEConv"], before="let net = SAGEConv[3 -> 4]\n",
           params={"net.own.weight": own, "net.own.bias": own_bias, "net.neighbours.weight": near}, types=types, x=x, **edges)


AREAS = {"networks": networks}
