"""Checkpoints whose order says nothing, as safetensors files sort theirs: shapes and names, or a refusal."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnnspec
from cnnspec.backends.match import MatchError, is_of_definition, match
from cnnspec.backends.weights import declared, initialize

RESIDUAL = """
def block(width) {
    residual(shortcut=project) { conv(width, 1, bias=false) -> batchnorm -> relu
        conv(width, 3, bias=false) -> batchnorm }
    relu
}
net Net { input 4x8x8
    conv(4, 3, bias=false) -> batchnorm -> relu -> block(6) -> block(6) -> gap -> flatten -> linear(5) }
"""
NAMES = ["conv1", "bn1", *(f"layer.{n}.{name}" for n in (0, 1) for name in ("conv1", "bn1", "conv2", "bn2"))]
NAMES[6:6] = ["layer.0.downsample.0", "layer.0.downsample.1"]
NAMES += ["fc"]
"""torch's names for the layers of RESIDUAL, in order: most norms have one shape, two convolutions too."""


def named(net: cnnspec.Net, names: list[str]) -> dict[str, Any]:
    """Weights of a net under other names of its layers, each tensor of values of its own."""
    paths = list(dict.fromkeys(key.rpartition(".")[0] for key, _, _ in declared(net.ir)))
    other = dict(zip(paths, names, strict=True))
    weights = initialize(net.ir)
    return {
        f"{other[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": value + np.float32(number)
        for number, (key, value) in enumerate(weights.items())
    }


def values(weights: Any) -> list[np.ndarray]:
    return list(weights.values())


@given(st.randoms(use_true_random=False))
def test_no_order_of_the_names_changes_what_is_found(random: Random) -> None:
    net = cnnspec.loads(RESIDUAL)
    checkpoint = named(net, NAMES)
    keys = list(checkpoint)
    random.shuffle(keys)
    found = match(net.ir, {key: checkpoint[key] for key in keys})
    for mine, theirs in zip(values(found.weights), values(checkpoint), strict=True):
        np.testing.assert_array_equal(mine, theirs)


ZOO = {
    "resnet50": "shortcuts of the shapes of the main path",
    "densenet121": "norms before convolutions",
    "regnet_y_400mf": "gates beside convolutions of their shapes",
    "googlenet": "arms",
}


@pytest.mark.parametrize("name", ZOO)
def test_sorted_names_of_the_net_itself_are_found_again(name: str) -> None:
    """The names of the net under a prefix, in the order of a safetensors file, in shapes alone."""
    from cnnspec.backends.match import aligned

    graph = cnnspec.zoo(name).ir
    shapes = sorted((f"model.{key}", weight.shape) for key, weight, _ in declared(graph))
    found, _, _ = aligned(graph, shapes)
    assert [its.path for _, its in found] == [f"model.{mine.path}" for mine, _ in found]


def test_a_definition_is_told_from_what_is_sorted_or_shuffled() -> None:
    def of(*names: str) -> bool:
        return is_of_definition([(f"{name}.{kind}", ()) for name in names for kind in ("weight", "bias")])

    assert of("stem.conv", "stem.norm", "layers.0", "layers.1", "layers.10", "head")
    assert not of("stem.conv", "layers.0", "stem.norm")
    assert not of("layers.1", "layers.0")
    assert not is_of_definition([(name, ()) for name in ("a.bias", "a.weight", "b.bias", "b.weight")])


PAIR = "net Pair { input 4\n linear(4) -> relu -> linear(4) }"


@pytest.mark.parametrize(
    ("names", "found"),
    [(("fc1", "fc2"), True), (("fc2", "fc1"), True), (("tom", "jerry"), False), (("q", "k"), False)],
    ids=str,
)
def test_names_without_an_order_are_refused_with_the_paths_of_both(names: Any, found: bool) -> None:
    net = cnnspec.loads(PAIR)
    checkpoint = dict(sorted(named(net, sorted(names) if found else list(names)).items()))
    if found:
        keys = list(match(net.ir, checkpoint).keys.values())
        assert keys == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        return
    with pytest.raises(
        MatchError, match=r"linear1 and linear2 of Pair, .* of the checkpoint, each \(weight 4x4"
    ):
        match(net.ir, checkpoint)


