"""Bugs of training and with numbers, as they are written in PyTorch, Keras and JAX."""

import os
import warnings

os.environ["KERAS_BACKEND"] = "torch"

import jax
import keras
import numpy
import torch
from jax import numpy as jnp
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


def a_step(net, loss, optimizer):
    optimizer.zero_grad()
    loss(net).backward()
    optimizer.step()


def answers_instead_of_scores():
    net = nn.Linear(4, 10)
    F.mse_loss(net(torch.ones(2, 4)).argmax(1).float(), torch.zeros(2)).backward()


def a_penalty_without_a_slope():
    z = torch.tensor([[1.0, 2.0]], requires_grad=True)
    y = torch.tensor([0])
    (plain,) = torch.autograd.grad(F.cross_entropy(z, y), z)
    (both,) = torch.autograd.grad(F.cross_entropy(z, y) + (z.argmax(1) != y).float().mean(), z)
    return f"the derivative with the penalty is that without: {torch.equal(plain, both)}"


def a_detached_loss():
    F.binary_cross_entropy(torch.sigmoid(nn.Linear(4, 1)(torch.ones(2, 4))).squeeze().detach(), torch.ones(2)).backward()


def layers_in_a_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(4, 4) for _ in range(3)]

    return f"{len(list(Net().parameters()))} parameters"


def gradients_of_the_step_before():
    x = torch.zeros(1, requires_grad=True)
    sgd = torch.optim.SGD([x], 1.0)
    for _ in range(2):
        x.sum().backward()
        sgd.step()
    return f"two steps of length 1 end at {x.item():.0f}"


def dropout_in_the_evaluation():
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(4, 100), nn.Dropout(0.5)), torch.ones(1, 4)
    return f"two evaluations agree: {torch.equal(net(x), net(x))}"


def a_target_that_moves_along():
    q, x = nn.Linear(4, 2), torch.ones(1, 4)
    (q(x).max(1).values - (1 + 0.99 * q(x + 1).max(1).values)).pow(2).mean().backward()
    whole = q.weight.grad.clone()
    q.zero_grad()
    (q(x).max(1).values - (1 + 0.99 * q(x + 1).max(1).values).detach()).pow(2).mean().backward()
    return f"the derivative is that of a fixed target: {torch.allclose(whole, q.weight.grad)}"


def a_target_that_is_the_network():
    net = nn.Linear(2, 1)
    target, x = net, torch.ones(1, 2)
    a_step(net, lambda net: net(x).sum(), torch.optim.SGD(net.parameters(), 1.0))
    return f"the target has moved along: {torch.equal(target(x), net(x))}"


def a_clipped_loss():
    net = nn.Linear(1, 1)
    torch.clamp(F.mse_loss(net(torch.ones(1, 1)), torch.full((1, 1), 100.0)), max=1.0).backward()
    return f"a gradient of {net.weight.grad.item():.1f} for a prediction that is off by 100"


