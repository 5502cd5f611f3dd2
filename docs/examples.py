"""Runs the networks of examples/ and writes what they reached: docs/examples.json, and from it the first table of docs/examples.md.

    cargo build --release
    python3 docs/examples.py target/release/dln                         # those whose data come along
    python3 docs/examples.py target/release/dln --data FOLDER           # all, with the published files in FOLDER
    python3 docs/examples.py target/release/dln --only letters          # those with `letters` in program or network
    python3 docs/examples.py                                            # only writes the page again

A row of examples.json:

    network, data    what stands in the page
    program          of examples/; options: behind it, where `{data}` is FOLDER and `{whole}` what examples/data/prepare.py makes of it
    figure           with places for numbers: `{val.accuracy}` of the last `train` block that has it, `{best val.dice}` of what a
                     `save` kept, `{1: read as asked: (\\S+)}` of what the program printed; `{val.loss:.2f}` with other digits than three
    beat             what is to be beaten
    threads          one without it; seed: of the program; by_hand: what it needs is nowhere in FOLDER
    seen             the figure, processor seconds and MB at most of the last run: what this script writes
"""

import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs/examples.json"
PAGE = ROOT / "docs/examples.md"
PLACE = re.compile(r"\{(?P<printed>\d+: .+?)\}(?!\})|\{(?P<name>(?:best )?[\w.]+)(?::(?P<digits>\.\d+f))?\}")
COLUMNS = ["network", "data", "figure", "to beat", "command: `dln run examples/..`", "seed", "time", "memory"]


def command(row, data, whole):
    return [row["program"], *row.get("options", "").format(data=data, whole=whole).split()]


def numbers(folder):
    """Every number that the trainings of a run ended with: `val.accuracy`, and `best val.accuracy` where weights were kept by it."""
    found = {}
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] != "done":
            continue
        for part in ("train", "val"):
            found |= {f"{part}.{name}": value for name, value in event[part].items()}
        found |= {f"best {best['metric']}": best["value"] for best in event["best"] if best}
    return found


def figure(row, found, printed):
    def number(match):
        if text := match["printed"]:
            which, pattern = text.split(": ", 1)
            return format(float(re.findall(pattern, printed)[int(which) - 1]), ".3f")
        return format(found[match["name"]], match["digits"] or ".3f")
    return PLACE.sub(number, row["figure"])


def run(dln, row, data, whole):
    with tempfile.TemporaryDirectory() as place:
        program, *options = command(row, data, whole)
        threads = str(row.get("threads", 1))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([dln, "run", ROOT / "examples" / program, *options, "--threads", threads, "--to", "run"], cwd=place,
                              capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        folder = pathlib.Path(place) / "run"
        trained = (folder / "run.json").exists()
        found = numbers(folder) if trained else {}
        memory = json.loads((folder / "run.json").read_text())["peak_memory"] if trained else None
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        row["seen"] = dict(figure=figure(row, found, done.stdout), seconds=float(f"{seconds:.2g}"), memory=memory and round(memory / 1e6))


def shown_time(seconds):
    if seconds is None:
        return ""
    return f"{seconds:g} s" if seconds < 300 else f"{seconds / 60:.0f} min"


def shown_options(row):
    """Paths without the folders before what a reader has."""
    return re.sub(r"\{(data|whole)\}/(\S*/)?", "", row.get("options", ""))


def table(rows):
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for row in rows:
        seen = row["seen"]
        words = f"`{row['program']} {shown_options(row)}".rstrip() + "`"
        time = shown_time(seen["seconds"]) + (f", {row['threads']} threads" if "threads" in row else "")
        memory = f"{seen['memory']} MB" if seen["memory"] else ""
        cells = [row["network"], row["data"], seen["figure"], row["beat"], words, str(row.get("seed", "")), time, memory]
        lines.append("".join(f"| {cell} " if cell else "| " for cell in cells) + "|")
    return "\n".join(lines)


def save(rows):
    entries = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    ROWS.write_text(f"[\n{entries}\n]\n")
    page = PAGE.read_text()
    begin = page.index("| network | data |")
    PAGE.write_text(page[:begin] + table(rows) + page[page.index("\n\n", begin):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dln", nargs="?")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    rows = json.loads(ROWS.read_text())
    with tempfile.TemporaryDirectory() as whole:
        if given.dln and given.data:
            folders = ["emoji", "nuclei", "pronunciation", "scenes", "sentiment", "tables", "translation", "wordnet"]
            for folder in folders:
                (pathlib.Path(whole) / folder).mkdir()
            subprocess.run([sys.executable, ROOT / "examples/data/prepare.py", given.data, whole, "--whole"], check=True)
        for row in rows:
            needs_data = re.search(r"\{(data|whole)\}", row.get("options", ""))
            wanted = given.only in row["program"] or given.only in row["network"]
            if given.dln and wanted and "by_hand" not in row and (given.data or not needs_data):
                run(os.path.abspath(given.dln), row, given.data and given.data.resolve(), whole)
                print(row["program"], row["seen"], flush=True)
                save(rows)
    save(rows)


if __name__ == "__main__":
    main()
