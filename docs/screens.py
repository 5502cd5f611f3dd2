"""Pictures of pages and figures in a real browser: docs/screens/*.png.

    pip install playwright                 # drives a Chromium that is installed
    cargo build --release
    python3 docs/screens.py target/release/dln /usr/bin/chromium
"""

import pathlib
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
# name, page, width, height, color scheme, what is typed into the search box
PAGES = [
    ("doc-light", "std/nn/linear.html", 1180, 760, "light", ""),
    ("doc-search-dark", "std/vision/resnet.html", 1180, 760, "dark", "conv"),
    ("doc-phone", "std/loss/focal.html", 390, 800, "light", ""),
]


def main(dln: str, chromium: str, to: pathlib.Path) -> None:
    to.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = pathlib.Path(folder) / "pages"
        subprocess.run([dln, "doc", ROOT / "examples" / "lessons", "-o", site], check=True)
        figure = pathlib.Path(folder) / "figure.svg"
        subprocess.run([dln, "graph", ROOT / "tests" / "figures" / "transformer.dln", "--depth", "2", "-o", figure], check=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shots = [(name, site / page, *rest) for name, page, *rest in PAGES]
        shots.append(("graph-transformer", figure, 430, 560, "light", ""))
        for name, page, width, height, scheme, words in shots:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            view = context.new_page()
            view.goto(page.as_uri())
            if words:
                view.fill("#search", words)
            view.screenshot(path=to / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else ROOT / "docs" / "screens")
