"""What the table of backends says of ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnnspec.backends.base import Arrays, Backend, Options, Runner, by_head
from cnnspec.graph import Graph

if TYPE_CHECKING:
    from cnnspec.backends.onnx.builder import ModelOptions


def load(graph: Graph, weights: Arrays, options: Options) -> Any:
    """An OnnxProgram, which runs the model in onnxruntime."""
    from cnnspec.backends.onnx.program import compile

    return compile(graph, weights, **chosen(options))


def run(graph: Graph, weights: Arrays, options: Options) -> Runner:
    program = load(graph, weights, options)
    return lambda inputs: by_head(graph, program(inputs))


def source(graph: Graph, weights: Arrays, options: Options) -> Iterator[bytes | memoryview]:
    from cnnspec.backends.onnx.builder import pieces

    return pieces(graph, weights, **chosen(options))


def chosen(options: Options) -> ModelOptions:
    """What of the options a model has."""
    return {"opset": options.opset, "dtype": options.dtype, "open_size": options.open_size}


BACKEND = Backend(
    "onnx",
    load,
    run,
    source,
    suffixes=(".onnx",),
    keeps_weights=True,
    extra="onnx",
    libraries=("onnx", "onnxruntime"),
    dtypes=("float32", "float16"),
    takes=frozenset({"open_size", "opset"}),
)
