"""What the table of backends says of numpy."""

from __future__ import annotations

from typing import Any

from cnnspec.backends.base import Arrays, Backend, Options, Runner, TrainingStep, by_head
from cnnspec.graph import Graph


def load(graph: Graph, weights: Arrays, options: Options) -> Any:
    """A Program."""
    from cnnspec.backends.numpy.program import compile

    return compile(graph, weights, dtype=options.dtype, reference=options.reference)


def run(graph: Graph, weights: Arrays, options: Options) -> Runner:
    program = load(graph, weights, options)
    return lambda inputs: by_head(graph, program(inputs))


def source(graph: Graph, weights: Arrays, options: Options) -> str:
    from cnnspec.backends.numpy.writer import source

    return source(graph)


def threads() -> int:
    from cnnspec.backends.numpy.inference.threads import default_threads

    return default_threads()


def train(graph: Graph, weights: Arrays, inputs: Arrays, grads: Arrays, dtype: str) -> TrainingStep:
    program = load(graph, weights, Options(dtype))
    outputs = by_head(graph, program.forward(inputs), training=True)
    gradients = program.backward(grads)
    statistics = {key: value for key, value in program.tensors.items() if key not in program.trainable}
    return TrainingStep(outputs, gradients, statistics)


BACKEND = Backend(
    "numpy",
    load,
    run,
    source,
    train,
    suffixes=(".py",),
    libraries=("numpy",),
    dtypes=("float32", "float64"),
    takes=frozenset({"reference"}),
    threads=threads,
)
