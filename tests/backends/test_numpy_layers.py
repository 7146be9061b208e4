"""Every layer of the numpy backend, forward and backward in float64: against torch and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from layer_cases import CASES, Case

from cnnspec.backends import numpy as backend
from cnnspec.graph import Graph
from cnnspec.layers import REGISTRY
from cnnspec.layers.activation import HardSigmoid
from cnnspec.layers.base import Layer
from cnnspec.layers.dense import Dropout, DropPath
from cnnspec.layers.join import Div
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import LpPool

torch = pytest.importorskip("torch")


def one_layer(layer: Layer, *shapes: tuple[int, ...]) -> Graph:
    return Case(layer, shapes).graph()


def program_of(case: Case, seed: int = 0) -> backend.Program:
    """The layer alone, in float64, with random weights (positive variances)."""
    program = backend.compile(case.graph(), dtype=np.float64)
    rng = np.random.default_rng(seed)
    program.load(
        {
            key: rng.uniform(0.5, 1.5, a.shape) * rng.choice([-1, 1], a.shape)
            for key, a in program.tensors.items()
        }
    )
    program.update({key: np.abs(a) for key, a in program.tensors.items() if key.endswith("running_var")})
    return program


def inputs_of(case: Case, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"x{i}": rng.standard_normal((3, *shape)) for i, shape in enumerate(case.shapes)}


def torch_of(case: Case, program: backend.Program) -> Any:
    """The layer in torch, with the weights of a program."""
    from cnnspec.backends import torch as other

    return other.compile(case.graph(), weights=program.tensors, dtype="float64")


def close(got: np.ndarray, want: Any, layer: Layer | None = None) -> None:
    want = want.detach().numpy()
    assert got.shape == want.shape
    # torch's hardsigmoid has a gradient of 1/6 in single precision only
    rtol = 1e-7 if isinstance(layer, HardSigmoid) else 1e-10
    np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-12)


def check_gradients(case: Case, grads: dict[str, np.ndarray], module: Any, xs: dict[str, Any]) -> None:
    """Every gradient of a program against what torch's backward pass has found."""
    weights = {name: value for name, value in module.named_parameters() if value.requires_grad}
    assert set(grads) == set(weights) | set(xs)
    for name, tensor in (weights | xs).items():
        # torch leaves out the gradient of what does not reach the output
        close(grads[name], torch.zeros_like(tensor) if tensor.grad is None else tensor.grad, case.layer)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_agrees_with_torch(case: Case) -> None:
    program, inputs = program_of(case), inputs_of(case)
    y = program.forward(inputs, training=False)
    grad = np.random.default_rng(2).standard_normal(y.shape)
    grads = program.backward(grad)

    module = torch_of(case, program).eval()
    xs = {name: torch.tensor(x, requires_grad=True) for name, x in inputs.items()}
    expected = module(*xs.values())
    close(y, expected)
    (expected * torch.tensor(grad)).sum().backward()
    check_gradients(case, grads, module, xs)


def numeric(
    value: Callable[[], float], array: np.ndarray, place: tuple[int, ...], step: float = 1e-6
) -> float:
    """The central difference of a value with respect to one element."""
    kept = array[place]
    array[place] = kept + step
    above = value()
    array[place] = kept - step
    below = value()
    array[place] = kept
    return (above - below) / (2 * step)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_gradients_of_training_are_finite_differences(case: Case) -> None:
    program, inputs = program_of(case), inputs_of(case)
    odd_power = isinstance(case.layer, LpPool) and case.layer.power != round(case.layer.power / 2) * 2
    if odd_power or isinstance(case.layer, Div):  # neither has a slope at 0
        inputs = {name: np.abs(x) + 0.1 for name, x in inputs.items()}
    grad = np.random.default_rng(2).standard_normal(program(inputs).shape)
    kept = program.state_dict()

    def value() -> float:
        # the same dropout and the same running statistics each time
        program.rng = np.random.default_rng(5)
        program.update({key: a for key, a in kept.items() if key not in program.trainable})
        return float((program.forward(inputs, training=True) * grad).sum())

    value()
    grads = program.backward(grad)
    rng = np.random.default_rng(3)
    for name, array in (inputs | {key: program.tensors[key] for key in program.trainable}).items():
        for _ in range(4):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            assert grads[name][place] == pytest.approx(numeric(value, array, place), rel=1e-5, abs=1e-7)


def test_every_layer_has_a_case() -> None:
    assert {type(case.layer) for case in CASES} == set(REGISTRY.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_float32_stays_float32(case: Case) -> None:
    program = backend.compile(case.graph())
    inputs = {name: x.astype(np.float32) for name, x in inputs_of(case).items()}
    y = program.forward(inputs)
    assert y.dtype == np.float32
    assert {a.dtype for a in program.backward(y).values()} == {np.dtype(np.float32)}


def test_batchnorm_trains_on_batch_statistics_as_torch_does() -> None:
    case = Case(BatchNorm(), ((4, 7, 6),))
    program, inputs = program_of(case), inputs_of(case)
    module = torch_of(case, program).train()
    x = torch.tensor(inputs["x0"], requires_grad=True)
    expected = module(x)
    (expected**3).sum().backward()

    y = program.forward(inputs, training=True)
    close(y, expected)
    check_gradients(case, program.backward(3 * y**2), module, {"x0": x})
    for name in ("running_mean", "running_var"):
        close(program.tensors[f"layer.{name}"], getattr(module.layer, name))


def test_dropout_drops_in_training_only_and_keeps_the_mean() -> None:
    program = backend.compile(one_layer(Dropout(0.25), (10_000,)), seed=3)
    x = np.ones((1, 10_000), np.float32)
    np.testing.assert_array_equal(program(x), x)
    y = program.forward(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert y.mean() == pytest.approx(1, abs=0.02)


def test_droppath_drops_whole_samples() -> None:
    program = backend.compile(one_layer(DropPath(0.5), (3, 4, 4)), seed=0)
    y = program.forward(np.ones((64, 3, 4, 4)), training=True)
    assert {tuple(np.unique(sample)) for sample in y} == {(0.0,), (2.0,)}
