"""The parser's saved tables: read without lark, the same for every version of it, never made in silence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from folders import ROOT

from cnnspec.syntax import tables
from cnnspec.syntax.tables import FORMAT, TABLES, StaleTables

CHECK = """
import sys
sys.modules["lark"] = None  # whoever imports it fails
from cnnspec.cli import main
sys.argv = ["cnnspec", "check", "specs/resnet.cnn"]
main()
"""
FAKED = """
import lark
lark.__version__ = {version!r}
from cnnspec.syntax.generate import made
from cnnspec.syntax.tables import TABLES
assert made() == TABLES.read_text(encoding="utf-8")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_specs_are_read_where_there_is_no_lark() -> None:
    done = run(CHECK)
    assert done.returncode == 0 and "ResNet50: 25,557,032 params" in done.stdout, done.stderr


@pytest.mark.parametrize("version", ["1.2.2", "1.99.0"])
def test_another_version_of_lark_changes_nothing(version: str) -> None:
    done = run(FAKED.format(version=version))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("changed", [{"format": FORMAT + 1}, {"grammar": "00000000"}])
def test_tables_that_do_not_fit_are_refused_and_not_made_anew(
    changed: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = json.loads(TABLES.read_text(encoding="utf-8"))
    other = tmp_path / "cnn.tables"
    other.write_text(json.dumps(saved | changed), encoding="utf-8")
    monkeypatch.setattr(tables, "TABLES", other)
    before = other.read_bytes()
    with pytest.raises(StaleTables, match=r"run python -m cnnspec\.syntax\.generate"):
        tables.tables.__wrapped__()
    assert other.read_bytes() == before
