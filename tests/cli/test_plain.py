"""A check without options is run without click: it prints what click's does, with the same exit code."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from folders import ROOT

from cnnspec.cli.main import execute
from cnnspec.cli.plain import is_plain, run_plain

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
    codes: list[int] = []
    run_plain(arguments, codes.append)
    plain = *codes, *capsys.readouterr()
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
        run_plain(others)
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


def test_completion_is_left_to_click(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("_CNNSPEC_COMPLETE", "bash_complete")
        run_plain(["check", "right.cnn"])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "is_plain_here"),
    [
        ("[project]\ndependencies = ['cnnspec', 'numpy']\n[tool.ruff]\nline-length = 80\n", True),
        ("[project]\nname = 'cnnspec'\n", True),
        ("[tool.cnnspec]\nselect = []\n", False),
        ("[tool]\nruff = {}\ncnnspec = { deny = 'warnings' }\n", False),
        (" [ 'tool' ] # all\ncnnspec.deny = 'warnings'\n", False),
        ("tool.cnnspec.deny = 'warnings'\n", False),
        ("'tool' = { 'cnnspec' = { deny = 'warnings' } }\n", False),
    ],
)
def test_a_project_that_names_cnnspec_without_settings_is_checked_plainly(
    text: str, is_plain_here: bool, folder: Path
) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert is_plain(["check", "right.cnn"]) is is_plain_here


SLOW = ["click", "typing", "dataclasses", "inspect", "json", "pathlib", "threading", "signal", "fractions"]
SLOW += ["collections", "functools", "contextlib", "operator"]
"""What takes long to load; cnnspec.typed, cnnspec.records and cnnspec.caching stand in for some of it."""


def test_a_plain_check_does_not_load_what_is_slow(folder: Path) -> None:
    spec = str(ROOT / "specs" / "resnet.cnn")
    code = f"from cnnspec.cli.plain import run_plain; import sys; run_plain(['check', {spec!r}], int)"
    # without site, for what an installation puts there loads some of these
    command = [sys.executable, "-S", "-c", f"{code}; print(sorted({{*{SLOW}}} & {{*sys.modules}}))"]
    environment = {"PYTHONPATH": str(ROOT), "SYSTEMROOT": "C:\\Windows"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
