"""Losses (PyTorch) and metrics (scikit-learn)."""

import sklearn.metrics as sk
import torch
import torch.nn.functional as F

from tensors import labels, rand, randn, values


def loss(a):
    a.seed("loss")

    def f(name, text, fn, **kw):
        a.case(name, text, fn, uses=[f"std.loss: {text.split('(')[0]}"], **kw)

    y, t = randn(2, 3), randn(2, 3)
    f("mse", "mse(y, t)", F.mse_loss, y=y.clone(), t=t.clone())
    f("mse of scalars", "mse(y, t)", F.mse_loss, y=randn(), t=randn())
    f("mse against one number", "mse(y, 1.0)", lambda y: F.mse_loss(y, torch.ones_like(y)), y=y.clone())
    f("mae", "mae(y, t)", F.l1_loss, y=y.clone(), t=t.clone())
    f("huber", "huber(y, t)", F.huber_loss, y=2 * y, t=t.clone())
    f("huber 0.3", "huber(y, t, delta: 0.3)", lambda y, t: F.huber_loss(y, t, delta=0.3), y=y.clone(), t=t.clone())
    p, b = rand(2, 4, low=0.02, high=0.98), labels(2, 2, 4).double()
    f("bce", "bce(p, y)", F.binary_cross_entropy, p=p.clone(), y=rand(2, 4))
    f("bce of sure guesses", "bce(p, y)", F.binary_cross_entropy, p=values(0.0, 1.0, 0.0, 1.0), y=values(0.0, 0.0, 1.0, 1.0), smooth=False)
    f("bce against one number", "bce(p, 1.0)", lambda p: F.binary_cross_entropy(p, torch.ones_like(p)), p=p.clone())
    f("bce_logits", "bce_logits(z, y)", F.binary_cross_entropy_with_logits, z=randn(2, 4), y=rand(2, 4))
    f("bce_logits of large logits", "bce_logits(z, y)", F.binary_cross_entropy_with_logits, z=values(-1000.0, -40.0, 40.0, 1000.0), y=values(0.0, 1.0, 1.0, 0.0))
    f("bce_logits at 0", "bce_logits(z, y)", F.binary_cross_entropy_with_logits, z=values(0.0, 0.0), y=values(0.0, 1.0))
    sign = 2 * labels(2, 6).double() - 1
    f("hinge", "hinge(s, y)", lambda s, y: F.relu(1 - y * s).mean(), s=randn(6), y=sign.clone())
    f("focal", "focal(z, y)", focal, z=randn(2, 4), y=b.clone())
    f("focal gamma 1", "focal(z, y, gamma: 1.0, alpha: 0.5)", lambda z, y: focal(z, y, 1.0, 0.5), z=randn(2, 4), y=b.clone())
    kind = {"y": "idx<5>[4]"}
    z, c = randn(4, 5, scale=2.0), labels(5, 4)
    f("nll", "nll(z, y)", F.nll_loss, types=kind, z=-rand(4, 5, high=3.0), y=c)
    f("cross_entropy", "cross_entropy(z, y)", F.cross_entropy, types=kind, z=z.clone(), y=c)
    f("cross_entropy of large logits", "cross_entropy(z, y)", F.cross_entropy, types=kind, z=400 * z, y=c)
    f("cross_entropy smoothed", "cross_entropy(z, y, label_smoothing: 0.1)", lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1), types=kind, z=z.clone(), y=c)
    f("cross_entropy of sequences", "cross_entropy(z, y)", lambda z, y: F.cross_entropy(z.flatten(0, 1), y.flatten()),
      types={"y": "idx<4>[2, 3]"}, z=randn(2, 3, 4), y=labels(4, 2, 3))
    f("weighted_cross_entropy", "weighted_cross_entropy(z, y, w)", weighted,
      types=kind, z=z.clone(), y=c, w=rand(5, low=0.2, high=2.0))
    q = rand(4, 5)
    q = torch.round(q / q.sum(-1, keepdim=True), decimals=3)
    f("soft_cross_entropy", "soft_cross_entropy(z, p)", lambda z, p: F.cross_entropy(z, p), z=z.clone(), p=q.clone())
    f("kl", "kl(z, p)", lambda z, p: F.kl_div(z, p, reduction="batchmean"), z=torch.round(F.log_softmax(z, -1), decimals=3), p=q.clone())
    f("kl with a probability of 0", "kl(z, p)", lambda z, p: F.kl_div(z, p, reduction="batchmean"), z=values(-1.0, -0.5)[None], p=values(0.0, 1.0)[None], smooth=False)
    f("categorical_hinge", "categorical_hinge(z, y)", lambda z, y: crammer(z, y), types=kind, z=z.clone(), y=c)
    x, u, v = randn(3, 4), randn(3, 4), randn(3, 4)
    f("triplet", "triplet(x, u, v)", lambda x, u, v: F.relu((x - u).norm(dim=-1) - (x - v).norm(dim=-1) + 1).mean(), x=x, u=u, v=v)
    f("contrastive", "contrastive(x, u, y)", contrastive, x=randn(4, 3, scale=0.5), u=randn(4, 3, scale=0.5), y=values(1.0, 0.0, 0.0, 1.0))
    f("info_nce", "info_nce(x, u, temperature: 0.5)", lambda x, u: F.cross_entropy(F.normalize(x) @ F.normalize(u).T / 0.5, torch.arange(4)), x=randn(4, 3), u=randn(4, 3))
    f("dice", "dice(p, y)", lambda p, y: (1 - (2 * (p * y).sum((1, 2)) + 1) / ((p + y).sum((1, 2)) + 1)).mean(), p=rand(2, 3, 2), y=labels(2, 2, 3, 2).double())
    normal = torch.distributions.Normal
    f("kl_normal", "kl_normal(m, s)", lambda m, s: torch.distributions.kl_divergence(normal(m, (0.5 * s).exp()), normal(0.0, 1.0)).sum(-1), m=randn(2, 3), s=randn(2, 3))


