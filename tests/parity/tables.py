"""All tables, by topic, and what no table has."""

import json

import pointwise
import reductions

TOPICS = {"pointwise": pointwise.table(), "reductions": reductions.table()}
FILLS = {}


def write_absent(path, database):
    path.write_text(json.dumps({"reasons": [], "accepted": []}, indent=1) + "\n")
