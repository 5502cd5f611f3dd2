"""Writes the files of this folder that are not as they were published, from a folder with the published ones.

    python3 examples/data/prepare.py FROM TO [NAME ..]

`ORIGIN.md` says where each comes from. Some are parts: with TO elsewhere and `--whole` they are written whole.
"""

import collections
import csv
import gzip
import json
import pathlib
import struct
import sys


def idx(path, shape, data):
    """A gzipped IDX file of bytes."""
    head = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(head + bytes(data), 9, mtime=0))


def read_idx(path):
    raw = path.read_bytes()
    rank = raw[3]
    return struct.unpack(f">{rank}I", raw[4:4 + 4 * rank]), raw[4 + 4 * rank:]


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def emoji(source, to, whole):
    shape, data = read_idx(source / "emoji32/images.idx4-ubyte")
    kinds = [int(row["class"]) for row in rows(source / "emoji32/labels.csv")]
    n = shape[0] if whole else 300
    size = shape[1] * shape[2] * shape[3]
    idx(to / "emoji/images.idx4-ubyte.gz", (n, *shape[1:]), data[:n * size])
    idx(to / "emoji/labels.idx1-ubyte.gz", (n,), kinds[:n])
    idx(to / "emoji/all-labels.idx1-ubyte.gz", (len(kinds),), kinds)


def letters(source, to, whole):
    lines = (source / "tabular/letters-train.csv").read_text().splitlines(keepends=True)
    (to / "tables/letters.csv").write_text("".join(lines if whole else lines[:2401]))


def el_nino(source, to, whole):
    months = [(f"{row['YEAR']}-{m:02}", value) for row in rows(source / "time-series/elnino.csv")
              for m, value in enumerate(list(row.values())[1:], 1)]
    (to / "el_nino.csv").write_text("month,temperature\n" + "".join(f"{m},{v}\n" for m, v in months))


def wordnet(source, to, whole):
    lines = [f'{{"y":{row["class"]},"words":[{",".join(row["features"].split())}]}}\n' for row in rows(source / "graphs/wordnet-nodes.csv")]
    (to / "wordnet/nodes.jsonl").write_text("".join(lines))
    (to / "wordnet/edges.csv").write_text((source / "graphs/wordnet-edges.csv").read_text())


def letter(c):
    """0 for none, small letters, capitals, digits, others."""
    if c.isascii() and c.isalpha():
        return ord(c) - (96 if c.islower() else 38)
    return 53 if c.isdigit() else 54


