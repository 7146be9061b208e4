"""Arrays from whatever holds numbers: numpy, torch, a file, or a library whose arrays numpy can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.diagnostics import InvalidValue


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor of a file: its type by name and its shape, and `read`, which gets its values."""

    dtype: str
    shape: tuple[int, ...]
    read: Callable[[], NDArray[Any]]


def as_array(value: Any) -> NDArray[Any]:
    """The values as an array, each exactly as it was: a torch tensor may be on any device and need gradients.

    float16 stays float16. numpy has no bfloat16, which becomes float32: its upper half is one. Plain lists of
    integers, which have no dtype to keep, become floats. Raises InvalidValue for a tensor that has no values
    for numpy: one of the device `meta`, a quantized one, one of eight bits.
    """
    if isinstance(value, StoredTensor):
        return value.read()
    if hasattr(value, "detach"):
        return _of_torch(value)
    array = np.asarray(value)
    if array.dtype.name == "bfloat16":
        # of ml_dtypes, as jax has it
        return array.astype(np.float32)
    return array if hasattr(value, "dtype") or array.dtype.kind != "i" else array.astype(np.float64)


def _of_torch(value: Any) -> NDArray[Any]:
    try:
        value = value.detach().cpu()
        if str(value.layout) != "torch.strided":
            value = value.to_dense()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        # resolved: a conjugate or negative view has no values of its own
        return np.asarray(value.resolve_conj().resolve_neg())
    except (TypeError, RuntimeError) as error:
        kind = f"{str(value.dtype).removeprefix('torch.')} on {value.device}"
        raise InvalidValue(f"a tensor of {kind} has no values that numpy can hold") from error


def widened(data: bytearray | bytes, kind: str, big: bool = False) -> NDArray[Any]:
    """The numbers of bytes of a type, `bfloat16` or as numpy calls it; bfloat16 becomes float32.

    A bfloat16 is the upper half of a float32.
    """
    if kind == "bfloat16":
        halves = np.frombuffer(data, ">u2" if big else "<u2")
        return (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)
    found = np.frombuffer(data, np.dtype(kind).newbyteorder(">" if big else "<"))
    return found.astype(found.dtype.newbyteorder("=")) if big else found
