"""What is shipped: a forgotten sub-package or data file vanishes from the wheel without a warning."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from folders import ROOT

MOVED = {"grammar": "cnnspec.grammar", "backends": "cnnspec.backends", "specs": "cnnspec.specs"}
DATA = {"cnnspec.grammar", "cnnspec.specs"}
"""Packages of data alone: no Python, no __init__.py, no link."""
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


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
    links = [path for path in ROOT.glob("cnnspec/*") if path.is_symlink()]
    assert links == [ROOT / "cnnspec" / "backends"] and links[0].resolve() == ROOT / "backends"


def test_folders_of_data_hold_no_python():
    for name in DATA:
        folder = ROOT / name.removeprefix("cnnspec.")
        assert folder.is_dir() and not list(folder.rglob("*.py"))


def data_files() -> set[str]:
    """The tracked files of the packages that are not Python, as the wheel must hold them."""
    listed = subprocess.run(
        ["git", "ls-files", "cnnspec", *MOVED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [Path(line) for line in listed.stdout.splitlines() if not (ROOT / line).is_symlink()]
    moved = {folder: name.replace(".", "/") for folder, name in MOVED.items()}
    return {
        "/".join((moved.get(path.parts[0], path.parts[0]), *path.parts[1:]))
        for path in paths
        if path.suffix not in (".py", ".pyc") and (ROOT / path).exists()
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


def copy_of_checkout(folder: Path) -> Path:
    """The tracked files that are there, so that a build leaves nothing in the checkout."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    copy = folder / "checkout"
    for line in listed.stdout.splitlines():
        source, target = ROOT / line, copy / line
        if not source.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            target.write_bytes(source.read_bytes())
    return copy


def test_saved_tables_and_marker_are_there():
    assert (ROOT / "grammar" / "cnn.tables").exists()
    assert (ROOT / "cnnspec" / "py.typed").exists()
