"""Seeded input for a net: what `compile` runs and `verify` compares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnspec.graph import Graph


def random_inputs(graph: Graph, seed: int = 0, batch: int = 1) -> dict[str, NDArray[np.float32]]:
    """Standard normal values (batch, *shape) for every input of a net, each from a stream of its own."""
    return {
        name: np.random.default_rng((seed, number))
        .standard_normal((batch, *graph.nodes[name].shape))
        .astype(np.float32)
        for number, name in enumerate(graph.inputs)
    }
