"""Models of probability against hmmlearn and scikit-learn."""

import numpy as np
import torch
from hmmlearn.hmm import CategoricalHMM
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.naive_bayes import GaussianNB, MultinomialNB

from tensors import labels, rand, randn


def prob(a):
    a.seed("prob")
    hidden_markov(a)
    naive_bayes(a)
    topics(a)


def shares(*shape):
    """Rows that add up to one."""
    x = 0.2 + rand(*shape)
    return x / x.sum(-1, keepdim=True)


def hidden_markov(a):
    B, T, S, V = 3, 7, 3, 4
    start, move, show, x = shares(S), shares(S, S), shares(S, V), labels(V, B, T)
    params = {"net.start": start, "net.move": move, "net.show": show}
    rows, lengths = x.reshape(-1, 1).numpy(), [T] * B

    def model(**settings):
        m = CategoricalHMM(S, **settings)
        m.startprob_, m.transmat_, m.emissionprob_ = start.numpy(), move.numpy(), show.numpy()
        return m

    def case(name, body, reference, **more):
        a.case(f"HMM {name}", body, reference, uses=["std.prob: HMM"], before=f"let net = HMM[{S}, {V}]\n", params=params,
               types={"x": f"idx<{V}>[{B}, {T}]"}, smooth=False, x=x, **more)

    case("likelihood", "net(x)", lambda x: torch.tensor([model().score(r[:, None]) for r in x.numpy()]))
    case("posterior", "net.posterior(x)", lambda x: torch.tensor(model().predict_proba(rows, lengths)).reshape(B, T, S))
    case("best states", "cast(net.decode(x), i64)", lambda x: torch.tensor(model().decode(rows, lengths)[1]).reshape(B, T))

    def learned(_):
        m = model(n_iter=1, init_params="", tol=-np.inf)
        m.fit(rows, lengths)
        return tuple(torch.tensor(p) for p in (m.startprob_, m.transmat_, m.emissionprob_))

    case("a step of Baum and Welch", "{\n  net.learn(x)\n  (net.start, net.move, net.show)\n}", learned)


def naive_bayes(a):
    N, D, C = 12, 5, 3
    y = torch.arange(N) % C
    counts, numbers = labels(6, N, D).double(), randn(N, D)
    for name, reference, x in [("MultinomialNB", MultinomialNB(), counts), ("GaussianNB", GaussianNB(), numbers)]:
        fitted = reference.fit(x.numpy(), y.numpy())
        a.case(name, "{\n  net.see(x, y)\n  log_softmax(net(x))\n}", lambda x, y: torch.tensor(fitted.predict_log_proba(x.numpy())),
               uses=[f"std.prob: {name}"], before=f"let net = {name}[{D} -> {C}]\n", types={"y": f"idx<{C}>[{N}]"}, smooth=False, x=x, y=y)


def topics(a):
    N, V, K = 4, 6, 3
    x, weight = labels(4, N, V).double() + torch.eye(N, V), rand(K, V, low=0.5, high=1.5)
    model = LatentDirichletAllocation(K, max_doc_update_iter=10, mean_change_tol=0, max_iter=1, random_state=0)
    model.partial_fit(x.numpy())                                     # so that it has its settings
    model.components_ = weight.numpy().copy()
    sums = torch.digamma(weight) - torch.digamma(weight.sum(1, keepdim=True))
    model.exp_dirichlet_component_ = sums.exp().numpy()
    shares, counts = model._e_step(x.numpy(), cal_sstats=True, random_init=False)
    learned = 1 / K + counts

    a.case("LDA, a round", "{\n  before = net.infer(x)\n  net.learn(x)\n  (before, net.weight)\n}",
           lambda x: (torch.tensor(shares), torch.tensor(learned)), uses=["std.prob: LDA"], before=f"let net = LDA[{V}, {K}](rounds: 10)\n",
           params={"net.weight": weight}, smooth=False, x=x, tolerance=1e-6,
           why="scikit-learn adds a small number to each divisor and has a digamma of its own")


AREAS = {"prob": prob}
