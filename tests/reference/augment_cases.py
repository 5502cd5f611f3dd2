"""Augmentation: the formulas of torchvision on `affine_grid`, `grid_sample` and `interpolate` of PyTorch."""

import torch
import torch.nn.functional as F

from tensors import rand, randn, values


def augment(a):
    a.seed("augment")

    def f(module, name, text, fn, **kw):
        a.case(name, text, fn, uses=[f"std.augment.{module}: {text.split('(')[0]}"], **kw)

    x = randn(3, 2, 5, 7)
    degrees, shift, scale, shear = randn(3, scale=40.0), randn(3, 2), rand(3, low=0.6, high=1.8), randn(3, 2, scale=15.0)
    every = dict(degrees=degrees, shift=shift, scale=scale, shear=shear)
    call = "affine(x, degrees: degrees, shift: shift, scale: scale, shear: shear"
    for padding in ("zeros", "border", "reflection"):
        f("affine", f"affine {padding}", f'{call}, padding: "{padding}")', lambda x, *v: affine(x, *v, padding=padding), x=x.clone(), **clones(every))
    f("affine", "affine nearest", f'{call}, mode: "nearest")', lambda x, *v: affine(x, *v, mode="nearest"), x=x.clone(), smooth=False, tolerance=1e-12, **clones(every))
    f("affine", "rotate", "rotate(x, degrees)", lambda x, d: affine(x, d), x=x.clone(), degrees=degrees.clone())
    f("affine", "rotate by one angle", "rotate(x, 30.0)", lambda x: affine(x, torch.full((3,), 30.0)), x=x.clone())
    f("affine", "translate", "translate(x, shift)", lambda x, s: affine(x, shift=s), x=x.clone(), shift=shift.clone())
    f("affine", "zoom", "zoom(x, scale)", lambda x, s: affine(x, scale=s), x=x.clone(), scale=scale.clone())
    f("affine", "shear", "shear(x, by)", lambda x, s: affine(x, shear=s), x=x.clone(), by=shear.clone())
    corners = torch.tensor([[0.0, 0.0], [7.0, 0.0], [7.0, 5.0], [0.0, 5.0]]).expand(3, 4, 2)
    for name, options in [("", ""), (" border", ', padding: "border"'), (" reflection", ', padding: "reflection"')]:
        padding = name.strip() or "zeros"
        f("perspective", "perspective" + name, f"perspective(x, p, q{options})", lambda x, p, q: perspective(x, p, q, padding), x=x.clone(),
          p=corners + randn(3, 4, 2, scale=0.4), q=corners + randn(3, 4, 2, scale=0.6))
    tops, lefts = torch.tensor([0, 1, 2]), torch.tensor([4, 0, 3])
    heights, widths = torch.tensor([5, 2, 3]), torch.tensor([3, 7, 1])
    f("crop", "crop", "crop(x, top, left, 3, 2)", lambda x, t, l: torch.stack([p[:, i : i + 3, j : j + 2] for p, i, j in zip(x, t, l)]), x=x.clone(), top=tops, left=lefts)
    f("crop", "center_crop", "center_crop(x, [3, 5])", lambda x: x[:, :, 1:4, 1:6], x=x.clone())
    f("crop", "center_crop of what does not halve", "center_crop(x, [2, 4])", lambda x: x[:, :, 1:3, 1:5], x=x.clone())
    for size in ([4, 6], [2, 9]):
        resize = lambda x, t, l, h, w: torch.stack([F.interpolate(p[None, :, i : i + m, j : j + n], size, mode="bilinear")[0] for p, i, j, m, n in zip(x, t, l, h, w)])
        f("crop", f"resized_crop {size}", f"resized_crop(x, t, l, h, w, {size})", resize, x=x.clone(), t=tops, l=lefts, h=heights, w=widths)
    f("erase", "erase", "erase(x, t, l, h, w, value: 2.5)", erase, x=x.clone(), t=tops, l=lefts, h=heights, w=widths)
    f("blur", "gaussian_blur", "gaussian_blur(x, 3, sigma: s)", lambda x, s: blur(x, 3, s), x=x.clone(), s=values(0.4, 1.0, 2.5))
    f("blur", "gaussian_blur of 5", "gaussian_blur(x, 5, sigma: 1.2)", lambda x: blur(x, 5, torch.full((3,), 1.2)), x=x.clone())
    f("normalize", "normalize", "normalize(x, m, s)", lambda x, m, s: (x - m[:, None, None]) / s[:, None, None], x=x.clone(), m=randn(2), s=rand(2, low=0.2))
    color(f)


def clones(inputs):
    return {k: v.clone() for k, v in inputs.items()}


