"""Python drops docstrings under -OO: the manual, the help and generated sources keep them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cross.judge import perform

from cnnspec.docstrings import docstring

SPEC = "net A { input 3x8x8; conv(4, 3) -> softsign -> mish; flatten -> linear(2) }\n"


def without_docstrings(*arguments: str) -> bytes:
    command = [sys.executable, "-OO", "-m", "cnnspec", *arguments]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(b"\r", b"")


@pytest.mark.parametrize(
    "command", ["--help", "check --help", "layers", "layers conv", "layers --json", "explain shape-join"]
)
def test_texts_are_kept(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert without_docstrings(*command.split()) == perform(command.split()).out


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_sources_are_the_same(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.cnn").write_text(SPEC)
    command = ["compile", "a.cnn", "--backend", backend, "-o"]
    without_docstrings(*command, "b.py")
    assert perform([*command, "c.py"]).code == 0
    assert Path("b.py").read_bytes() == Path("c.py").read_bytes()


def test_what_has_no_docstring_says_nothing() -> None:
    assert docstring(lambda: None) == ""
    assert docstring(without_docstrings) == "" and docstring(docstring).startswith("The docstring of")
