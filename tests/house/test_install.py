"""The first steps of the README, as typed: make, pip with each extra, its commands in what they install."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from checkout import copy_of_checkout
from documents import commands, fenced_blocks, matches, shell
from folders import ROOT

README, CONTRIBUTING = [
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = set(PROJECT["optional-dependencies"]) - {"all"}
pytestmark = pytest.mark.posix

FENCES = re.findall(r"^```([^\n]*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
MAKE, PIP, COMPLETION = [text for language, text in FENCES if not language]
PIP_INSTALL = {(re.findall(r"\[(\w+)\]", line) or [""])[0]: line for line in PIP.splitlines()}
MISSING = re.compile(r"error: this needs \w+: pip install 'cnnspec\[(\w+)\]'")
CONSTRAINT = next(line for line in PYPROJECT["dependency-groups"]["test"] if line.startswith("torch=="))


# ---- what the blocks say, without running them


def dry_run(target: str, folder: Path) -> str:
    """What `make TARGET` would do in a checkout without an environment."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(["make", "-n", target], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_order(text: str, *parts: str) -> bool:
    """Whether a text holds some parts, one after the other."""
    return re.search(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None


def test_make_run_does_what_the_readme_says(tmp_path: Path) -> None:
    told = "sets up .venv, compiles a ResNet on numpy, prints its summary, draws out/resnet18.svg"
    assert f"make run     # {told}" in MAKE
    steps = ("-m venv .venv", "pip install", "cnnspec compile resnet18", "cnnspec summary resnet18")
    assert in_order(dry_run("run", tmp_path), *steps, "cnnspec render resnet18 -o out/resnet18.svg")


def test_make_test_does_what_the_readme_says(tmp_path: Path) -> None:
    assert "make test    # sets up .venv with all backends and runs the tests" in MAKE
    steps = ("-m venv .venv", "--upgrade 'pip>=25.1'", "--editable '.[all]' --group dev", "-m pytest")
    assert in_order(dry_run("test", tmp_path), *steps)


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^)make (\w+)", README + CONTRIBUTING, re.MULTILINE)))
)
def test_every_target_that_is_named_is_there(target: str, tmp_path: Path) -> None:
    assert dry_run(target, tmp_path)


def test_the_readme_installs_every_extra() -> None:
    assert set(PIP_INSTALL) == {"", "all", *EXTRAS}
    assert all(f"`cnnspec[{extra}]`" in README for extra in EXTRAS)
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert set(re.findall(r"\w+", everything)) == {"cnnspec", *EXTRAS}


def test_the_readme_says_what_each_dependency_is_for_and_weighs() -> None:
    """Sizes are about right where the package is installed: within a factor of 1.5, a few releases."""
    rows = re.findall(
        r"^\| ([\w, -]+?)(?: \(`\[\w+\]`\))? \| [^|]+ \| ([\d., ]+)(?: and more)? \|$", README, re.MULTILINE
    )
    stated = {
        n: float(mb)
        for names, sizes in rows
        for n, mb in zip(names.split(", "), sizes.split(", "), strict=True)
    }
    wanted = [*PROJECT["dependencies"], *(d for e in EXTRAS for d in PROJECT["optional-dependencies"][e])]
    assert set(stated) == {re.split(r"[<>=]", requirement)[0] for requirement in wanted}
    for name, size in stated.items() if sys.platform == "linux" else ():
        with contextlib.suppress(PackageNotFoundError):
            assert name == "torch" or size / 1.5 < megabytes(name) + 0.05 < 1.5 * size + 0.1, (
                name,
                megabytes(name),
            )


def megabytes(package: str) -> float:
    """The size of an installed package's files, those that Python compiles left out."""
    files = [Path(str(file.locate())) for file in distribution(package).files or () if file.suffix != ".pyc"]
    return sum(file.stat().st_size for file in files if file.exists()) / 1e6


def test_the_readme_sets_up_every_shell() -> None:
    assert re.findall(r"_CNNSPEC_COMPLETE=(\w+)_source cnnspec\b", COMPLETION) == ["bash", "zsh", "fish"]


# ---- what they do


Install = Callable[[str], Path]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def install(checkout: Path, tmp_path: Path) -> Install:
    """Types a line of the README's pip block in the checkout, into one environment; gives its programs."""
    programs = tmp_path / "environment" / "bin"
    subprocess.run([sys.executable, "-m", "venv", programs.parent], check=True)
    (tmp_path / "constraints.txt").write_text(CONSTRAINT)

    def install(extra: str) -> Path:
        line = PIP_INSTALL[extra].replace("pip install", f"pip install -q -c {tmp_path / 'constraints.txt'}")
        assert succeeds(line, checkout, programs)
        return programs

    return install


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty folder to type commands in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def succeeds(command: str, folder: Path, programs: Path) -> bool:
    """Whether a command exits with 0; a test's report has what it prints."""
    print(printed := shell(f"{command}\necho exit code $?", folder, programs))
    return "exit code 0\n" in printed


