"""A further backend is a folder and a line: a toy of fourteen rules is found by all that reads the table."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from toy.backend import BACKEND
from toy.rules import RULES

import cnnspec
from cnnspec.backends import BACKENDS, Options, base, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.verify import verify

HERE = Path(__file__).parent
ROOT = Path(cnnspec.__file__).resolve().parent.parent
LINE = "BACKENDS['toy'] = 'toy.backend'"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "toy", "toy.backend")


def cnnspec_with_toy(*arguments: str, folder: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command line, with the folder and the line."""
    code = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
sys.argv = ["cnnspec", *{arguments!r}]
from cnnspec.backends.base import BACKENDS
{LINE}
{before}
from cnnspec.cli import main
main()
"""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_toy_has_fourteen_rules_and_agrees_on_a_resnet(toy: None) -> None:
    assert len(RULES) == 14
    found = verify(cnnspec.zoo("resnet18", inputs={"input": (3, 64, 64)}).ir, ["numpy", "toy"])
    assert found.ok and {row.backend for row in found.differences} == {"toy"}


def test_the_api_finds_it(toy: None) -> None:
    net = cnnspec.zoo("lenet5")
    x = random_inputs(net.ir, batch=2)
    assert net.to("toy", seed=3)(x)["head"].shape == (2, 10)
    assert base.suffixes()[".toy"] == ["toy"] and base.extras()["toy"] == "toy"


def test_the_command_line_compiles_writes_and_compares(tmp_path: Path) -> None:
    done = cnnspec_with_toy("compile", "lenet5", "--backend", "toy", folder=tmp_path)
    assert done.stdout.startswith("LeNet5 on toy\n"), done.stderr
    done = cnnspec_with_toy("compile", "lenet5", "-o", "net.toy", folder=tmp_path)
    assert done.stderr == "wrote net.toy (LeNet5 for toy)\n"
    assert (tmp_path / "net.toy").read_text().startswith("# LeNet5\nstem.c1.conv = conv(input)\n")
    done = cnnspec_with_toy("verify", "lenet5", "--backends", "numpy,toy", folder=tmp_path)
    assert "toy    output" in done.stdout and done.stdout.endswith("all agree\n")


def test_help_and_the_version_name_it(tmp_path: Path) -> None:
    said = " ".join(cnnspec_with_toy("compile", "--help", folder=tmp_path).stdout.split())
    assert "--backend [numpy|torch|onnx|toy]" in said
    assert ".py (numpy, torch) or .onnx (onnx) or .toy (toy)" in said
    said = " ".join(cnnspec_with_toy("verify", "--help", folder=tmp_path).stdout.split())
    assert "numpy,torch,onnx,toy by default" in said
    assert re.search(r"backends found: .*\btoy\)", cnnspec_with_toy("--version", folder=tmp_path).stdout)


def test_without_its_library_the_extra_is_named(tmp_path: Path) -> None:
    gone = "sys.modules['toy.program'] = None"
    done = cnnspec_with_toy("compile", "lenet5", "--backend", "toy", folder=tmp_path, before=gone)
    assert (done.returncode, done.stderr) == (1, "error: this needs toy: pip install 'cnnspec[toy]'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--backend", "tou"), "'tou' is not one of 'numpy', 'torch', 'onnx', 'toy'"),
        (
            ("-o", "net.txt"),
            "no backend writes net.txt: a file ends in .py (numpy or torch), .onnx (onnx), .toy (toy)",
        ),
        (("-o", "net"), "no backend writes net: a file ends in"),
        (("--backend", "toy", "-o", "net.py"), "the toy backend writes .toy files, not net.py"),
        (("--backend", "torch", "-o", "net.toy"), "the torch backend writes .py files, not net.toy"),
        (("--backend", "toy", "--dtype", "float16"), "float32 and float64, not float16: torch or onnx does"),
        (("--backend", "toy", "--channels-last"), "channels_last is for torch, not for toy"),
        (("-o", "net.py", "--init", "he"), "the file that numpy writes leaves init to whoever runs it"),
        (("-o", "net.toy", "--dtype", "float64"), "the file that toy writes leaves dtype to whoever runs it"),
    ],
    ids=" ".join,
)
def test_what_there_is_no_backend_or_suffix_of_is_an_error(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = cnnspec_with_toy("compile", "lenet5", *arguments, folder=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unknown_backend_is_refused_by_the_api() -> None:
    with pytest.raises(ValueError, match="no backend is called 'jax': there are numpy, torch, onnx"):
        cnnspec.zoo("lenet5").to("jax")
    with pytest.raises(TypeError):
        cnnspec.zoo("lenet5").to("numpy", **{"colour": "red"})  # type: ignore[call-arg]


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_keeps_to_the_protocol(name: str) -> None:
    backend = find(name)
    assert backend.name == name and BACKENDS[name] == f"cnnspec.backends.{name}.backend"
    assert bool(backend.suffixes) == (backend.source is not None)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in backend.suffixes)
    options = {field.name for field in fields(Options)}
    assert backend.takes <= options and backend.writes <= options
    assert "float32" in backend.dtypes and BACKEND.name == "toy"


def test_extras_bring_the_libraries_that_backends_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {"": project["dependencies"], **project["optional-dependencies"]}
    homes = packages_distributions()
    for backend in base.every():
        brought = {re.split(r"[<>=\[; ]", line)[0].lower() for line in extras[backend.extra]}
        for library in backend.libraries:
            assert {name.lower() for name in homes.get(library, [library])} & brought, library


def test_looking_a_backend_up_loads_no_library() -> None:
    code = "from cnnspec.backends import base; base.every(); base.suffixes(); base.extras(); import sys"
    seen = f"{code}; print({{'numpy', 'torch', 'onnx', 'onnxruntime'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
