"""The parser's saved tables: read without lark, the same for every version of it, made anew once and said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT

from cnnspec.diagnostics import Refused
from cnnspec.syntax import tables
from cnnspec.syntax.tables import GRAMMAR, TABLES

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
from cnnspec.syntax.tables import TABLES, made
assert made() == open(TABLES, encoding="utf-8").read()
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


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a copy of the grammar and its tables, which is read in their place."""
    for name, path in {"GRAMMAR": GRAMMAR, "TABLES": TABLES}.items():
        monkeypatch.setattr(tables, name, shutil.copy(path, tmp_path))
    tables.tables.cache_clear()
    yield tmp_path
    tables.tables.cache_clear()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("of", ["format", "grammar"])
def test_tables_that_do_not_fit_are_made_anew_once_and_it_is_said(
    of: str, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (copied / "cnn.tables").read_bytes()
    change(copied / "cnn.tables", f"\n{of} " if of == "grammar" else f"{of} ", f"\n{of} 0")
    tables.tables()
    assert "did not fit" in capsys.readouterr().err
    assert (copied / "cnn.tables").read_bytes() == whole
    tables.tables.cache_clear()
    tables.tables()
    assert capsys.readouterr().err == ""


def test_a_rule_that_a_contributor_adds_is_read_at_the_next_start(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(copied / "cnn.lark", '"training"', '"learning"')
    assert {"training", "learning"} & tables.tables().words == {"learning"}
    assert "did not fit" in capsys.readouterr().err


def test_a_grammar_with_a_conflict_is_refused_and_its_tables_stay(copied: Path) -> None:
    before = (copied / "cnn.tables").read_bytes()
    change(copied / "cnn.lark", "alone: expression", "alone: expression | twice\ntwice: expression")
    with pytest.raises(Refused, match=r"cnn\.lark: .*collision"):
        tables.tables()
    assert (copied / "cnn.tables").read_bytes() == before


@pytest.mark.posix
def test_tables_that_cannot_be_saved_serve_all_the_same(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(copied / "cnn.lark", '"training"', '"learning"')
    monkeypatch.setattr(tables, "TABLES", shutil.copy(TABLES, copied / "gone.tables"))

    def refuse(path: str, text: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(tables, "write_whole", refuse)
    assert "learning" in tables.tables().words
    assert "cannot be saved: [Errno 13]" in capsys.readouterr().err
