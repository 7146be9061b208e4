"""The floor under the coverage of lines: what it holds, and that every file of the package is measured."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import coverage_floor
import pytest
from folders import ROOT

from cnnspec.backends.torch import writer


def told(monkeypatch, capsys, tmp_path: Path, shares: dict[str, float]) -> tuple[int, list[str]]:
    """The exit code, and the lines that are printed, in a checkout of three files."""
    for name in ("cnnspec/a.py", "cnnspec/cli/b.py", "backends/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = {name: {"summary": {"percent_covered": share}} for name, share in shares.items()}
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files, "totals": {"percent_covered": 93.0}}))
    monkeypatch.setattr(coverage_floor, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["coverage_floor.py", str(report)])
    return coverage_floor.main(), capsys.readouterr().out.splitlines()


def test_every_file_over_the_floor(monkeypatch, capsys, tmp_path):
    shares = {"cnnspec/a.py": 90.0, "cnnspec/cli/b.py": 100.0, "backends/c.py": 91.0}
    assert told(monkeypatch, capsys, tmp_path, shares) == (
        0,
        ["3 files, 93.0 % of their lines; 0 under 90 %"],
    )


def test_files_under_the_floor_and_those_that_were_not_measured(monkeypatch, capsys, tmp_path):
    shares = {"cnnspec/a.py": 89.9, "cnnspec/cli/b.py": 100.0}
    assert told(monkeypatch, capsys, tmp_path, shares) == (
        1,
        ["  0.0 %  backends/c.py", " 89.9 %  cnnspec/a.py", "3 files, 93.0 % of their lines; 2 under 90 %"],
    )


@pytest.mark.parametrize("folder", coverage_floor.FOLDERS)
def test_what_is_held_is_measured(folder):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert folder in settings["tool"]["coverage"]["run"]["source"]
    assert any(name.startswith(f"{folder}/") for name in coverage_floor.files(ROOT))


def test_what_is_not_held_is_text_that_sources_carry():
    carried = {path.stem for path in (ROOT / coverage_floor.CARRIED).glob("*.py")}
    assert carried == {*writer.HELPERS, "__init__"}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["coverage"]["run"]["omit"] == [f"*/{coverage_floor.CARRIED}*"]
