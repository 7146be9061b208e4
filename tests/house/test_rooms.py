"""Every room says what is in it: its `__init__.py`, or its README.md, names each file and folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkout import LINK, tracked
from folders import ROOT

CODE = ("cnnspec", "backends")
OTHERS = ("grammar", "specs", "tests", "benchmarks", "editors", "examples")
PACKAGES = sorted({path.parent for path in tracked(*CODE) if path.name == "__init__.py"})


def contents(folder: Path) -> set[str]:
    """What a folder holds: its Python files by name, without .py, and the folders in it."""
    inside = [path.relative_to(folder) for path in tracked(str(folder)) if path != LINK]
    names = {path.stem if len(path.parts) == 1 else path.parts[0] for path in inside}
    data = {path.stem for path in inside if len(path.parts) == 1 and path.suffix != ".py"}
    return {name for name in names - data if not name.startswith(("_", "."))}


def named(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("folder", PACKAGES, ids=str)
def test_a_package_names_what_is_in_it(folder: Path) -> None:
    said = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    missing = contents(folder) - named(said)
    assert not missing, sorted(missing)


@pytest.mark.parametrize("name", OTHERS)
def test_a_folder_says_what_is_in_it(name: str) -> None:
    said = (ROOT / name / "README.md").read_text(encoding="utf-8")
    missing = contents(Path(name)) - named(said)
    assert not missing, sorted(missing)
