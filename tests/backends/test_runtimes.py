"""The recipes of the cookbook for other runtimes give what numpy gives; what is not installed is skipped."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documents import fenced_blocks
from folders import ROOT

import cnnspec

pytest.importorskip("onnxruntime")

SCRIPTS = {
    block.title: block.text
    for block in fenced_blocks((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8"))
    if block.title.startswith(("with_", "in_eight"))
}
NEAR = {"in_eight_bits.py": 0.1}
"""How far outputs may lie apart, of the largest."""


def test_the_recipes_are_there() -> None:
    assert list(SCRIPTS) == ["with_openvino.py", "with_tract.py", "with_onnxslim.py", "in_eight_bits.py"]


@pytest.mark.slow
@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_recipe_gives_what_numpy_gives(script: str, opset: int, tmp_path: Path) -> None:
    library = script.removeprefix("with_").removesuffix(".py")
    if script.startswith("with_") and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: pip install --group runtimes")
    net = cnnspec.zoo("resnet20")
    net.to_onnx(tmp_path / "net.onnx", opset=opset, fold_batchnorm=True)
    x = np.random.default_rng(1).standard_normal((2, 3, 32, 32)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, "-c", SCRIPTS[script]], cwd=tmp_path, check=True, capture_output=True)
    expected, found = net.to_numpy()(x), np.load(tmp_path / "y.npy")
    assert np.abs(found - expected).max() <= NEAR.get(script, 1e-4) * np.abs(expected).max()
