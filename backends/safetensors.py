"""The safetensors file format, read strictly and written atomically, with numpy alone.

A file is the length of its header (8 bytes, little-endian), the header (JSON: name to dtype, shape and byte
range) and the data, which the ranges cover without holes or overlaps.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.arrays import StoredTensor, as_array, widened
from cnnspec.diagnostics import Refused
from cnnspec.files import open_regular, write_whole

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
NAMES = {np.dtype(code): name for name, code in DTYPES.items()}
MAX_HEADER = 100_000_000


class WeightsError(Refused):
    """A weight file is damaged, or its tensors do not fit."""


def save(
    path: str | os.PathLike[str], tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors as a safetensors file, whole or not at all.

    Raises WeightsError for a dtype the format lacks, OSError where the file cannot be written.
    """
    arrays = {name: as_array(value) for name, value in tensors.items()}
    for name, array in arrays.items():
        if array.dtype.newbyteorder("<") not in NAMES:
            raise WeightsError(f"{name}: safetensors cannot hold dtype {array.dtype}")
    # the widest first, so that every tensor is aligned
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in order:
        start, end = end, end + arrays[name].nbytes
        kind = NAMES[arrays[name].dtype.newbyteorder("<")]
        header[name] = {"dtype": kind, "shape": list(arrays[name].shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)

    def chunks() -> Iterator[bytes | memoryview]:
        yield len(text).to_bytes(8, "little") + text
        for name in order:
            little = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), copy=False)
            yield np.ascontiguousarray(little).data

    write_whole(Path(path), chunks())


def load(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read a safetensors file; bfloat16 becomes float32.

    Raises WeightsError, saying what is wrong, for a file that is not exactly right, OSError for an unreadable
    one.
    """
    with open_regular(path) as file:
        return {name: tensor.read() for name, tensor in read_safetensors(file, str(path)).items()}


def read_safetensors(file: BinaryIO, path: str) -> dict[str, StoredTensor]:
    """The tensors of a safetensors file in the order of its header, to be read while it is open.

    Raises WeightsError.
    """
    size = os.fstat(file.fileno()).st_size
    header, start = _read_header(file, size, path)
    entries = {entry.name: entry for entry in _check_entries(header, size - start, path)}

    def tensor(entry: HeaderEntry) -> StoredTensor:
        kind = "bfloat16" if entry.kind == "BF16" else np.dtype(DTYPES[entry.kind]).name
        return StoredTensor(kind, entry.shape, partial(_values, file, path, start, entry))

    return {name: tensor(entries[name]) for name in header if name != "__metadata__"}


def _values(file: BinaryIO, path: str, start: int, entry: HeaderEntry) -> NDArray[Any]:
    file.seek(start + entry.begin)
    data = bytearray(file.read(entry.end - entry.begin))
    try:
        return widened(data, DTYPES.get(entry.kind, "bfloat16")).reshape(entry.shape)
    except ValueError as error:
        # more axes than numpy has, or a size beyond its counting on an axis beside one of size 0
        told = f"{path}: numpy cannot hold {entry.name}, of {len(entry.shape)} axes: {error}"
        raise WeightsError(told) from error


def _read_header(file: BinaryIO, size: int, path: str) -> tuple[dict[str, Any], int]:
    if size < 8:
        raise WeightsError(f"{path}: {size} bytes are too few for a safetensors file")
    length = int.from_bytes(file.read(8), "little")
    if length > MAX_HEADER:
        raise WeightsError(f"{path}: a header of {length} bytes is over the limit of {MAX_HEADER}")
    if 8 + length > size:
        raise WeightsError(f"{path}: the header has {length} bytes, the file {size - 8} after its length")
    try:
        header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: the header is not valid JSON: {error}") from error
    if not isinstance(header, dict):
        raise WeightsError(f"{path}: the header is not a JSON object")
    return header, 8 + length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} stands twice")
    return result


class HeaderEntry(NamedTuple):
    """What the header says of a tensor, and where its data are."""

    name: str
    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _check_entries(header: dict[str, Any], room: int, path: str) -> list[HeaderEntry]:
    """The tensors in the order of their data: name, dtype, shape, begin, end."""
    entries = [_check_entry(name, value, path) for name, value in header.items() if name != "__metadata__"]
    entries.sort(key=lambda entry: entry[3:])
    position = 0
    for name, _, _, begin, end in entries:
        if begin < position:
            raise WeightsError(
                f"{path}: the data of {name} (from byte {begin}) overlaps that before it (to {position})"
            )
        if begin > position:
            raise WeightsError(f"{path}: bytes {position} to {begin}, before {name}, belong to no tensor")
        position = end
    if position != room:
        raise WeightsError(f"{path}: the tensors take {position} bytes, the file has {room}")
    return entries


def _check_entry(name: str, value: Any, path: str) -> HeaderEntry:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise WeightsError(f"{path}: {name} does not have exactly dtype, shape and data_offsets")
    kind, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(kind, str) or (kind != "BF16" and kind not in DTYPES):
        raise WeightsError(f"{path}: {name} has the unknown dtype {kind!r}")
    if not _are_sizes(shape):
        raise WeightsError(f"{path}: {name} has the shape {shape!r}")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise WeightsError(f"{path}: {name} has the data_offsets {offsets!r}")
    width = 2 if kind == "BF16" else np.dtype(DTYPES[kind]).itemsize
    if offsets[1] - offsets[0] != prod(shape) * width:
        raise WeightsError(
            f"{path}: {name} is {kind} of shape {shape}, {prod(shape) * width} bytes, "
            f"but its data has {offsets[1] - offsets[0]}"
        )
    return HeaderEntry(name, kind, tuple(shape), offsets[0], offsets[1])


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)
