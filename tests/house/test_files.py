"""Files written whole: their modes under threads, names, links, and what a failure leaves behind."""

from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from cross.judge import perform

from cnnspec import load
from cnnspec.backends.safetensors import save
from cnnspec.files import read_bounded, write_whole

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_threads_leave_the_umask_alone(tmp_path: Path, umask: None) -> None:
    """The umask is of the whole process: setting it, even for a moment, opens the files of other threads."""

    def write(number: int) -> None:
        for turn in range(20):
            write_whole(tmp_path / f"{number}-{turn}.txt", "text")
            save(tmp_path / f"{number}-{turn}.safetensors", {"w": np.ones(2)})

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-9)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert {mode_of(path) for path in tmp_path.iterdir()} == {0o600}


def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new")
    assert (path.read_text(), mode_of(path)) == ("new", 0o640)


@pytest.mark.posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


@pytest.mark.posix
def test_a_loop_of_links_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop"):
        write_whole(tmp_path / "loop", "new")
    with pytest.raises(OSError, match="loop"):
        read_bounded(tmp_path / "loop", 10)


@pytest.mark.posix
@pytest.mark.parametrize(
    "arguments",
    [["loop.cnn"], ["user.cnn"], ["a.cnn", "-I", "loop.cnn"], ["--fix", "loop.cnn"], ["loop.cnn:A"]],
    ids=" ".join,
)
def test_a_loop_of_links_is_a_diagnostic(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.cnn").symlink_to("loop.cnn")
    Path("user.cnn").write_text('use "loop.cnn" (block)\nnet A { input 3x8x8; block }\n')
    Path("a.cnn").write_text("net A { input 3x8x8; relu }\n")
    done = perform(["check", *arguments])
    assert done.code == (0 if "a.cnn" in arguments else 1) and ("loop.cnn" in done.err) == bool(done.code)


@pytest.mark.parametrize("command", ["check", "summary", "fmt", "render", "compile"])
@pytest.mark.parametrize("name", ["", ":A"])
def test_a_spec_without_a_name_is_refused(command: str, name: str) -> None:
    done = perform([command, name])
    assert done.code == 1 and "the name of a spec is empty" in done.err


def test_a_path_that_is_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="the path of a spec is empty"):
        load("")


@pytest.mark.parametrize("folder", ["/dev/null", __file__])
def test_an_include_that_is_no_folder_is_refused(folder: str) -> None:
    done = perform(["check", "lenet5", "-I", folder])
    assert done.code == 2 and "is no folder" in done.err


@pytest.mark.parametrize("length", [1, 100, 247, 255])
def test_names_may_be_as_long_as_names_can_be(length: int, tmp_path: Path) -> None:
    write_whole(tmp_path / ("a" * length), "text")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["text"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def broken():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=r"No space left on device: '.*a\.txt'"):
        write_whole(path, broken())
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_bound_holds(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bounded(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="over 4 bytes"):
        read_bounded(tmp_path / "a", 4)
