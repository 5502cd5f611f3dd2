"""Writes what the tensorboard package writes for a few events: `records.json`, bytes in hexadecimal digits.

    python3 tests/reference/records.py
"""

import json
import pathlib
import struct
import tempfile
import zlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def png(width, height):
    """A grey picture."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes((1 + width) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def record(event):
    with tempfile.TemporaryFile() as file:
        writer = RecordWriter(file)
        writer.write(event.SerializeToString())
        writer.flush()
        file.seek(0)
        return file.read().hex()


def scalar(seconds, step, tag, number):
    value = Summary.Value(tag=tag, simple_value=number)
    return {"seconds": seconds, "step": step, "tag": tag, "number": number,
            "record": record(Event(wall_time=seconds, step=step, summary=Summary(value=[value])))}


picture = png(3, 2)
image = Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=picture)
drawn = Event(wall_time=7.25, step=300, summary=Summary(value=[Summary.Value(tag="runs/drawn", image=image)]))
records = {
    "version": {"seconds": 1.5, "record": record(Event(wall_time=1.5, file_version="brain.Event:2"))},
    "scalars": [
        scalar(1.5, 1, "fit/loss", 0.25),
        scalar(1795360000.125, 300, "fit/a long name of a metric, as long as it takes for its length to need two bytes, "
               "which is more than one hundred and twenty-seven characters", -1e-30),
        scalar(0.5, 2**40, "f", float("1e30")),
    ],
    "picture": {"seconds": 7.25, "step": 300, "tag": "runs/drawn", "png": picture.hex(), "record": record(drawn)},
}
path = pathlib.Path(__file__).with_name("records.json")
path.write_text(json.dumps(records, indent=1) + "\n")
