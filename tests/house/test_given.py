"""What notebooks and scripts give: numbers of numpy, lists of JSON, and what is no value at all."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends.weights import WeightsError
from cnnspec.diagnostics import InvalidValue

TEXT = """
net A(c=8, kernels=[1, 3], deep=true) {
    input 3x16x16
    conv(c, 3)
    for k in kernels { conv(c, k) }
    if deep { gap -> flatten }
}
"""


@pytest.mark.parametrize("c", [7, np.int64(7), np.uint8(7), np.array(7), "7", "3 + 4"])
def test_numbers_of_every_kind(c: Any) -> None:
    assert cnnspec.loads(TEXT, c=c).outputs == {"output": (7,)}


@pytest.mark.parametrize(
    "kernels",
    [[1, 5], (1, 5), range(1, 6, 4), np.array([1, 5]), [np.int32(1), np.int64(5)], "[1, 5]", ["1", "2 + 3"]],
)
def test_lists_of_every_kind(kernels: Any) -> None:
    assert cnnspec.loads(TEXT, kernels=kernels).params == cnnspec.loads(TEXT, kernels=[1, 5]).params


@pytest.mark.parametrize("deep", [False, np.bool_(False), np.array(False), "false"])
def test_truth_values_of_every_kind(deep: Any) -> None:
    assert cnnspec.loads(TEXT, deep=deep).outputs == {"output": (8, 16, 16)}


@pytest.mark.parametrize(
    "c", [10**30, -(10**30), 1j, object(), {1, 2}, {"a": 1}, b"7", float("nan"), float("inf")]
)
def test_what_is_no_value_is_refused(c: Any) -> None:
    with pytest.raises(InvalidValue, match="c: a "):
        cnnspec.loads(TEXT, c=c)
    with pytest.raises(InvalidValue, match="c: a "):
        cnnspec.loads(TEXT, c=[[c]])


@pytest.mark.parametrize(
    "shape", [(3, 8, 8), [3, 8, 8], np.array([3, 8, 8]), (np.int64(3), 8, 8), range(3, 6)]
)
def test_shapes_of_every_kind(shape: Any) -> None:
    found = cnnspec.loads(TEXT, inputs={"input": shape}).inputs["input"]
    assert found == tuple(shape)
    assert {type(size) for size in found} == {int}


@pytest.mark.parametrize(
    "shape", [(), 7, None, "3x8x8", (3, 0, 8), (3, -1, 8), (3, 1.5, 8), (3, 10**30, 8), (3, None)]
)
def test_what_is_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(InvalidValue, match="takes a shape such as"):
        cnnspec.loads(TEXT, inputs={"input": shape})


untyped: Any = cnnspec
REFUSED: list[Callable[[], Any]] = [
    lambda: untyped.loads(b"net A { }"),
    lambda: untyped.loads(None),
    lambda: untyped.loads(TEXT, net=7),
    lambda: untyped.loads(TEXT, inputs=[3, 8, 8]),
    lambda: untyped.load(None),
    lambda: untyped.load(7),
    lambda: untyped.zoo(None),
    lambda: untyped.zoo("lenet5").summary(form="xml"),
    lambda: untyped.zoo("lenet5").summary(depth=0),
    lambda: untyped.zoo("lenet5").summary(depth=-1),
    lambda: untyped.zoo("lenet5").table(0),
    lambda: untyped.zoo("lenet5").memory(batch=0),
    lambda: untyped.zoo("lenet5").training_memory(batch=1.5),
    lambda: untyped.zoo("lenet5").sizes(0),
    lambda: untyped.zoo("lenet5").to_numpy(seed=-1),
    lambda: untyped.diff(untyped.zoo("lenet5"), "lenet5"),
    lambda: untyped.compare([untyped.zoo("lenet5"), None]),
    lambda: untyped.zoo("lenet5").render("a.svg", depth=-1),
    lambda: untyped.zoo("lenet5").render("a.svg", view="x"),
]


@pytest.mark.parametrize("call", REFUSED, ids=map(str, range(len(REFUSED))))
def test_what_nothing_can_be_made_of_is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(InvalidValue):
        call()


def test_a_seed_that_is_none_is_refused_for_torch_too() -> None:
    pytest.importorskip("torch")
    with pytest.raises(InvalidValue):
        untyped.zoo("lenet5").to_torch(seed="3")


@pytest.mark.parametrize("batch", [4, np.int64(4), np.array(4)])
def test_counts_of_every_kind(batch: Any) -> None:
    net = cnnspec.zoo("lenet5")
    assert net.training_memory(batch) == net.training_memory(4)


def test_a_count_that_is_refused_says_of_what_and_how_many() -> None:
    with pytest.raises(InvalidValue, match=r"^a batch is an integer of at least 1, not -2$"):
        cnnspec.zoo("lenet5").memory(batch=-2)


def test_a_program_is_copied_and_pickled_with_its_weights() -> None:
    program = cnnspec.zoo("lenet5").to_numpy(seed=3)
    x = np.random.default_rng(0).standard_normal((2, *program.graph["input"].shape))
    expected = program(x)
    for other in (copy.copy(program), copy.deepcopy(program), pickle.loads(pickle.dumps(program))):
        np.testing.assert_array_equal(other(x), expected)
    deep = copy.deepcopy(program)
    deep.update({key: array * 0 for key, array in deep.tensors.items()})
    np.testing.assert_array_equal(program(x), expected)
    assert not np.any(deep(x))


def test_gradients_and_weights_of_names_that_there_are_not_are_refused() -> None:
    program = cnnspec.loads(TEXT).to_numpy(seed=0)
    y = program.forward(np.ones((1, 3, 16, 16)))
    with pytest.raises(InvalidValue, match="there is no head 'nope': there are output"):
        program.backward({"nope": y})
    with pytest.raises(WeightsError, match="A has no weight nope"):
        program.update({"nope": y})
    with pytest.raises(WeightsError, match=r"conv1\.bias has the shape \(8,\), not \(1, 8\)"):
        program.update({"conv1.bias": y})
