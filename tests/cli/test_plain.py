"""A check without options is run without click: it prints what click's does, with the same exit code."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from folders import ROOT

from cnnspec.cli.main import execute
from cnnspec.cli.plain import run_plain

RIGHT = "net Right { input 3x8x8; conv(8, 3) -> relu -> gap -> flatten -> linear(2) }\n"
FILES = {
    "right.cnn": RIGHT,
    "two.cnn": RIGHT + "net Left(width) { input 3x8x8; conv(width, 3) }\nnet Wide = Left(9)\n",
    "wrong.cnn": "net Wrong { input 3x8x8; conv(8, 3, strides=2) -> linear(2) }\n",
    "syntax.cnn": "net Open { input 3x8x8; conv(8, 3 -> relu }\nnet { }\n",
    "warned.cnn": "net Warned { input 3x8x8; conv(8, 3) -> batchnorm }\n",
    "uses.cnn": 'use std (basic)\nuse "missing.cnn" (x)\nnet Uses { input 3x8x8; basic(8) }\n',
    "empty.cnn": "",
    "with space.cnn": RIGHT,
    "folder/inner.cnn": RIGHT,
    "folder/deeper/wrong.cnn": "net Wrong { }\n",
    "nothing/readme.txt": "no spec",
    "noname": RIGHT,
}
WORDS = [
    *FILES, "right.cnn:Right", "two.cnn:Wide", "two.cnn:Left", "two.cnn:Nothing", "folder", "nothing", ".",
    "lenet5", "resnet", "no_such_net", "missing.cnn", "resnet18.cnn", "", ":", "right.cnn:", "ünïcode.cnn",
]  # fmt: skip
OPTIONS = ["--json", "--deny=warnings", "--fix", "--help", "-h", "-", "--", "--nothing", "--set=width=3"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    (tmp_path / "bytes.cnn").write_bytes(b"net Bytes { \xff\xfe }")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("seed", range(60))
def test_both_ways_print_and_return_the_same(
    seed: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(seed)
    # the first ones take one word each, so that every word stands alone somewhere
    alone = seed < len(WORDS)
    words = [WORDS[seed]] if alone else random.choices([*WORDS, "bytes.cnn"], k=random.randint(1, 5))
    arguments = ["check", *words]
    plain = run_plain(arguments), *capsys.readouterr()
    assert plain == (execute(arguments), *capsys.readouterr())


@pytest.mark.parametrize("seed", range(40))
def test_whatever_else_is_said_is_left_to_click(
    seed: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(seed)
    arguments = random.choices(WORDS, k=random.randint(0, 3)) + random.choices(
        OPTIONS, k=random.randint(1, 2)
    )
    random.shuffle(arguments)
    for others in (["check", *arguments], ["summary", "right.cnn"], ["chec", "right.cnn"], ["check"], []):
        assert run_plain(others) is None
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("table", "code"),
    [("[tool.other]\n", 0), ("[tool.cnnspec]\ndeny = 'warnings'\n", 1), ("[tool . 'cnnspec']\nnot toml", 2)],
)
def test_settings_around_the_working_directory_hold(table: str, code: int, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(table)
    command = [sys.executable, "-m", "cnnspec", "check", "../../warned.cnn"]
    done = subprocess.run(command, cwd=folder / "folder" / "deeper", capture_output=True, text=True)
    assert done.returncode == code, done.stderr


def test_completion_is_left_to_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CNNSPEC_COMPLETE", "bash_complete")
    assert run_plain(["check", "right.cnn"]) is None


SLOW = ["click", "typing", "dataclasses", "inspect", "json", "pathlib", "threading", "signal", "fractions"]
"""What takes longer to load than a net takes to check: cnnspec.typed and cnnspec.records stand in for two."""


def test_a_plain_check_does_not_load_what_is_slow(folder: Path) -> None:
    code = "from cnnspec.cli.plain import run_plain; import sys; run_plain(['check', 'right.cnn'])"
    # without site, for what an installation puts there loads some of these
    command = [sys.executable, "-S", "-c", f"{code}; print(sorted({{*{SLOW}}} & {{*sys.modules}}))"]
    environment = {"PYTHONPATH": str(ROOT), "SYSTEMROOT": "C:\\Windows"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
