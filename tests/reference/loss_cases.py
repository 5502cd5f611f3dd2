"""Losses beyond those of `metric_cases`: numbers, margins, pairs, masks, players, latent variables, sequences."""

import torch
from torch import nn
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from tensors import labels, rand, randn, values


def case(a):
    """A case of the loss with which the text begins."""
    def f(name, text, fn, **kw):
        a.case(name, text, fn, uses=[f"std.loss: {text.split('(')[0]}"], **kw)
    return f


def numbers(a):
    a.seed("numbers")
    f = case(a)
    y, t = randn(3, 4, scale=2.0), randn(3, 4)
    f("smooth_l1", "smooth_l1(y, t)", F.smooth_l1_loss, y=y.clone(), t=t.clone())
    f("smooth_l1 0.3", "smooth_l1(y, t, beta: 0.3)", lambda y, t: F.smooth_l1_loss(y, t, beta=0.3), y=y.clone(), t=t.clone())
    f("log_cosh", "log_cosh(y, t)", lambda y, t: torch.log(torch.cosh(y - t)).mean(), y=y.clone(), t=t.clone())
    f("log_cosh far out", "log_cosh(y, t)", lambda y, t: ((y - t).abs() - torch.log(torch.tensor(2.0))).mean(), y=values(1e4, -1e4), t=values(1.0, 1.0))
    f("pinball", "pinball(y, t, q: 0.9)", lambda y, t: torch.maximum(0.9 * (t - y), -0.1 * (t - y)).mean(), y=y.clone(), t=t.clone())
    count = labels(6, 3, 4).double()
    f("poisson_nll", "poisson_nll(z, y)", F.poisson_nll_loss, z=randn(3, 4), y=count.clone())
    f("poisson_nll with its constant", "poisson_nll(z, y, full: true)", lambda z, y: F.poisson_nll_loss(z, y, full=True), z=randn(3, 4), y=count.clone(), buffers=("y",))
    v = rand(3, 4, low=0.1, high=2.0)
    f("gaussian_nll", "gaussian_nll(m, y, v)", F.gaussian_nll_loss, m=y.clone(), y=t.clone(), v=v.clone())
    f("gaussian_nll with its constant", "gaussian_nll(m, y, v, full: true)", lambda m, y, v: F.gaussian_nll_loss(m, y, v, full=True), m=y.clone(), y=t.clone(), v=v.clone())
    z, y = randn(2, 4), rand(2, 4)
    f("weighted_bce_logits", "weighted_bce_logits(z, y, w)", lambda z, y, w: F.binary_cross_entropy_with_logits(z, y, pos_weight=w),
      z=z.clone(), y=y.clone(), w=rand(4, low=0.2, high=3.0), buffers=("w",))
    z, y = values(-1e4, -1e4, 1e4, 1e4, 0.0), values(0.0, 1.0, 0.0, 1.0, 1.0)
    f("bce_logits of ten thousand", "bce_logits(z, y)", F.binary_cross_entropy_with_logits, z=z.clone(), y=y.clone())
    f("weighted_bce_logits of ten thousand", "weighted_bce_logits(z, y, 3.0)",
      lambda z, y: F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(3.0)), z=z.clone(), y=y.clone())
    a.case("softplus of ten thousand", "softplus(x)", F.softplus, x=values(-1e4, -745.0, -30.0, 30.0, 745.0, 1e4))


