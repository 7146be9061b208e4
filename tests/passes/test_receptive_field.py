"""Receptive fields, exactly, of nets that can be worked out by hand."""

from __future__ import annotations

from fractions import Fraction

from small_graphs import chain

import cnnspec
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.conv import Conv, TransposedConv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add, Concat, Mul
from cnnspec.layers.pool import GlobalAvgPool, MaxPool
from cnnspec.layers.shape import Upsample
from cnnspec.passes.receptive_field import Field, last_map, receptive_field


def test_two_stacked_kernels_see_2k_minus_1() -> None:
    fields = receptive_field(chain(("a", Conv(1, 3)), ("b", Conv(1, 3))))
    assert fields["input"] == Field((1, 1), (1, 1), (0, 0))
    assert fields["a"] == Field((3, 3), (1, 1), (1, 1))
    assert fields["b"] == Field((5, 5), (1, 1), (2, 2))


def test_layers_that_look_at_one_pixel_pass_the_field_on() -> None:
    fields = receptive_field(chain(("a", Conv(1, 3, 2)), ("relu", ReLU()), ("b", Conv(1, 1))))
    assert fields["a"] == fields["relu"] == fields["b"] == Field((3, 3), (2, 2), (1, 1))


def test_strides_and_dilations_widen_the_field() -> None:
    graph = chain(("a", Conv(1, 3, 2)), ("b", MaxPool(3, 2, 1)), ("c", Conv(1, 3, dilation=2)))
    fields = receptive_field(graph)
    assert fields["a"] == Field((3, 3), (2, 2), (1, 1))
    assert fields["b"] == Field((7, 7), (4, 4), (3, 3))
    assert fields["c"] == Field((7 + 4 * 4, 7 + 4 * 4), (4, 4), (3 + 8, 3 + 8))


def test_axes_have_fields_of_their_own() -> None:
    fields = receptive_field(chain(("a", Conv(1, (1, 7))), ("b", Conv(1, (5, 1), (2, 1)))))
    assert fields["b"] == Field((5, 7), (2, 1), (2, 3))


def test_equal_windows_after_unequal_ones() -> None:
    fields = receptive_field(chain(("a", Conv(1, (1, 7))), ("b", Conv(1, 3))))
    assert fields["b"] == Field((3, 9), (1, 1), (1, 4))
    fields = receptive_field(chain(("a", Conv(1, (7, 1))), ("b", Conv(1, 3))))
    assert fields["b"] == Field((9, 3), (1, 1), (4, 1))


def test_between_pixels_only_whole_ones_are_seen() -> None:
    fields = receptive_field(chain(("up", Upsample(3)), ("conv", Conv(1, 3))))
    assert fields["up"] == Field((1, 1), (Fraction(1, 3),) * 2, (0, 0))
    assert fields["conv"] == Field((2, 2), (Fraction(1, 3),) * 2, (1, 1))


def test_a_join_sees_all_that_its_arms_see() -> None:
    graph = build(
        "join",
        {"input": (1, 32, 32)},
        [("a", Conv(1, 3), ("input",)), ("b", Conv(1, 7), ("input",)), ("join", Concat(), ("a", "b"))],
        {"output": "join"},
    )
    assert receptive_field(graph)["join"] == Field((7, 7), (1, 1), (3, 3))


def test_a_join_of_unequal_axes_and_steps() -> None:
    graph = build(
        "join",
        {"input": (1, 8, 8)},
        [
            ("wide", Conv(1, (1, 5)), ("input",)),
            ("square", Conv(1, 3), ("input",)),
            ("join", Concat(), ("square", "wide")),
            ("halved", Conv(1, 3, 2), ("input",)),
            ("cut", Conv(1, 5, pad=0), ("input",)),
            ("sum", Add(), ("halved", "cut")),
        ],
        {"join": "join", "sum": "sum"},
    )
    fields = receptive_field(graph)
    assert fields["join"] == Field((3, 5), (1, 1), (1, 2))
    # output i of `halved` sees 2i-1 .. 2i+1, of `cut` i .. i+4: of steps that differ the larger one stands
    assert fields["sum"] == Field((6, 6), (2, 2), (1, 1))


