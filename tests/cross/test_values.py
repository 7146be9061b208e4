"""Weights and inputs beyond all bounds: the command says what it can, and numpy's warnings reach nobody."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnnspec import load
from cnnspec.backends import BACKENDS, find, safetensors
from cross.judge import judge, perform

SPEC = "net N { input 1x8x8; conv(4, 3) -> batchnorm -> relu; gap -> flatten -> linear(3) -> softmax }"
FACTORS = {"large": 1e300, "infinite": np.inf, "negative": -1e30, "none": np.nan}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("n.cnn").write_text(SPEC)
    weights = load("n.cnn").to_numpy(seed=0, dtype="float64").state_dict()
    with np.errstate(all="ignore"):
        for name, factor in FACTORS.items():
            safetensors.save(f"{name}.safetensors", {key: value * factor for key, value in weights.items()})
            np.save(f"{name}.npy", np.full((1, 8, 8), factor))
    return tmp_path


@pytest.mark.parametrize(("weights", "values"), list(product(FACTORS, FACTORS)))
def test_run(weights: str, values: str, folder: Path) -> None:
    for more in ([], ["--top", "2", "--json"]):
        done = perform(
            ["run", "n.cnn", "--weights", f"{weights}.safetensors", "--input", f"{values}.npy", *more]
        )
        judge(done, folder)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("weights", FACTORS)
def test_compile(weights: str, backend: str, folder: Path) -> None:
    if not find(backend).is_installed:
        pytest.skip(f"{backend} is not installed")
    for more in ([], ["--fold-batchnorm"], ["--batch", "9"]):
        command = ["compile", "n.cnn", "--backend", backend, "--weights", f"{weights}.safetensors", *more]
        judge(perform(command), folder)
