"""Bugs with sequences and attention, as they are written in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader


def time_before_the_batch():
    lstm = nn.LSTM(32, 64)
    batch, time = 100, 28
    out, _ = lstm(torch.randn(batch, time, 32))
    return f"reads {out.shape[1]} sequences of length {out.shape[0]} where there are {batch} of {time}"


def a_state_of_a_fixed_batch():
    lstm = nn.LSTM(32, 64)
    state = (torch.zeros(1, 32, 64), torch.zeros(1, 32, 64))
    lstm(torch.zeros(10, 8, 32), state)


def words_beyond_the_vocabulary():
    nn.Embedding(5000, 64)(torch.tensor([5000]))


def floats_for_positions():
    torch.zeros(2, 10).scatter_(1, torch.tensor([[1.0], [2.0]]), 1)


def more_words_than_positions():
    nn.Embedding(512, 64)(torch.arange(600))


def positions_added_whole():
    torch.zeros(1, 207, 64) + torch.zeros(200, 64)


def sentences_of_many_lengths():
    list(DataLoader([torch.zeros(5), torch.zeros(7)], batch_size=2))


def features_behind_the_batch_norm():
    nn.BatchNorm1d(2048)(torch.randn(4, 36, 2048))


def the_last_step_is_padding():
    torch.manual_seed(0)
    lstm, x = nn.LSTM(1, 4, batch_first=True), torch.randn(1, 2, 1)
    padded = F.pad(x, (0, 0, 0, 3))
    apart = (lstm(padded)[0][:, -1] - lstm(x)[0][:, -1]).abs().max()
    return f"the state of a padded sequence differs by {apart:.2f}"


def an_answer_in_the_input():
    torch.manual_seed(0)
    words = torch.randint(0, 100, (8, 16))
    model = nn.Sequential(nn.Embedding(100, 32), nn.Linear(32, 100))
    step = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(200):
        step.zero_grad()
        loss = F.cross_entropy(model(words).transpose(1, 2), words)
        loss.backward()
        step.step()
    return f"a loss of {loss:.2f} on words drawn at random"


def heads_that_do_not_divide():
    nn.MultiheadAttention(1024, 12)


def heads_by_a_view():
    x = torch.arange(48.0).view(1, 4, 12)
    wrong = int((x.view(1, 3, 4, 4) != x.view(1, 4, 3, 4).transpose(1, 2)).sum())
    return f"{wrong} of 48 numbers are in the wrong head"


def heads_joined_by_a_view():
    x = torch.arange(48.0).view(1, 3, 4, 4)
    wrong = int((x.reshape(1, 4, 12) != x.transpose(1, 2).reshape(1, 4, 12)).sum())
    return f"{wrong} of 48 numbers are in the wrong place"


def a_mask_the_other_way_round():
    torch.manual_seed(0)
    q = torch.randn(1, 1, 2, 4)
    hidden = torch.tensor([[False, True], [False, True]])
    out = F.scaled_dot_product_attention(q, q, q, attn_mask=hidden)
    return f"sees only what was to be hidden: {torch.equal(out[0, 0, 0], q[0, 0, 1])}"


def softmax_over_the_queries():
    weights = torch.softmax(torch.zeros(1, 2, 3), 1)
    return f"the weights of a query sum to {weights.sum(2)[0, 0]:.1f}"


def nothing_to_see():
    x = torch.randn(2, 1, 8)
    out, _ = nn.MultiheadAttention(8, 2)(x, x, x, key_padding_mask=torch.tensor([[True, True]]))
    return f"{int(out.isnan().sum())} of {out.numel()} results are NaN"


def keys_of_another_width():
    nn.Linear(768, 320)(torch.zeros(2, 1024))


def weights_of_one():
    weights = torch.softmax(nn.Linear(64, 1)(torch.randn(5, 64)), -1)
    return f"all weights are {weights.min():.1f}"
