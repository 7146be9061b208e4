"""The functions that formulas of layers are written in, where numpy has none."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array

ERF_P = (
    9.60497373987051638749,
    90.0260197203842689217,
    2232.00534594684319226,
    7003.32514112805075473,
    55592.3013010394962768,
)
ERF_Q = (
    1.0,
    33.5617141647503099647,
    521.357949780152679795,
    4594.32382970980127987,
    22629.0000613890934246,
    49267.3942608635921086,
)
ERFC_P = (
    2.46196981473530512524e-10, 0.564189564831068821977, 7.46321056442269912687, 48.6371970985681366614,
    196.520832956077098242, 526.445194995477358631, 934.528527171957607540, 1027.55188689515710272,
    557.535335369399327526,
)  # fmt: skip
ERFC_Q = (
    1.0, 13.2281951154744992508, 86.7072140885989742329, 354.937778887819891062, 975.708501743205489753,
    1823.90916687909736289, 2246.33760818710981792, 1656.66309194161350182, 557.535340817727675546,
)  # fmt: skip


def erf(x: Array) -> Array:
    """The error function, to rounding: a rational approximation up to 1, one of erfc(x) * exp(x^2) beyond.

    Coefficients of the Cephes library (S. Moshier, ndtr.c), after Cody 1969, "Rational Chebyshev
    approximations for the error function".
    """
    size = np.minimum(np.abs(x), 8)
    square = x.dtype.type(1) * np.minimum(size, 1) ** 2
    inner = size * np.polyval(ERF_P, square) / np.polyval(ERF_Q, square)
    tail = np.maximum(size, 1)
    outer = 1 - np.exp(-(tail**2)) * np.polyval(ERFC_P, tail) / np.polyval(ERFC_Q, tail)
    return np.copysign(np.where(size < 1, inner, outer), x).astype(x.dtype, copy=False)


def logistic(x: Array) -> Array:
    """y = 1 / (1 + exp(-x)), written so that nothing overflows."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def log1pexp(x: Array) -> Array:
    """y = log(1 + exp(x)), written so that nothing overflows."""
    return np.logaddexp(x, 0)
