"""Boxes, by the formulas of torchvision; linear assignment by SciPy."""

import math

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from tensors import labels, rand, randn, values

USES = "std.boxes: "


def some_boxes(n, size=6.0):
    corner = rand(n, 2, high=size)
    return torch.cat([corner, corner + rand(n, 2, low=0.5, high=size / 2)], 1)


def area(b):
    return (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])


def common(a, b):
    sides = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    inter = sides[..., 0] * sides[..., 1]
    return inter, area(a) + area(b) - inter


def hull(a, b):
    return torch.cat([torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])], -1)


def iou(a, b):
    inter, union = common(a, b)
    return inter / union


def giou(a, b):
    inter, union = common(a, b)
    around = area(hull(a, b))
    return inter / union - (around - union) / around


def diou(a, b):
    around = hull(a, b)
    diagonal = ((around[..., 2:] - around[..., :2]) ** 2).sum(-1) + 1e-7
    between = (((a[..., :2] + a[..., 2:]) - (b[..., :2] + b[..., 2:])) / 2) ** 2
    return iou(a, b) - between.sum(-1) / diagonal


def center(b):
    return torch.cat([(b[..., :2] + b[..., 2:]) / 2, b[..., 2:] - b[..., :2]], -1)


def corners(c):
    return torch.cat([c[..., :2] - c[..., 2:] / 2, c[..., :2] + c[..., 2:] / 2], -1)


def encode(b, a):
    b, a = center(b), center(a)
    return torch.cat([(b[..., :2] - a[..., :2]) / a[..., 2:], torch.log(b[..., 2:] / a[..., 2:])], -1)


def decode(c, a):
    a = center(a)
    return corners(torch.cat([a[..., :2] + c[..., :2] * a[..., 2:], a[..., 2:] * torch.exp(c[..., 2:].clamp(max=math.log(62.5)))], -1))


def nms(boxes, scores, threshold):
    kept = torch.zeros(len(boxes), dtype=torch.bool)
    for i in scores.argsort(descending=True, stable=True).tolist():
        others = kept.nonzero()[:, 0]
        kept[i] = not (iou(boxes[i].expand(len(others), 4), boxes[others]) > threshold).any()
    return kept


def soft_nms(boxes, scores, decay):
    scores, left = scores.clone(), list(range(len(boxes)))
    while left:
        best = max(left, key=lambda i: scores[i])
        left.remove(best)
        for i in left:
            scores[i] *= decay(iou(boxes[best], boxes[i]))
    return scores


def anchors():
    sizes, ratios = torch.tensor([4.0, 8.0, 16.0]), torch.tensor([0.5, 2.0])
    h = torch.sqrt(ratios)
    ws, hs = ((1 / h)[:, None] * sizes).view(-1), (h[:, None] * sizes).view(-1)
    base = torch.stack([-ws, -hs, ws, hs], 1) / 2
    y, x = torch.meshgrid(torch.arange(2) * 4.0, torch.arange(3) * 4.0, indexing="ij")
    shift = torch.stack([x.reshape(-1), y.reshape(-1), x.reshape(-1), y.reshape(-1)], 1)
    return (shift[:, None] + base[None]).reshape(-1, 4)