def margins(a):
    a.seed("margins")
    f = case(a)
    sign = 2 * labels(2, 6).double() - 1
    f("squared_hinge", "squared_hinge(s, y)", lambda s, y: (F.relu(1 - y * s) ** 2).mean(), s=randn(6), y=sign.clone())
    f("soft_margin", "soft_margin(s, y)", F.soft_margin_loss, s=randn(6), y=sign.clone(), buffers=("y",))
    f("hinge_embedding", "hinge_embedding(s, y)", F.hinge_embedding_loss, s=randn(6), y=sign.clone(), buffers=("y",))
    f("margin_ranking", "margin_ranking(s, u, y, margin: 0.4)", lambda s, u, y: F.margin_ranking_loss(s, u, y, 0.4), s=randn(6), u=randn(6), y=sign.clone())
    z, c, kind = randn(4, 5), labels(5, 4), {"y": "idx<5>[4]"}
    f("multi_margin", "multi_margin(z, y)", F.multi_margin_loss, types=kind, z=z.clone(), y=c)
    f("multi_margin squared", "multi_margin(z, y, p: 2, margin: 0.5)", lambda z, y: F.multi_margin_loss(z, y, 2, 0.5), types=kind, z=z.clone(), y=c)
    f("multi_margin with weights", "multi_margin(z, y, weight: w)", lambda z, y, w: F.multi_margin_loss(z, y, weight=w), types=kind, z=z.clone(), y=c, w=rand(5, high=2.0), buffers=("w",))
    f("weighted_nll", "weighted_nll(z, y, w)", lambda z, y, w: F.nll_loss(z, y, w), types=kind, z=-rand(4, 5, high=3.0), y=c, w=rand(5, low=0.1, high=2.0), buffers=("w",))
    has = values(1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0).reshape(3, 5)
    f("multilabel_margin", "multilabel_margin(z, y)", lambda z, y: F.multilabel_margin_loss(z, listed(y)), z=randn(3, 5), y=has.clone(), buffers=("y",))
    f("multilabel_soft_margin", "multilabel_soft_margin(z, y)", F.multilabel_soft_margin_loss, z=randn(3, 5), y=has.clone())
    f("multilabel_soft_margin with weights", "multilabel_soft_margin(z, y, weight: w)", F.multilabel_soft_margin_loss, z=randn(3, 5), y=has.clone(), w=rand(5, high=2.0), buffers=("y",))
    w = rand(5, low=0.2, high=2.0)
    f("weighted_cross_entropy smoothed", "weighted_cross_entropy(z, y, w, label_smoothing: 0.1)", lambda z, y, w: F.cross_entropy(z, y, w, label_smoothing=0.1), types=kind, z=z.clone(), y=c, w=w, buffers=("w",))
    f("masked_cross_entropy", "masked_cross_entropy(z, y, m)", lambda z, y, m: F.cross_entropy(z, y.masked_fill(~m, -100)), types=kind, z=z.clone(), y=c, m=torch.tensor([True, False, True, True]))
    gone = z.clone()
    gone[torch.arange(4), (c + 1) % 5] = -torch.inf
    f("cross_entropy with classes at -inf", "cross_entropy(z, y)", F.cross_entropy, types=kind, z=gone, y=c)
    f("cross_entropy of ten thousand", "cross_entropy(z, y)", F.cross_entropy, types=kind, z=1e4 * z, y=c)
    f("categorical_focal", "categorical_focal(z, y)", lambda z, y: ((1 - F.softmax(z, 1)[torch.arange(4), y]) ** 2 * F.cross_entropy(z, y, reduction="none")).mean(), types=kind, z=z.clone(), y=c)


def listed(y):
    """The positions of the ones in each row, and -1 behind them."""
    rows = [torch.cat([row.nonzero()[:, 0], -torch.ones(5, dtype=torch.long)])[:5] for row in y]
    return torch.stack(rows)