def tags(source, to, whole):
    """A sentence a line: `words` by their place among those that the first nine tenths have at least twice (0 for others), `letters`: the first
    two and the last six of each word, `tags` by their place in the alphabet."""
    text = (source / "pos-tagging/news.tsv").read_text(encoding="utf-8")
    sentences = [[line.rsplit("\t", 1) for line in s.splitlines()] for s in text.strip().split("\n\n")]
    seen = collections.Counter(w.lower() for s in sentences[:len(sentences) * 9 // 10] for w, _ in s)
    known = {w: i for i, w in enumerate(sorted(w for w, n in seen.items() if n > 1), 1)}
    tag = {t: i for i, t in enumerate(sorted({t for s in sentences for _, t in s}))}
    print(f"tags: {len(sentences)} sentences, {len(known) + 1} words, {len(tag)} tags")
    with open(to / "tags.jsonl", "w", encoding="utf-8") as file:
        for s in sentences if whole else sentences[:300]:
            spelled = [[letter(c) for c in w[:2]] for w, _ in s]
            ends = [[letter(c) for c in w[-6:]] for w, _ in s]
            codes = [(a + [0, 0])[:2] + [0] * (6 - len(b)) + b for a, b in zip(spelled, ends)]
            record = {"words": [known.get(w.lower(), 0) for w, _ in s], "letters": codes, "tags": [tag[t] for _, t in s]}
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


def pronunciation(source, to, whole):
    """A word a line: `letters`, of which a is 1 and an apostrophe 27, and `phones` without stress by their place in the alphabet, from 1. Both are
    filled with zeros to one length, that of the longer one with a zero behind the phones. Without `--whole`: the first 1,500 and the last 300."""
    words = [line.split("\t") for line in (source / "pronunciation/words.tsv").read_text().splitlines()]
    words = [(word, [phone.rstrip("012") for phone in said.split()]) for word, said in words]
    place = {phone: i for i, phone in enumerate(sorted({phone for _, said in words for phone in said}), 1)}
    with open(to / "pronunciation/words.jsonl", "w") as file:
        for word, said in words if whole else words[:1500] + words[-300:]:
            letters, phones = [27 if c == "'" else ord(c) - 96 for c in word], [place[phone] for phone in said]
            n = max(len(letters), len(phones) + 1)
            record = {"letters": letters + [0] * (n - len(letters)), "phones": phones + [0] * (n - len(phones))}
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


def sentiment(source, to, whole):
    """A sentence a line, those of products before those of films, of which the good ones come first: `words` by their place among those that stand at
    least twice (0: unknown, 1: a gap; of an unknown word its longest known beginning of four letters or more; at most 64), the mean `score` of 20
    readers from -4 to 4, and whether it is above 0. `texts.jsonl` has them as they were written. Without `--whole`: each 14th."""
    import re

    texts = []
    for name in ("products", "movies"):
        with open(source / f"sentiment/{name}.tsv", encoding="utf-8") as file:
            texts += [(float(row["score"]), row["text"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    split = [re.findall(r"[a-z0-9]+(?:'[a-z]+)?|[^\sa-z0-9]", text.lower()) for _, text in texts]
    seen = collections.Counter(w for words in split for w in words)
    known = {w: i for i, w in enumerate(sorted(w for w, n in seen.items() if n > 1), 2)}
    of = lambda w: next((known[w[:n]] for n in range(len(w), min(len(w), 4) - 1, -1) if w[:n] in known), 0)
    print(f"sentiment: {len(texts)} sentences, {len(known) + 2} words, at most {max(map(len, split))} in one")
    kept = range(0, len(texts), 1 if whole else 14)
    said = [{"score": score, "good": int(score > 0)} for score, _ in texts]
    lines = lambda records: "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in records)
    numbers = lines({"words": [of(w) for w in split[i][:64]]} | said[i] for i in kept)
    (to / "sentiment/sentences.jsonl").write_text(numbers)
    (to / "sentiment/texts.jsonl").write_text(lines({"text": texts[i][1]} | said[i] for i in kept), encoding="utf-8")


def joined(symbols, pair):
    """The symbols with `pair` as one wherever it stands."""
    left, right, i = [], pair, 0
    while i < len(symbols):
        both = tuple(symbols[i:i + 2]) == right
        left.append("".join(right) if both else symbols[i])
        i += 2 if both else 1
    return left


def learned_pieces(words, count, longest):
    """Byte-pair encoding (Sennrich et al., 2016, arXiv 1508.07909): the letters of `words`, a Counter, and the pieces of up to `longest` letters that
    come of joining the most frequent neighbours again and again, `count` in all; and how each word is made of them."""
    made = {w: list(w) for w in words}
    pieces, total, where = sorted({c for w in words for c in w}), collections.Counter(), collections.defaultdict(set)

    def note(word, sign):
        for pair in zip(made[word], made[word][1:]):
            total[pair] += sign * words[word]
            where[pair].add(word)

    for word in words:
        note(word, 1)
    while len(pieces) < count:
        best = max((p for p in total if len(p[0] + p[1]) <= longest), key=lambda p: (total[p], p))
        for word in where.pop(best):
            note(word, -1)
            made[word] = joined(made[word], best)
            note(word, 1)
        del total[best]
        if "".join(best) not in pieces:
            pieces.append("".join(best))
    return pieces, made


def translation(source, to, whole):
    """A pair of sentences a line, `en` and `es`, in pieces of words (a blank belongs to the word behind it) by their place in `pieces.jsonl`, both filled
    with zeros to one length, that of the longer one with a zero behind it. Of each piece the line has the `letters` by their place in `letters.txt`, filled
    with zeros to eight; piece 0 is the end. Without `--whole`: the short ones, of which the last 60 are from the last 1,000."""
    import re

    size, longest = 2000, 8
    pairs = list(csv.DictReader(open(source / "translation-en-es/pairs.tsv", encoding="utf-8", newline=""), delimiter="\t"))
    pairs = [[re.findall(r" ?\w+| ?[^\w\s]+", row[k]) for k in ("en", "es")] for row in pairs]
    seen = collections.Counter(w for pair in pairs[:-1000] for side in pair for w in side)
    seen.update({w: 0 for pair in pairs for side in pair for w in side if w not in seen})
    pieces, made = learned_pieces(seen, size - 1, longest)
    place, letters = {p: i for i, p in enumerate(pieces, 1)}, ["\n", *sorted({c for p in pieces for c in p})]
    pairs = [[[place[p] for w in side for p in made[w]] for side in pair] for pair in pairs]
    print(f"translation: {len(pairs)} pairs, {len(letters)} letters, at most {max(len(side) for pair in pairs for side in pair)} pieces in one")
    short = lambda part: [pair for pair in part if max(map(len, pair)) <= 13]
    with open(to / "translation/pairs.jsonl", "w") as file:
        for en, es in pairs if whole else short(pairs[:-1000])[:540] + short(pairs[-1000:])[:60]:
            n = max(len(en), len(es)) + 1
            file.write(json.dumps({"en": en + [0] * (n - len(en)), "es": es + [0] * (n - len(es))}, separators=(",", ":")) + "\n")
    (to / "translation/letters.txt").write_text("".join(letters[1:]) + "\n", encoding="utf-8")
    with open(to / "translation/pieces.jsonl", "w") as file:
        for p in ["", *pieces]:
            codes = [letters.index(c) for c in p]
            file.write(json.dumps({"letters": codes + [0] * (longest - len(codes))}, separators=(",", ":")) + "\n")


def nuclei(source, to, whole):
    """The picture and its mask in 64 squares of 64 x 64, row after row: the last 16 are its lowest quarter."""
    from PIL import Image

    for name in ("image", "mask"):
        picture = Image.open(source / f"nuclei/{name}.png").convert("L")
        squares = [picture.crop((x, y, x + 64, y + 64)).tobytes() for y in range(0, 512, 64) for x in range(0, 512, 64)]
        idx(to / f"nuclei/{name}s.idx3-ubyte.gz", (64, 64, 64), b"".join(squares))


def scenes(source, to, whole):
    """Pictures, and for each up to three boxes (left, top, right, bottom) with their classes; class 10 is no box."""
    shape, data = read_idx(source / "digit-scenes/images.idx3-ubyte")
    boxes, classes = [[] for _ in range(shape[0])], [[] for _ in range(shape[0])]
    for row in rows(source / "digit-scenes/boxes.csv"):
        i = int(row["image"])
        boxes[i].append([int(row[k]) for k in ("x0", "y0", "x1", "y1")])
        classes[i].append(int(row["class"]))
    n = shape[0] if whole else 120
    flat = [v for b in boxes[:n] for box in (b + [[0, 0, 1, 1]] * 3)[:3] for v in box]
    idx(to / "scenes/images.idx3-ubyte.gz", (n, *shape[1:]), data[:n * shape[1] * shape[2]])
    idx(to / "scenes/boxes.idx3-ubyte.gz", (n, 3, 4), flat)
    idx(to / "scenes/classes.idx2-ubyte.gz", (n, 3), [v for c in classes[:n] for v in (c + [10] * 3)[:3]])


def spoken(source, to, whole):
    """The ten digits in five languages, the language that is held out last, and a table of them."""
    order = ["en", "fr", "it", "ru", "es"]
    listed = [row for row in rows(source / "spoken/files.csv") if row["digit"]]
    listed.sort(key=lambda row: (order.index(row["language"]), int(row["digit"])))
    with open(to / "spoken/digits.csv", "w", encoding="utf-8") as file:
        file.write("file,language,digit\n")
        for row in listed:
            name = row["file"].replace("/digit", "")
            (to / "spoken" / name).write_bytes((source / "spoken" / row["file"]).read_bytes())
            file.write(f"{name},{row['language']},{row['digit']}\n")


PARTS = {f.__name__: f for f in (emoji, letters, el_nino, wordnet, tags, pronunciation, sentiment, translation, nuclei, scenes, spoken)}

if __name__ == "__main__":
    words = [w for w in sys.argv[1:] if w != "--whole"]
    source, to = map(pathlib.Path, words[:2])
    for name in words[2:] or PARTS:
        for folder in ("emoji", "nuclei", "pronunciation", "scenes", "sentiment", "spoken", "tables", "translation", "wordnet"):
            (to / folder).mkdir(parents=True, exist_ok=True)
        PARTS[name](source, to, "--whole" in sys.argv)
