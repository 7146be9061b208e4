"""Writes the studio as a folder that any server of files can give: no compiler but the one in the browser.

    python editors/studio/static.py site/studio

What it needs of npm is in `node_modules/` beside this file (`npm install`); the page itself asks for nothing
that is not in the folder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cnnspec.studio.engine import Engine
from cnnspec.studio.pages import INDEX, names, page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
FIRST = ROOT / "examples" / "tiny.cnn"
"""What the page begins with."""
THEMES = ("light", "dark")
FILES, FOLDERS = ("pyproject.toml", "README.md", "LICENSE"), ("cnnspec", "backends", "grammar", "specs")
"""What the wheel is built of."""


def first_answers() -> dict[str, object]:
    """The text that the page begins with, and what an engine says of it, to show before one has started."""
    text = FIRST.read_text(encoding="utf-8")
    request = {"ask": "read", "text": text, "file": FIRST.name, "views": ["drawing"]}
    answers = {
        theme: json.loads(Engine().answer(json.dumps({**request, "theme": theme}))) for theme in THEMES
    }
    return {"text": text, "file": FIRST.name, "answers": answers}


def write_wheel(target: Path) -> None:
    """Build the wheel of this checkout, from a copy of what goes into it: a build leaves files behind."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "checkout"
        copy.mkdir()
        for name in FILES:
            shutil.copy(ROOT / name, copy / name)
        for name in FOLDERS:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=ignored)
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*build, "--wheel-dir", folder, str(copy)], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        shutil.copy(wheel, target)


def write(folder: Path) -> None:
    """Write the page, Pyodide and the wheel; what was in the folder goes."""
    pyodide = HERE / "node_modules" / "pyodide"
    if not pyodide.is_dir():
        raise SystemExit(f"there is no Pyodide: run `npm install` in {HERE}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pyodide").mkdir(parents=True)
    for name in names():
        (folder / name).write_bytes(page(name, "browser"))
    for name in PYODIDE:
        shutil.copy(pyodide / name, folder / "pyodide" / name)
    (folder / "start.json").write_text(json.dumps(first_answers(), separators=(",", ":")), encoding="utf-8")
    write_wheel(folder / "cnnspec.whl")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"wrote {folder / INDEX} and what it needs: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
