"""Traits are what layers do: each is held against the numpy backend on all cases of all layers, both ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from layer_cases import CASES, Case

from cnnspec.backends import numpy
from cnnspec.backends.runs import seeded_weights
from cnnspec.layers import REGISTRY
from cnnspec.layers.base import Layer

Array = np.ndarray
Run = Callable[[Array], Array]
ONE_INPUT = [cls for cls in REGISTRY.values() if cls.arity == 1]


def inference(case: Case) -> tuple[Run, Array]:
    """A layer in inference as a function of its one input, and an input."""
    graph = case.graph()
    program = numpy.compile(graph, seeded_weights(graph), dtype="float64")
    x = np.random.default_rng(0).standard_normal((2, *case.shapes[0])) * 3
    return program, x


def holds(cls: type[Layer], property: Callable[[Run, Array, Case], bool]) -> bool:
    """Whether a property holds in all cases of a layer."""
    return all(property(*inference(case), case) for case in CASES if type(case.layer) is cls)


def gives_its_input(run: Run, x: Array, case: Case) -> bool:
    return np.array_equal(run(x), x)


def is_of_single_values(run: Run, x: Array, case: Case) -> bool:
    """Whether values may change places, across channels and space: the output then does alike."""
    order = np.random.default_rng(1).permutation(x[0].size)
    moved = x.reshape(2, -1)[:, order].reshape(x.shape)
    y = run(x)
    if y.shape != x.shape:
        return False
    return np.allclose(run(moved).reshape(2, -1), y.reshape(2, -1)[:, order], rtol=1e-12, equal_nan=True)


def is_affine(run: Run, x: Array, case: Case) -> bool:
    other = x[::-1] ** 2
    between, ends = run(0.3 * x + 0.7 * other), 0.3 * run(x) + 0.7 * run(other)
    return np.allclose(between, ends, rtol=1e-9, atol=1e-9)


def rescales_channels(run: Run, x: Array, case: Case) -> bool:
    """Whether the output is affine in the input, and places within a channel may be mirrored."""
    if run(x).shape != x.shape or not is_affine(run, x, case):
        return False
    return x.ndim == 2 or np.allclose(run(x[..., ::-1])[..., ::-1], run(x))


def gives_values_of_its_input(run: Run, x: Array, case: Case) -> bool:
    """Whether each output is an input or a margin, or lies between two where it interpolates."""
    y, margin = run(x), getattr(case.layer, "value", 0.0)
    if getattr(case.layer, "mode", "") == "bilinear":
        return bool(y.min() >= x.min() and y.max() <= x.max())
    return bool(np.isin(y, [*x.ravel(), margin]).all())


def gives_the_same_swapped(case: Case) -> bool:
    """Whether a join of the same values in the other order is the same, values and shape."""
    values = [np.random.default_rng(n).standard_normal((2, *s)) for n, s in enumerate(case.shapes)]

    def joined(order: int) -> Array:
        graph = case._replace(shapes=case.shapes[::order]).graph()
        program = numpy.compile(graph, seeded_weights(graph), dtype="float64")
        return program(dict(zip(graph.inputs, values[::order], strict=True)))

    one, other = joined(1), joined(-1)
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("cls", [cls for cls in REGISTRY.values() if cls.arity is None])
def test_order_says_nothing_where_a_join_commutes(cls: type[Layer]) -> None:
    cases = [case for case in CASES if type(case.layer) is cls and len(case.shapes) > 1]
    assert cases and cls.commutes == all(map(gives_the_same_swapped, cases))


def is_never_negative(run: Run, x: Array, case: Case) -> bool:
    return bool(run(x).min() >= 0)


def can_be_larger(cls: type[Layer]) -> bool:
    """Whether a case gives more pixels than it gets."""
    return any(
        np.prod(case.layer.infer(*case.shapes)[1:]) > np.prod(case.shapes[0][1:])
        for case in CASES
        if type(case.layer) is cls and len(case.shapes[0]) > 1 and len(case.layer.infer(*case.shapes)) > 1
    )


@pytest.mark.parametrize("cls", ONE_INPUT, ids=lambda cls: cls.op)
def test_inference_traits_are_what_inference_does(cls: type[Layer]) -> None:
    assert cls.silent == holds(cls, gives_its_input)
    if not cls.silent:
        # relu and pools of maxima give values of their input too, but compare for it
        free = holds(cls, lambda run, x, case: case.layer.operations(*case.shapes) == 0)
        assert cls.moves == (free and holds(cls, gives_values_of_its_input))
        if not cls.moves:
            scales = holds(cls, rescales_channels)
            assert cls.rescales == (scales and not cls.weighted)
            assert cls.elementwise == (not cls.rescales and holds(cls, is_of_single_values))
    if cls.nonnegative:
        assert holds(cls, is_never_negative)


@pytest.mark.parametrize("cls", ONE_INPUT, ids=lambda cls: cls.op)
def test_weighted_layers_are_affine_maps_by_a_weight(cls: type[Layer]) -> None:
    def multiplies(run: Run, x: Array, case: Case) -> bool:
        weights = case.layer.params(*case.shapes)
        multiplied = case.layer.macs(*case.shapes) > 0 and weights and weights[0].name == "weight"
        return bool(multiplied) and is_affine(run, x, case)

    assert cls.weighted == holds(cls, multiplies)


@pytest.mark.parametrize("cls", ONE_INPUT, ids=lambda cls: cls.op)
def test_noisy_layers_draw_noise_in_training_alone(cls: type[Layer]) -> None:
    draws = False
    for case in CASES:
        if type(case.layer) is cls and getattr(case.layer, "rate", 1) > 0:
            program = numpy.compile(case.graph(), seed=0)
            x = np.ones((64, *case.shapes[0]), np.float32)
            draws = draws or not np.array_equal(program.forward(x), program.forward(x))
    assert cls.noisy == draws


def test_layers_that_upsample_can_give_larger_maps() -> None:
    assert all(can_be_larger(cls) for cls in REGISTRY.values() if cls.upsamples)
