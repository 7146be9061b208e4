"""Every net that ships, at the smallest image it takes, gives the same on every backend."""

from __future__ import annotations

from math import prod

import pytest

import cnnspec
from cnnspec.backends.verify import verify
from cnnspec.backends.weights import declared
from cnnspec.diagnostics import Report, SpecError
from cnnspec.elaborate import Limits, Loader
from cnnspec.files import read_source
from cnnspec.graph import Graph
from cnnspec.layers.base import LayerError, Shape
from cnnspec.passes.shapes import reshape
from cnnspec.session import closed_nets
from cnnspec.spec_files import zoo_nets

pytest.importorskip("torch")

SIDES = (32, 64, 96, 128, 192, 256)

QUICK = (
    *("LeNet5", "MLP10_341_5", "MLP_MNIST", "MLP_Deep", "CrossCorrelation", "EdgeDetector"),
    *("AnyNet32", "DenseNetBC_100_12", "GoogLeNet", "MobileNetV2_050", "NFNet_Tiny", "ResNet18"),
    *("ResNet20", "ResNet56", "UNetSmall"),
)
"""One net or more of most families, that take a second or two."""

TRAINED = 10_000_000
"""The most weights of a net whose training is compared: the larger ones have the blocks of smaller ones."""

BATCH = 4
"""With fewer values in the last maps, batch norms multiply rounding from layer to layer."""


def closed() -> list[str]:
    """Every net of the zoo that leaves no parameter open."""
    found = []
    for path in sorted({path for path, _ in zoo_nets().values()}):
        report = Report()
        source = read_source(path, path.name, report, Limits())
        assert source is not None
        found += closed_nets(Loader(report, Limits()).load(source), {})
    return found


def small(name: str, least: int = 0) -> Graph:
    """A net of the zoo at the smallest side that it takes, up to its own; vectors stay as they are."""
    graph = cnnspec.zoo(name).ir
    shapes = {node: graph[node].shape for node in graph.inputs}
    for side in SIDES:
        if side >= least:
            wanted = {n: (shape[0], *(min(side, size) for size in shape[1:])) for n, shape in shapes.items()}
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


def test_quick_nets_are_of_the_zoo() -> None:
    assert set(QUICK) <= set(closed())


@pytest.mark.parametrize("name", QUICK)
def test_numpy_and_torch_agree(name: str) -> None:
    found = verify(small(name), ("numpy", "torch"), batch=1)
    assert found.ok, found.as_text()


@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny"])
def test_gradients_agree_too(name: str) -> None:
    found = verify(small(name), ("numpy", "torch"), batch=2, train=True)
    assert found.ok, found.as_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", closed())
def test_every_net_on_every_backend(name: str) -> None:
    """Outputs within 1e-4 in float32 and 1e-10 in float64; gradients and statistics but for the largest."""
    pytest.importorskip("onnxruntime")
    graph = small(name)
    for dtype in ("float32", "float64"):
        found = verify(graph, dtype=dtype, batch=1)
        assert found.ok, found.as_text()
    if sum(prod(weight.shape) for _, weight, _ in declared(graph)) <= TRAINED:
        trained = verify(small(name, least=64), ["numpy", "torch"], train=True, batch=BATCH)
        assert trained.ok, trained.as_text()
