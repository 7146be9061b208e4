"""`cnnspec run` on nets of several inputs, and on inputs of other sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cnnspec
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


def written(text: str, shape: tuple[int, ...]) -> None:
    Path("net.cnn").write_text(text)
    safetensors.save("w.safetensors", cnnspec.load("net.cnn").to_numpy(seed=0).state_dict())
    np.save("x.npy", np.ones(shape, np.float32))


RUN = ("run", "net.cnn", "--weights", "w.safetensors", "--input", "x.npy")


def test_an_input_may_have_any_size_that_the_net_takes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written("net N { input 3x8x8; conv(2, 3, stride=2) }", (3, 21, 16))
    assert execute([*RUN, "-o", "y.npy"]) == 0
    assert np.load("y.npy").shape == (1, 2, 11, 8)
    assert "note: input is 3x21x16, the net declares 3x8x8; --resize" in capsys.readouterr().err


def test_a_file_of_torch_under_other_names_is_matched_or_told_where_it_parts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch")
    written("net N { input 3x8x8; conv(2, 3) -> relu -> conv(4, 3) }", (3, 8, 8))
    theirs = torch.nn.Sequential(*(torch.nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 2), (2, 4))))
    torch.save({"state_dict": theirs.state_dict()}, "w.pth")
    command = ["run", "net.cnn", "--weights", "w.pth", "--input", "x.npy", "-o", "y.npy"]
    assert execute(command) == 0
    assert "note: 4 tensors of w.pth were matched by order and shape" in capsys.readouterr().err
    with torch.no_grad():
        expected = theirs[1](theirs[0](torch.ones(1, 3, 8, 8)).relu())
    np.testing.assert_allclose(np.load("y.npy"), expected, atol=1e-6)
    torch.save(theirs[:1].state_dict(), "w.pth")
    assert execute(command) == 1
    told = capsys.readouterr().err
    assert "the checkpoint (1 module" in told and "missing:" not in told


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ("flatten -> linear(2)", "linear gets 1008, its weights are made for 192"),
        ("conv(2, 9, pad=valid)", "the window of `conv` covers 9 pixels, the map with its padding has 8"),
        ("avgpool(height)", "the argument `kernel` of avgpool depends on the size of the input"),
    ],
)
def test_a_size_that_the_net_refuses_is_refused_with_the_reason(
    folder: Path, layers: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    size = (3, 8, 21) if "conv" in layers else (3, 16, 21)
    declared = "3x9x9" if "conv" in layers else "3x8x8"
    written(f"net N {{ input {declared}; {layers} }}", size)
    assert execute([*RUN, "-o", "y.npy"]) == 1
    told = capsys.readouterr().err
    assert reason in told and "--resize" in told and len(told.splitlines()) == 1
    assert not Path("y.npy").exists()
