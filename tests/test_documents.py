"""README and docs/: every block runs, every output shown is the one there is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from documents import execute, fenced_blocks, matches, with_marks

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_runs_and_shows_its_output(
    path: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs", ignore=shutil.ignore_patterns("__*"))
    document = path.read_text(encoding="utf-8")
    rewritten, problems = execute(document, tmp_path)
    if pytestconfig.getoption("--update-golden"):
        path.write_text(rewritten, encoding="utf-8")
    else:
        assert not problems, "\n\n".join(problems)


def test_marks_stand_for_what_varies() -> None:
    assert matches("a [..] ms\n...\nend", "a 3.5 ms\nb\nc\nend")
    assert not matches("a\nend", "a\nb\nend")


def test_marks_stay_where_an_output_is_renewed() -> None:
    assert with_marks("old\ntook [..] ms", "new\ntook 3 ms") == "new\ntook [..] ms"


def test_blocks_are_found_with_their_titles() -> None:
    (block,) = fenced_blocks("x\n```cnn title=a.cnn\nnet A {}\n```\n")
    assert (block.language, block.title, block.text) == ("cnn", "a.cnn", "net A {}\n")


def test_the_spec_of_the_readme_is_the_one_that_is_drawn() -> None:
    shown = {
        block.title: block.text for block in fenced_blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    }
    assert shown["tiny.cnn"] == (ROOT / "examples" / "tiny.cnn").read_text(encoding="utf-8")
