"""The notebooks of examples/ run from top to bottom; `pytest --update-golden` stores their outputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from folders import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LONG = {"design_spaces", "mnist"}


def marked(path: Path) -> object:
    return pytest.param(path, marks=pytest.mark.slow if path.stem in LONG else (), id=path.stem)


@pytest.mark.parametrize("path", [marked(path) for path in NOTEBOOKS])
def test_a_notebook_runs(path: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    out = tmp_path / path.name
    command = [sys.executable, str(ROOT / "tests" / "notebooks.py"), str(path), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    if pytestconfig.getoption("--update-golden"):
        path.write_bytes(out.read_bytes())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_as_it_ran(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