def focal(z, y, gamma=2.0, alpha=0.25):
    p = torch.sigmoid(z)
    pt = p * y + (1 - p) * (1 - y)
    return ((alpha * y + (1 - alpha) * (1 - y)) * (1 - pt) ** gamma * F.binary_cross_entropy_with_logits(z, y, reduction="none")).mean()


def weighted(z, y, w):
    """`F.cross_entropy(z, y, w)`, which does not differentiate in w."""
    own = w[y]
    result = (own * F.cross_entropy(z, y, reduction="none")).sum() / own.sum()
    assert torch.allclose(result, F.cross_entropy(z, y, w.detach()))
    return result


def crammer(z, y):
    own = z.gather(1, y[:, None])[:, 0]
    others = z.masked_fill(F.one_hot(y, z.shape[1]).bool(), -torch.inf).amax(1)
    return F.relu(1 + others - own).mean()


def contrastive(a, b, same, margin=1.0):
    d = (a - b).norm(dim=-1)
    return (same * d**2 / 2 + (1 - same) * F.relu(margin - d) ** 2 / 2).mean()


def metric(a):
    a.seed("metric")

    def f(name, text, fn, **kw):
        function = text.split("(")[0]
        uses = [] if function == "accuracy" else [f"std.metrics: {function}"]
        a.case(name, text, lambda *args: torch.as_tensor(fn(*args), dtype=torch.float64), uses=uses, smooth=False, **kw)

    every = dict(labels=range(4), average=None, zero_division=0)
    for name, n, upto in [("", 30, 4), (", classes that never occur", 8, 2)]:
        kinds = {"y": f"idx<4>[{n}]", "pred": f"idx<4>[{n}]"}
        y, pred, z = labels(upto, n), labels(upto, n), randn(n, 4)
        f("accuracy" + name, "accuracy(z, y)", lambda z, y: sk.accuracy_score(y, z.argmax(1)), types=kinds, z=z, y=y)
        for k in (1, 2, 3):
            f(f"top_k {k}{name}", f"top_k(z, y, k: {k})", lambda z, y: sk.top_k_accuracy_score(y, z, k=k, labels=range(4)), types=kinds, z=z, y=y)
        f("confusion_matrix" + name, "confusion_matrix(pred, y)", lambda pred, y: sk.confusion_matrix(y, pred, labels=range(4)), types=kinds, pred=pred, y=y)
        f("precision" + name, "precision(pred, y)", lambda pred, y: sk.precision_score(y, pred, **every), types=kinds, pred=pred, y=y)
        f("recall" + name, "recall(pred, y)", lambda pred, y: sk.recall_score(y, pred, **every), types=kinds, pred=pred, y=y)
        f("f1" + name, "f1(pred, y)", lambda pred, y: sk.f1_score(y, pred, **every), types=kinds, pred=pred, y=y)
    f("r2", "r2(p, y)", lambda p, y: sk.r2_score(y, p), p=randn(6), y=randn(6))
    f("perplexity", "perplexity(z, y)", lambda z, y: F.cross_entropy(z, y).exp(), types={"y": "idx<5>[6]"}, z=randn(6, 5), y=labels(5, 6))


AREAS = {"loss": loss, "metric": metric}