def boxes(a):
    a.seed("boxes")
    x, y = some_boxes(5), some_boxes(4)
    for name, fn in [("cxcywh_to_xyxy", corners), ("xyxy_to_cxcywh", center), ("xywh_to_xyxy", lambda b: torch.cat([b[..., :2], b[..., :2] + b[..., 2:]], -1)),
                     ("xyxy_to_xywh", lambda b: torch.cat([b[..., :2], b[..., 2:] - b[..., :2]], -1)), ("box_area", area)]:
        a.case(name, f"{name}(x)", fn, uses=[USES + name], x=x.clone())
    a.case("clip_boxes", "clip_boxes(x, 5.0, 4.0)", lambda x: torch.minimum(x.clamp(min=0), values(4.0, 5.0, 4.0, 5.0)), uses=[USES + "clip_boxes"], x=x - 1.013)
    for name, fn in [("iou", iou), ("giou", giou), ("diou", diou)]:
        a.case(name, f"{name}(x, y)", fn, uses=[USES + name], x=x[:4].clone(), y=y.clone())
        a.case(f"pairwise {name}", f"pairwise(x, y, {name})", lambda x, y: fn(x[:, None].expand(5, 4, 4), y.expand(5, 4, 4)), uses=[USES + f"pairwise, {name}"],
               x=x.clone(), y=y.clone())
    a.case("box_iou", "box_iou(x, y)", lambda x, y: iou(x[:, None].expand(5, 4, 4), y.expand(5, 4, 4)), uses=[USES + "box_iou"], x=x.clone(), y=y.clone())
    a.case("encode_boxes", "encode_boxes(x, y)", encode, uses=[USES + "encode_boxes"], x=x[:4].clone(), y=y.clone())
    a.case("decode_boxes", "decode_boxes(x, y)", decode, uses=[USES + "decode_boxes"], x=torch.cat([randn(3, 4), values(0.0, 1.0, 9.0, -9.0)[None]]), y=y.clone())
    a.case("anchors", "x + grid_anchors(cell_anchors([4, 8, 16], [0.5, 2.0]), 2, 3, 4.0)", lambda x: x + anchors(),
           uses=[USES + "cell_anchors, grid_anchors"], x=randn(36, 4))
    many = some_boxes(24)
    scores = torch.randperm(24).double() / 24
    for threshold in (0.1, 0.3, 0.7):
        a.case(f"nms_mask {threshold}", f"nms_mask(x, s, threshold: {threshold})", lambda x, s: nms(x, s, threshold), uses=[USES + "nms_mask"], smooth=False, x=many.clone(), s=scores.clone())
    a.case("nms_mask of equal scores", "nms_mask(x, s, threshold: 0.2)", lambda x, s: nms(x, s, 0.2), uses=[USES + "nms_mask"], smooth=False, x=many.clone(), s=torch.ones(24))
    a.case("nms_indices", "nms_indices(x, s, threshold: 0.1, max: 20)", lambda x, s: first(x, s, 0.1, 20), uses=[USES + "nms_indices"], smooth=False, x=many.clone(), s=scores.clone())
    a.case("nms_indices of a few", "nms_indices(x, s, threshold: 0.1, max: 3)", lambda x, s: first(x, s, 0.1, 3), uses=[USES + "nms_indices"], smooth=False, x=many.clone(), s=scores.clone())
    y = labels(3, 24)
    for n in (24, 5):
        left = min(n, int(nms(many, scores, 0.1).sum()))
        a.case(f"nms at most {n}", f"nms(x, s, threshold: 0.1, max: {n}) :> i64[{left}]", lambda x, s: by_score(nms(x, s, 0.1), s)[:n], uses=[USES + "nms"], smooth=False,
               x=many.clone(), s=scores.clone())
        left = min(n, int(nms(many + (y * 1e3)[:, None], scores, 0.2).sum()))
        a.case(f"class_nms at most {n}", f"class_nms(x, s, y, threshold: 0.2, max: {n}) :> i64[{left}]", lambda x, s, y: by_score(nms(x + (y * 1e3)[:, None], s, 0.2), s)[:n],
               uses=[USES + "class_nms"], smooth=False, types={"y": "idx<3>[24]"}, x=many.clone(), s=scores.clone(), y=y)
    a.case("soft_nms", "soft_nms(x, s)", lambda x, s: soft_nms(x, s, lambda o: torch.exp(-o * o / 0.5)), uses=[USES + "soft_nms"], smooth=False, x=many.clone(), s=scores.clone())
    a.case("soft_nms linear", "soft_nms(x, s, linear: true)", lambda x, s: soft_nms(x, s, lambda o: 1 - o if o > 0.3 else 1.0), uses=[USES + "soft_nms"], smooth=False,
           x=many.clone(), s=scores.clone())
    for rows, columns in [(1, 1), (3, 3), (4, 9), (12, 12), (7, 30)]:
        a.case(f"linear_assignment {rows} {columns}", "linear_assignment(x)", lambda x: torch.from_numpy(linear_sum_assignment(x.numpy())[1]), smooth=False, x=randn(rows, columns))
    a.case("linear_assignment of several", "linear_assignment(x)", lambda x: torch.from_numpy(np.stack([linear_sum_assignment(c)[1] for c in x.numpy()])), smooth=False, x=randn(3, 4, 5))


def by_score(kept, s):
    return torch.tensor([i for i in s.argsort(descending=True).tolist() if kept[i]])


def first(x, s, threshold, n):
    found = by_score(nms(x, s, threshold), s)[:n].tolist()
    return torch.tensor(found + [int(s.argmax())] * (n - len(found))), torch.tensor(len(found))


AREAS = {"boxes": boxes}
