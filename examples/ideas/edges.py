"""Edges: a convolution finds them, and learns to from one pair of images.

Run it with `python examples/ideas/edges.py`. After Zhang et al. 2023, "Dive into Deep Learning", 7.2.
"""

from __future__ import annotations

import numpy as np

import cnnspec
from cnnspec.backends.numpy import SGD

STEPS, RATE = 30, 0.03


def image() -> np.ndarray:
    """White, with the columns 2 to 5 black: (1, 1, 6, 8)."""
    pixels = np.ones((1, 1, 6, 8))
    pixels[..., 2:6] = 0
    return pixels


def learn(x: np.ndarray, y: np.ndarray, seed: int = 0) -> np.ndarray:
    """The kernel that gradient descent on the squared error finds from x and y."""
    net = cnnspec.zoo("edge_detector").to_numpy(seed=seed, dtype="float64")
    descent = SGD(net, RATE)
    for _ in range(STEPS):
        descent.step(net.backward(2 * (net.forward(x) - y)))
    return net.tensors["conv.weight"].ravel()


def main() -> None:
    detector = cnnspec.zoo("edge_detector").to_numpy(weights={"conv.weight": np.array([[[[1.0, -1.0]]]])})
    x = image()
    edges = detector(x)
    print("image:   ", *x[0, 0, 0].astype(int))
    print("edges:   ", *edges[0, 0, 0].astype(int))
    print(f"learned after {STEPS} steps:", *learn(x, edges).round(3))


if __name__ == "__main__":
    main()
