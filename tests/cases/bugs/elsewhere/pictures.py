"""Bugs with pictures and tables, as they are written in PyTorch and Keras."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from torch import nn
from torch.nn import functional as F


def features_behind_convolutions():
    body = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2))
    nn.Sequential(body, nn.Flatten(), nn.Linear(400, 120))(torch.zeros(4, 1, 28, 28))


def pictures_of_another_size():
    body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    nn.Sequential(body, nn.Flatten(), nn.Linear(8 * 28 * 28, 512))(torch.zeros(2, 3, 512, 512))


def no_flatten():
    nn.Linear(512 * 7 * 7, 16)(torch.zeros(2, 512, 7, 7))


def channels_behind():
    nn.Conv2d(3, 16, 3)(torch.zeros(2, 224, 224, 3))


def gray_for_colour():
    nn.Conv2d(3, 64, 7, stride=2, padding=3)(torch.zeros(2, 1, 224, 224))


def channels_that_are_joined():
    nn.Conv2d(6, 3, 1)(torch.cat([torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 8, 8)], 1))


def no_axis_of_channels():
    nn.Conv2d(1, 16, 3)(torch.zeros(15, 28, 28))


def one_picture_without_a_batch():
    net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 14 * 14, 10))
    net(torch.zeros(3, 32, 32))


def smaller_than_the_kernel():
    layers = [keras.Input((28, 28, 1))]
    for channels in [16, 32, 64, 128]:
        layers += [keras.layers.Conv2D(channels, 3, activation="relu"), keras.layers.MaxPooling2D(2)]
    keras.Sequential(layers)


def odd_sizes_in_a_unet(height=571):
    down, inside = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
    skip = down(torch.zeros(1, 3, height, 572))
    torch.cat([nn.ConvTranspose2d(32, 16, 2, stride=2)(inside(F.max_pool2d(skip, 2))), skip], 1)


def even_sizes_in_a_unet():
    odd_sizes_in_a_unet(525)


def a_shortcut_beside_a_stride():
    x = torch.zeros(2, 64, 56, 56)
    nn.Conv2d(64, 128, 3, stride=2, padding=1)(x) + x


def channels_of_batch_norm():
    nn.Sequential(nn.Conv2d(3, 128, 3), nn.BatchNorm2d(64))(torch.zeros(2, 3, 32, 32))


def masks_with_a_channel():
    F.cross_entropy(torch.zeros(1, 20, 18, 62), torch.zeros(1, 1, 18, 62, dtype=torch.long))


def scores_smaller_than_the_mask():
    F.mse_loss(torch.zeros(1, 1, 96, 128), torch.zeros(1, 1, 768, 1024))


def a_batch_in_the_features():
    x = torch.zeros(25, 16, 14, 14).view(-1, 16 * 5 * 5)
    F.cross_entropy(nn.Linear(16 * 5 * 5, 10)(x), torch.zeros(25, dtype=torch.long))


def two_layers_that_do_not_meet():
    nn.Sequential(nn.Linear(784, 120), nn.ReLU(), nn.Linear(84, 10))(torch.zeros(2, 784))


def weights_of_features_first():
    torch.zeros(8, 784) @ torch.zeros(10, 784)


def a_number_for_the_batch():
    for batch in torch.zeros(100, 64).split(64):
        batch.view(64, 64)


def a_batch_of_one_squeezed():
    many, one = torch.zeros(8, 1, 5).squeeze(), torch.zeros(1, 1, 5).squeeze()
    return f"shape {list(many.shape)} of 8 rows, {list(one.shape)} of one"


def pictures_for_a_dense_layer():
    nn.Linear(784, 10)(torch.zeros(64, 28, 28))


def time_to_the_front():
    x = torch.arange(12.0).view(2, 3, 2)
    wrong = int((x.view(3, 2, 2) != x.transpose(0, 1)).sum())
    return f"{wrong} of 12 numbers are in the wrong place"


def norms_without_their_axes():
    g = torch.arange(1.0, 19.0).view(3, 2, 3)
    wrong = g / g.norm(dim=(-2, -1))
    right = g / g.norm(dim=(-2, -1), keepdim=True)
    return f"of 3 matrices with 3 columns {int((wrong != right).sum())} of {g.numel()} numbers are wrong"


def actions_of_another_batch():
    chosen = torch.zeros(128, 5).gather(1, torch.zeros(32, 1, dtype=torch.long))
    return f"the values of the first {len(chosen)} of 128 rows"
