"""Bugs with losses, labels and element types, as they are written in PyTorch and Keras."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from torch.nn import functional as F


def a_column_and_a_row():
    y = torch.arange(4.0)
    return f"a loss of {F.mse_loss(y[:, None], y):.1f} for predictions that are all right"


def entropy_for_each_action():
    value, log_prob = torch.zeros(64, 1), torch.ones(64, 4)
    return f"a target of shape {list((value - 0.2 * log_prob).shape)}: {F.mse_loss(value, value - 0.2 * log_prob):.2f}"


def two_classes_and_a_column():
    F.binary_cross_entropy(torch.full((64, 1), 0.5), torch.zeros(64))


def a_depth_without_its_channel():
    y = torch.arange(2.0)[:, None, None].expand(2, 4, 4)
    return f"a loss of {F.smooth_l1_loss(y[:, None], y):.2f} for predictions that are all right"


def one_row_for_eight():
    return f"a loss of {F.mse_loss(torch.zeros(1, 18), torch.ones(8, 18)):.1f}"


def edges_of_255():
    F.binary_cross_entropy(torch.tensor([0.9, 0.1]), torch.tensor([255.0, 0.0]))


def sigmoid_twice():
    p = torch.sigmoid(torch.tensor([50.0]))
    return f"a loss of {F.binary_cross_entropy_with_logits(p, torch.ones(1)):.2f} for a certain and right answer"


def softmax_twice():
    p = torch.softmax(torch.tensor([[50.0] + [0.0] * 9]), 1)
    return f"a loss of {F.cross_entropy(p, torch.tensor([0])):.2f} for a certain and right answer"


def nll_of_probabilities():
    return f"a loss of {F.nll_loss(torch.softmax(torch.zeros(1, 3), 1), torch.tensor([0])):.2f}"


def divergence_of_probabilities():
    p = torch.softmax(torch.zeros(1, 2), 1)
    return f"a divergence of {F.kl_div(p, p, reduction='batchmean'):.2f} between equal distributions"


def labels_as_rows():
    F.cross_entropy(torch.zeros(4, 10), F.one_hot(torch.zeros(4, dtype=torch.long), 10))


def fewer_scores_than_classes():
    F.cross_entropy(torch.zeros(8, 3), torch.tensor([5, 5, 0, 10, 0, 0, 10, 5]))


def classes_from_one():
    F.cross_entropy(torch.zeros(2, 3), torch.tensor([1, 3]))


def one_class_to_choose_from():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, activation="softmax")])
    return f"every prediction is {float(model(torch.randn(8, 30)).min()):.1f}"


def labels_as_floats():
    F.cross_entropy(torch.zeros(4, 10), torch.zeros(4))


def labels_of_32_bits():
    F.cross_entropy(torch.zeros(4, 10), torch.zeros(4, dtype=torch.int32))


def labels_of_two_classes():
    F.binary_cross_entropy(torch.full((4,), 0.5), torch.zeros(4, dtype=torch.long))


def classes_in_the_wrong_axis():
    F.cross_entropy(torch.zeros(4, 10, 50), torch.zeros(4, 10, dtype=torch.long))


def differences_of_bytes():
    black, white = torch.zeros(3, dtype=torch.uint8), torch.full((3,), 255, dtype=torch.uint8)
    return f"black without white is {(black - white)[0]}"