def pairs(a):
    a.seed("pairs")
    f = case(a)
    x, u, v, y = randn(4, 3), randn(4, 3), randn(4, 3), values(1.0, -1.0, -1.0, 1.0)
    f("cosine_embedding", "cosine_embedding(x, u, y, margin: 0.1)", lambda x, u, y: F.cosine_embedding_loss(x, u, y, 0.1), x=x.clone(), u=u.clone(), y=y, buffers=("y",))
    length = lambda x, u: (x - u).norm(dim=-1)
    angle = lambda x, u: 1 - F.cosine_similarity(x, u)
    for name, text, distance in [("", "", length), (" by angle", ", distance: |a, b| 1 - sum(unit(a) * unit(b), over: -1)", angle)]:
        for swap in (False, True):
            text = text + ", swap: true" if swap else text
            a.case(f"triplet{name}{', swapped' if swap else ''}", f"triplet(x, u, v, margin: 0.7{text})",
                   lambda x, u, v, d=distance, s=swap: F.triplet_margin_with_distance_loss(x, u, v, distance_function=d, margin=0.7, swap=s),
                   uses=["std.loss: triplet, unit"], x=x.clone(), u=u.clone(), v=v.clone())
    f("nt_xent", "nt_xent(x, u, temperature: 0.4)", nt_xent, x=x.clone(), u=u.clone())
    f("symmetric_info_nce", "symmetric_info_nce(x, u, temperature: 0.3)", clip, x=x.clone(), u=u.clone())
    p, m = rand(2, 3, 2), labels(2, 2, 3, 2).double()
    f("jaccard", "jaccard(p, y)", lambda p, y: overlap(p, y, 1.0, 1.0), p=p.clone(), y=m.clone())
    f("tversky", "tversky(p, y, miss: 0.6, false_alarm: 0.2)", lambda p, y: overlap(p, y, 0.6, 0.2), p=p.clone(), y=m.clone())
    for name, x in [("", randn(3, 4)), (" of huge numbers", 1e200 * randn(2, 3)), (" of tiny numbers", 1e-200 * randn(2, 3)), (" at 0", torch.zeros(2, 3))]:
        a.case("norm" + name, "norm(x)", lambda x: scaled_norm(x), uses=["std.loss: norm"], x=x)
    for p in (1.0, 1.5, 3.0, float("inf")):
        a.case(f"p_norm {p}", f"p_norm(x, p: {p})", lambda x: torch.linalg.vector_norm(x, p, -1), uses=["std.distance: p_norm"], x=randn(3, 4))
        a.case(f"distances by {p}", f"distances(x, y, distance: |a, b| minkowski(a, b, p: {p}))", lambda x, y: torch.cdist(x, y, p), uses=["std.distance: distances, minkowski"], x=randn(3, 4), y=randn(2, 4))
    a.case("unit", "unit(x)", lambda x: F.normalize(x, dim=-1), uses=["std.loss: unit"], x=randn(3, 4))
    a.case("cosine_similarity", "cosine_similarity(x, y)", lambda x, y: F.cosine_similarity(x, y, -1), uses=["std.distance: cosine_similarity"], x=randn(3, 4), y=randn(3, 4))


def scaled_norm(x):
    """PyTorch's norm of numbers whose squares are no numbers overflows; what is scaled by a power of two does not."""
    scale = 2.0 ** torch.floor(torch.log2(x.detach().abs().max().clamp(min=1e-300))) if x.any() else torch.tensor(1.0)
    return (x / scale).norm(dim=-1) * scale


def nt_xent(x, u, temperature=0.4):
    """Row by row, as the paper writes it."""
    z = F.normalize(torch.cat([x, u]))
    n, total = len(x), 0.0
    for i in range(2 * n):
        s = z @ z[i] / temperature
        total = total - s[(i + n) % (2 * n)] + torch.logsumexp(torch.cat([s[:i], s[i + 1:]]), 0)
    return total / (2 * n)


def clip(x, u):
    s = F.normalize(x) @ F.normalize(u).T / 0.3
    own = torch.arange(len(x))
    return (F.cross_entropy(s, own) + F.cross_entropy(s.T, own)) / 2


def overlap(p, y, miss, alarm):
    both, missed, wrong = (p * y).sum((1, 2)), ((1 - p) * y).sum((1, 2)), (p * (1 - y)).sum((1, 2))
    return (1 - (both + 1) / (both + miss * missed + alarm * wrong + 1)).mean()


