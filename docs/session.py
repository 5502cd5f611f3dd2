"""The picture of a session in the README, docs/session.svg: what `dln` writes on a terminal, with its colours.

    cargo build --release
    python3 docs/session.py target/release/dln
"""

import fcntl
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from html import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
# LeNet without the padding of its first convolution.
LENET = """\
use std.nn: Conv2d, Linear

let net =
  Conv2d[1 -> 6](kernel: 5) >> relu >> max_pool(2)
  >> Conv2d[6 -> 16](kernel: 5) >> relu >> max_pool(2)
  >> flatten >> Linear[400 -> 120] >> relu >> Linear[120 -> 10]

fn classify(x: [B, 1, 28, 28]) -> [B, 10] = net(x)
"""
SESSION = ["dln run examples/digits.dln", "dln check lenet.dln"]
# How many epochs of a long run stand before `..`.
FIRST = 3
COLUMNS = 106
# How far the rest of a line stands in that is longer.
INDENT = 10

TEXT, QUIET, TYPED = "#e6edf3", "#8b949e", "#79c0ff"
COLORS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: TYPED, 35: "#d2a8ff", 36: "#56d4dd", 37: TEXT, 90: QUIET}
WIDTH, LINE, LEFT, TOP, ADVANCE = 920, 19, 22.0, 56, 8.12
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"


def recorded(dln: str, command: str, folder: pathlib.Path) -> list[list[tuple[str, str]]]:
    """What a command writes on a terminal, in lines of parts with their colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 200, COLUMNS, 0, 0))
    words = [dln, *command.split()[1:]]
    terminal = {**os.environ, "TERM": "xterm-256color"}
    running = subprocess.Popen(words, cwd=folder, stdin=its, stdout=its, stderr=its, env=terminal)
    os.close(its)
    heard = b""
    try:
        while read := os.read(ours, 65536):
            heard += read
    except OSError:
        pass  # On Linux, this is how a terminal ends whose program has ended.
    running.wait()
    os.close(ours)
    text = heard.decode().replace("\r\n", "\n")
    # A live line is written over by what comes behind it.
    lines = [re.split(r"\r|\x1b\[2K|\x1b\[K", line)[-1] for line in text.rstrip("\n").split("\n")]
    return shortened([row for line in lines for row in wrapped(parts(line))])


def parts(line: str) -> list[tuple[str, str]]:
    """A line's texts with the colours that escape sequences give them."""
    found, color = [], TEXT
    for at, piece in enumerate(re.split(r"\x1b\[([0-9;]*)m", line)):
        if at % 2 == 0:
            piece = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", piece)
            if found and found[-1][1] == color:
                found[-1] = (found[-1][0] + piece, color)
            else:
                found += [(piece, color)] if piece else []
            continue
        codes = [int(code or 0) for code in piece.split(";")]
        if codes[:2] == [38, 5]:
            color = {8: QUIET, 9: COLORS[31], 10: COLORS[32], 11: COLORS[33], 12: COLORS[34]}.get(codes[2], QUIET)
        else:
            for code in codes:
                color = TEXT if code in (0, 39) else QUIET if code == 2 else COLORS.get(code % 60 if code > 90 else code, color)
    return found


def wrapped(line: list) -> list:
    """A line in rows of the terminal, cut at spaces."""
    rows, room = [[]], COLUMNS
    for text, color in line:
        while len(text) > room:
            cut = text.rfind(" ", 0, room) + 1 or room
            rows[-1].append((text[:cut], color))
            rows.append([(" " * INDENT, color)])
            text, room = text[cut:], COLUMNS - INDENT
        rows[-1].append((text, color))
        room -= len(text)
    return rows


def shortened(lines: list) -> list:
    """A long run without its middle."""
    epochs = [at for at, line in enumerate(lines) if "".join(text for text, _ in line).startswith("epoch ")]
    if len(epochs) <= FIRST + 1:
        return lines
    return lines[: epochs[FIRST - 1] + 1] + [[("..", QUIET)]] + lines[epochs[-1] :]


def drawn(lines: list) -> str:
    """The picture: every part is stretched to its columns, whatever font there is."""
    height = TOP + LINE * len(lines) + 16
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="dln run trains a network on digits; dln check finds a wrong size">',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#0d1117"/>',
        '<g fill="#30363d"><circle cx="20" cy="18" r="5"/><circle cx="38" cy="18" r="5"/><circle cx="56" cy="18" r="5"/></g>',
        f'<g font-family="{FONT}" font-size="13.5" xml:space="preserve">',
    ]
    for row, line in enumerate(lines):
        column = 0
        for text, color in line:
            for word in re.finditer(r"\S+(?: \S+)*", text):
                x, width = LEFT + ADVANCE * (column + word.start()), ADVANCE * len(word[0])
                out.append(
                    f'<text x="{x:.1f}" y="{TOP + LINE * row}" textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs" '
                    f'fill="{color}">{escape(word[0], quote=False)}</text>'
                )
            column += len(text)
    return "\n".join([*out, "</g>", "</svg>", ""])


def main(dln: str) -> None:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "lenet.dln").write_text(LENET)
        shutil.copytree(ROOT / "examples", place / "examples")
        for command in SESSION:
            lines += [[]] if lines else []
            lines += [[("$ ", QUIET), (command, TYPED)]]
            lines += recorded(str(pathlib.Path(dln).resolve()), command, place)
    (ROOT / "docs" / "session.svg").write_text(drawn(lines))


main(sys.argv[1])
