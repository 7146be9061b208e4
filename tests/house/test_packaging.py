"""What is shipped: a forgotten sub-package or data file vanishes from the wheel without a warning."""

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from checkout import LINK, copy_of_checkout, ignored, tracked
from folders import ROOT

import cnnspec

MOVED = {"grammar": "cnnspec.grammar", "backends": "cnnspec.backends", "specs": "cnnspec.specs"}
DATA = {"cnnspec.grammar", "cnnspec.specs"}
"""Packages of data alone: no Python, no __init__.py, no link."""
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, TOOL = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]


def packages() -> set[str]:
    """The packages of the checkout, by their __init__.py files."""
    found = set()
    for folder in ("cnnspec", *MOVED):
        for path in (ROOT / folder).rglob("__init__.py"):
            parts = path.parent.relative_to(ROOT).parts
            if parts[:2] not in [("cnnspec", name) for name in MOVED]:
                found.add(".".join((MOVED.get(parts[0], parts[0]), *parts[1:])))
    return found


def test_every_package_is_listed():
    assert sorted(TOOL["packages"]) == sorted(packages() | DATA)


def test_moved_packages_and_the_one_link():
    assert TOOL["package-dir"] == {name: folder for folder, name in MOVED.items()}
    links = [path for path in ROOT.rglob("*") if path.is_symlink() and not ignored(path.relative_to(ROOT))]
    assert links in ([ROOT / LINK], []), "without links (Windows, an archive) there is none"
    path = ROOT / LINK
    assert path.resolve() == ROOT / "backends" if links else path.read_text(encoding="utf-8") == "../backends"


def test_backends_have_one_name():
    command = [sys.executable, "-c", "import backends.numpy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.endswith("import cnnspec.backends, not backends\n")


def test_folders_of_data_hold_no_python():
    for name in DATA:
        folder = ROOT / name.removeprefix("cnnspec.")
        assert folder.is_dir() and not list(folder.rglob("*.py"))


def data_files() -> set[str]:
    """The tracked files of the packages that are not Python, as the wheel must hold them."""
    moved = {folder: name.replace(".", "/") for folder, name in MOVED.items()}
    return {
        "/".join((moved.get(path.parts[0], path.parts[0]), *path.parts[1:]))
        for path in tracked("cnnspec", *MOVED)
        if path.suffix != ".py" and path != LINK and path.name != "README.md"
    }


@pytest.mark.slow
def test_wheel_and_sdist_hold_everything(tmp_path):
    build = "import setuptools.build_meta as b, sys; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
    command = [sys.executable, "-W", "ignore", "-c", build, tmp_path]
    subprocess.run(command, cwd=copy_of_checkout(tmp_path), check=True, capture_output=True)
    with zipfile.ZipFile(only(tmp_path, "*.whl")) as wheel:
        in_wheel = set(wheel.namelist())
    modules = {name.replace(".", "/") + "/__init__.py" for name in packages()}
    assert modules <= in_wheel
    assert data_files() <= in_wheel, f"not in the wheel: {sorted(data_files() - in_wheel)}"
    with tarfile.open(only(tmp_path, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"grammar/cnn.tables", "specs/std.cnn", "backends/numpy/__init__.py", "README.md"} <= names


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def test_saved_tables_and_marker_are_there():
    assert (ROOT / "grammar" / "cnn.tables").exists()
    assert (ROOT / "cnnspec" / "py.typed").exists()


def test_the_version_is_said_once():
    """In cnnspec/__init__.py, which setuptools reads; extensions of VS Code and Zed have to say it again."""
    assert "version" not in PROJECT and PROJECT["dynamic"] == ["version"]
    assert TOOL["dynamic"]["version"] == {"attr": "cnnspec.__version__"}
    extension = json.loads((ROOT / "editors/vscode/package.json").read_text(encoding="utf-8"))
    assert extension["version"] == cnnspec.__version__
    zed = ROOT / "editors" / "zed"
    manifest = tomllib.loads((zed / "extension.toml").read_text(encoding="utf-8"))
    crate = tomllib.loads((zed / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    assert manifest["version"] == crate["version"] == cnnspec.__version__


def test_every_python_that_is_supported_is_tested():
    stated = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    workflow = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    tested = re.findall(r'"(3\.\d+)"', re.findall(r"python: \[(.*)\]", workflow)[0])
    assert tested == stated and PROJECT["requires-python"] == f">={stated[0]}"