def type_readme(programs: Path, folder: Path) -> set[str]:
    """Type the commands of the README in a folder; the extras that were asked for instead of an output."""
    asked: set[str] = set()
    for block in fenced_blocks(README):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        if block.language != "console":
            continue
        for command, expected in commands(block.text):
            found = shell(command, folder, programs).strip("\n")
            if missing := MISSING.fullmatch(found):
                asked.add(missing[1])
            else:
                assert matches(expected, found), f"$ {command}\n{found}"
    return asked


NEEDS = {
    "torch": "cnnspec compile lenet5 --backend torch",
    "onnx": "cnnspec compile lenet5 --backend onnx",
    "lsp": "cnnspec lsp </dev/null",
    "search": "cnnspec search regnetxspace evaluate.py --trials 1",
}
DIGIT = "cnnspec run lenet5 --weights lenet5.safetensors --input digit.png --resize --top 3"
PREPARE = """
import cnnspec
from cnnspec.backends import safetensors
lenet = cnnspec.zoo("lenet5")
safetensors.save("lenet5.safetensors", lenet.to_numpy(seed=0).state_dict())
lenet.render("digit.png")
open("evaluate.py", "w").write("def evaluate(net, trial): return net.macs")
"""


def type_needs(programs: Path, folder: Path) -> set[str]:
    """Type a command for each extra; the extras that were asked for, each in one line."""
    (folder / "prepare.py").write_text(PREPARE, encoding="utf-8")
    assert shell("python prepare.py", folder, programs) == ""
    asked: set[str] = set()
    for extra, command in NEEDS.items():
        found = shell(command, folder, programs).strip("\n")
        missing = MISSING.fullmatch(found)
        assert missing is None or missing[1] == extra, found
        assert missing or succeeds(command, folder, programs), found
        asked |= {extra} if missing else set()
    return asked


def test_a_command_needs_each_extra() -> None:
    assert set(NEEDS) == EXTRAS


@pytest.mark.slow
def test_no_extra_and_then_the_pip_command_that_is_answered(install: Install, empty: Path) -> None:
    programs = install("")
    assert type_readme(programs, empty) == {"torch"}
    assert type_needs(programs, empty) == EXTRAS
    assert succeeds(DIGIT, empty, programs)
    assert succeeds("pip install -q 'cnnspec[onnx]'", empty, programs)
    assert type_needs(programs, empty) == EXTRAS - {"onnx"}


@pytest.mark.slow
def test_onnx_alone(install: Install, empty: Path) -> None:
    programs = install("onnx")
    assert type_readme(programs, empty) == {"torch"}
    assert type_needs(programs, empty) == EXTRAS - {"onnx"}


@pytest.mark.slow
def test_search_alone(install: Install, empty: Path) -> None:
    programs = install("search")
    assert type_needs(programs, empty) == EXTRAS - {"search"}
    spread = "search regnetxspace evaluate.py --trials 3 --workers 2 --storage study.log -o best.cnn"
    assert succeeds(f"cnnspec {spread} && cnnspec check best.cnn", empty, programs)


@pytest.mark.slow
def test_torch_alone_then_all_and_for_developers(install: Install, empty: Path, checkout: Path) -> None:
    """In one environment, because torch is large; the group is only resolved, `make test` installs it."""
    programs = install("torch")
    assert type_readme(programs, empty) == {"onnx"}
    assert type_needs(programs, empty) == EXTRAS - {"torch"}
    assert install("all") == programs
    assert type_readme(programs, empty) == set()
    assert type_needs(programs, empty) == set()
    assert succeeds("pip install -q --upgrade 'pip>=25.1'", checkout, programs)
    assert succeeds("pip install -q --dry-run '.[all]' --group dev", checkout, programs)


@pytest.mark.slow
def test_make_run_on_a_bare_machine(checkout: Path) -> None:
    done = subprocess.run(["make", "run"], cwd=checkout, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert in_order(done.stdout, "ResNet18 on numpy", "ResNet18 (resnet.cnn): input 3x224x224 -> head 1000")
    assert (checkout / "out" / "resnet18.svg").read_text(encoding="utf-8").startswith("<svg")
