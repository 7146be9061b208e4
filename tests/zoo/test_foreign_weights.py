"""Weights of torchvision and timm in nets of the zoo: each model is held to its row."""

from __future__ import annotations

from typing import Any

import pytest
from foreign_weights import TOLERANCE, Row, kept, measured, names

ROWS = kept()
QUICK = {"timm/mobilenetv2_035", "timm/resnet18d"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ROWS]
)
def test_a_model_gives_its_weights_as_its_row_says(timm: Any, name: str) -> None:
    found, row = measured(name), ROWS[name]
    assert {**found, "off": None, "apart": []} == {**row, "off": None, "apart": []}
    assert is_near(found) == is_near(row)


def test_where_outputs_are_others_it_was_said() -> None:
    apart = [name for name, row in ROWS.items() if not is_near(row)]
    assert not [name for name in apart if not ROWS[name].get("apart")]


def is_near(row: Row) -> bool:
    return row["off"] is None or row["off"] <= TOLERANCE


def test_the_rows_are_of_models_that_are_registered() -> None:
    assert set(ROWS) <= set(names())