def test_a_kernel_of_1x3_is_not_one_of_3x1() -> None:
    net = cnnspec.loads("net N { input 4x8x8\n conv(4, [1, 3]) -> conv(4, [3, 1]) }")
    checkpoint = named(net, ["wide", "tall"])
    for order in (sorted(checkpoint), sorted(checkpoint, reverse=True)):
        keys = match(net.ir, {key: checkpoint[key] for key in order}).keys
        assert list(keys.values())[::2] == ["wide.weight", "tall.weight"]


def test_what_is_left_over_is_named_on_both_sides() -> None:
    net = cnnspec.loads(PAIR)
    checkpoint = {"fc1.bias": np.ones(4), "fc1.weight": np.ones((4, 4)), "fc2.weight": np.ones((3, 4))}
    with pytest.raises(MatchError, match=r"the net has linear\w+ .*; the checkpoint has fc2 \(weight 3x4\)"):
        match(net.ir, checkpoint)


def test_a_convolution_of_the_whole_map_is_a_linear_layer_and_a_gain_stands_alone() -> None:
    net = cnnspec.loads("net N { input 2x3x3\n conv(2, 1) -> layerscale(1) -> flatten -> linear(5) }")
    own = initialize(net.ir)
    conv, scale, fc = dict.fromkeys(key.rpartition(".")[0] for key in own)
    checkpoint = {
        "conv.weight": own[f"{conv}.weight"],
        "conv.bias": own[f"{conv}.bias"],
        "conv.gain": own[f"{scale}.weight"].reshape(2, 1, 1, 1),
        "fc.weight": own[f"{fc}.weight"].reshape(5, 2, 3, 3),
        "fc.bias": own[f"{fc}.bias"],
    }
    for keys in (list(checkpoint), sorted(checkpoint)):
        found = match(net.ir, {key: checkpoint[key] for key in keys}).weights
        assert all(np.array_equal(found[key], own[key]) for key in own)


PYRAMID = """
net Pyramid { input 3x8x8
    c[0]: conv(4, 3, stride=2)
    c[1]: conv(5, 3, stride=2)
    m[1]: conv(6, 1)
    m[0]: add { | c[0] -> conv(6, 1) | m[1] -> resize(c[0].size) }
    for i in [0, 1] { head out[i] from m[i] { conv(6, 3) } }
}
"""


def test_a_pyramid_that_is_built_from_its_top_has_numbers_that_go_down() -> None:
    """The levels are numbered from the finest on, and the checkpoint lists all inner blocks first."""
    net = cnnspec.loads(PYRAMID)
    names = ["body.0", "body.1", "inner.1", "inner.0", "outer.0", "outer.1"]
    checkpoint = named(net, names)
    own = values(checkpoint)
    order = [f"{name}.{kind}" for name in sorted(names) for kind in ("weight", "bias")]
    for keys in (order, sorted(checkpoint), sorted(checkpoint, reverse=True)):
        found = match(net.ir, {key: checkpoint[key] for key in keys})
        assert all(np.array_equal(*pair) for pair in zip(values(found.weights), own, strict=True))


def test_heads_that_both_sides_number_are_told_apart_by_their_numbers() -> None:
    net = cnnspec.loads("net N { input 2x4x4\n for i in range(3) { head box[i] from input { conv(2, 3) } } }")
    checkpoint = named(net, ["heads.list.0", "heads.list.1", "heads.list.2"])
    found = match(net.ir, {key: checkpoint[key] for key in sorted(checkpoint)})
    assert list(found.keys.values())[::2] == [f"heads.list.{i}.weight" for i in range(3)]


def test_an_arm_is_told_by_a_word_that_both_sides_use() -> None:
    arms = {"branch1x1": "conv(2, 1)", "branch_pool": "pooled: { avgpool(3, stride=1, pad=1) -> conv(2, 1) }"}
    for names in (list(arms), list(reversed(arms))):
        written = " ".join(f"| {arms[name]}" for name in names)
        net = cnnspec.loads(f"net N {{ input 3x4x4\n concat {{ {written} }} }}")
        checkpoint = named(net, names)
        found = match(net.ir, {key: checkpoint[key] for key in sorted(checkpoint)})
        assert list(found.keys.values())[::2] == [f"{name}.weight" for name in names]


