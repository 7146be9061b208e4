"""Floats as torch and ONNX have them: what overflows is infinite and what has no value no number, untold."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np


def quiet() -> AbstractContextManager[object]:
    """While it is open, numpy does not warn in this thread of what floats do by their rules."""
    return np.errstate(all="ignore")
