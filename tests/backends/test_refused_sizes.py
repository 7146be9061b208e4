"""Drawn nets at drawn sizes: a size that the architecture refuses is refused wherever the net runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_specs import specs
from test_input_sizes import by_head

import cnnspec
from cnnspec.backends.numpy import source as numpy_source
from cnnspec.backends.torch import source as torch_source
from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.passes.shapes import misfit

torch = pytest.importorskip("torch")

from cnnspec.backends.torch.module import classes_of  # noqa: E402

Run = Callable[..., Any]


def written_numpy(graph: Graph) -> Run:
    """The net of the written numpy source."""
    scope: dict[str, Any] = {"__name__": "net"}
    exec(compile(numpy_source(graph), "net.py", "exec"), scope)
    found: Run = [v for v in scope.values() if isinstance(v, type) and hasattr(v, "backward")][-1](seed=0)
    return found


def on_tensors(module: Any) -> Run:
    """A module in inference, called with arrays."""

    def run(*arrays: np.ndarray) -> Any:
        with torch.no_grad():
            found = module.eval()(*map(torch.from_numpy, arrays))
        return {head: np.asarray(y) for head, y in by_head(found).items()}

    return run


def written_torch(graph: Graph) -> Run:
    """The net of the written torch source."""
    return on_tensors(classes_of(torch_source(graph), graph.name)[-1]())


def other(shape: tuple[int, ...], sizes: list[int]) -> tuple[int, ...]:
    """A shape with other sizes on its spatial axes."""
    return (shape[0], *(sizes[: len(shape) - 1]))


def refuses(run: Run, arrays: list[np.ndarray], error: Any, told: str | None = None) -> None:
    with pytest.raises(error, match=told):
        run(*arrays)


SIZES = st.lists(st.integers(1, 12), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(specs(), SIZES, SIZES)
def test_every_way_to_run_a_net_takes_and_refuses_the_same_sizes(
    text: str, first: list[int], second: list[int]
) -> None:
    net = cnnspec.loads(text)
    graph = net.resizable
    shapes = [
        other(graph[name].shape, sizes) for name, sizes in zip(graph.inputs, (first, second), strict=False)
    ]
    assume(len(shapes) == len(graph.inputs))
    x = [np.random.default_rng(0).standard_normal((2, *shape), np.float32) for shape in shapes]
    reason = misfit(graph.inference(), dict(zip(graph.inputs, shapes, strict=True)))
    program, module = net.to_numpy(seed=0), on_tensors(net.to_torch(seed=0))
    sources = written_numpy(graph), written_torch(graph)
    if reason:
        for run in (lambda *x: program(dict(zip(graph.inputs, x, strict=True))), module):
            refuses(run, x, InvalidValue, "the net does not fit an input of")
        refuses(sources[0], x, ValueError)
        # torch puts values back at what places it is given
        if "max_unpool" not in text:
            refuses(sources[1], x, (ValueError, RuntimeError))
        return
    expected = by_head(program(dict(zip(graph.inputs, x, strict=True))))
    for run in (module, *sources):
        # written source may be for one size, and then says so
        try:
            found = by_head(run(*x))
        except ValueError as error:
            assert run in sources and "one size" in str(error)
            continue
        assert {head: y.shape for head, y in found.items()} == {h: y.shape for h, y in expected.items()}