def test_fields_of_signals_and_volumes() -> None:
    line = build(
        "line",
        {"input": (1, 32)},
        [
            ("a", Conv(1, 3, 2), ("input",)),
            ("b", Conv(1, 5, 2), ("input",)),
            ("join", Concat(), ("a", "b")),
        ],
        {"output": "join"},
    )
    assert receptive_field(line)["join"] == Field((5,), (2,), (2,))
    volume = chain(("a", Conv(1, 3)), ("b", Conv(1, (1, 1, 3))), shape=(1, 8, 8, 8))
    assert receptive_field(volume)["a"] == Field((3, 3, 3), (1, 1, 1), (1, 1, 1))
    assert receptive_field(volume)["b"] == Field((3, 3, 5), (1, 1, 1), (1, 1, 2))


def test_upsampling_and_transposed_convolutions_step_by_fractions() -> None:
    fields = receptive_field(chain(("a", Conv(1, 3, 2)), ("b", Upsample(2)), ("c", TransposedConv(1, 2, 2))))
    assert fields["b"] == Field((4, 4), (1, 1), (2, 2))
    upsampled = fields["c"]
    assert upsampled is not None and upsampled.stride == (Fraction(1, 2),) * 2


def test_what_sees_the_whole_input_has_no_field() -> None:
    fields = receptive_field(chain(("conv", Conv(1, 3)), ("gap", GlobalAvgPool()), ("flatten", Flatten())))
    assert fields["gap"] is None and fields["flatten"] is None


def test_the_last_map_is_the_one_before_pooling() -> None:
    graph = chain(("conv", Conv(1, 3)), ("relu", ReLU()), ("gap", GlobalAvgPool()), ("flatten", Flatten()))
    node = last_map(graph)
    assert node is not None and node.name == "relu"
    assert last_map(chain(("linear", Linear(3)), shape=(8,))) is None


def test_the_last_map_has_more_than_one_pixel() -> None:
    graph = chain(("conv", Conv(2, 3)), ("pool", MaxPool(32)), ("fc", Conv(5, 1)), ("relu", ReLU()))
    node = last_map(graph)
    assert node is not None and node.name == "conv"
    graph = chain(("conv", Conv(2, 3)), ("pool", MaxPool((32, 16))), ("fc", Conv(5, 1)))
    node = last_map(graph)
    assert node is not None and node.name == "fc"
    graph = chain(("gap", GlobalAvgPool()), ("flatten", Flatten()))
    node = last_map(graph)
    assert node is not None and node.name == "input"
    graph = chain(("flatten", Flatten()), shape=(4, 1, 1))
    node = last_map(graph)
    assert node is not None and node.name == "input"


def last_map_name(graph: Graph) -> str | None:
    node = last_map(graph)
    return None if node is None else node.name


def test_the_last_map_of_a_signal() -> None:
    graph = chain(("conv", Conv(1, 3)), ("gap", GlobalAvgPool()), shape=(4, 8))
    assert last_map_name(graph) == "conv"
    assert last_map_name(chain(("gap", GlobalAvgPool()), shape=(4, 8))) == "input"


def test_the_last_map_may_have_two_pixels_or_a_single_row() -> None:
    assert last_map_name(chain(("conv", Conv(1, 3)), ("pool", MaxPool(16)))) == "pool"
    assert last_map_name(chain(("conv", Conv(1, 3)), ("pool", MaxPool((16, 32))))) == "pool"
    assert last_map_name(chain(("conv", Conv(1, 3)), ("pool", MaxPool((32, 16))))) == "pool"


def test_behind_a_gate_the_last_map_is_that_of_the_gated_map() -> None:
    graph = build(
        "gate",
        {"input": (4, 8)},
        [
            ("conv", Conv(4, 3), ("input",)),
            ("pool", GlobalAvgPool(), ("conv",)),
            ("flatten", Flatten(), ("input",)),
            ("linear", Linear(4), ("flatten",)),
            ("gate", Mul(), ("linear", "pool")),
        ],
        {"output": "gate"},
    )
    assert last_map_name(graph) == "conv"


def test_the_drawn_gate() -> None:
    """What opens receptive_field.py: what is gated sees the whole input, and has a field beside the gate."""
    graph = cnnspec.loads("net A { input 3x32x32; c: conv(8, 3); g: gap; mul(c, g); conv(8, 3) }").ir
    fields = receptive_field(graph)
    assert [fields.sees_all(name) for name in graph.nodes] == [False, False, True, True, True]
    along = [fields.along(name) for name in graph.nodes]
    assert [field and field.size for field in along] == [(1, 1), (3, 3), None, (3, 3), (5, 5)]
