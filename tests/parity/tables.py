"""All tables, by topic, and what no table has."""

import json

import pointwise
import absent
import algebra
import fourier
import functional
import indexing
import losses
import masked
import modules
import optimizers
import reductions
import shapes
import special
import variants
import windows
import wrong

TOPICS = {
    "pointwise": pointwise.table(),
    "reductions": reductions.table(),
    "shapes": shapes.table(),
    "indexing": indexing.table(),
    "functional": functional.table(),
    "windows": windows.table(),
    "losses": losses.table(),
    "algebra": algebra.table(),
    "fourier": fourier.table(),
    "special": special.table(),
    "further": masked.table(),
    "variants": variants.table(),
}
FILLS = {"modules": modules.fill, "optimizers": optimizers.fill}


def write_absent(path, database):
    known = {op for table in TOPICS.values() for op in table}
    reasons = absent.by_reason([op for op in database if op not in known]) + modules.absent() + optimizers.absent()
    path.write_text(json.dumps({"reasons": reasons, "accepted": wrong.on_purpose(TOPICS, database)}, indent=1) + "\n")
