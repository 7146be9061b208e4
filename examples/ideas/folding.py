"""Batchnorm costs nothing in inference: it folds into the convolution before it.

Run it with `python examples/ideas/folding.py`. W' = gamma * W / sigma, b' = gamma * (b - mu) / sigma + beta.
"""

from __future__ import annotations

import numpy as np

import cnnspec
from cnnspec.backends import numpy as backend
from cnnspec.passes.fold_batchnorm import fold_batchnorm


def main() -> None:
    net = cnnspec.zoo("resnet20")
    program = net.to_numpy(seed=0, dtype="float64")
    batch = np.random.default_rng(0).standard_normal((8, 3, 32, 32))
    program.forward(batch)  # one step of training, which moves the running statistics

    graph, weights = fold_batchnorm(net.ir, program.state_dict())
    folded = backend.compile(graph, weights, dtype="float64")
    difference = np.abs(folded(batch) - program(batch)).max()
    print(f"{len(net.ir.nodes)} layers with batchnorm, {len(graph.nodes)} without")
    print(f"outputs equal to rounding: {difference < 1e-12}")


if __name__ == "__main__":
    main()
