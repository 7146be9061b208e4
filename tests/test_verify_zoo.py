"""Every net that ships, at the smallest image it takes, on every backend, in training and inference."""

from __future__ import annotations

from math import prod

import pytest

import cnnspec
from cnnspec import SpecError
from cnnspec.api import zoo_nets
from cnnspec.backends.verify import verify
from cnnspec.backends.weights import declared
from cnnspec.graph import Graph
from cnnspec.layers.base import LayerError, Shape
from cnnspec.passes.shapes import reshape

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

TRAINED = 40_000_000
"""The most weights of a net whose training is compared: the larger ones have the blocks of smaller ones."""

SIDES = (64, 96, 128, 192, 256)
BATCH = 4
"""With fewer values in the last maps, batch norms multiply rounding from layer to layer."""


def closed(name: str) -> bool:
    """Whether a net leaves no parameter open."""
    try:
        cnnspec.zoo(name)
    except SpecError as error:
        assert error.diagnostics[0].code == "net-open"
        return False
    return True


def small(name: str) -> Graph:
    """A net of the zoo at the smallest side that it takes, up to its own; vectors stay as they are."""
    graph = cnnspec.zoo(name).ir
    shapes = {node: graph[node].shape for node in graph.inputs}
    for side in SIDES:
        wanted = {
            node: (shape[0], *(min(side, size) for size in shape[1:])) for node, shape in shapes.items()
        }
        found = resized(name, graph, wanted)
        if found is not None:
            return found
    return graph


def resized(name: str, graph: Graph, shapes: dict[str, Shape]) -> Graph | None:
    """The net on other inputs: elaborated anew, or where shape marks forbid it, inferred anew."""
    try:
        return cnnspec.zoo(name, inputs=shapes).ir
    except SpecError:
        pass
    try:
        return reshape(graph, shapes)
    except LayerError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for _, name in zoo_nets().values()])
def test_backends_agree(name: str) -> None:
    if not closed(name):
        # a family has no weights of its own: its nets are compared instead
        return
    graph = small(name)
    weights = sum(prod(weight.shape) for _, weight, _ in declared(graph))
    found = verify(graph, train=weights <= TRAINED, batch=BATCH)
    assert found.ok, found.as_text()
    exact = verify(graph, ["numpy", "torch"], dtype="float64", batch=BATCH)
    assert exact.ok, exact.as_text()
