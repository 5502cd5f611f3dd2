"""Writes small pictures, and what Pillow reads from them, to `pictures/`.

    python3 tests/reference/picture_files.py

One JSON line per case in `pictures/levels.jsonl`:

    file       of `pictures/`
    shape      [channels, height, width] of the field
    resize     null, "stretch", "crop" or "pad"
    levels     flat, channel by channel
    tolerance  how far a level may be off: 0, or 1 behind a rounding of Pillow's (it rescales rows and columns in whole numbers),
               4 where a JPEG decoder has drawn colours out over the pixels that share them
"""

import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent / "pictures"
draw = np.random.default_rng(0)


def smooth(height, width):
    """Hills of three colours, which survive JPEG."""
    y, x = np.mgrid[0:height, 0:width] / 8
    hills = np.stack([np.sin(x + y), np.cos(x - 2 * y), np.sin(3 * x) * np.cos(y)], -1)
    return np.uint8(127.5 + 120 * hills)


def write_files():
    noise = lambda *shape: draw.integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(noise(10, 12, 3)).save(HERE / "noise.png")
    Image.fromarray(noise(6, 5)).save(HERE / "grey.png")
    Image.fromarray(noise(5, 6, 4)).save(HERE / "cover.png")
    Image.fromarray(noise(8, 8, 3)).quantize(7).save(HERE / "palette.png")
    Image.fromarray(draw.integers(0, 65536, (4, 5), dtype=np.uint16)).save(HERE / "deep.png")
    Image.fromarray(smooth(32, 48)).save(HERE / "hills.jpg", quality=90)
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    Image.fromarray(smooth(16, 24)).save(HERE / "turned.jpeg", quality=90, exif=turned)


def levels(file, shape, resize):
    channels, height, width = shape
    picture = ImageOps.exif_transpose(Image.open(HERE / file))
    if picture.mode == "I;16":
        picture = Image.fromarray(np.uint8(np.rint(np.asarray(picture) / 257.0)))
    picture = picture.convert("RGBA" if channels == 4 else "RGB")
    if resize == "stretch":
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    elif resize == "crop":
        # In this order, as torchvision's Resize and CenterCrop: the other way round Pillow's own `fit` cuts between pixels.
        scale = max(width / picture.width, height / picture.height)
        wide, high = round(picture.width * scale), round(picture.height * scale)
        left, top = (wide - width) // 2, (high - height) // 2
        picture = picture.resize((wide, high), Image.Resampling.BILINEAR).crop((left, top, left + width, top + height))
    elif resize == "pad":
        picture = ImageOps.pad(picture, (width, height), Image.Resampling.BILINEAR)
    if channels == 1:
        picture = picture.convert("L")
    return np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1).flatten().tolist()


CASES = [
    ("noise.png", (3, 10, 12), None, 0),
    ("noise.png", (1, 10, 12), None, 0),
    ("noise.png", (4, 10, 12), None, 0),
    ("noise.png", (3, 5, 7), "stretch", 1),
    ("noise.png", (3, 13, 9), "stretch", 1),
    ("noise.png", (3, 5, 5), "crop", 1),
    ("noise.png", (3, 6, 6), "pad", 1),
    ("grey.png", (1, 6, 5), None, 0),
    ("grey.png", (3, 6, 5), None, 0),
    ("cover.png", (3, 5, 6), None, 0),
    ("cover.png", (4, 5, 6), None, 0),
    ("palette.png", (3, 8, 8), None, 0),
    ("deep.png", (1, 4, 5), None, 0),
    ("hills.jpg", (3, 32, 48), None, 4),
    ("hills.jpg", (3, 12, 12), "crop", 4),
    ("turned.jpeg", (3, 24, 16), None, 4),
]

if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    write_files()
    with open(HERE / "levels.jsonl", "w") as out:
        for file, shape, resize, tolerance in CASES:
            case = dict(file=file, shape=shape, resize=resize, tolerance=tolerance, levels=levels(file, shape, resize))
            print(json.dumps(case), file=out)