def players(a):
    a.seed("players")
    f = case(a)
    bce = F.binary_cross_entropy_with_logits
    one, zero = torch.ones_like, torch.zeros_like
    for name, fn in [
        ("gan_discriminator", lambda r, f: bce(r, one(r)) + bce(f, zero(f))),
        ("hinge_discriminator", lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean()),
        ("least_squares_discriminator", lambda r, f: (F.mse_loss(r, one(r)) + F.mse_loss(f, zero(f))) / 2),
        ("wasserstein_critic", lambda r, f: f.mean() - r.mean()),
    ]:
        f(name, f"{name}(r, f)", fn, r=randn(5, 2), f=randn(4, scale=2.0))
    for name, fn in [
        ("minimax_generator", lambda f: -bce(f, zero(f))),
        ("non_saturating_generator", lambda f: bce(f, one(f))),
        ("hinge_generator", lambda f: -f.mean()),
        ("least_squares_generator", lambda f: F.mse_loss(f, one(f)) / 2),
        ("wasserstein_generator", lambda f: -f.mean()),
    ]:
        f(name, f"{name}(f)", fn, f=randn(5, scale=2.0))
    w, r, x, s = randn(2, 4), randn(3, 2, 2), randn(3, 2, 2), rand(3)
    a.case("gradient_penalty", "gradient_penalty(|x| tanh(flatten(x) @ w.T), r, f, share: s)", penalty, uses=["std.loss: gradient_penalty"], r=r.clone(), f=x.clone(), s=s, w=w.clone())
    a.case("r1_penalty", "r1_penalty(|x| tanh(flatten(x) @ w.T), r)", lambda r, w: 0.5 * (slope(r, w) ** 2).sum((1, 2)).mean(), uses=["std.loss: r1_penalty"], r=r.clone(), w=w.clone())
    pairs = {name: randn(3, 4) for name in ("a", "b", "z", "w")}
    f("mode_seeking", "mode_seeking(a, b, z, w)", lambda a, b, z, w: 1 / ((a - b).abs().mean() / (z - w).abs().mean() + 1e-5), **pairs)


def slope(x, w):
    return torch.autograd.grad(torch.tanh(x.flatten(1) @ w.T).sum(), x, create_graph=True)[0]


def penalty(r, f, s, w):
    s = s[:, None, None]
    return ((slope(s * r + (1 - s) * f, w).flatten(1).norm(dim=1) - 1) ** 2).mean()


def latent(a):
    a.seed("latent")
    f = case(a)
    m, v, n, u = randn(2, 3), randn(2, 3), randn(2, 3), randn(2, 3)
    gauss = lambda m, v: Normal(m, (0.5 * v).exp())
    f("kl_normals", "kl_normals(m, v, n, u)", lambda m, v, n, u: kl_divergence(gauss(m, v), gauss(n, u)).sum(-1), m=m.clone(), v=v.clone(), n=n.clone(), u=u.clone())
    f("elbo", "elbo(l, m, v, beta: 4.0)", lambda l, m, v: (l - 4 * kl_divergence(gauss(m, v), Normal(0.0, 1.0)).sum(-1)).mean(), l=randn(2), m=m.clone(), v=v.clone())
    x = rand(2, 3, 2)
    f("bernoulli_log_likelihood", "bernoulli_log_likelihood(z, x)", lambda z, x: -F.binary_cross_entropy_with_logits(z, x, reduction="none").sum((1, 2)), z=randn(2, 3, 2), x=x.clone())
    f("normal_log_likelihood", "normal_log_likelihood(m, x, std: 0.3)", lambda m, x: Normal(m, 0.3).log_prob(x).sum((1, 2)), m=randn(2, 3, 2), x=x.clone())
    p, q = (F.softmax(randn(3, 4), -1) for _ in "pq")
    f("jensen_shannon", "jensen_shannon(p, q)", jensen_shannon, p=p, q=q)
    f("distillation", "distillation(z, t, temperature: 3.0)", lambda z, t: 9 * F.kl_div(F.log_softmax(z / 3, -1), F.softmax(t / 3, -1), reduction="batchmean"), z=randn(3, 4), t=randn(3, 4))
    chosen = torch.stack([torch.randperm(4)[:2] for _ in range(5)])
    f("load_balance", "load_balance(p, c)", balance, types={"c": "idx<4>[5, 2]"}, p=F.softmax(randn(5, 4), -1), c=chosen)
    f("importance", "importance(p)", lambda p: p.sum(0).var(unbiased=False) / p.sum(0).mean() ** 2, p=F.softmax(randn(5, 4), -1))
    f("router_z", "router_z(z)", lambda z: (torch.logsumexp(z, -1) ** 2).mean(), z=randn(5, 4))


