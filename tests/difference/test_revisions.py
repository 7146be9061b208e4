"""`cnnspec diff REV:PATH NEW`: specs as they were in git, with the files that they used then."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cnnspec.cli.main import execute

BLOCKS = "def block(out) { conv(out, 3) -> relu }\n"
NET = 'use "parts/blocks.cnn" (block)\nnet A { input 3x8x8; block(8) }\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two revisions of a net whose block gets another activation."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "specs"
    (folder / "parts").mkdir(parents=True)
    (folder / "net.cnn").write_text(NET)
    for activation in ("relu", "gelu"):
        (folder / "parts" / "blocks.cnn").write_text(BLOCKS.replace("relu", activation))
        git("init", "-q")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", activation)
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


@pytest.mark.parametrize(
    "old, code",
    [
        ("HEAD~1:specs/net.cnn", 1),
        ("HEAD~1:specs/net.cnn:A", 1),
        ("HEAD:specs/net.cnn", 0),
        ("HEAD:specs/missing.cnn", 2),
        ("HEAD~7:specs/net.cnn", 2),
        ("HEAD:specs/net.cnn:B", 2),
    ],
)
def test_a_file_of_a_revision_uses_what_it_used_then(repository, old, code, capsys):
    assert execute(["diff", old, "specs/net.cnn"]) == code
    printed = capsys.readouterr()
    assert ("relu -> gelu" in printed.out) == (code == 1)
    assert bool(printed.err) == (code == 2)


def test_paths_are_those_of_the_folder_one_stands_in(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    assert execute(["diff", "HEAD~1:net.cnn", "net.cnn"]) == 1
    assert "relu -> gelu" in capsys.readouterr().out


def test_a_file_of_the_name_of_a_revision_wins(repository, capsys):
    Path("HEAD:specs").mkdir()
    Path("HEAD:specs/net.cnn").write_text("net A { input 3x8x8; tanh }")
    assert execute(["diff", "HEAD:specs/net.cnn", "HEAD:specs/net.cnn"]) == 0
    assert execute(["diff", "HEAD:specs/net.cnn", "specs/net.cnn"]) == 1
    assert "tanh" in capsys.readouterr().out


def test_a_budget_that_does_not_hold_is_no_hindrance(tmp_path, capsys):
    spec = tmp_path / "net.cnn"
    spec.write_text("net A { input 3x8x8; conv(8, 3); expect params < 10 }")
    assert execute(["diff", str(spec), str(spec)]) == 0


def test_without_git_a_revision_is_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert execute(["diff", "HEAD:net.cnn", "resnet18"]) == 2
