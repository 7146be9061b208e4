"""The passes, exactly, on nets that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import cnnspec
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv, TransposedConv
from cnnspec.layers.dense import Dropout, Flatten, Linear
from cnnspec.layers.join import Add, Concat, Mul
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import GlobalAvgPool, MaxPool
from cnnspec.layers.shape import Upsample
from cnnspec.passes.cost import LayerCost, conventions, cost, total, uncounted
from cnnspec.passes.depth import depth
from cnnspec.passes.memory import memory
from cnnspec.passes.receptive_field import Field, last_map, receptive_field
from cnnspec.passes.shapes import reshape
from cnnspec.passes.stages import ancestors, grows, stages
from cnnspec.passes.verify import IllegalGraph, verify


def small() -> Graph:
    """conv - batchnorm - relu - pool - flatten - linear, and a training head on the pool."""
    graph = build(
        "small",
        {"input": (3, 8, 8)},
        [
            ("conv", Conv(4, 3), ("input",)),
            ("norm", BatchNorm(), ("conv",)),
            ("relu", ReLU(), ("norm",)),
            ("pool", MaxPool(2), ("relu",)),
            ("flatten", Flatten(), ("pool",)),
            ("linear", Linear(10), ("flatten",)),
            ("gap", GlobalAvgPool(), ("pool",)),
            ("side", Conv(2, 1, bias=False), ("gap",)),
        ],
        {"head": "linear", "side": "side"},
    )
    return replace(graph, training_heads=frozenset({"side"}))


# ---- cost


def test_cost_of_each_layer() -> None:
    layers = cost(small()).layers
    assert layers["conv"] == LayerCost(
        params=3 * 4 * 9 + 4, macs=3 * 4 * 9 * 64, activations=256, operations=256, bias=256
    )
    assert layers["norm"] == LayerCost(params=8, buffers=8, operations=2 * 256)
    assert layers["pool"] == LayerCost(operations=4 * 4 * 4 * 4)
    assert layers["flatten"] == LayerCost()
    assert layers["linear"] == LayerCost(params=650, macs=640, activations=10, operations=10, bias=10)
    assert layers["side"] == LayerCost(params=8, macs=8, activations=2)


def test_cost_of_the_net_with_and_without_training_heads() -> None:
    costs = cost(small())
    assert costs.total.params == 112 + 8 + 650 + 8
    assert costs.inference.params == 112 + 8 + 650
    assert costs.total.macs == costs.inference.macs + 8 == 6912 + 640 + 8
    assert costs.total.buffers == costs.inference.buffers == 8
    assert costs.of(["conv", "norm"]).params == 120
    assert total([]) == LayerCost()


def test_shared_weights_are_counted_once_and_multiplied_each_time() -> None:
    net = cnnspec.loads("share twin { conv(3, 3) }\nnet A { input 3x8x8; twin; twin }")
    assert net.params == 3 * 3 * 9 + 3
    assert net.macs == 2 * 3 * 3 * 9 * 64


def test_shared_statistics_are_counted_once() -> None:
    net = cnnspec.loads("share norm { batchnorm }\nnet A { input 3x8x8; norm; norm }")
    costs = net.compiled.costs
    assert costs is not None and costs.total == LayerCost(params=6, buffers=6, operations=2 * 2 * 3 * 64)


def test_conventions() -> None:
    graph = small()
    assert conventions(graph, cost(graph)) == {
        "macs": 7552,
        "macs+bias": 7552 + 256 + 10,
        "fvcore": 7552 + 512,
        "flops": 15104,
        "all": 7552 + 256 + 512 + 256 + 256 + 10,
    }


def test_every_layer_has_a_rule_for_its_cost() -> None:
    assert uncounted(small()) == []


# ---- receptive field


def chain(*layers: tuple[str, Layer], shape: tuple[int, ...] = (1, 32, 32)) -> Graph:
    names = ["input", *(name for name, _ in layers)]
    steps = [(name, layer, (before,)) for before, (name, layer) in zip(names, layers, strict=False)]
    return build("chain", {"input": shape}, steps, {"output": names[-1]})


def test_two_stacked_kernels_see_2k_minus_1() -> None:
    fields = receptive_field(chain(("a", Conv(1, 3)), ("b", Conv(1, 3))))
    assert fields["input"] == Field((1, 1), (1, 1), (0, 0))
    assert fields["a"] == Field((3, 3), (1, 1), (1, 1))
    assert fields["b"] == Field((5, 5), (1, 1), (2, 2))


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
    assert fields["c"] is not None and fields["c"].stride == (Fraction(1, 2),) * 2


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


# ---- memory, in bytes of fp32


def test_memory_holds_a_value_until_its_last_use() -> None:
    graph = build(
        "skip",
        {"input": (1, 4, 4)},
        [
            ("a", Conv(2, 1, bias=False), ("input",)),
            ("b", Conv(8, 1, bias=False), ("a",)),
            ("c", Conv(2, 1, bias=False), ("b",)),
            ("add", Add(), ("a", "c")),
        ],
        {"output": "add"},
    )
    found = memory(graph, cost(graph))
    assert found.weights_bytes == 4 * (2 + 16 + 16)
    assert found.peak_activation_bytes == 4 * 16 * (2 + 8 + 2)
    assert found.peak_at == "c"


def test_memory_names_the_first_layer_that_reaches_the_peak() -> None:
    graph = chain(("a", Conv(1, 1)), ("b", Conv(1, 1)), ("c", Conv(1, 1)), shape=(1, 4, 4))
    assert memory(graph, cost(graph))[1:] == (4 * 16 * 2, "a")


def test_memory_leaves_training_heads_out() -> None:
    graph = small()
    costs = cost(graph)
    assert memory(graph, costs).weights_bytes == 4 * (costs.inference.params + costs.inference.buffers)
    assert memory(graph, costs).peak_activation_bytes == 4 * 2 * 256


# ---- depth


def test_depth_counts_layers_with_multiplications_on_the_longest_path() -> None:
    graph = small()
    assert depth(graph, cost(graph)) == 2
    assert cnnspec.zoo("resnet50").compiled.depth == 50


def test_depth_is_that_of_the_longest_arm_and_the_deepest_head() -> None:
    graph = build(
        "arms",
        {"input": (1, 1, 1)},
        [
            ("a", Conv(1, 1), ("input",)),
            ("b", Conv(1, 1), ("a",)),
            ("add", Add(), ("input", "b", "a")),
            ("c", Conv(1, 1), ("add",)),
            ("d", Conv(1, 1), ("c",)),
        ],
        {"short": "add", "long": "c", "side": "d"},
    )
    graph = replace(graph, training_heads=frozenset({"side"}))
    assert depth(graph, cost(graph)) == 3
    assert depth(chain(("relu", ReLU())), cost(chain(("relu", ReLU())))) == 0


def test_the_second_of_two_arms_may_be_the_longer_one() -> None:
    graph = build(
        "arms",
        {"input": (1, 1, 1)},
        [
            ("a", Conv(1, 1), ("input",)),
            ("b", Conv(1, 1), ("a",)),
            ("add", Add(), ("a", "b")),
        ],
        {"output": "add"},
    )
    assert depth(graph, cost(graph)) == 2


def test_what_begins_at_an_input_or_is_for_training_has_no_depth() -> None:
    graph = chain(("conv", Conv(1, 1)))
    assert depth(graph, cost(graph)) == 1
    graph = replace(graph, training_heads=frozenset({"output"}))
    assert depth(graph, cost(graph)) == 0


# ---- shapes


def test_shapes_for_another_input() -> None:
    graph = chain(("conv", Conv(4, 3, 2)), ("gap", GlobalAvgPool()))
    other = reshape(graph, {"input": (1, 20, 28)})
    assert [node.shape for node in other] == [(1, 20, 28), (4, 10, 14), (4, 1, 1)]
    verify(other)


# ---- stages


def test_stages_lie_between_downsamplings() -> None:
    graph = chain(
        ("a", Conv(8, 3)),
        ("b", Conv(16, 3)),
        ("pool", MaxPool(2)),
        ("c", Conv(12, 3)),
        ("pool2", MaxPool(2)),
        ("relu", ReLU()),
    )
    found = stages(graph, cost(graph))
    assert [(s.size, s.width, s.depth, s.first.name) for s in found] == [
        ((32, 32), 16, 2, "a"),
        ((16, 16), 12, 1, "c"),
    ]


def sizes_widths_depths(graph: Graph) -> list[tuple[int, int, int]]:
    return [(stage.size[0], stage.width, stage.depth) for stage in stages(graph, cost(graph))]


def test_a_stage_is_as_deep_as_its_longest_arm_and_as_wide_as_its_widest_layer() -> None:
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
    assert sizes_widths_depths(graph) == [(8, 16, 3), (4, 12, 1)]


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
    assert stages(graph, cost(graph)) == []


def test_upsampling_of_a_signal_or_of_one_axis() -> None:
    assert sizes_widths_depths(chain(("a", Conv(8, 3, 2)), ("up", Upsample(2)), shape=(1, 8))) == []
    assert grows((1, 8), (2, 8)) and grows((8, 1), (4, 2)) and grows((2,), (3,))
    assert not grows((4, 4), (4, 4)) and not grows((4, 4), (4, 2))
    assert not grows((1, 1), (8, 8)) and not grows((), (8, 8)) and not grows((8, 8), ())


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
    assert sizes_widths_depths(chain(("a", Conv(8, 3)), ("b", Conv(6, 3)), shape=(1, 1, 8))) == [(1, 8, 2)]


def test_ancestors_are_what_a_node_needs() -> None:
    assert ancestors(small(), "pool") == {"input", "conv", "norm", "relu", "pool"}


# ---- what a legal graph is


def changed(graph: Graph, node: str, fields: dict[str, Any]) -> Graph:
    nodes = dict(graph.nodes)
    nodes[node] = nodes[node]._replace(**fields)
    return replace(graph, nodes=nodes)


def test_a_legal_graph() -> None:
    verify(small())


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("relu", {"name": "other"}, "filed under another name"),
        ("conv", {"inputs": ("pool",)}, "stands before one of its inputs"),
        ("relu", {"inputs": ("norm", "conv")}, "has 2 inputs"),
        ("relu", {"shape": (4, 8, 7)}, "has the shape"),
        ("conv", {"weights_of": "linear"}, "uses the weights of a node not before it"),
        ("linear", {"weights_of": "conv"}, "shares other weights"),
        ("relu", {"layer": Dropout(0.5), "inputs": ()}, "has 0 inputs"),
    ],
)
def test_an_illegal_node(name: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(IllegalGraph, match=message):
        verify(changed(small(), name, fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"inputs": ("conv",)}, "an input is no input"),
        ({"inputs": ("input", "conv")}, "an input is no input"),
        ({"outputs": {"head": "none"}}, "a head is no node"),
        ({"outputs": {"head": "linear", "other": "none"}}, "a head is no node"),
        ({"outputs": {}}, "a head is no node"),
        ({"training_heads": frozenset({"none"})}, "a training head is no head"),
    ],
)
def test_illegal_ends(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(IllegalGraph, match=message):
        verify(replace(small(), **fields))


def test_all_heads_may_be_for_training() -> None:
    verify(replace(small(), training_heads=frozenset({"head", "side"})))


def test_blocks_know_what_they_are_in() -> None:
    graph = cnnspec.loads("net A { input 4; stem { relu }; body { linear(4) } }").ir
    verify(graph)
    stem, body = (block for block in graph.root.walk() if block.title in ("stem", "body"))
    body.parent = stem
    with pytest.raises(IllegalGraph, match="has another parent"):
        verify(graph)


def test_the_block_tree_holds_every_node_once() -> None:
    graph = small()
    graph.root.children.append("relu")
    with pytest.raises(IllegalGraph, match="every node once"):
        verify(graph)
