"""What the table of backends says of torch."""

from __future__ import annotations

from typing import Any

from cnnspec.backends.base import Arrays, Backend, Options, Runner, TrainingStep, by_head
from cnnspec.graph import Graph


def load(graph: Graph, weights: Arrays, options: Options) -> Any:
    """A torch.nn.Module, in training mode."""
    from cnnspec.backends.torch.module import compile

    return compile(graph, weights=weights, dtype=options.dtype, channels_last=options.channels_last)


def run(graph: Graph, weights: Arrays, options: Options) -> Runner:
    from cnnspec.backends.torch.module import runner

    program = runner(graph, weights, dtype=options.dtype, channels_last=options.channels_last)
    return lambda inputs: by_head(graph, program(inputs))


def source(graph: Graph, weights: Arrays, options: Options) -> str:
    from cnnspec.backends.torch.writer import source

    return source(
        graph,
        spec=options.spec,
        init=options.init,
        dtype=options.dtype,
        channels_last=options.channels_last,
    )


def threads() -> int:
    import torch

    return torch.get_num_threads()


def train(graph: Graph, weights: Arrays, inputs: Arrays, grads: Arrays, dtype: str) -> TrainingStep:
    from cnnspec.backends.torch.training import train

    return train(graph, weights, inputs, grads, dtype)


def scripts(graph: Graph, options: Options) -> dict[str, str]:
    from cnnspec.backends.torch.trainer import scripts

    return scripts(graph, options)


BACKEND = Backend(
    "torch",
    load,
    run,
    source,
    train,
    scripts,
    suffixes=(".py",),
    extra="torch",
    libraries=("torch",),
    dtypes=("float32", "float64", "bfloat16", "float16"),
    takes=frozenset({"channels_last"}),
    writes=frozenset({"dtype", "init", "channels_last"}),
    threads=threads,
)
