"""What the table of backends says of the toy."""

from __future__ import annotations

from cnnspec.backends.base import Arrays, Backend, Options, Runner
from cnnspec.graph import Graph


def load(graph: Graph, weights: Arrays, options: Options) -> Runner:
    """A function of arrays by input that gives arrays by head."""
    from toy.program import compile

    return compile(graph.inference(), weights, options.dtype)


def source(graph: Graph, weights: Arrays, options: Options) -> str:
    """A line for each layer."""
    from toy.program import listing

    return listing(graph)


BACKEND = Backend(
    name="toy",
    load=load,
    run=load,
    source=source,
    suffixes=(".toy",),
    extra="toy",
    libraries=("toy",),
    dtypes=("float32", "float64"),
)