def affine(x, degrees=None, shift=None, scale=None, shear=None, mode="bilinear", padding="zeros"):
    """torchvision's `affine` with one setting for each picture; its angle is clockwise."""
    n, _, h, w = x.shape
    zero = torch.zeros(n)
    turn = zero if degrees is None else -torch.deg2rad(degrees)
    tx, ty = (zero, zero) if shift is None else shift.T
    scale = 1 + zero if scale is None else scale
    sx, sy = (zero, zero) if shear is None else torch.deg2rad(shear).T
    a = torch.cos(turn - sy) / torch.cos(sy)
    b = -torch.cos(turn - sy) * torch.tan(sx) / torch.cos(sy) - torch.sin(turn)
    c = torch.sin(turn - sy) / torch.cos(sy)
    d = -torch.sin(turn - sy) * torch.tan(sx) / torch.cos(sy) + torch.cos(turn)
    a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
    to_x, to_y = -a * tx - b * ty, -c * tx - d * ty
    theta = torch.stack([torch.stack([a, b * h / w, to_x * 2 / w], 1), torch.stack([c * w / h, d, to_y * 2 / h], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), mode, padding, align_corners=False)


def perspective(x, start, end, padding):
    """torchvision's `perspective`: eight coefficients from four pairs of points, and its grid."""
    n, _, h, w = x.shape
    rows, right = [], []
    for i in range(4):
        (px, py), (qx, qy) = start[:, i].T, end[:, i].T
        one, none = torch.ones(n), torch.zeros(n)
        rows += [torch.stack([qx, qy, one, none, none, none, -px * qx, -px * qy], 1), torch.stack([none, none, none, qx, qy, one, -py * qx, -py * qy], 1)]
        right += [px, py]
    k = torch.linalg.solve(torch.stack(rows, 1), torch.stack(right, 1))
    y, x_ = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    at = torch.stack([x_, y, torch.ones(h, w)], -1).double()
    top = torch.einsum("hwk,nck->nhwc", at, k[:, :6].reshape(n, 2, 3)) / torch.tensor([0.5 * w, 0.5 * h])
    bottom = torch.einsum("hwk,nk->nhw", at, torch.cat([k[:, 6:], torch.ones(n, 1)], 1))
    return F.grid_sample(x, top / bottom[..., None] - 1, "bilinear", padding, align_corners=False)


def erase(x, top, left, height, width):
    keep = torch.ones_like(x)
    for k, (i, j, m, n) in enumerate(zip(top, left, height, width)):
        keep[k, :, i : i + m, j : j + n] = 0
    return torch.where(keep > 0, x, 2.5)


def blur(x, size, sigma):
    d = torch.linspace(-(size - 1) / 2, (size - 1) / 2, size)
    bell = torch.exp(-0.5 * (d / sigma[:, None]) ** 2)
    bell = bell / bell.sum(1, keepdim=True)
    framed = F.pad(x, [size // 2] * 4, mode="reflect")
    return torch.stack([F.conv2d(p[:, None], torch.outer(k, k)[None, None])[:, 0] for p, k in zip(framed, bell)])


def color(f):
    x, factor = rand(3, 3, 4, 2), values(0.0, 0.7, 1.6)
    x[0, :, 0, 0], x[1, :, 1, 1] = 0.25, 0.0
    grey = lambda x: (x * torch.tensor([0.2989, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    blend = lambda x, other, f: (f[:, None, None, None] * x + (1 - f[:, None, None, None]) * other).clamp(0, 1)
    f("color", "grayscale", "grayscale(x)", lambda x: grey(x).expand(3, 3, 4, 2), x=x.clone())
    f("color", "adjust_brightness", "adjust_brightness(x, f)", lambda x, f: blend(x, torch.zeros_like(x), f), x=x.clone(), f=factor, smooth=False)
    f("color", "adjust_contrast", "adjust_contrast(x, f)", lambda x, f: blend(x, grey(x).mean((1, 2, 3), keepdim=True), f), x=x.clone(), f=factor, smooth=False)
    f("color", "adjust_contrast of grey", "adjust_contrast(x, f)", lambda x, f: blend(x, x.mean((1, 2, 3), keepdim=True), f), x=x[:, :1].clone(), f=factor, smooth=False)
    f("color", "adjust_saturation", "adjust_saturation(x, f)", lambda x, f: blend(x, grey(x), f), x=x.clone(), f=factor, smooth=False)
    for shift in (-0.5, -0.2, 0.0, 0.1, 0.5):
        f("color", f"adjust_hue {shift}", f"adjust_hue(x, {shift})", lambda x: hue(x, shift), x=x.clone(), smooth=False)
    f("color", "invert", "invert(x)", lambda x: 1 - x, x=x.clone())
    f("color", "solarize", "solarize(x, threshold: 0.6)", lambda x: torch.where(x >= 0.6, 1 - x, x), x=x.clone())
    steps = torch.arange(256) / 255
    for bits in (1, 3, 8):
        f("color", f"posterize {bits}", f"posterize(x, {bits})", lambda x: ((x * 255).round().to(torch.uint8) & -(2 ** (8 - bits)) % 256).double() / 255, x=steps, smooth=False)


def hue(x, shift):
    """torchvision's `adjust_hue`: to hue, saturation and value by cases, and back by a table of six."""
    r, g, b = x.unbind(1)
    top, low = x.amax(1), x.amin(1)
    grey = top == low
    range_, saturation = torch.where(grey, 1.0, top - low), (top - low) / torch.where(grey, 1.0, top)
    rc, gc, bc = ((top - c) / range_ for c in (r, g, b))
    h = (top == r) * (bc - gc) + ((top == g) & (top != r)) * (2 + rc - bc) + ((top != g) & (top != r)) * (4 + gc - rc)
    h = (torch.fmod(h / 6 + 1, 1) + shift) % 1
    i = torch.floor(6 * h)
    t = 6 * h - i
    p, q, u = ((top * (1 - s)).clamp(0, 1) for s in (saturation, saturation * t, saturation * (1 - t)))
    table = [(top, u, p), (q, top, p), (p, top, u), (p, q, top), (u, p, top), (top, p, q)]
    return sum((i % 6 == k)[:, None] * torch.stack(c, 1) for k, c in enumerate(table))


AREAS = {"augment": augment}