def jensen_shannon(p, q):
    m = (p + q) / 2
    return (F.kl_div(m.log(), p, reduction="batchmean") + F.kl_div(m.log(), q, reduction="batchmean")) / 2


def balance(p, c):
    share = F.one_hot(c, 4).double().mean((0, 1))
    return 4 * (share * p.mean(0)).sum()


def sequences(a):
    a.seed("sequences")
    f = case(a)
    logits = randn(3, 6, 4)
    for name, blank, said in [("", 0, labels(3, 3, 3) + 1), (" with the last symbol as the blank", 3, labels(3, 3, 3)), (" of equal neighbours", 0, torch.tensor([[1, 1, 2], [2, 2, 2], [3, 1, 1]]))]:
        times, lengths = torch.tensor([6, 5, 6]), torch.tensor([3, 2, 1])
        kinds = {"y": "idx<4>[3, 3]"}
        text = "log_softmax(z), y, t, n" + (f", blank: {blank}" if blank else "")
        reference = lambda z, y, t, n, r: F.ctc_loss(F.log_softmax(z, -1).transpose(0, 1), y, t, n, blank=blank, reduction=r)
        f("ctc" + name, f"ctc({text})", lambda z, y, t, n: reference(z, y, t, n, "mean"), types=kinds, z=logits.clone(), y=said, t=times, n=lengths)
        f("ctc_nll" + name, f"ctc_nll({text})", lambda z, y, t, n: reference(z, y, t, n, "none"), types=kinds, z=logits.clone(), y=said, t=times, n=lengths)
    f("ctc of whole rows", "ctc(log_softmax(z), y)", lambda z, y: F.ctc_loss(F.log_softmax(z, -1).transpose(0, 1), y, torch.full((3,), 6), torch.full((3,), 2)),
      types={"y": "idx<4>[3, 2]"}, z=logits.clone(), y=labels(3, 3, 2) + 1)


def classes(a):
    """Losses of very many classes."""
    a.seed("classes of a loss")
    for name, cutoffs, div, bias in (("two clusters", [4, 10], 2, False), ("three clusters and a bias", [3, 6, 15], 2, True), ("one cluster", [12], 4, False)):
        module = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs, div_value=float(div), head_bias=bias)
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(randn(*p.shape, scale=0.5))
        text = f"AdaptiveLogSoftmax[8 -> 20](cutoffs: {cutoffs}, div: {div}, head_bias: {str(bias).lower()})"
        shared = dict(uses=["std.loss: AdaptiveLogSoftmax"], before=f"let net = {text}\n")
        params = {f"net.{path}": p for path, p in module.named_parameters()}
        a.case(f"AdaptiveLogSoftmax, {name}", "net(x, y)", lambda x, y: module(x, y).loss, params=params, types={"y": "idx<20>[6]"},
               x=randn(6, 8), y=torch.tensor([0, 3, 7, 11, 16, 19]), **shared)
        a.case(f"AdaptiveLogSoftmax, all classes, {name}", "net.log_prob(x)", module.log_prob, params=params, x=randn(2, 8), **shared)


AREAS = {"loss_numbers": numbers, "loss_margins": margins, "loss_pairs": pairs, "loss_players": players, "loss_latent": latent, "loss_sequences": sequences, "loss_classes": classes}
