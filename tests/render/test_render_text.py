"""Labels as papers write them, numbers and shapes in a few digits, and the width of text."""

from __future__ import annotations

import pytest

from cnnspec.layers.base import REGISTRY, Layer, Shape
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Dropout, Linear
from cnnspec.layers.norm import BatchNorm, GroupNorm
from cnnspec.layers.pool import AvgPool, MaxPool
from cnnspec.layers.shape import Upsample
from cnnspec.render.labels import layer_label
from cnnspec.render.text import short_bytes, short_number, shorten, text_width, wrap
from cnnspec.render.theme import THEMES, Theme, heat_color, ink_on, paint_family


@pytest.mark.parametrize(
    ("layer", "shape", "label"),
    [
        (Conv(64, 3, 2), (64, 28, 28), "3x3 conv, 64, /2"),
        (Conv(64, (1, 7)), (64, 28, 28), "1x7 conv, 64"),
        (Conv(64, 3, groups=32, dilation=2), (64, 28, 28), "3x3 conv, 64, 32 groups, dilation 2"),
        (Conv(64, 3), (64, 28), "3 conv, 64"),
        (Conv(8, 3), (64, 9, 9, 9), "3x3x3 conv, 8"),
        (Conv(64, 3, 2, groups=64), (64, 28, 28), "3x3 dwconv, /2"),
        (Conv(128, 3, groups=64), (64, 28, 28), "3x3 dwconv, multiplier 2"),
        (DepthwiseConv(3, 2), (64, 28, 28), "3x3 dwconv, /2"),
        (TransposedConv(64, 2, 2), (64, 28, 28), "2x2 tconv, 64, stride 2"),
        (MaxPool(3, 2, 1), (64, 28, 28), "3x3 maxpool, /2"),
        (AvgPool(2), (64, 28, 28), "2x2 avgpool, /2"),
        (Linear(1000), (64,), "linear, 1000"),
        (Dropout(0.4), (64,), "dropout 0.4"),
        (Dropout(), (64,), "dropout"),
        (GroupNorm(32), (64, 28, 28), "groupnorm 32"),
        (BatchNorm(), (64, 28, 28), "batchnorm"),
        (Upsample(2), (64, 28, 28), "upsample by 2"),
    ],
)
def test_labels(layer: Layer, shape: Shape, label: str):
    assert layer_label(layer, shape) == label


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (9408, "9.41k"),
        (999_600, "1.00M"),
        (25_557_032, "25.6M"),
        (4_089_184_256, "4.09G"),
    ],
)
def test_short_numbers(value: int, text: str):
    assert short_number(value) == text


def test_short_bytes():
    assert [short_bytes(n) for n in (512, 4096, 400_000_000)] == ["512 B", "4.10 kB", "400 MB"]


def test_text_is_as_wide_as_helvetica_says():
    assert text_width("conv", 10) == pytest.approx(5.0 + 5.56 + 5.56 + 5.0)
    assert text_width("conv", 10, bold=True) == pytest.approx(5.56 + 6.11 + 6.11 + 5.56)


def test_wrapped_lines_fit_and_lose_nothing():
    pieces = ["1x1, 128", "3x3, 128, /2", "1x1, 512"]
    for width in (70, 90, 120, 160, 400):
        lines = wrap(pieces, " → ", width, 10)
        assert all(text_width(line, 10) <= width for line in lines)
        assert " ".join(lines) == " → ".join(pieces)


def test_shorten_keeps_what_fits():
    assert shorten("inception", 100, 10) == "inception"
    assert shorten("inception", 30, 10) == "ince…"
    assert text_width(shorten("inception", 30, 10), 10) <= 30


@pytest.mark.parametrize("theme", list(THEMES))
def test_text_on_every_colour_of_the_scale_can_be_read(theme: str):
    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for step in range(21):
        color = heat_color(THEMES[theme], step / 20)
        light, dark = sorted((luminance(color), luminance(ink_on(color))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_layer_has_a_colour_by_what_it_is(theme: Theme):
    colours = {op: paint_family(cls.__new__(cls)) for op, cls in REGISTRY.items()}
    assert set(colours.values()) <= set(theme.families)
    assert (colours["scale"], colours["dropout"], colours["flatten"]) == ("scaling", "scaling", "shape")
    assert (colours["linear"], colours["conv"], colours["channel_shuffle"]) == ("dense", "conv", "shape")


def test_a_layer_of_a_new_family_is_coloured_by_its_traits():
    class Mixing(Layer):
        family = "mixing"

    assert paint_family(Mixing()) == "block"
    for trait, colour in (("weighted", "dense"), ("moves", "shape"), ("follows", "scaling")):
        assert paint_family(type("Mixing", (Mixing,), {trait: True})()) == colour