def fitted(*callbacks):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    x, y = numpy.random.randn(32, 4), numpy.random.randint(0, 2, (32, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(x, y, epochs=5, verbose=0, validation_data=(x, y), callbacks=list(callbacks))
    return len(history.history["loss"])


def stopped_by_a_metric_that_is_not_there():
    epochs = fitted(keras.callbacks.EarlyStopping(monitor="val_acc", mode="max", patience=1))
    return f"a warning, and all {epochs} epochs"


def the_worst_weights_are_kept():
    fitted(keras.callbacks.ModelCheckpoint("best.keras", monitor="val_ranks", save_best_only=True))
    return f"a warning; the file is written: {os.path.exists('best.keras')}"


def a_batch_of_one():
    norm = nn.BatchNorm1d(7)
    for batch in torch.zeros(3, 7).split(2):
        norm(batch)


def gradients_of_unequal_batches():
    rows = torch.tensor([1.0, 3.0, 4.0])
    accumulated = sum(part.mean() for part in rows.split(2)) / 2
    return f"a mean of {accumulated:.1f} instead of {rows.mean():.2f}"


def gradients_of_texts_of_many_lengths():
    texts = [torch.ones(4), torch.zeros(1)]
    accumulated = sum(text.mean() for text in texts) / 2
    return f"a mean of {accumulated:.1f} instead of {torch.cat(texts).mean():.1f}"


def statistics_of_a_frozen_layer():
    norm = nn.BatchNorm1d(2).requires_grad_(False)
    norm(1 + torch.randn(8, 2))
    return f"the running mean has moved: {bool(norm.running_mean.abs().max() > 0)}"


def layers_that_are_one():
    a, b = nn.Linear(8, 6, bias=False), nn.Linear(6, 4, bias=False)
    x = torch.ones(1, 8)
    return f"the two layers are one matrix: {torch.allclose(b(a(x)), x @ (b.weight @ a.weight).T, atol=1e-6)}"


def weights_that_begin_at_zero():
    torch.manual_seed(0)
    a, b = nn.Linear(4, 3), nn.Linear(3, 1)
    for layer in [a, b]:
        nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    sgd = torch.optim.SGD([*a.parameters(), *b.parameters()], 0.1)
    for _ in range(10):
        a_step(None, lambda _: F.mse_loss(b(torch.tanh(a(torch.randn(8, 4)))), torch.ones(8, 1)), sgd)
    return f"the hidden features are all equal after 10 steps: {torch.equal(a.weight[0], a.weight[1])}"


def scores_cut_off():
    z = torch.tensor([[-1.0, -2.0, -3.0]], requires_grad=True)
    F.cross_entropy(torch.relu(z), torch.tensor([0])).backward()
    return f"a gradient of {z.grad.abs().max():.1f} where all scores are below zero"


def a_state_kept_between_batches():
    rnn, state = nn.RNN(4, 2), None
    for _ in range(2):
        out, state = rnn(torch.ones(1, 1, 4), state)
        out.sum().backward()


def the_logarithm_of_zero():
    z = torch.tensor([[200.0, 0.0]], requires_grad=True)
    return f"a loss of {-(torch.tensor([[0.0, 1.0]]) * torch.softmax(z, 1).log()).sum():.1f}"


def a_rate_that_is_too_high():
    torch.manual_seed(0)
    net, x = nn.Linear(64, 1), 16 * torch.rand(64, 64)
    sgd = torch.optim.SGD(net.parameters(), 10.0)
    for _ in range(100):
        a_step(net, lambda net: (net(x) - 1).pow(2).mean(), sgd)
    return f"after 100 steps the first weight is {net.weight[0, 0].item()}"


def the_root_of_zero():
    g = jax.grad(lambda x: jnp.sqrt(jnp.sum(x**2)))(jnp.zeros(2))
    return f"a derivative of {float(g[0])}, and no word"


def a_branch_that_was_not_taken():
    x = torch.zeros(2, requires_grad=True)
    torch.where(x > 0, torch.sqrt(x), 0.0).sum().backward()
    return f"a loss of 0 and a derivative of {x.grad[0].item()}"


def a_maximum_of_the_whole_batch():
    z = torch.tensor([[1000.0, 1000.0], [0.0, 0.0]])
    e = torch.exp(z - z.max())
    return f"{int((e / e.sum(1, keepdim=True)).isnan().sum())} of 4 probabilities are NaN"


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, _):
        return numpy.random.randint(1_000_000)


def the_same_numbers_again():
    numpy.random.seed(0)
    draws = [int(x) for x in DataLoader(Draws(), num_workers=2, batch_size=1)]
    key = jax.random.key(0)
    same = bool((jax.random.normal(key, (3,)) == jax.random.normal(key, (3,))).all())
    return f"{len(set(draws))} different numbers of NumPy in 4 draws of 2 workers; two draws of JAX with one key are the same: {same}"


def a_position_beyond_the_end():
    return f"JAX reads {float(jnp.arange(3.0)[10]):.0f}, the last element"


def an_index_beyond_the_end():
    table = jnp.array([[1, 2], [3, 4], [5, 6]])
    return f"JAX reads {jnp.take(table, jnp.array([4]), axis=0, mode='clip').tolist()[0]}, the last row"


def names_with_a_prefix():
    net = nn.Linear(4, 10)
    before = net.weight.clone()
    net.load_state_dict({"module." + k: torch.ones_like(v) for k, v in net.state_dict().items()}, strict=False)
    return f"with strict=False the weights are the first ones: {torch.equal(before, net.weight)}"
