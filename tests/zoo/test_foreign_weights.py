"""Weights of torchvision and timm in nets of the zoo: each model is held to its row."""

from __future__ import annotations

from typing import Any

import pytest
from foreign_weights import TOLERANCE, kept, measured, names

ROWS = kept()
QUICK = {"timm/mobilenetv2_035", "timm/resnet18d"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ROWS]
)
def test_a_model_gives_its_weights_as_its_row_says(timm: Any, name: str) -> None:
    found, row = measured(name), ROWS[name]
    assert {**found, "off": None} == {**row, "off": None}
    assert (found["off"] or 0) <= TOLERANCE


def test_no_weights_that_were_taken_give_other_outputs() -> None:
    assert {name for name, row in ROWS.items() if (row["off"] or 0) > TOLERANCE} == set()


def test_the_rows_are_of_models_that_are_registered() -> None:
    assert set(ROWS) <= set(names())
