"""How the argument of a layer follows from the parameters of its class: a column of numbers from others."""

from __future__ import annotations

import re

import pytest

import cnnspec
from cnnspec.backends.torch import source
from cnnspec.backends.torch.expressions import ABSENT, Column, find
from cnnspec.backends.torch.ramps import ramp_of, ramp_text, shares

KNOWN: dict[str, Column] = {"width": (8, 16, 32), "depth": (3, 5, 2), "kernel": (3, 5, 7)}


@pytest.mark.parametrize(
    ("kind", "target", "text"),
    [
        ("channels", (8, 16, 32), "width"),
        ("channels", (32, 64, 128), "4 * width"),
        ("channels", (2, 4, 8), "width // 4"),
        ("channels", (24, 32, 48), "width + 16"),
        ("channels", (4, 12, 28), "width - 4"),
        ("channels", (11, 21, 34), "depth + width"),
        ("channels", (24, 80, 64), "depth * width"),
        ("channels", (48, 160, 128), "2 * depth * width"),
        ("channels", (5, 11, 30), "width - depth"),
        ("channels", (26, 46, 44), "width + 6 * depth"),
        ("count", (2, 4, 1), "depth - 1"),
        # a count is near another, and no multiple of it
        ("count", (6, 10, 4), None),
        ("margin", (1, 2, 3), "kernel // 2"),
        # of (kernel - 1) * depth // 2, which is a dilated kernel
        ("margin", (3, 10, 6), "(kernel - 1) * depth // 2"),
        ("other", (8, 16, 32), "width"),
        ("other", (32, 64, 128), None),
        ("channels", (7, 100, 9), None),
        # where an instance lacks the layer, the others decide
        ("channels", (ABSENT, 64, 128), "4 * width"),
        # 8.0 is not 8
        ("channels", (8.0, 16.0, 32.0), None),
    ],
)
def test_the_simplest_expression_is_found(kind: str, target: Column, text: str | None) -> None:
    found = find(target, KNOWN, kind)
    assert (found.text if found else None) == text
    if found:
        values = [
            eval(found.text, dict(zip(KNOWN, row, strict=True))) for row in zip(*KNOWN.values(), strict=True)
        ]
        assert found.column == tuple(values)


def test_a_share_of_two_parameters() -> None:
    found = find((4, 3), {"inner": (16, 24), "ratio": (4, 8)}, "channels")
    assert found is not None and found.text == "inner // ratio"


def test_two_rows_lie_on_any_line() -> None:
    """From two instances alone, a + 6 * b would be made of everything."""
    two = {name: column[:2] for name, column in KNOWN.items()}
    assert find((26, 46), two, "channels") is None


@pytest.mark.parametrize(
    "values, given, ramp",
    [
        ([0.1 * k / 17 for k in range(3)], [], (0.1, 0, 17)),
        ([0.1 * k / 17 for k in range(3, 12)], [], (0.1, 3, 17)),
        ([0.2 * k / 16 for k in range(4)], [], (0.0125, 0, 1)),
        ([0.2 * k / 16 for k in range(4)], [0.5, 0.2], (0.2, 0, 16)),
        ([0.0, 0.1], [], None),
        ([0.1, 0.1, 0.1], [], None),
        ([0.0, 0.1, 0.3], [], None),
        ([0.3, 0.2, 0.1], [], None),
    ],
)
def test_the_ramp_that_numbers_are(
    values: list[float], given: list[float], ramp: tuple[float, int, int] | None
) -> None:
    assert ramp_of(values, given) == ramp


def test_how_a_ramp_is_written() -> None:
    assert ramp_text("drop", "0", "17") == "drop * i / 17"
    assert ramp_text("drop", "depths[0]", "sum(depths) - 1") == "drop * (depths[0] + i) / (sum(depths) - 1)"
    assert ramp_text("0.1", "2", "1") == "0.1 * (2 + i)"


def test_numbers_of_modules_that_stand_alone_are_shares_of_a_rate() -> None:
    rates = {0.2 * turn / 16: turn for turn in (0, 1, 3, 7, 15)}
    assert shares(list(rates)) == {rate: f"0.2 * {turn} / 16" for rate, turn in rates.items() if turn}
    assert shares([0.2 * turn / 26 for turn in (1, 2, 24)])[0.2 * 2 / 26] == "0.2 * 2 / 26"
    assert shares([0.1, 0.2, 0.4]) == shares([0.1, 1 / 3, 2**-0.5]) == shares([1 / 3, 2 / 3]) == {}


def test_a_net_writes_rates_that_grow_from_block_to_block_as_shares() -> None:
    text = source(cnnspec.zoo("EfficientNet_B0").resizable)
    assert "mbconv4=Mbconv2(24, 5, 40, 0.2 * 3 / 16, stride=2)" in text
    assert not re.search(r"\d\.\d{6}", text)
