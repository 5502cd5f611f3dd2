"""A picture of Visual Studio Code with dln's extension, in a real browser: docs/screens/editor.png.

    pip install playwright                                     # drives a Chromium that is installed
    npm install code-server                                    # Visual Studio Code as a page
    (cd editors/vscode && npm install && npm run package)      # the extension as dln-0.1.0.vsix
    cargo build --release
    python3 docs/editor_screen.py target/release/dln /usr/bin/chromium node_modules/.bin/code-server editors/vscode/dln-0.1.0.vsix

It installs the extension, opens `examples/digits.dln` with a function behind it whose last size is wrong, and makes the picture when
shapes and the error are there. Then the lens `Check` is pressed, and its answer has to come in the terminal. It fails where one of them, or
colours, do not come: so it is a test of the client, too.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Light Modern",
    "security.workspace.trust.enabled": False,
    "chat.commandCenter.enabled": False,
    "editor.minimap.enabled": False,
    "problems.defaultViewMode": "table",
    "terminal.integrated.gpuAcceleration": "off",
}
PATIENCE = 400_000  # ms: long, for a busy machine
WRONG = """
## The second look at a picture: what a narrower classifier makes of the hidden features.
fn again(x: [B, 64]) -> [B, 10] {
  scores = net(x)
  features = relu(scores)
  features |> Linear[12 -> 10]
}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address: str) -> None:
    for _ in range(180):
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(1)
    raise SystemExit(f"nobody answers at {address}")


def screen(page, to: pathlib.Path) -> dict:
    """What an editor shows of the file, and the picture."""
    page.wait_for_selector(".view-lines .view-line", timeout=PATIENCE)
    # Shapes come from the server alone; so does the underline of an error.
    page.wait_for_selector(".squiggly-error", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('.view-lines').innerText.includes('[B,')", timeout=PATIENCE)
    page.wait_for_timeout(5_000)
    colours = page.evaluate("""() => new Set([...document.querySelectorAll('.view-line span span')]
        .map(span => getComputedStyle(span).color)).size""")
    text = page.inner_text(".view-lines").replace("\u00a0", " ")
    page.keyboard.press("Control+Shift+KeyM")
    page.wait_for_selector(".markers-panel-container", timeout=PATIENCE)
    page.wait_for_timeout(3_000)
    problems = page.inner_text(".markers-panel-container").replace("\u00a0", " ")
    page.screenshot(path=to)
    page.click("text=Check >> nth=0")
    page.wait_for_function("document.querySelector('.xterm-rows')?.innerText.includes('E0501')", timeout=PATIENCE)
    return {"colours": colours, "text": text, "problems": problems}


def main(dln: str, chromium: str, code_server: str, extension: str, to: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = pathlib.Path(folder)
        project = home / "project"
        project.mkdir()
        text = (ROOT / "examples" / "digits.dln").read_text()
        (project / "digits.dln").write_text(text + WRONG)
        (home / "data" / "User").mkdir(parents=True)
        settings = {**SETTINGS, "dln.path": str(pathlib.Path(dln).resolve())}
        (home / "data" / "User" / "settings.json").write_text(json.dumps(settings))
        shared = ["--user-data-dir", home / "data", "--extensions-dir", home / "extensions"]
        subprocess.run([code_server, *shared, "--install-extension", extension], check=True)
        port = free_port()
        serve = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--bind-addr", f"127.0.0.1:{port}"]
        server = subprocess.Popen([code_server, *shared, *serve, project], env={**os.environ, "HOME": folder})
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            page = browser.new_context(viewport={"width": 1280, "height": 1080}).new_page()
            page.set_default_timeout(PATIENCE)
            payload = json.dumps([["openFile", f"vscode-remote://127.0.0.1:{port}{project / 'digits.dln'}"]])
            page.goto(f"http://127.0.0.1:{port}/?folder={project}&payload={payload}", wait_until="domcontentloaded")
            try:
                seen = screen(page, to)
            except Exception:
                page.screenshot(path=to.with_name("failed.png"))
                for log in (home / "data" / "logs").rglob("*.log"):
                    print(log.name, log.read_text()[-2000:], sep="\n")
                raise
            browser.close()
        finally:
            server.terminate()
            server.wait()
    print(seen["problems"])
    assert seen["colours"] >= 4, "the file has colours"
    assert "[B, " in seen["text"], "shapes stand at the ends of lines"
    assert "E0501" in seen["problems"], "the wrong size is told"


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[5]) if len(sys.argv) > 5 else ROOT / "docs" / "screens" / "editor.png"
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], target)
