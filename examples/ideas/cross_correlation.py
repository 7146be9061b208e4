"""A convolution by hand, and as a matrix: conv slides the kernel as it is, without flipping it.

Run it with `python examples/ideas/cross_correlation.py`.
"""

from __future__ import annotations

import numpy as np

import cnnspec
from cnnspec.backends.numpy import toeplitz

X = np.arange(9.0).reshape(3, 3)
K = np.arange(4.0).reshape(2, 2)


def main() -> None:
    net = cnnspec.zoo("cross_correlation").to_numpy(weights={"conv.weight": K[None, None]})
    print("X =", X.astype(int).tolist())
    print("K =", K.astype(int).tolist())
    print("conv:", net(X[None, None])[0, 0].astype(int).tolist())
    matrix = toeplitz(K, X.shape)
    print("the same as a matrix, a row for each output:")
    for row in matrix.astype(int):
        print("   ", *row)
    print("times X as a vector:", (matrix @ X.ravel()).astype(int).tolist())


if __name__ == "__main__":
    main()
