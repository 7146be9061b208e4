"""What a torch module gives beside what its tensors say: whether a net with these has its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnnspec.backends.base import Options, by_head, find
from cnnspec.graph import Graph

FAR = 1e-3
"""How far outputs may lie apart by rounding alone, in parts of the largest."""


def outputs_apart(graph: Graph, weights: Mapping[str, Any], module: Any, example: Any) -> tuple[str, ...]:
    """A line on the outputs of a net for an example, where they are not those of a module.

    Outputs of another number or other shapes are not compared: a module may make boxes of them, say.
    """
    inputs = example if isinstance(example, tuple) else (example,)
    training = module.training
    try:
        theirs = [np.asarray(value.detach().cpu()) for value in tensors_of(module.eval()(*inputs))]
    finally:
        module.train(training)
    arrays = [value.detach().cpu().numpy() for value in inputs]
    run = find("torch").run(graph, weights, Options())
    mine = list(by_head(graph, run(dict(zip(graph.inputs, arrays, strict=True)))).values())
    if [value.shape for value in mine] != [value.shape for value in theirs]:
        return ()
    pairs = list(zip(mine, theirs, strict=True))
    off = max((float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in pairs), default=0.0)
    if off <= FAR:
        return ()
    return (
        f"other outputs: they lie {off:.2g} of the largest apart for the example, so the net is another, or "
        "has channels in another order",
    )


def tensors_of(outputs: Any) -> Iterator[Any]:
    """The tensors in what a module gives, whatever keeps them."""
    if hasattr(outputs, "detach"):
        yield outputs
    elif isinstance(outputs, (Mapping, list, tuple)):
        for part in outputs.values() if isinstance(outputs, Mapping) else outputs:
            yield from tensors_of(part)