def test_tables_of_places_are_no_weights_and_the_match_names_them() -> None:
    net = cnnspec.loads(
        "net N { input 4x4x4\n attention(2, window=2, bias=relative) -> gap -> flatten -> linear(2) }"
    )
    own = initialize(net.ir)
    checkpoint: dict[str, Any] = {key.replace("attention.", "attn."): value for key, value in own.items()}
    checkpoint["attn.relative_position_index"] = np.zeros((4, 4), np.int64)
    found = match(net.ir, dict(sorted(checkpoint.items())))
    assert found.unused == ("attn.relative_position_index",)
    assert "not used: attn.relative_position_index" in str(found)
    assert all(np.array_equal(found.weights[key], own[key]) for key in own)


CONV_NORM = """
def layer { conv(4, 3) -> batchnorm }
net N { input 4x8x8
    conv(4, 1, bias=false) -> batchnorm -> layer * 3 -> gap -> flatten -> linear(5) }
"""
NORM_CONV = """
def layer { batchnorm -> conv(4, 3) }
net N { input 4x8x8
    conv(4, 1, bias=false) -> layer * 3 -> batchnorm -> gap -> flatten -> linear(5) }
"""


@pytest.mark.parametrize("text", [CONV_NORM, NORM_CONV], ids=["conv_norm", "norm_conv"])
def test_a_norm_before_a_list_or_behind_it_is_refused_where_the_flow_does_not_tell(text: str) -> None:
    """One and the same net, which its author may name either way: the norm left over comes first or last."""
    net = cnnspec.loads(text)
    checkpoint = named(net, ["stem", *NORMS_FIRST, "norm", "head"])
    told = r"of N, norm and blocks\.\d\.norm of the checkpoint.*load_weights\(net, module, example\)"
    with pytest.raises(MatchError, match=told):
        match(net.ir, dict(sorted(checkpoint.items())))
    assert list(match(net.ir, checkpoint).keys.values()) == list(checkpoint)


NORMS_FIRST = [f"blocks.{n}.{kind}" for n in range(3) for kind in ("norm", "conv")]


def test_a_norm_behind_a_list_is_told_by_residual_blocks() -> None:
    """Data fork before the norm of a block and join behind its conv, so that no norm of another is in it."""
    net = cnnspec.loads(NORM_CONV.replace("batchnorm -> conv(4, 3)", "residual { batchnorm -> conv(4, 3) }"))
    checkpoint = named(net, ["stem", *NORMS_FIRST, "norm", "head"])
    found = match(net.ir, dict(sorted(checkpoint.items())))
    assert list(found.keys.values()) == list(checkpoint)


ATTENTION = "net N { input 4x4x4\n attention(heads) -> gap -> flatten -> linear(2) }"


@pytest.mark.parametrize("heads", [1, 2])
def test_a_convolution_of_q_k_and_v_of_several_heads_is_refused_without_the_module(heads: int) -> None:
    """It may keep q, k and v of each head together; a linear layer, or one head, leaves no choice."""
    net = cnnspec.loads(ATTENTION.replace("heads", str(heads)))
    checkpoint = named(net, ["attn.qkv", "attn.proj", "fc"])
    assert list(match(net.ir, checkpoint).keys.values()) == list(checkpoint)
    checkpoint["attn.qkv.weight"] = checkpoint["attn.qkv.weight"].reshape(12, 4, 1, 1)
    if heads == 1:
        assert list(match(net.ir, checkpoint).keys.values()) == list(checkpoint)
        return
    with pytest.raises(MatchError, match=r"attn\.qkv\.weight of the checkpoint.*attention\.qkv\.weight of N"):
        match(net.ir, checkpoint)
    assert list(match(net.ir, checkpoint, in_order=True).keys.values()) == list(checkpoint)
