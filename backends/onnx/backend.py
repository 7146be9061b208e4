"""What the table of backends says of ONNX."""

from __future__ import annotations

from typing import Any

from cnnspec.backends.base import Arrays, Backend, Options, Runner, by_head
from cnnspec.graph import Graph


def load(graph: Graph, weights: Arrays, options: Options) -> Any:
    """An OnnxProgram, which runs the model in onnxruntime."""
    from cnnspec.backends.onnx.program import compile

    return compile(graph, weights, open_size=options.open_size)


def run(graph: Graph, weights: Arrays, options: Options) -> Runner:
    program = load(graph, weights, options)
    return lambda inputs: by_head(graph, program(inputs))


def source(graph: Graph, weights: Arrays, options: Options) -> bytes:
    from cnnspec.backends.onnx.builder import serialized

    return serialized(graph, weights, open_size=options.open_size)


BACKEND = Backend(
    "onnx",
    load,
    run,
    source,
    suffixes=(".onnx",),
    keeps_weights=True,
    extra="onnx",
    libraries=("onnx", "onnxruntime"),
    takes=frozenset({"open_size"}),
)
