"""Where each warning begins and ends, on nets at the very edge of it."""

from __future__ import annotations

import pytest
from diagnose import diagnose

from cnnspec.passes.lint import megabytes


def warnings(body: str) -> list[str]:
    """The codes of what is said about a net, in source order."""
    found = diagnose("net A {\n" + body + "\n}\n")
    assert all(d.severity == "warning" for d in found), [d.message for d in found]
    return [d.code for d in found]


FLAT_1000 = "input 1x10x100; flatten -> "


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        # a million weights are many, and half of all is most
        (FLAT_1000 + "linear(1000, bias=false)", ["large-linear"]),
        (FLAT_1000 + "linear(999, bias=false)", []),
        (FLAT_1000 + "linear(1000, bias=false) -> linear(1000, bias=false)", ["large-linear"]),
        (FLAT_1000 + "linear(1000, bias=false) -> linear(1001, bias=false)", []),
        # it is the layer behind the flattened map that could be smaller, at once or by way of vectors
        (FLAT_1000 + "dropout -> relu -> linear(1000, bias=false)", ["large-linear"]),
        (FLAT_1000 + "linear(100, bias=false) -> linear(9000, bias=false) -> linear(200)", []),
        ("input 500x2; flatten -> linear(1000, bias=false)", ["large-linear"]),
        ("input 1000x1x1; flatten -> linear(1000, bias=false)", []),
        (FLAT_1000 + "reshape(4x250) -> reshape(1000) -> linear(1000)", []),
        ("input 1000; linear(1000)", []),
    ],
)
def test_large_linear(body: str, codes: list[str]) -> None:
    assert warnings(body) == codes


def test_what_a_large_linear_layer_takes_and_would_save() -> None:
    (found,) = diagnose("net A { input 500x2; flatten -> linear(1000, bias=false) }")
    assert found.message == "one linear layer holds 100 % of the parameters: 1,000,000, 4 MB in fp32"
    # of 500 channels with 2 pixels each, pooling leaves 500 values: 500 x 1000 weights less
    assert found.help == "gap before flatten would save 500,000 parameters, 2 MB"
    assert megabytes(1_375_000) == "6 MB" and megabytes(1_374_999) == "5 MB"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("input 1x3x3; conv(4, 3) -> gap", []),
        ("input 1x4x4; conv(4, 3) -> gap", ["small-field"]),
        ("input 1x3x8; conv(4, 3) -> gap", ["small-field"]),
        ("input 1x8; conv(4, 3) -> relu -> gap", ["small-field"]),
        ("input 1x8x8; conv(4, 3) -> flatten", []),
        ("input 1x8x8; gap", []),
    ],
)
def test_small_field(body: str, codes: list[str]) -> None:
    assert warnings(body) == codes


def stages(*stages: tuple[int, int]) -> str:
    """A net of stages of so many convs, so many channels wide, on maps from 64x64 on."""
    units = " -> maxpool(2) -> ".join(f"{{ conv({width}, 3) }} * {depth}" for depth, width in stages)
    return f"input 3x64x64; {units}"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (stages((4, 8), (3, 8), (3, 8)), []),
        (stages((5, 8), (3, 8), (3, 8)), ["shrinking-depth"]),
        (stages((1, 8), (1, 7)), ["shrinking-width"]),
        # a head that is narrower than what it is of belongs to no stage
        ("input 3x64x64; conv(16, 3, 2) -> conv(32, 3, 2); head { conv(32, 3, 2) -> conv(4, 1) }", []),
        # a gate along the channels is no stage
        (
            "input 3x64x64; conv(64, 3, 2) -> conv(64, 3, 2); mul { | identity | gap -> reshape((1, 64)) "
            "-> conv(1, 3, bias=false) -> sigmoid -> reshape((64, 1, 1)) } -> conv(64, 3)",
            [],
        ),
        # the last stage may be shallow
        (stages((4, 8), (4, 8), (1, 8)), []),
    ],
)
def test_shrinking_stages(body: str, codes: list[str]) -> None:
    assert warnings(body) == codes


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("input 3x2x2; conv(4, 3, stride=2)", []),
        ("input 3x1x8; conv(4, 3, stride=2)", ["stride-over-map"]),
        ("input 3x1x8; conv(4, 3, stride=1x2)", []),
        ("input 3x2x2; tconv(4, 3, stride=4)", []),
        ("input 3x1x1; maxpool(1, 2)", ["stride-over-map"]),
    ],
)
def test_stride_over_map(body: str, codes: list[str]) -> None:
    assert warnings(body) == codes


def test_side_head() -> None:
    main, side = "head main { linear(2) }", "head aux from a { linear(3) }"
    assert warnings(f"input 4; a: linear(4); {main}; {side}") == ["side-head"]
    assert warnings(f"input 4; a: linear(4); {main}; {side.replace('{', ', training {', 1)}") == []
    assert warnings("input 4; a: linear(4); head aux { linear(3) }") == []


def test_residual_activation() -> None:
    """The main path is what the residual makes: a label from outside is not its to change."""
    assert warnings("input 4x8x8; residual { conv(4, 3) -> relu }") == ["residual-activation"]
    assert warnings("input 4x8x8; y: relu; residual { | y | conv(4, 3) }") == []
    assert (
        warnings("input 4x8x8; residual { y: conv(4, 3) -> relu; conv(4, 3); add(y, prev); conv(4, 3) }")
        == []
    )


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("input 4x1x1; batchnorm", ["batchnorm-on-pixel"]),
        ("input 4x1; batchnorm", ["batchnorm-on-pixel"]),
        ("input 4x8x1; batchnorm", []),
        ("input 4; batchnorm", []),
    ],
)
def test_batchnorm_on_pixel(body: str, codes: list[str]) -> None:
    assert warnings(body) == codes


def test_what_a_dead_layer_holds() -> None:
    (found,) = diagnose("net A {\n  input 2x4x4\n  a: conv(2, 1)\n  b: conv(3, 1) -> relu\n  a -> relu\n}")
    assert found.message == "nothing uses what flows out of `b.relu`"
    # conv(3, 1) on 2 channels: 2 * 3 weights and 3 biases
    assert "nothing runs it, and it holds 9 parameters" in found.help


def test_a_warning_about_a_block_of_another_file_stands_where_that_was_called() -> None:
    """The user can change the call, and not what it calls; a head is where the head is written."""
    text = """use std (conv_bn_relu)
net A {
    input 3x8x8
    a: conv_bn_relu(8, 3)
    head { conv_bn_relu(4, 1) }
    head aux from a { conv_bn_relu(4, 1) -> gap -> conv_bn_relu(4, 1) }
}
"""
    found = [(d.code, d.span.place, d.span.text) for d in diagnose(text, "spec.cnn") if d.span is not None]
    assert found == [
        ("side-head", "spec.cnn:6:5", "head aux"),
        ("batchnorm-on-pixel", "spec.cnn:6:52", "conv_bn_relu(4, 1)"),
    ]


def test_warnings_stand_in_source_order() -> None:
    body = """
        input 3x16x16
        dwconv(2)
        conv(4, 3) -> batchnorm -> conv(8, 2)
        dwconv(4)
        a: conv(8, 3)
        gmp -> batchnorm
        a -> conv(8, 3)
    """
    found = diagnose("net A {  # allow: shrinking-depth" + body + "}")
    assert [(d.span.line if d.span else 0, d.code) for d in found] == [
        (3, "even-kernel"),
        (4, "bias-before-batchnorm"),
        (4, "even-kernel"),
        (5, "even-kernel"),
        (7, "batchnorm-on-pixel"),
        (7, "dead-layer"),
    ]
