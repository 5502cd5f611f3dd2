"""What PyTorch 2.15, Keras 3.15 and JAX 0.10 do with the bugs of this folder: writes `elsewhere.json`.

Run in this folder: `python run.py`. A bug that raises is one that crashes; the others say what came out in silence.
"""

import json
import os
import tempfile
import warnings
from pathlib import Path

import losses
import pictures
import sequences
import training

HERE = Path(__file__).parent


def cases():
    """The names of the cases, by the name of the function that shows each elsewhere."""
    return {path.stem: path.parent.name for path in sorted(HERE.parent.glob("*/*.dln"))}


def shown(bug):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = bug()
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return {"crash": type(error).__name__, "says": (lines or [""])[0][:160]}
    warned = any("incorrect results" in str(w.message) for w in caught)
    return {"silent": result, **({"warning": True} if warned else {})}


def main():
    functions = {}
    for module in [pictures, sequences, losses, training]:
        functions |= {k: v for k, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module.__name__}
    names = cases()
    missing = [name for name in names if name not in functions]
    assert not missing, f"no program elsewhere for {missing}"
    out = HERE / "elsewhere.json"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        said = {f"{folder}/{name}": shown(functions[name]) for name, folder in names.items()}
    out.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
