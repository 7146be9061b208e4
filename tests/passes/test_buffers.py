"""Memory over time: planned by hand on small nets, simulated on large ones, held against the numpy plan."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from cross.kinds import KINDS
from cross.kinds import net as net_of_kind
from hypothesis import given, settings
from hypothesis import strategies as st
from random_specs import specs

import cnnspec
from cnnspec.backends import numpy as backend
from cnnspec.backends.weights import initialize
from cnnspec.graph import Graph
from cnnspec.layers.join import Concat
from cnnspec.passes.buffers import Timeline, buffers, weight_bytes
from cnnspec.passes.fold_batchnorm import fold_batchnorm
from cnnspec.passes.fusion import fuse, operations
from cnnspec.passes.memory import memory
from cnnspec.passes.placement import arrange, by_size, by_time, is_view, locate
from cnnspec.report.memory import memory_data, memory_table
from cnnspec.report.numbers import size_text
from cnnspec.zoo_list import entries

NETS = ("ResNet50", "DenseNet121", "GoogLeNet", "MobileNetV2", "UNetSmall", "RetinaNet_ResNet50", "NFNet_F0")

RESIDUAL = """
net Residual {
    input 2x4x4
    a: conv(4, 3) -> batchnorm -> relu
    conv(4, 3) -> batchnorm
    add(a, prev) -> relu -> dropout(0.5)
    gap -> flatten -> linear(3)
}
"""


def test_what_runs_in_one_go() -> None:
    graph = cnnspec.loads(RESIDUAL).ir
    groups, alias = fuse(operations(graph), graph.outputs.values())
    assert [group.members for group in groups] == [
        ["a.conv", "a.batchnorm", "a.relu"],
        ["conv", "batchnorm", "add", "relu"],
        ["gap"],
        ["flatten"],
        ["linear"],
    ]
    assert groups[1].residual == "a.relu" and groups[1].sources == ("a.relu", "a.relu")
    assert alias == {"dropout": "relu"}


def test_a_plan_by_hand() -> None:
    found = buffers(cnnspec.loads(RESIDUAL).ir)
    image, value = 2 * 16, 4 * 16
    spans = {buffer.name: (buffer.size, buffer.first, buffer.last) for buffer in found.buffers}
    assert spans == {
        "input": (image, -1, 1),
        "a.relu": (value, 0, 3),
        "relu": (value, 2, 5),
        # the flattened pixel lies in the buffer of the map of one pixel
        "gap": (4, 4, 9),
        "linear": (3, 8, 10),
    }
    assert found.peak == found.arena == 2 * value and found.peak_step == 1
    assert [buffer.name for buffer in found.at_peak()] == ["a.relu", "relu"]
    assert [found.live(step) for step in range(5)] == [image + value, 2 * value, value + 4, 4, 7]


def test_layer_by_layer_every_value_has_memory_of_its_own() -> None:
    found = buffers(cnnspec.loads(RESIDUAL).ir, "plain")
    assert len(found.buffers) == len(found.steps) + 1
    assert found.peak == 3 * 4 * 16


@pytest.mark.parametrize("name", NETS)
def test_layer_by_layer_the_peak_is_that_of_the_summary(name: str) -> None:
    net = cnnspec.zoo(name)
    found = memory(net.ir, net.compiled.costs)
    assert 4 * buffers(net.ir, "plain").peak == found.peak_activation_bytes


def simulate(graph: Graph, wholes: bool) -> None:
    """Run a plan on names in place of numbers: whatever is read must be what was written there."""
    shapes = {node.name: node.shape for node in graph}
    groups, alias = fuse(operations(graph), graph.inference().outputs.values())
    ends = frozenset(alias.get(name, name) for name in graph.inference().outputs.values())
    found = locate(groups, shapes, graph.inputs, ends, wholes)
    held: dict[str, list[object]] = {}
    told: dict[str, list[object]] = {}

    def write(name: str, tokens: list[object]) -> None:
        root, offset = found[name]
        channels = held.setdefault(root, [None] * shapes[root][0])
        told[name] = channels[offset : offset + len(tokens)] = tokens

    def read(name: str) -> list[object]:
        root, offset = found[name]
        assert held[root][offset : offset + shapes[name][0]] == told[name], name
        return told[name]

    for name in graph.inputs:
        write(name, [(name, channel) for channel in range(shapes[name][0])])
    for group in groups:
        given = [token for name in group.inputs for token in read(name)]
        if group.residual is not None:
            read(group.residual)
        if is_view(group, shapes):
            first = found[group.output].offset - found[group.inputs[0]].offset
            told[group.output] = given[first : first + shapes[group.output][0]]
        elif isinstance(group.layer, Concat):
            write(group.output, given)
        else:
            write(group.output, [(group.output, channel) for channel in range(shapes[group.output][0])])
    for name in ends:
        read(name)


@pytest.mark.parametrize("wholes", [True, False])
@pytest.mark.parametrize("name", NETS)
def test_nothing_is_overwritten_that_is_read_later(name: str, wholes: bool) -> None:
    simulate(cnnspec.zoo(name).ir, wholes)


@settings(deadline=None, max_examples=60)
@given(specs())
def test_random_nets_are_planned_soundly(text: str) -> None:
    graph = cnnspec.loads(text).ir
    simulate(graph.inference(), True)
    for plan in ("fused", "plain"):
        hold(buffers(graph, plan))


@pytest.mark.parametrize("kind", KINDS)
def test_nets_of_every_kind_are_planned(kind: str) -> None:
    net = net_of_kind(kind)
    simulate(net.ir.inference(), True)
    fused, plain = (buffers(net.ir, plan) for plan in ("fused", "plain"))
    hold(fused)
    hold(plain)
    assert fused.peak <= plain.peak
    assert 4 * plain.peak == net.compiled.memory.peak_activation_bytes
    _, tensors = fold_batchnorm(net.ir, initialize(net.ir, 0))
    assert weight_bytes(net.ir) == 4 * sum(tensor.size for tensor in tensors.values())


@pytest.mark.parametrize("name", NETS)
def test_the_arena_holds_what_lives_together(name: str) -> None:
    for plan in ("fused", "plain"):
        hold(buffers(cnnspec.zoo(name).ir, plan))


def hold(found: Timeline) -> None:
    """Nothing that lives together overlaps, the arena holds it all, and the peak is a sum of what lives."""
    for i, one in enumerate(found.buffers):
        assert one.offset + one.size <= found.arena
        for other in found.buffers[:i]:
            together = one.first <= other.last and other.first <= one.last
            apart = one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
            assert apart or not together
    assert found.peak == sum(buffer.size for buffer in found.at_peak()) <= found.arena


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 20), st.integers(0, 10)), min_size=1, max_size=30)
)
def test_buffers_that_live_together_never_overlap(given_: list[tuple[int, int, int]]) -> None:
    sizes = {str(i): size for i, (size, _, _) in enumerate(given_)}
    spans = {str(i): (first, first + length) for i, (_, first, length) in enumerate(given_)}
    for way in (by_size, by_time, arrange):
        offsets, total = way(sizes, spans)
        for one in sizes:
            assert offsets[one] + sizes[one] <= total
            for other in sizes:
                together = spans[one][0] <= spans[other][1] and spans[other][0] <= spans[one][1]
                apart = (
                    offsets[one] + sizes[one] <= offsets[other]
                    or offsets[other] + sizes[other] <= offsets[one]
                )
                assert one == other or not together or apart


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in entries() if entry.params is not None])
def test_the_numpy_arena_is_the_printed_one_for_every_net(name: str) -> None:
    test_the_numpy_plan_takes_the_memory_that_is_told(name, 1)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall", "GoogLeNet", "MobileNetV2", "DeiT_Tiny"])
def test_the_numpy_plan_takes_the_memory_that_is_told(name: str, batch: int) -> None:
    net = cnnspec.zoo(name)
    found = backend.planned_memory(net.ir, batch)
    program = backend.compile(net.ir, threads=1)
    program({key: np.zeros((batch, *shape)) for key, shape in net.inputs.items()})
    ((plan,),) = program._runner.idle.values()
    assert 4 * found.arena == plan.memory.arena.nbytes
    assert found.steps == plan.memory.timeline.steps
    hold(found)
    device, arena = net.memory(batch=batch), plan.memory.arena.nbytes
    assert memory_data(net.ir, device, batch=batch, numpy=found)["numpy_arena_bytes"] == arena
    told = dict(memory_table(net.ir, device, batch=batch, numpy=found).notes)["in numpy"]
    assert told.startswith(f"{size_text(arena)} is its arena")


def test_a_plan_prints_as_one_line() -> None:
    net = cnnspec.loads("net N { input 3x4x4; conv(8, 3) -> relu -> maxpool(2) }")
    assert repr(net.memory()) == "<fused plan: 2 steps, 3 buffers, peak 176 values, arena 176>"


def test_bytes_of_weights_with_batchnorm_folded() -> None:
    graph = cnnspec.loads("net N { input 3x4x4; conv(8, 3, bias=false) -> batchnorm -> relu }").ir
    assert weight_bytes(graph) == 4 * (3 * 8 * 9 + 8)
    # biases have 32 bits beside weights of 8
    assert weight_bytes(graph, "int8") == 3 * 8 * 9 + 4 * 8
    assert weight_bytes(graph, "float16") == 2 * (3 * 8 * 9 + 8)


def test_an_unknown_plan() -> None:
    graph = cnnspec.loads(RESIDUAL).ir
    with pytest.raises(ValueError, match="fused, plain"):
        buffers(graph, "clever")


def test_a_batch_takes_as_much_more() -> None:
    graph = cnnspec.loads(RESIDUAL).ir
    assert buffers(graph, batch=3).peak == 3 * buffers(graph).peak
    assert prod(graph["input"].shape) == 32


def test_the_drawn_arenas() -> None:
    """What opens placement.py: the way by size finds an arena of six values, that by time one of eight."""
    sizes, spans = {"a": 3, "b": 1, "c": 4, "d": 2}, {"a": (0, 1), "b": (1, 2), "c": (2, 3), "d": (3, 4)}
    assert by_size(sizes, spans) == ({"c": 0, "a": 0, "d": 4, "b": 4}, 6)
    assert by_time(sizes, spans) == ({"a": 0, "b": 3, "c": 4, "d": 0}, 8)
