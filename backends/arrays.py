"""Arrays from whatever holds numbers: numpy, torch, or a library whose arrays numpy can read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_array(value: Any) -> NDArray[Any]:
    """The values as an array, each exactly as it was: a torch tensor may be on any device and need gradients.

    float16 stays float16. numpy has no bfloat16, which becomes float32: its upper half is one. Plain lists of
    integers, which have no dtype to keep, become floats.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
    array = np.asarray(value)
    if array.dtype.name == "bfloat16":
        # of ml_dtypes, as jax has it
        return array.astype(np.float32)
    return array if hasattr(value, "dtype") or array.dtype.kind != "i" else array.astype(np.float64)
