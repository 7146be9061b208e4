"""The passes, exactly, on nets that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_graphs import chain, small

import cnnspec
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Dropout
from cnnspec.layers.join import Add
from cnnspec.layers.pool import GlobalAvgPool
from cnnspec.passes.cost import LayerCost, conventions, cost, total, uncounted
from cnnspec.passes.depth import depth
from cnnspec.passes.memory import memory
from cnnspec.passes.shapes import reshape
from cnnspec.passes.verify import IllegalGraph, verify

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
    assert costs.total == LayerCost(params=6, buffers=6, operations=2 * 2 * 3 * 64)


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


def test_a_node_and_a_block_print_as_one_line() -> None:
    net = cnnspec.zoo("resnet50")
    node = net.graph.nodes["stem.conv_bn.conv"]["node"]
    assert repr(node) == (
        "<stem.conv_bn.conv: conv(out=64, kernel=7, stride=2, bias=False) of input gives 64x112x112>"
    )
    assert max(len(repr(one)) for one in net.ir) < 200
    assert repr(node.block) == "<def stem.conv_bn: 2 parts>"
