"""Training in parts, on threads, by runs: the plain kernels say what comes out, and threads change no bit."""

from __future__ import annotations

import pickle
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import CASES

import cnnspec
from cnnspec.backends.numpy.kernels import conv as plain
from cnnspec.backends.numpy.kernels import norm
from cnnspec.backends.numpy.learning import batchnorm, memory, parts, runs
from cnnspec.backends.numpy.program import compile

RNG = np.random.default_rng(0)


def test_a_tap_of_a_kernel_meets_one_run_of_the_map():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    taps = runs.to_runs(x, (2, 2), (2, 3), (1, 1), 1)[0, 0]
    assert taps.tolist() == [
        [0, 1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6, 7],
        [4, 5, 6, 7, 8, 9, 10],
        [5, 6, 7, 8, 9, 10, 11],
    ]
    # the outputs of the two rows, without what is computed between them
    assert runs.rows(taps[None, :1], (2, 3), (3, 4))[0, 0].tolist() == [[0, 1, 2], [4, 5, 6]]


@st.composite
def convs(draw):
    """A conv at stride 1, its input and the gradient of its output."""
    rank, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 4]))

    def axes(least, most):
        return tuple(draw(st.integers(least, most)) for _ in range(rank))

    kernel, dilation = axes(1, 3), axes(1, 2)
    padding = tuple(zip(axes(0, 2), axes(0, 2), strict=True))
    outputs = draw(st.sampled_from([4, 8, 12]))
    weight = RNG.standard_normal((outputs, 4 // groups, *kernel))
    chosen = {
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "pad_mode": draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        "standardize": draw(st.booleans()) and prod(weight.shape[1:]) > 1,
    }
    return RNG.standard_normal((draw(st.integers(1, 3)), 4, *axes(5, 8))), weight, chosen


@settings(deadline=None)
@given(case=convs(), biased=st.booleans())
def test_a_conv_by_runs_is_the_plain_one(case, biased):
    x, weight, chosen = case
    bias = RNG.standard_normal(len(weight)) if biased else None
    step = (1,) * (weight.ndim - 2)
    y = plain.conv(x, weight, bias, stride=step, **chosen)
    np.testing.assert_allclose(runs.conv(x, weight, bias, **chosen), y, atol=1e-9)
    grad = RNG.standard_normal(y.shape)
    (dx,), found = plain.conv_backward(grad, x, weight, bias, stride=step, **chosen)
    (by_runs,), gradients = runs.conv_backward(grad, x, weight, bias, **chosen)
    np.testing.assert_allclose(by_runs, dx, atol=1e-9)
    nothing, alone = runs.conv_backward(grad, x, weight, bias, **chosen, inputs=False)
    assert nothing == () and found.keys() == gradients.keys() == alone.keys()
    for name, value in found.items():
        np.testing.assert_allclose(gradients[name], value, atol=1e-9)
        np.testing.assert_allclose(alone[name], value, atol=1e-9)


@pytest.mark.parametrize("shape", [(4, 6), (3, 5, 7), (2, 8, 6, 5), (2, 3, 4, 4, 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_a_batchnorm_of_few_passes_is_the_plain_one(shape, affine):
    x, grad = RNG.standard_normal(shape) * 3 + 5, RNG.standard_normal(shape)
    weight, bias = RNG.standard_normal((2, shape[1])) if affine else (None, None)
    plainly, quickly = ((np.zeros(shape[1]), np.ones(shape[1])) for _ in range(2))
    chosen = {"eps": 1e-5, "momentum": 0.1, "training": True}
    y = norm.batchnorm(x, *plainly, weight, bias, **chosen)
    np.testing.assert_allclose(batchnorm.batchnorm(x, *quickly, weight, bias, **chosen), y, atol=1e-9)
    np.testing.assert_allclose(quickly, plainly)
    (dx,), found = norm.batchnorm_backward(grad, x, *plainly, weight, bias, **chosen)
    (fewer,), gradients = batchnorm.batchnorm_backward(grad, x, *quickly, weight, bias, **chosen)
    np.testing.assert_allclose(fewer, dx, atol=1e-9)
    assert found.keys() == gradients.keys()
    for name, value in found.items():
        np.testing.assert_allclose(gradients[name], value, atol=1e-9)


def trained(graph, x, **options):
    """The outputs of a step of training, the gradients and the statistics it leaves."""
    program = compile(graph, seed=0, dtype=np.float64, **options)
    outputs = program.forward(x)
    heads = outputs if isinstance(outputs, dict) else {"y": outputs}
    slopes = {head: np.cos(np.arange(y.size)).reshape(y.shape) for head, y in heads.items()}
    gradients = program.backward(slopes if isinstance(outputs, dict) else slopes["y"])
    return heads | gradients | {f"{key} after": value for key, value in program.state_dict().items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer_trains_in_parts_as_plainly(case, monkeypatch):
    monkeypatch.setattr(parts, "PART", 2**9)
    x = {f"x{i}": RNG.standard_normal((5, *shape)) for i, shape in enumerate(case.shapes)}
    expected, found = (trained(case.graph(), x, **o) for o in ({"reference": True}, {"threads": 2}))
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-7, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall", "GoogLeNetBN"])
def test_threads_change_no_bit(name, monkeypatch):
    monkeypatch.setattr(parts, "PART", 2**14)
    net = cnnspec.zoo(name)
    x = {name: RNG.standard_normal((4, *shape)) for name, shape in net.inputs.items()}
    one, two = (trained(net.ir, x, threads=threads) for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall"])
def test_without_those_of_inputs_the_gradients_of_weights_are_the_same(name, reference):
    net = cnnspec.zoo(name)
    program = net.to_numpy(seed=0, reference=reference)
    y = program.forward(RNG.standard_normal((2, *next(iter(net.inputs.values())))))
    both, weights = program.backward(np.ones_like(y)), program.backward(np.ones_like(y), inputs=False)
    assert set(both) - set(weights) == set(net.inputs)
    assert set(weights) == set(program.trainable)
    for key, value in weights.items():
        np.testing.assert_allclose(both[key], value, rtol=1e-3, atol=1e-3 * np.abs(value).max())


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_when_the_last_view_is_gone():
    pool = memory.Pool()
    y = pool.empty((32, 16, 16, 16), np.float32)
    first, view = address(y), y[1:]
    del y
    assert address(pool.empty((32, 16, 16, 16), np.float32)) != first
    del view
    x = pool.empty((32, 64, 8, 8), np.float32)
    assert address(x) == first and x.shape == (32, 64, 8, 8) and x.dtype == np.float32
    assert not pickle.loads(pickle.dumps(pool)).free


def test_what_a_step_gave_is_not_written_over_by_the_next(monkeypatch):
    """Outputs and gradients stay with who has them, whatever is trained after."""
    monkeypatch.setattr(memory, "LEAST", 1)
    monkeypatch.setattr(parts, "PART", 2**9)
    net = cnnspec.loads("net A { input (3, 16, 16); body { residual { conv(3, 3) -> relu } -> conv(4, 1) } }")
    program = compile(net.ir, seed=0, threads=2)
    given, kept = [], []
    for seed in range(4):
        y = program.forward(np.random.default_rng(seed).standard_normal((8, 3, 16, 16)))
        given += [y, *program.backward(np.cos(y)).values()]
        kept += [value.copy() for value in given[len(kept) :]]
    for value, copy in zip(given, kept, strict=True):
        np.testing.assert_array_equal(value, copy)
