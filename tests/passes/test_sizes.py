"""Valid sizes against brute force: the net at every size by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from cross.kinds import KINDS
from cross.kinds import net as net_of_kind
from zoo_facts import one_a_family

import cnnspec
from cnnspec.diagnostics import SpecError
from cnnspec.graph import Graph
from cnnspec.layers.conv import Conv
from cnnspec.layers.shapes import LayerError, Shape
from cnnspec.passes.shapes import fitting, reshape
from cnnspec.passes.sizes import (
    SizeRange,
    Untraceable,
    followed_sizes,
    keeps_sizes,
    lost_pixels,
    resized,
    sizes_by_elaboration,
    valid_sizes,
)
from cnnspec.report.sizes import in_words, sizes_text
from cnnspec.zoo_list import entries

MAPS = [
    entry.name
    for entry in entries()
    if entry.params is not None and "x" in entry.input and " " not in entry.input
]
ELABORATED = ("MobileViT_XXS", "MobileViT_XS", "MobileViT_S")
"""Nets with arguments that are shares of sizes, which are elaborated at each."""
FOLLOWING = ("UNetSmall", "UNet2015", "FCN_ResNet50", "RetinaNet_ResNet50")
"""Nets whose layers take sizes of other values as arguments."""


def weights(graph: Graph) -> dict[str, list[Shape]]:
    return {n.name: [w.shape for w in n.layer.params(*graph.input_shapes(n))] for n in graph}


def fits(graph: Graph, axes: tuple[int, ...], size: int) -> bool:
    """Whether a net takes a size with its own weights, by sending that one size through it."""
    try:
        other = reshape(graph, {name: resized(graph[name].shape, axes, size) for name in graph.inputs})
    except LayerError:
        return False
    return weights(other) == weights(graph)


def elaborated(name: str, axes: tuple[int, ...], size: int) -> bool:
    """The same, by elaborating the spec for that size."""
    declared = cnnspec.zoo(name)
    inputs = {key: resized(shape, axes, size) for key, shape in declared.inputs.items()}
    try:
        other = cnnspec.zoo(name, inputs=inputs)
    except SpecError:
        return False
    return weights(other.ir.inference()) == weights(declared.ir.inference())


def reopened(name: str):
    def reopen(inputs: Mapping[str, Shape]) -> Graph | None:
        try:
            return cnnspec.zoo(name, inputs=inputs).ir
        except SpecError:
            return None

    return reopen


FEW = (*range(1, 36), 47, 63, 64, 65, 96, 131, 187, 188, 189, 223, 224, 225, 255, 256, 572)


@pytest.mark.parametrize("name", one_a_family(name for name in MAPS if name not in FOLLOWING + ELABORATED))
def test_sizes_of_the_zoo_are_those_of_brute_force(name: str) -> None:
    graph = cnnspec.zoo(name).ir
    if followed_sizes(graph, reopened(name)):
        pytest.skip("held below")
    running = graph.inference()
    for axes in ((0,), (1,), (0, 1)):
        found = valid_sizes(graph, axes, limit=600).valid
        assert [size for size in FEW if size in found] == [size for size in FEW if fits(running, axes, size)]


@pytest.mark.parametrize("name", FOLLOWING)
def test_sizes_of_nets_whose_layers_follow_sizes(name: str) -> None:
    graph = cnnspec.zoo(name).ir
    followed = followed_sizes(graph, reopened(name))
    assert followed
    found = valid_sizes(graph, (0, 1), followed, limit=300).valid
    some = (1, 2, 7, 8, 9, 15, 16, 33, 100, 187, 188, 189, 203, 204, 300)
    assert [size for size in some if size in found] == [s for s in some if elaborated(name, (0, 1), s)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MAPS if name not in ELABORATED])
def test_every_size_of_every_net_of_the_zoo(name: str) -> None:
    graph, reopen = cnnspec.zoo(name).ir, reopened(name)
    followed = followed_sizes(graph, reopen)
    for axes in ((0,), (1,), (0, 1)):
        found = valid_sizes(graph, axes, followed)
        if followed:
            brute = sizes_by_elaboration(graph, axes, reopen).valid
        else:
            brute = tuple(s for s in range(1, 1025) if fits(graph.inference(), axes, s))
        assert found.valid == brute


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_of_nets_of_every_kind(kind: str) -> None:
    net = net_of_kind(kind)
    if max(map(len, net.inputs.values())) == 1:
        with pytest.raises(ValueError, match="vectors"):
            net.sizes(20)
        return
    graph = net.ir.inference()
    for sizes in net.sizes(20).values():
        brute = [size for size in range(1, 21) if fits(graph, sizes.axes, size)]
        assert list(sizes.valid) == brute


def sizes_of(text: str, limit: int = 100) -> SizeRange:
    return cnnspec.loads(text).sizes(limit)["square"]


def test_where_a_border_is_lost_and_what_fails() -> None:
    found = sizes_of("net N { input 3x8x8; a: maxpool(2) -> conv(4, 3, pad=valid) }")
    assert found.valid == tuple(range(6, 101))
    assert found.borders[7] == ("a.maxpool", 1) and 8 not in found.borders
    assert found.failures[1].code == "window-too-large" and found.failures[1].node == "a.maxpool"
    assert found.failures[5].node == "a.conv"


def test_windows_that_step_over_pixels_lose_none() -> None:
    assert not sizes_of("net N { input 3x8x8; conv(4, 1, stride=2) -> subsample(3) }").borders


def test_arguments_that_follow_another_value() -> None:
    text = "net N { input 3x8x8; a: conv(4, 3); maxpool(2) -> resize(a.size) -> add(a, prev) }"
    assert sizes_of(text).valid == tuple(range(2, 101))


def test_a_net_that_computes_with_sizes_is_elaborated_at_each() -> None:
    text = "net N { input 3x8x8; maxpool(2); for i in range(height // 4) { conv(4, 3, pad=valid) } }"
    net = cnnspec.loads(text)
    assert net._reopen is not None
    with pytest.raises(Untraceable):
        followed_sizes(net.ir, net._reopen)
    # of height h there are h // 8 convs over h // 2 rows; another number of convs is another net
    found = net.sizes(20)
    assert found["height"].valid == tuple(range(8, 16))
    told = sizes_text("N", found).splitlines()
    assert "  fails at 1: the spec has errors at this size" in told, told
    assert "  fails at 2 to 7, 16 to 20: the net has other layers at this size" in told, told


def test_a_net_that_takes_no_size_near_its_own_is_looked_at_further_off() -> None:
    net = cnnspec.loads("net N { input 4x8x8; attention(2, grid=[height // 2, width // 2]) }")
    assert net._reopen is not None
    with pytest.raises(Untraceable, match="an argument of attention depends on the size"):
        followed_sizes(net.ir, net._reopen)
    assert net.sizes(20)["square"].valid == (2, 3, *range(4, 21, 2))


KEEPING = [
    ("conv(3, 3)", True),
    ("conv(3, 1)", True),
    ("conv(3, 2)", False),
    ("conv(3, 3, stride=2)", False),
    ("conv(3, [1, 3], stride=[1, 2])", False),
    ("conv(3, 5, pad=same, dilation=3)", True),
    ("conv(3, 3, pad_mode=reflect)", False),
    ("conv(3, 3, pad_mode=circular)", True),
    ("conv(3, 3, pad=valid)", False),
    ("dwconv(5)", True),
    ("tconv(3, 3, pad=1)", True),
    ("tconv(3, 2, stride=2)", False),
    ("maxpool(3, stride=1, pad=1)", True),
    ("maxpool(3, pad=1)", False),
    ("avgpool(3, stride=1, pad=1, ceil=true)", True),
    ("blurpool(3, stride=1)", False),
]


@pytest.mark.parametrize(("layer", "keeps"), KEEPING, ids=[layer for layer, _ in KEEPING])
def test_layers_that_keep_every_size_are_not_asked_at_each(layer: str, keeps: bool) -> None:
    graph = cnnspec.loads(f"net N {{ input 3x9x9; a: {layer} }}").ir
    (node,) = (node for node in graph if node.inputs)
    assert keeps_sizes(node.layer, *graph.input_shapes(node)) == keeps
    for size in range(1, 40) if keeps else ():
        assert node.layer.infer((3, size, size)) == (3, size, size)
        assert lost_pixels(node.layer, (3, size, size), ((3, size, size),)) == 0


def test_a_layer_is_asked_once_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    net = cnnspec.loads(
        "net N { input 3x9x9; conv(4, 3) -> relu -> { conv(4, 3, stride=2) -> conv(4, 3) } * 2 }"
    )
    asked = Counter[Shape]()
    infer = Conv.infer
    monkeypatch.setattr(Conv, "infer", lambda *a: asked.update(a[1:]) or infer(*a))
    valid_sizes(net.ir, (0, 1), limit=1024)
    # the convs of stride 2 at 1024 sizes and at half as many, the three that keep sizes at two each
    assert sum(asked.values()) == 1024 + 512 + 3 * 2


WORDS = [
    (range(16, 1025, 16), "multiples of 16, from 16"),
    (range(188, 1025, 16), "16n + 12, from 188"),
    (range(7, 1025), "every size from 7"),
    (range(224, 256), "224 to 255"),
    ([224], "224"),
    ([], "none up to 1024"),
    ([n for n in range(1, 1025) if n % 4 in (0, 1)], "4n + 0 to 1, from 1"),
    ([3, 5, 6, 900], "3, 5 to 6, 900"),
]


@pytest.mark.parametrize(("valid", "words"), WORDS, ids=[words for _, words in WORDS])
def test_sizes_in_words(valid, words: str) -> None:
    assert in_words(tuple(valid), 1024) == words


def test_axes_that_are_alike_are_told_once() -> None:
    net = cnnspec.zoo("unet2015")
    text = sizes_text(net.name, net.sizes())
    assert "height, width, square: every size from 188" in text
    assert "no border is lost: 16n + 12, from 188" in text


@pytest.mark.parametrize(("size", "output"), [(8, (16, 2, 2)), (12, (16, 4, 4)), (9, None), (4, None)])
def test_a_graph_at_another_size_or_none_where_a_layer_does_not_fit(size: int, output: Shape | None) -> None:
    graph = cnnspec.loads("net A { input 3x8x8; conv(4, 5, pad=valid) -> pixel_unshuffle(2) }").ir
    other = fitting(graph, {"input": (3, size, size)})
    assert (other and other[other.outputs["output"]].shape) == output
