"""The tree that the folded views draw: runs, folds, labels, what is open, and the links between boxes."""

from __future__ import annotations

import pytest
import render_nets

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render.fold import fold_tree
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.scene import links, make_scene, visible


def shown(graph: Graph, **options: object) -> list[str]:
    """The boxes of a view: their keys, with the number of repeats."""
    scene = make_scene(graph, DrawingOptions(**options))  # type: ignore[arg-type]
    items = [scene.items[number] for number in visible(scene)[1]]
    return [item.key + (f" x{item.times}" if item.times > 1 else "") for item in items]


def net(body: str) -> Graph:
    return cnnspec.loads(f"net N {{ input 8x16x16\n {body}\n }}").ir


def test_resnet_50_folds_to_thirteen_boxes():
    assert shown(cnnspec.zoo("resnet50").ir) == [
        "input",
        "stem.conv_bn+",
        "stem.maxpool",
        "body.layer1.0",
        "body.layer1.1 x2",
        "body.layer2.0",
        "body.layer2.1 x3",
        "body.layer3.0",
        "body.layer3.1 x5",
        "body.layer4.0",
        "body.layer4.1 x2",
        "head.gap+",
        "head.linear",
    ]


def test_a_dense_block_folds_though_its_inputs_grow():
    tree = fold_tree(render_nets.densenet((6, 12)))
    dense = next(item for item in tree.walk() if item.kind == "dense")
    (layer,) = dense.children
    assert layer.times == 6
    assert [(child.title, child.times) for child in layer.children] == [("dense_layer", 1), ("concat", 1)]


def test_equal_layers_fold_and_unequal_ones_do_not():
    assert shown(net("conv(8, 3)\n conv(8, 3)\n conv(8, 5)")) == ["input", "conv1 x2", "conv3"]


def test_what_has_a_label_is_not_folded():
    assert shown(net("a: conv(8, 3)\n b: conv(8, 3)")) == ["input", "a", "b"]


def test_a_value_that_is_used_again_is_not_folded_away():
    graph = net("conv(8, 3)\n a: conv(8, 3)\n conv(8, 3)\n add(a, prev)")
    assert shown(graph) == ["input", "conv1", "a", "conv2", "add"]


def test_norms_and_activations_go_with_the_layer_before_them():
    assert shown(net("conv(8, 3) -> batchnorm -> relu -> maxpool(2) -> relu")) == [
        "input",
        "conv+",
        "maxpool+",
    ]


def test_norms_and_activations_before_a_conv_go_with_it():
    graph = net(
        "maxpool(2) -> dropout\n a: maxpool(2)\n batchnorm -> relu -> conv(8, 3) -> tanh -> maxpool(2)"
    )
    assert shown(graph) == ["input", "maxpool1+", "a+", "conv+", "maxpool2"]


def test_depth_counts_levels():
    graph = cnnspec.zoo("resnet50").ir
    assert shown(graph, depth=0) == ["input", "stem", "body", "head"]
    assert [key for key in shown(graph, depth=1) if key.startswith("body")] == [
        "body.layer1",
        "body.layer2",
        "body.layer3",
        "body.layer4",
    ]


def test_expand_opens_one_block_and_what_is_around_it():
    keys = shown(cnnspec.zoo("resnet50").ir, depth=0, expand=("body.layer2.0",))
    assert keys[:3] == ["input", "stem", "body.layer1"]
    assert "body.layer2.0.residual.add" in keys
    assert keys[-1] == "head"


def test_expand_takes_a_copy_for_its_fold():
    assert "body.layer1.1.residual.add" in shown(cnnspec.zoo("resnet50").ir, expand=("body.layer1.2",))


def test_expand_of_an_unknown_path_names_those_nearby():
    with pytest.raises(RenderError, match=r"no block is called 'body.layer9'; there are body.layer"):
        shown(cnnspec.zoo("resnet50").ir, expand=("body.layer9",))


def test_training_heads_stay_closed():
    keys = shown(cnnspec.zoo("googlenet").ir)
    assert {"aux1", "aux2", "head.linear"} <= set(keys)


def test_every_layer_is_a_box_in_the_layers_view():
    graph = render_nets.resnet((1, 2))
    assert shown(graph, view="layers") == list(graph.nodes)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "unet", "retinanet_resnet50"])
@pytest.mark.parametrize("depth", [0, 1, 3, 20])
def test_links_join_shown_boxes_and_miss_none(name: str, depth: int):
    graph = cnnspec.zoo(name).ir
    scene = make_scene(graph, DrawingOptions(depth=depth))
    owners, boxes = visible(scene)
    found = links(scene, owners)
    assert set(owners) == set(graph.nodes)
    assert {owner.number for owner in owners.values()} == set(boxes)
    reached = {link.target for link in found} | {owners[name].number for name in graph.inputs}
    assert reached == set(boxes)


def test_shortcuts_and_far_labels_are_skips():
    graph = net("a: conv(8, 3)\n conv(8, 5)\n residual { conv(8, 3) }\n concat(a, prev)")
    scene = make_scene(graph, DrawingOptions(depth=9))
    owners, _ = visible(scene)
    keys = {number: item.key for number, item in enumerate(scene.items)}
    skips = {(keys[link.source], keys[link.target]) for link in links(scene, owners) if link.skip}
    assert skips == {("conv", "residual.add"), ("a", "concat")}


MODULES = """
    y[0, 0]: conv(8, 3)
    y[0, 1]: input -> conv({width}, 3, stride=2)
    for m in range({count}) {
        a[m]: add { | y[m, 0] -> conv(8, 3) | y[m, 1] -> conv(8, 1) -> upsample(2) }
        b[m]: add { | y[m, 0] -> conv({width}, 3, stride=2) | y[m, 1] -> conv({width}, 3) }
        y[m + 1, 0]: {first}
        y[m + 1, 1]: {second}
    }
    concat { | y[{count}, 0] -> maxpool(2) | y[{count}, 1] }
"""


def modules(count: int, width: int = 16, first: str = "a[m] -> relu", second: str = "b[m] -> relu") -> Graph:
    """Modules of two maps, each of which is made of both."""
    text = MODULES.replace("{count}", str(count)).replace("{width}", str(width))
    return net(text.replace("{first}", first).replace("{second}", second))


def repeats(graph: Graph) -> list[tuple[int, int]]:
    """How often turns of several values are repeated, and of how many parts they are."""
    return [(part.times, len(part.children)) for part in fold_tree(graph).walk() if part.kind == "streams"]


def test_equal_turns_of_several_values_fold():
    assert repeats(modules(4)) == [(4, 4)]
    assert repeats(modules(2)) == [(2, 4)]
    assert repeats(modules(1)) == []
    scene = make_scene(modules(3), DrawingOptions(expand=("y3_1",)))
    assert next(part.times for part in scene.items if part.kind == "streams") == 3


def test_turns_that_are_not_equal_stay_apart():
    assert repeats(modules(4, first="a[m] -> relu -> conv(8, 1 + 2 * m)")) == []
    assert repeats(modules(2, first="add(a[m], y[0, 0]) -> relu")) == []


def test_turns_of_maps_of_one_shape_stay_apart():
    """A drawing of one turn would not say which of two equal maps goes where in the next."""
    crossed = """
        y[0, 0]: conv(8, 3)
        y[0, 1]: input -> conv(8, 5)
        for m in range(3) { y[m + 1, 1]: y[m, 0] -> conv(8, 3)
                            y[m + 1, 0]: y[m, 1] -> conv(8, 1) }
        add(y[3, 0], y[3, 1])
    """
    assert repeats(net(crossed)) == []
