"""Stages, exactly, of nets that can be read at a glance."""

from __future__ import annotations

from dataclasses import replace

from small_graphs import chain, small

from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add, Concat, Mul
from cnnspec.layers.pool import GlobalAvgPool, MaxPool
from cnnspec.layers.shape import Upsample
from cnnspec.passes.cost import cost
from cnnspec.passes.receptive_field import receptive_field
from cnnspec.passes.stages import NetStage, grows, stages


def test_stages_lie_between_downsamplings() -> None:
    graph = chain(
        ("a", Conv(8, 3)),
        ("b", Conv(16, 3)),
        ("pool", MaxPool(2)),
        ("c", Conv(12, 3)),
        ("pool2", MaxPool(2)),
        ("relu", ReLU()),
    )
    found = stages(graph, cost(graph), receptive_field(graph))
    assert [(s.size, s.width, s.depth, s.first.name) for s in found] == [
        ((32, 32), 16, 2, "a"),
        ((16, 16), 12, 1, "c"),
    ]


def sizes_widths_depths(graph: Graph) -> list[tuple[int, int, int]]:
    return [(stage.size[0], stage.width, stage.depth) for stage in found_in(graph)]


def test_a_stage_is_as_deep_as_its_longest_arm_and_as_wide_as_what_it_hands_on() -> None:
    graph = build(
        "arms",
        {"input": (3, 8, 8)},
        [
            ("a", Conv(4, 3), ("input",)),
            ("b", Conv(16, 3), ("a",)),
            ("c", Conv(6, 3), ("b",)),
            ("join", Concat(), ("c", "a")),
            ("down", Conv(12, 3, 2), ("join",)),
            ("pool", GlobalAvgPool(), ("down",)),
            ("fc", Conv(99, 1), ("pool",)),
        ],
        {"output": "fc"},
    )
    assert sizes_widths_depths(graph) == [(8, 10, 3), (4, 12, 1)]


def test_a_gate_of_one_pixel_upsamples_nothing() -> None:
    graph = build(
        "gate",
        {"input": (3, 8, 8)},
        [
            ("a", Conv(4, 3), ("input",)),
            ("pool", GlobalAvgPool(), ("a",)),
            ("fc", Conv(4, 1), ("pool",)),
            ("gate", Mul(), ("a", "fc")),
            ("b", Conv(4, 3), ("gate",)),
        ],
        {"output": "b"},
    )
    assert sizes_widths_depths(graph) == [(8, 4, 2)]


def test_only_nets_of_one_input_and_what_their_first_head_needs_have_stages() -> None:
    two = build(
        "two",
        {"left": (1, 8, 8), "right": (1, 8, 8)},
        [("a", Conv(1, 3), ("left",)), ("add", Add(), ("a", "right"))],
        {"output": "add"},
    )
    assert sizes_widths_depths(two) == []
    graph = small()
    assert sizes_widths_depths(graph) == [(8, 4, 1)]
    assert sizes_widths_depths(replace(graph, training_heads=frozenset({"head", "side"}))) == []


def test_a_net_that_upsamples_has_no_stages() -> None:
    graph = chain(("a", Conv(8, 3, 2)), ("up", Upsample(2)), ("b", Conv(8, 3)))
    assert stages(graph, cost(graph), receptive_field(graph)) == []


def test_upsampling_of_a_signal_or_of_one_axis() -> None:
    assert sizes_widths_depths(chain(("a", Conv(8, 3, 2)), ("up", Upsample(2)), shape=(1, 8))) == []
    assert grows([(1, 8)], (2, 8)) and grows([(8, 1)], (4, 2)) and grows([(2,)], (3,))
    assert not grows([(4, 4)], (4, 4)) and not grows([(4, 4)], (4, 2))
    assert not grows([(1, 1)], (8, 8)) and not grows([()], (8, 8)) and not grows([(8, 8)], ())


def test_a_stage_has_more_than_one_pixel() -> None:
    graph = chain(
        ("a", Conv(8, 3)),
        ("pool", MaxPool(2)),
        ("b", Conv(9, 3)),
        ("pool2", MaxPool(2)),
        ("c", Conv(5, 1)),
        ("flatten", Flatten()),
        ("linear", Linear(7)),
        shape=(1, 4, 4),
    )
    assert sizes_widths_depths(graph) == [(4, 8, 1), (2, 9, 1)]
    assert sizes_widths_depths(chain(("a", Conv(8, 3)), ("b", Conv(6, 3)), shape=(1, 1, 8))) == [(1, 6, 2)]


def test_what_leads_to_a_node_is_what_it_needs() -> None:
    assert small().leading_to("pool") == {"input", "conv", "norm", "relu", "pool"}


def test_stages_go_by_the_step_between_pixels_not_by_sizes_or_the_order_of_the_walk() -> None:
    unpadded = chain(("a", Conv(8, 3, 2, pad=0)), ("b", Conv(8, 3, pad=0)), ("c", Conv(9, 3, 2, pad=0)))
    assert [(stage.width, stage.depth) for stage in found_in(unpadded)] == [(8, 2), (9, 1)]
    arms = build(
        "arms",
        {"input": (24, 56, 56)},
        [
            ("left", Conv(24, 3, 2), ("input",)),
            ("right", Conv(48, 1), ("input",)),
            ("down", Conv(48, 3, 2), ("right",)),
            ("join", Concat(), ("left", "down")),
            ("last", Conv(128, 3), ("join",)),
        ],
        {"output": "last"},
    )
    assert sizes_widths_depths(arms) == [(56, 24, 1), (28, 128, 2)]


def test_a_map_that_is_halved_along_one_axis_is_no_stage() -> None:
    halves = chain(("a", Conv(8, 3)), ("b", Conv(4, 3, (1, 2))), ("c", Conv(8, 3, (2, 1))), ("d", Conv(8, 3)))
    assert sizes_widths_depths(halves) == [(32, 8, 1), (16, 8, 2)]


def found_in(graph: Graph) -> list[NetStage]:
    return stages(graph, cost(graph), receptive_field(graph))
