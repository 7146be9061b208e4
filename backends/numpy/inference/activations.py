"""Activations in place, on a block that stays in the cache, where their formula makes arrays of its own.

A pass of numpy over such a block costs about the same whatever it computes: the fewer, the faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.layers.activation import GELU, ReLU6
from cnnspec.layers.base import Layer

PHI = (
    1.75617126e-09,
    -1.32263357e-07,
    3.96474462e-06,
    -5.53061947e-05,
    -3.25949734e-05,
    3.63330846e-02,
    7.97884941e-01,
)
"""P, its highest power first, of erf(x / sqrt(2)) = tanh(x P(x^2)): a minimax fit up to |x| = 5.6, beyond
which erf is 1 in float32 and P only grows. Its error is 6e-8, half a unit in the last place of 1.
"""
PHI_OF_PAPER = (0.044715 * (2 / np.pi) ** 0.5, (2 / np.pi) ** 0.5)
"""P of the approximation in Hendrycks and Gimpel 2016."""

InPlace = Callable[[Any, Array, Array], None]
"""Takes a layer, the values that it replaces, and memory of twice their shape."""


def gelu(layer: GELU, y: Array, spare: Array) -> None:
    """y / 2 + y / 2 * tanh(y P(y^2))."""
    first, *others, last = PHI_OF_PAPER if layer.approximate == "tanh" else PHI
    square, phi = spare
    with np.errstate(over="ignore"):
        np.square(y, out=square)
        np.multiply(square, np.float32(first), out=phi)
        for coefficient in others:
            np.add(phi, np.float32(coefficient), out=phi)
            np.multiply(phi, square, out=phi)
        np.add(phi, np.float32(last), out=phi)
        np.multiply(phi, y, out=phi)
    np.tanh(phi, out=phi)
    np.multiply(y, np.float32(0.5), out=y)
    np.multiply(phi, y, out=phi)
    np.add(y, phi, out=y)


def relu6(layer: ReLU6, y: Array, spare: Array) -> None:
    """min(max(y, 0), 6); numpy is four times slower where a bound is a scalar."""
    low, high = spare
    low.fill(0)
    high.fill(6)
    np.maximum(y, low, out=y)
    np.minimum(y, high, out=y)


IN_PLACE: dict[type[Layer], InPlace] = {GELU: gelu, ReLU6: relu6}
