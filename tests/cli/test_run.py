"""`cnnspec run` on nets of several inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnspec.backends import safetensors
from cnnspec.cli.main import execute


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.cnn").write_text("net Two { input a 3x4x4; input b 3x4x4; concat(a, b) }")
    safetensors.save("none.safetensors", {})
    np.save("a.npy", np.ones((3, 4, 4)))
    np.save("b.npy", np.zeros((3, 4, 4)))
    return tmp_path


def run(*sources: str) -> int:
    inputs = [word for source in sources for word in ("--input", source)]
    return execute(["run", "two.cnn", "--weights", "none.safetensors", "-o", "y.npy", *inputs])


def test_each_input_has_its_file(folder: Path) -> None:
    assert run("b=b.npy", "a=a.npy") == 0
    np.testing.assert_array_equal(np.load("y.npy")[0, :, 0, 0], [1, 1, 1, 0, 0, 0])


@pytest.mark.parametrize("sources", [("a.npy",), ("a=a.npy",), ("a.npy", "b.npy"), ("c=a.npy", "a=a.npy")])
def test_a_file_without_its_input_gets_the_cure(
    folder: Path, sources: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*sources) == 2
    assert "=FILE" in capsys.readouterr().err
    assert not Path("y.npy").exists()
