"""Memory for values and gradients that is used again: new pages take about as long as a conv.

An array goes back when the last view of it goes, wherever it is by then:

    y = pool.empty((32, 16, 8, 8), float32)    512 KiB, new
    del y                                      in the pool
    x = pool.empty((32, 64, 4, 4), float32)    the same 512 KiB
"""

from __future__ import annotations

from collections import defaultdict
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.layers.base import Shape

LEAST = 1 << 17
"""Bytes that are worth being kept; less comes from memory that the process has anyway."""


class Pool:
    """Memory that is free, by its size in bytes. Threads may share it."""

    def __init__(self) -> None:
        self.free: defaultdict[int, list[Array]] = defaultdict(list)

    def __reduce__(self) -> tuple[type[Pool], tuple[()]]:
        """A copy is empty."""
        return Pool, ()

    def empty(self, shape: Shape, dtype: DTypeLike) -> Array:
        """An array with any values."""
        size = prod(shape) * np.dtype(dtype).itemsize
        if size < LEAST:
            return np.empty(shape, dtype)
        try:
            held = self.free[size].pop()
        except IndexError:
            held = np.empty(size, np.uint8)
        return np.asarray(Loan(held, self)).view(dtype).reshape(shape)


class Loan:
    """Memory of a pool in use: what numpy holds as long as there is a view of it."""

    def __init__(self, held: Array, pool: Pool):
        self.held, self.pool = held, pool
        self.__array_interface__ = held.__array_interface__

    def __del__(self) -> None:
        self.pool.free[self.held.nbytes].append(self.held)
