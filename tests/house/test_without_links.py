"""A checkout without symbolic links (Windows, an unpacked archive) is as good as one with the link."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from checkout import LINK, copy_of_checkout, environment, libraries
from folders import ROOT

SPEC = "use std (conv_bn_relu)\nnet A { input 3x8x8; conv_bn_relu(4, 3) -> gap -> flatten -> linear(2) }\n"
USE = f"""
import cnnspec, cnnspec.backends, numpy
from pathlib import Path
assert Path(cnnspec.backends.__file__).is_relative_to(HERE), cnnspec.backends.__file__
assert cnnspec.zoo("resnet18").params == 11_689_512
net = cnnspec.loads({SPEC!r})
print(net.to_numpy(seed=0)(numpy.zeros((1, 3, 8, 8), numpy.float32)).shape)
"""
EDITABLE = "import setuptools.build_meta as b, sys; b.build_editable(sys.argv[1])"


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints, away from this checkout; fails with its error output where it fails."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_an_editable_install_finds_backends_grammar_and_specs(tmp_path: Path) -> None:
    """As pip does it, without pip: the wheel of an editable install, unpacked into a folder of packages."""
    copy = copy_of_checkout(tmp_path, links=False)
    run(sys.executable, "-W", "ignore", "-c", EDITABLE, tmp_path, folder=copy)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    own, others = str(tmp_path / "site"), libraries()
    start = f"import site, sys; sys.path[:0] = [{own!r}, {others!r}]; site.addsitedir({own!r})"
    code = f"{start}\nHERE = {str(copy)!r}{USE}"
    assert run(sys.executable, "-S", "-c", code, folder=tmp_path) == "(1, 2)\n"


def test_files_are_those_that_git_writes_without_links(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    copy = copy_of_checkout(tmp_path, links=False)
    clone = git_clone(tmp_path / "clone")
    assert (clone / LINK).read_bytes() == (copy / LINK).read_bytes() == b"../backends"
    assert not (clone / LINK).is_symlink()


def git_clone(folder: Path) -> Path:
    """What `git clone` writes on a system without symbolic links."""
    run("git", "clone", "-q", "--depth=1", "-c", "core.symlinks=false", ROOT.as_uri(), folder, folder=ROOT)
    return folder


def archive(folder: Path) -> Path:
    """What unpacking a zip file of the project writes; zipfile makes no links."""
    packed = folder.with_suffix(".zip")
    run("git", "archive", "--format=zip", f"--output={packed}", "HEAD", folder=ROOT)
    zipfile.ZipFile(packed).extractall(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
@pytest.mark.parametrize("get", [git_clone, archive])
def test_what_people_get_installs_and_passes_the_cases(get, editable: bool, tmp_path: Path) -> None:
    copy = get(tmp_path / "project")
    programs = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    run(sys.executable, "-m", "venv", programs.parent, folder=tmp_path)
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(programs / "python", "-c", purelib, folder=tmp_path).strip())
    (packages / "libraries.pth").write_text(libraries(), encoding="utf-8")
    options = ("-q", "--no-deps", *(["--editable"] if editable else []))
    run(programs / "python", "-m", "pip", "install", *options, copy, folder=tmp_path)
    here = copy if editable else packages
    assert run(programs / "python", "-c", f"HERE = {str(here)!r}{USE}", folder=tmp_path) == "(1, 2)\n"
    assert "ResNet18 " in run(programs / "cnnspec", "zoo", folder=tmp_path)
    (tmp_path / "a.cnn").write_text(SPEC, encoding="utf-8")
    assert "a.cnn:A: 126 params" in run(programs / "cnnspec", "check", "a.cnn", folder=tmp_path)
    cases = ("language/test_cases.py", "language/test_diagnostics_cases.py", "house/test_packaging.py")
    tests = [copy / "tests" / name for name in cases]
    folder = copy if editable else tmp_path
    run(programs / "python", "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, folder=folder)
