"""README, CONTRIBUTING and docs/: every block runs, every output shown is the one there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from codeop import compile_command
from pathlib import Path

import pytest
from diagnose import diagnose, shown
from documents import execute, fenced_blocks, matches, with_marks
from folders import ROOT

from cnnspec.format import format_text
from cnnspec.source import Source
from cnnspec.syntax import parse

LANGUAGE = ROOT / "cnnspec" / "llms.txt"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", LANGUAGE, *(ROOT / "docs").glob("*.md")])
FIRST_COMMIT = "Layers of the language: shape, weight, cost and window rules for every family"
GENERATED = ("layers.md", "diagnostics.md")
MOST_WORDS = 8_000
"""How long the language in one text may be."""


@pytest.mark.posix
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_runs_and_shows_its_output(
    path: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs", ignore=shutil.ignore_patterns("__*"))
    document = path.read_text(encoding="utf-8")
    rewritten, problems = execute(document, tmp_path)
    if pytestconfig.getoption("--update-golden"):
        assert "Traceback (most recent" not in rewritten
        path.write_text(rewritten, encoding="utf-8")
    else:
        assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.name not in GENERATED], ids=lambda path: path.name
)
def test_specs_shown_are_as_we_would_have_them(path: Path, tmp_path: Path) -> None:
    """Laid out by `cnnspec fmt`, and without a warning, but where the document is about that."""
    for block in fenced_blocks(path.read_text(encoding="utf-8")):
        words = block.info.split()
        file = tmp_path / (block.title or "block.cnn")
        if block.language != "cnn" or "wrong" in words or "part" in words:
            continue
        file.write_text(block.text, encoding="utf-8")
        if "free" not in words:
            assert format_text(parse(Source(file.name, block.text, file))) == block.text
        if "warned" not in words:
            warnings = [d for d in diagnose(block.text, file.name, file) if d.severity == "warning"]
            assert not warnings, shown(tuple(warnings))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_shown_can_be_pasted_into_a_prompt(path: Path) -> None:
    """A prompt takes a line at a time, and ends an indented block at an empty one."""
    for block in fenced_blocks(path.read_text(encoding="utf-8")):
        if block.language != "python" or block.title:
            continue
        lines: list[str] = []
        for line in [*block.text.splitlines(), ""]:
            lines.append(line)
            if compile_command("\n".join(lines)) is not None:
                lines = []


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


def test_the_commits_of_the_walked_examples_are_there() -> None:
    shown = re.findall(
        r"^git show ':/\^(.+)'", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(set(shown)) == len(shown) >= 2
    log = subprocess.run(["git", "log", "--format=%s"], cwd=ROOT, capture_output=True, text=True).stdout
    if not log.rstrip().endswith(FIRST_COMMIT):
        pytest.skip("the history is not here: an archive, a shallow clone")
    assert [subject for subject in shown if f"\n{subject}" not in log] == []


def test_the_language_in_one_text_is_short() -> None:
    assert len(LANGUAGE.read_text(encoding="utf-8").split()) <= MOST_WORDS
