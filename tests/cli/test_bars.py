"""Bars on standard error, where that is a terminal: how far `sample` and `search` are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.posix
TEXT = """\
net Small(depth, width) { input 3x8x8; conv(width, 3) * depth; gap -> flatten -> linear(10) }
space Wide of Small { vary depth in 1..9; vary width in 1..999; where params < 9k }
"""
EVALUATE = """\
def evaluate(net, trial):
    if trial.number == 1:
        raise ValueError("an odd one")
    return net.params
"""


def on_terminal(command: list[str], folder: Path, **variables: str) -> tuple[str, str]:
    """What a command prints where its standard error is a terminal: on standard output, and there."""
    (folder / "small.cnn").write_text(TEXT)
    (folder / "evaluate.py").write_text(EVALUATE)
    here, there = os.openpty()
    environment = {**os.environ, "TERM": "xterm", **variables}
    whole = [sys.executable, "-m", "cnnspec", *command]
    process = subprocess.Popen(
        whole, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=there, text=True
    )
    os.close(there)
    seen = b""
    try:
        while piece := os.read(here, 4096):
            seen += piece
    except OSError:  # the end of a terminal, on Linux
        pass
    os.close(here)
    out, _ = process.communicate(timeout=600)
    return out, seen.decode()


def last_lines(seen: str) -> list[str]:
    """What a terminal shows in the end: what was written since a line was last erased."""
    return [line.rpartition("\r\x1b[K")[2] for line in seen.replace("\r\n", "\n").split("\n")]


def test_sample_shows_how_many_members_there_are(tmp_path: Path) -> None:
    out, seen = on_terminal(["sample", "small.cnn", "-n", "40", "--format", "csv"], tmp_path)
    assert len(out.splitlines()) == 41
    shown = re.findall(r"\[([# ]{24})\] (\d+)/40  ([\d,]+) settings drawn", seen)
    assert [drawn for _, _, drawn in shown] == [str(100 * n) for n in range(1, len(shown) + 1)]
    assert all(len(bar.rstrip()) == 24 * int(done) // 40 for bar, done, _ in shown) and shown
    assert last_lines(seen) == [""]
    assert on_terminal(["sample", "small.cnn", "-n", "9"], tmp_path, TERM="dumb")[1] == ""


def test_search_shows_how_far_it_is_and_what_failed(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    out, seen = on_terminal(["search", "small.cnn", "evaluate.py", "--trials", "4"], tmp_path)
    assert out.startswith("Wide: 3 complete, 1 failed")
    assert re.findall(r"\[[# ]{24}\] (\d/4)", seen) == ["1/4", "2/4", "3/4"]
    lines = last_lines(seen)
    assert lines[0].startswith("Wide: 4 trials of nets of ") and lines[-1] == ""
    assert lines[1].startswith("trial 1 failed: ValueError: an odd one")
    assert not any(line.startswith("[#") for line in lines)
