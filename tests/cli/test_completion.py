"""Completion by TAB, in the shells that have it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from folders import SPECS

from cnnspec.cli.main import execute


def completions(monkeypatch, capsys, line: str) -> list[str]:
    monkeypatch.setenv("_CNNSPEC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    monkeypatch.setattr(sys, "argv", ["cnnspec"])
    with pytest.raises(SystemExit):
        sys.exit(execute(sys.argv[1:]))
    return [entry.partition(",")[2] for entry in capsys.readouterr().out.split()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cnnspec exp", ["explain"]),
        ("cnnspec sea", ["search"]),
        ("cnnspec explain shape-m", ["shape-mark"]),
        ("cnnspec layers group", ["groupnorm"]),
        ("cnnspec layers bottl", ["bottleneck"]),
        ("cnnspec zoo densenet20", ["densenet201"]),
        ("cnnspec summary wi", ["widths.cnn", "wideresnet50_2", "wideresnet101_2"]),
        ("cnnspec check parts/", ["parts/blocks.cnn"]),
        ("cnnspec check parts/blocks.cnn:", ["parts/blocks.cnn:Small", "parts/blocks.cnn:SmallWide"]),
        ("cnnspec check parts/blocks.cnn:smallw", ["parts/blocks.cnn:SmallWide"]),
        ("cnnspec sample parts/blocks.cnn:", [f"parts/blocks.cnn:{n}" for n in ("S", "Small", "SmallWide")]),
        ("cnnspec search parts/blocks.cnn:s eval", ["eval"]),
        ("cnnspec check nowhere/", []),
        ("cnnspec check nowhere.cnn:", []),
        ("cnnspec check latin.cnn:", []),
        ("cnnspec compile lenet5 --backend o", ["onnx"]),
        ("cnnspec summary resnet50 --set c", ["classes="]),
        ("cnnspec compare parts/blocks.cnn:smallwide resnet18 --set ", ["n="]),
        ("cnnspec summary --set w", []),
        ("cnnspec summary nowhere --set w", []),
        ("cnnspec render lenet5 --expand ", ["stem", "body", "head"]),
        (
            "cnnspec render resnet18 --expand body,body.layer2.0.residual.s",
            ["body,body.layer2.0.residual.shortcut"],
        ),
        ("cnnspec render nowhere.cnn --block b", []),
    ],
)
def test_completion(monkeypatch, capsys, tmp_path, line, offered):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "widths.cnn").touch()
    (tmp_path / "latin.cnn").write_bytes("# caf\xe9".encode("latin-1"))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "blocks.cnn").write_text(
        "def a { relu }\nnet Small(n=2) { }\nnet SmallWide = Small(n=3)\n"
        "space S of Small { vary n in 1..3 }\n"
    )
    assert completions(monkeypatch, capsys, line) == offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cnnspec check blocks.cnn :", ["Small", "SmallWide"]),
        ("cnnspec check blocks.cnn : SmallW", ["SmallWide"]),
        ("cnnspec check --set width = 3 blocks.cnn : SmallW", ["SmallWide"]),
        ("cnnspec check --set width = 3 blo", ["blocks.cnn"]),
        ("cnnspec compile --backend = o", ["onnx"]),
    ],
)
def test_completion_puts_together_what_bash_takes_apart(monkeypatch, capsys, tmp_path, line, offered):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blocks.cnn").write_text("net Small { }\nnet SmallWide = Small(3)\n")
    assert completions(monkeypatch, capsys, line) == offered


BASH = """
COMP_WORDS=(cnnspec summary resnet.cnn : ResNet1); COMP_CWORD=4
_cnnspec_completion cnnspec; echo "${COMPREPLY[@]}"
"""


@pytest.mark.posix
@pytest.mark.skipif(sys.platform == "darwin", reason="its bash is older than 4.4, which completion needs")
def test_the_line_of_the_readme_sets_up_bash():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    readme = (SPECS.parent / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r'^eval "\$\(_CNNSPEC_COMPLETE=bash.*', readme, re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", line + BASH],
        cwd=SPECS,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "ResNet18 ResNet101 ResNet152\n", done.stderr


@pytest.mark.parametrize(("shell", "registers"), [("zsh", "compdef"), ("fish", "complete --no-files")])
def test_the_other_shells_have_their_script(shell, registers):
    done = subprocess.run(
        [sys.executable, "-m", "cnnspec"],
        env={**os.environ, "_CNNSPEC_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
    )
    assert f"{registers} " in done.stdout
