"""The registry, the kinds of arguments and what every layer has."""

import dataclasses

import pytest

from cnnspec.layers import REGISTRY, base, conv, kinds
from cnnspec.layers.base import Init, Layer, LayerError, Weight, describe, layer, parameters, per_axis
from cnnspec.layers.input import Input
from cnnspec.layers.kinds import Kind


def test_families_are_files():
    for cls in REGISTRY.values():
        assert cls.__module__ == f"cnnspec.layers.{cls.family}"


def test_joins_alone_take_any_number_of_values_and_have_signs():
    for cls in REGISTRY.values():
        assert cls.arity == (None if cls.family == "join" else 2 if cls.undoes else 1)
        assert bool(cls.sign) == (cls.family == "join")


@pytest.mark.parametrize("op", REGISTRY)
def test_every_layer_and_argument_says_what_it_is(op):
    cls = REGISTRY[op]
    assert cls.__doc__ and not cls.__doc__.startswith(cls.__name__ + "(")
    for parameter in parameters(cls):
        assert len(parameter.doc) > 5
        assert parameter.required or parameter.kind.read(parameter.default) == parameter.default


def test_layers_are_frozen_and_compare_by_value():
    assert conv.Conv(8, 3) == conv.Conv(8, 3) != conv.Conv(8, 5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(conv.Conv(8, 3), "out", 9)  # noqa: B010


def test_two_layers_cannot_share_a_name():
    with pytest.raises(ValueError, match="two layers are called conv"):

        @layer("conv", family="conv")
        class Another(Layer):
            pass

    assert REGISTRY["conv"] is conv.Conv


def test_an_elementwise_layer_is_the_default():
    plain = Layer()
    assert plain.infer((3, 4, 5)) == (3, 4, 5)
    assert plain.params((3, 4, 5)) == () == plain.decompose((3, 4, 5)) == plain.sees((3, 4, 5))
    assert plain.macs((3, 4, 5)) == 0 == plain.operations((3, 4, 5))


def test_input_gives_its_shape():
    node = Input((3, 8, 8))
    assert (node.op, node.family, node.arity) == ("input", "input", 0)
    assert node.infer() == (3, 8, 8)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (kinds.COUNT, [(1, 1), (64, 64)], [0, -1, 1.0, True, "1", None]),
        (kinds.NATURAL, [(0, 0), (7, 7)], [-1, 0.0, False]),
        (kinds.INTEGER, [(-5, -5), (0, 0), (-(2**53), -(2**53))], [1.5, True, -(2**53) - 1]),
        (kinds.NUMBER, [(1, 1.0), (-2.5, -2.5)], [True, "1", float("inf"), float("nan")]),
        (kinds.POSITIVE, [(1, 1.0), (1e-9, 1e-9)], [0, -1, 0.0, float("inf")]),
        (kinds.SMALL, [(0, 0.0), (1e-5, 1e-5)], [-1e-9, 1, "0"]),
        (kinds.FRACTION, [(0, 0.0), (0.999, 0.999)], [1, -0.1, 1.5]),
        (kinds.FLAG, [(True, True), (False, False)], [1, 0, "true"]),
        (kinds.EXTENT, [(1, 1), ((1, 7), (1, 7)), ([3, 3], (3, 3))], [0, (), (0, 3), (1.0,), True, "3x3"]),
        (kinds.MARGIN, [(0, 0), ((1, 0), (1, 0))], [-1, (1, -1), "half"]),
        (kinds.PADDING, [("half", "half"), ("same", "same"), ("valid", "valid"), (0, 0)], ["full", -1]),
        (
            kinds.PADDING,
            [("causal", "causal"), ([2, [0, 1]], ((2, 2), (0, 1)))],
            [[[0, -1]], [[0, 1, 2]], [[0]]],
        ),
        (kinds.SIDES, [([[0, 1], [2, 2]], ((0, 1), (2, 2))), ([[1, 1], [2, 2]], (1, 2))], ["causal"]),
        (kinds.words("a", "b"), [("a", "a")], ["c", 1, None]),
        (kinds.optional(kinds.EXTENT), [(None, None), (2, 2)], [0]),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_kinds_read_values(kind, good, bad):
    for value, result in good:
        read = kind.read(value)
        assert read == result and type(read) is type(result)
    for value in bad:
        with pytest.raises(ValueError):
            kind.read(value)


def test_kinds_say_what_they_take():
    assert kinds.PADDING.name == "margin or sides or half or valid or same or causal"
    assert kinds.PADDING.words == ("half", "valid", "same", "causal")
    assert kinds.words("zeros", "reflect").name == "zeros or reflect"
    assert kinds.optional(kinds.PADDING).words == kinds.PADDING.words


def test_weights_count_their_elements():
    assert Weight("weight", (8, 3, 5, 5), Init("uniform", 0.1)).size == 600
    assert Weight("weight", (3,), base.ONES) == ("weight", (3,), ("constant", 1.0), 0, 0, False)
    assert base.ZEROS == ("constant", 0.0) and base.ONES == ("constant", 1.0)


def test_default_init_is_one_over_the_root_of_fan_in():
    assert base.default_init(16) == Init("uniform", 0.25)
    assert base.default_init(0) == Init("uniform", 0.0)


def test_shapes_are_written_as_in_specs():
    assert describe((64, 112, 112)) == "64x112x112"
    assert describe(None) == "?"


def test_extents_are_spelled_out_for_each_axis():
    assert per_axis(3, 3, "kernel") == (3, 3, 3)
    assert per_axis((1, 7), 2, "kernel") == (1, 7)
    with pytest.raises(LayerError) as caught:
        per_axis((1, 7), 1, "kernel")
    assert caught.value.code == "argument-rank"
    assert caught.value.message == "`kernel` is given for 2 axes, the map has 1"
    assert caught.value.help == "give one integer for all axes, or 1 of them"


@pytest.mark.parametrize(
    ("number", "wanted", "near"),
    [
        (64, 3, "1, 2, 4, 8"),
        (64, 48, "8, 16, 32, 64"),
        (7, 7, "1, 7"),
        (12, 5, "2, 3, 4, 6"),
        (8192, 9000, "512, 1024, 2048, 4096"),
        (8194, 9000, "17, 34, 241, 482"),
    ],
)
def test_near_divisors(number, wanted, near):
    assert base.near_divisors(number, wanted) == near
