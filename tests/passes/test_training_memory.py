"""Training memory against the tensors that torch saves: to the byte, for layers, random nets and the zoo."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import assume, example, given, settings

pytest.importorskip("torch")

import torch
from cross.kinds import KINDS, net
from layer_cases import CASES, Case
from random_specs import specs
from saved_tensors import cheapest_device, live_peak, saved_bytes

import cnnspec
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import FLOAT
from cnnspec.layers.norm import InstanceNorm, LayerNorm
from cnnspec.layers.shapes import LayerError
from cnnspec.passes.cost import cost
from cnnspec.passes.training_memory import saved_values, training_memory, training_timeline
from cnnspec.zoo_list import entries


def counted(graph: Graph, batch: int, gradients: bool = False) -> int:
    return sum(saved_values(graph, batch, gradients)[0].values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
@pytest.mark.parametrize("gradients", [False, True], ids=["weights", "inputs-too"])
def test_what_a_layer_keeps_is_what_torch_saves(case: Case, gradients: bool) -> None:
    graph = case.graph()
    for batch in (2, 5):
        if gradients or any(w for w in graph["layer"].layer.params(*case.shapes) if not w.buffer):
            assert counted(graph, batch, gradients) == saved_bytes(graph, batch, gradients)
        else:
            assert counted(graph, batch) == 0


def between_norms(case: Case) -> Graph:
    """A layer whose inputs lie channels last, and behind it one that copies such a map."""
    inputs = {f"x{i}": shape for i, shape in enumerate(case.shapes)}
    steps = [(f"last{i}", LayerNorm("channels"), (name,)) for i, name in enumerate(inputs)]
    steps += [
        ("layer", case.layer, tuple(name for name, _, _ in steps)),
        ("relu", ReLU(), ("layer",)),
        ("first", InstanceNorm(affine=True), ("relu",)),
    ]
    return build("Between", inputs, steps, {"head": "first"})


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="without oneDNN torch has other kernels")
def test_maps_lie_in_memory_as_those_of_torch() -> None:
    compared = 0
    for case in (case for case in CASES if min(map(len, case.shapes)) > 1):
        try:
            graph = between_norms(case)
        except LayerError:
            continue  # one pixel or a vector, of which there is no instancenorm
        for batch in (1, 3):
            assert counted(graph, batch) == saved_bytes(graph, batch), case.title
            compared += 1
    assert compared > 400


ONE_ARM = "net OneArm { input 6; linear(4) -> relu; maximum { | tanh } -> linear(2) }"

VOLUMES = """
net Volumes {
    input 4x6x6x6
    layernorm(over=channels)
    residual { conv(4, 1) -> relu -> instancenorm(affine=true) }
    residual { tconv(4, 3, pad=1) -> relu -> instancenorm }
    avgpool(2) -> relu -> instancenorm -> conv(2, 1)
}
"""

SOME_CHANNELS = "net Some { input 2x2; residual { slice(0, 1) -> instancenorm(affine=true) -> conv(2, 1) } }"

GROUPS_BY_PIXEL = """
net Groups {
    input 4x3x5
    layernorm(over=channels) -> evonorm_s0(groups=2) -> instancenorm(affine=true)
    conv(4, 1) -> crop(1x2) -> evonorm_s0(groups=4)
}
"""


@settings(deadline=None, max_examples=100)
@example(GROUPS_BY_PIXEL)
@example(ONE_ARM)
@example(SOME_CHANNELS)
@example(VOLUMES)
@given(specs())
def test_random_nets_keep_what_torch_saves(text: str) -> None:
    graph = cnnspec.loads(text).ir
    found = saved_bytes(graph, 3)
    assume(found)
    assert counted(graph, 3) == found


@pytest.mark.parametrize("layer", ["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"])
@pytest.mark.parametrize("size", ["1", "2", "4", "1x1", "2x4", "1x1x1", "4x2x2", "2x2x4"])
def test_what_moves_between_channels_and_pixels_is_a_view_where_it_is_one_of_torch(
    layer: str, size: str
) -> None:
    """Kept twice over: by a convolution and by a gate, which share the tensor where the layer is a view."""
    nets = 0
    for channels, factor, before in product((1, 4, 8), (1, 2), ("relu", "layernorm(over=channels)")):
        text = f"""
            net Moved {{
                input {channels}x{size}
                mul {{ | identity | gap -> conv({channels}, 1) -> sigmoid }}
                {before}
                mul {{ | {layer}({factor}) -> conv(1, 1) | {layer}({factor}) -> sigmoid }}
            }}
        """
        try:
            graph = cnnspec.loads(text).ir
        except cnnspec.SpecError:
            continue  # channels or sizes that the factor does not divide
        for batch in (1, 3):
            assert counted(graph, batch) == saved_bytes(graph, batch), (channels, factor, before)
        nets += 1
    assert nets >= 4


@pytest.mark.parametrize("size", ["1x3", "3x1", "1x1x2", "2x3x1", "2x3x4"])
def test_axes_in_another_order_are_a_view_where_only_axes_of_one_value_move(size: str) -> None:
    for order, before in product(
        permutations(range(size.count("x") + 1)), ("relu", "layernorm(over=channels)")
    ):
        graph = cnnspec.loads(f"""
            net Moved {{
                input {size}
                mul {{ | identity | gap -> conv({size[0]}, 1) -> sigmoid }}
                {before} -> permute({list(order)}) -> relu -> permute({list(order)}) -> conv(1, 1)
            }}
        """).ir
        for batch in (1, 3):
            assert counted(graph, batch) == saved_bytes(graph, batch), (order, before)


@pytest.mark.parametrize(
    "norm",
    ["groupnorm(groups=1)", "evonorm_s0(groups=2)", "instancenorm(affine=true)", "batchnorm", "conv(1, 1)"],
)
@pytest.mark.parametrize("part", ["slice(0, 2)", "crop(1x2)", "crop(2x1)", "crop(2x2)"])
def test_part_of_a_map_is_copied_where_torch_needs_its_values_in_a_row(norm: str, part: str) -> None:
    """The gate keeps the part as well: a layer that copies it keeps a tensor more."""
    for before in ("relu", "layernorm(over=channels)"):
        graph = cnnspec.loads(f"""
            net Part {{
                input 4x3x3
                conv(4, 1) -> {before}
                part: {part}
                mul {{ | identity | gap -> conv({2 if "slice" in part else 4}, 1) -> sigmoid }}
                head gated {{ relu }}
                head normed from part {{ {norm} -> relu }}
            }}
        """).ir
        for batch in (1, 3):
            assert counted(graph, batch) == saved_bytes(graph, batch), (before, batch)


@pytest.mark.parametrize("kind", KINDS)
def test_nets_of_every_kind_keep_what_torch_saves(kind: str) -> None:
    graph = net(kind).ir
    assert counted(graph, 2) == saved_bytes(graph, 2)


NETS = ("LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny", "AlexNet")


@pytest.mark.parametrize("name", NETS)
def test_a_net_keeps_what_torch_saves_on_the_cpu(name: str) -> None:
    graph = cnnspec.zoo(name).ir
    assert counted(graph, 2) == saved_bytes(graph, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in entries() if entry.params is not None])
def test_every_net_of_the_zoo_keeps_what_torch_saves(name: str) -> None:
    graph = cnnspec.zoo(name).ir
    assert counted(graph, 3) == saved_bytes(graph, 3, device=cheapest_device(graph))


def held_over_time(name: str) -> None:
    """The plan of a step of training is what lives in torch, but for what its kernels need as they run."""
    graph = cnnspec.zoo(name).ir
    plan = FLOAT * training_timeline(graph, 4).peak
    assert plan <= live_peak(graph, 4) <= 1.05 * plan


@pytest.mark.parametrize("name", (*NETS, "ResNet50", "GoogLeNet", "UNet"))
def test_values_and_gradients_live_as_in_torch(name: str) -> None:
    held_over_time(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in entries() if entry.params is not None])
def test_values_and_gradients_of_every_net_of_the_zoo_live_as_in_torch(name: str) -> None:
    held_over_time(name)


DIVISION = """
net Division {
    input 3x16x16
    conv(32, 1)
    div { | identity | reduce(norm2, over=channels) }
    conv(1, 1)
}
"""


def test_a_division_makes_four_maps_before_its_gradients() -> None:
    """Beside four maps live the output of conv, the lengths and the gradient that comes in."""
    graph = cnnspec.loads(DIVISION).ir
    timeline = training_timeline(graph, 2)
    (work,) = (buffer for buffer in timeline.buffers if buffer.name.endswith(", work"))
    values = 2 * 256
    assert work.size == 4 * 32 * values - 32 * values - values
    plan = FLOAT * timeline.peak
    assert plan <= live_peak(graph, 2) <= 1.05 * plan


CHAIN = """
net Chain {
    input 3x8x8
    conv(4, 3) -> batchnorm -> relu -> dropout(0.5) -> flatten -> linear(10)
}
"""


def test_the_parts_of_training_memory() -> None:
    graph = cnnspec.loads(CHAIN).ir
    found = training_memory(graph, cost(graph), batch=2, optimizer="momentum")
    params = 3 * 4 * 9 + 4 + 8 + 4 * 64 * 10 + 10
    assert (found.weights, found.buffers) == (4 * params, 4 * 8)
    assert (found.gradients, found.optimizer_state) == (4 * params, 4 * params)
    image, value = 2 * 3 * 64 * 4, 2 * 4 * 64 * 4
    assert found.kept == {
        "input": image,
        "conv": value,
        "batchnorm": 2 * 4 * 4,
        "relu": value,
        # its factors, and its output, which the linear layer reads flattened
        "dropout": 2 * value,
        "flatten": 0,
        "linear": 0,
    }
    assert found.kept_by == {
        "input": ("conv",),
        "conv": ("batchnorm",),
        "relu": ("relu",),
        "dropout": ("linear",),
    }
    assert found.total == 3 * found.weights + found.buffers + found.saved


def test_an_optimizer_that_is_unknown() -> None:
    graph = cnnspec.loads(CHAIN).ir
    with pytest.raises(KeyError):
        training_memory(graph, cost(graph), optimizer="newton")
