"""numpy's own files: .npz archives of arrays by name, within bounds, and the headers of .npy arrays."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from functools import partial
from math import prod
from pathlib import Path
from struct import error as StructError
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.arrays import StoredTensor, as_array
from cnnspec.backends.safetensors import WeightsError
from cnnspec.files import write_whole
from cnnspec.layers.base import Shape

MOST_EXPANDED = 100
"""How many times as large as the file its arrays may be: weights hardly compress, a bomb a thousandfold."""
DAMAGES = (
    *(BadZipFile, ZlibError, StructError, EOFError, OSError, KeyError),
    *(NotImplementedError, RuntimeError, ValueError),
)
"""What zipfile and its decompressors raise at a damaged archive, or at one with a password."""


def npy_header(stream: Any) -> tuple[np.dtype[Any], Shape, bool]:
    """What a .npy array says of itself: its type, its shape, and whether its first axis moves fastest.

    Raises ValueError, which says what is wrong in one line.
    """
    try:
        version = np.lib.format.read_magic(stream)
        read_header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, kind = read_header(stream)
    except Exception as error:
        # numpy reads the header with Python's own tokenizer, which has errors of its own
        reason = str(error).partition("\n")[0] if isinstance(error, ValueError) else "its header is damaged"
        raise ValueError(reason) from None
    if not all(0 <= size < 2**63 for size in shape):
        raise ValueError("its shape is none that an array can have")
    return kind, shape, fortran


def read_npz(file: BinaryIO, path: str) -> dict[str, StoredTensor]:
    """The arrays of an .npz archive, to be read while the file is open. Raises WeightsError."""
    size = os.fstat(file.fileno()).st_size
    try:
        archive = ZipFile(file)
    except DAMAGES as error:
        raise WeightsError(f"{path} is a damaged archive: {error}") from error
    entries = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    if any(info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for info in entries):
        raise WeightsError(f"{path} is compressed in a way that numpy does not write")
    if sum(info.file_size for info in entries) > MOST_EXPANDED * size:
        raise WeightsError(f"{path} unpacks to more than {MOST_EXPANDED} times its {size} bytes")
    return {info.filename.removesuffix(".npy"): _tensor(archive, info, path) for info in entries}


def _tensor(archive: ZipFile, info: ZipInfo, path: str) -> StoredTensor:
    name = info.filename.removesuffix(".npy")
    try:
        with archive.open(info) as stream:
            kind, shape, fortran = npy_header(stream)
            start = stream.tell()
    except DAMAGES as error:
        raise WeightsError(f"{path}: {name} is no .npy array: {error}") from error
    if kind.hasobject:
        raise WeightsError(f"{path}: {name} holds Python objects, which run code when they are loaded")
    if prod(shape) * kind.itemsize != info.file_size - start:
        told = f"{info.file_size - start} bytes for {prod(shape)} values of {kind}"
        raise WeightsError(f"{path}: {name} is damaged: it has {told}")

    return StoredTensor(kind.name, shape, partial(_values, archive, info, path, start, kind, fortran, shape))


def _values(
    archive: ZipFile,
    info: ZipInfo,
    path: str,
    start: int,
    kind: np.dtype[Any],
    fortran: bool,
    shape: Shape,
) -> NDArray[Any]:
    try:
        data = bytearray(archive.read(info))
        found = np.frombuffer(data, kind, prod(shape), start)
        # values where an axis is 0 are none, which frombuffer does not take as a count
        return found.reshape(shape, order="F" if fortran else "C")
    except DAMAGES as error:
        name = info.filename.removesuffix(".npy")
        raise WeightsError(f"{path}: {name} is damaged: {error}") from error


def save_npz(path: str | os.PathLike[str], tensors: Mapping[str, Any]) -> None:
    """Write tensors as an .npz archive without compression, whole or not at all. Raises OSError."""

    def chunks() -> Iterator[bytes]:
        sink = io.BytesIO()
        with ZipFile(sink, "w", ZIP_STORED) as archive:
            for name, value in tensors.items():
                # a date of its own would make each file another
                entry = ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                with archive.open(entry, "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, as_array(value), allow_pickle=False)
        yield sink.getvalue()

    write_whole(Path(path), chunks())
