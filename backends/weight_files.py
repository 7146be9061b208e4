"""Files of weights, of whatever kind: safetensors, torch.save's, numpy's .npz.

A file is known by how it begins, not by its name. It is read as data: no file of weights runs code here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZipFile

from numpy.typing import NDArray

from cnnspec.backends.arrays import StoredTensor
from cnnspec.backends.checkpoints import flat_tensors
from cnnspec.backends.npz_files import DAMAGES, read_npz, save_npz
from cnnspec.backends.safetensors import WeightsError, read_safetensors
from cnnspec.backends.safetensors import save as save_safetensors
from cnnspec.backends.torch_files import read_torch
from cnnspec.files import open_regular

ARCHIVE = b"PK\x03\x04"
NOT_WRITTEN = (".pth", ".pt", ".ckpt", ".bin", ".pkl", ".onnx", ".h5")
"""Endings that promise a file of another kind than those that are written."""
OTHERS = {
    b"\x93NUMPY": "a .npy array: weights are several, by name, as numpy.savez writes them",
    b"\x89HDF": "an HDF5 file, as Keras writes it: save its arrays by name with numpy.savez",
    b"GGUF": "a GGUF file: save its tensors as safetensors",
}


def read(path: str | os.PathLike[str], part: str | None = None) -> dict[str, NDArray[Any]]:
    """The tensors of a file by name, in its order: safetensors, .pth or .pt, .npz.

    A checkpoint that keeps them under `state_dict`, `model` or another name is opened; where it has several
    such parts, `part` names one. bfloat16 becomes float32. Raises WeightsError for a file that is damaged,
    holds no weights, or would run code; OSError for one that cannot be read.
    """
    with open_regular(path) as file:
        return {name: tensor.read() for name, tensor in _tensors(file, str(path), part).items()}


def inspect(path: str | os.PathLike[str], part: str | None = None) -> dict[str, StoredTensor]:
    """The types and shapes of what `read` reads, without values. Raises WeightsError, OSError."""
    with open_regular(path) as file:
        return dict(_tensors(file, str(path), part))


def write(path: str | os.PathLike[str], tensors: Mapping[str, Any]) -> None:
    """Write tensors as an .npz archive where the name ends so, else as safetensors, whole or not at all.

    Raises WeightsError for the ending of another kind, and for a type that the format lacks; OSError.
    """
    suffix = Path(path).suffix.lower()
    if suffix in NOT_WRITTEN:
        raise WeightsError(f"{path}: weights are written as .safetensors or .npz, not as {suffix}")
    save = save_npz if suffix == ".npz" else save_safetensors
    save(path, tensors)


def split_part(text: str) -> tuple[str, str | None]:
    """The file and the part that FILE[:PART] means; a file of the whole name wins."""
    file, colon, part = text.rpartition(":")
    return (text, None) if not colon or os.path.exists(text) or not os.path.exists(file) else (file, part)


def _tensors(file: BinaryIO, path: str, part: str | None) -> Mapping[str, StoredTensor]:
    start = file.read(9)
    file.seek(0)
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise WeightsError(f"{path} is {what}")
    if start.startswith(ARCHIVE):
        is_numpy = any(name.endswith(".npy") for name in _names(file))
        return flat_tensors(read_npz(file, path) if is_numpy else read_torch(file, path), path, part)
    # a safetensors file begins with the length of its header in eight bytes, of which four are enough, and
    # with its header, which is JSON; the second byte of a pickle is its protocol
    is_json = len(start) < 9 or start[8:] == b"{"
    if not is_json and start[0] == 0x80 and start[1] in range(2, 6):
        return flat_tensors(read_torch(file, path), path, part)
    if not is_json and any(start[4:8]):
        raise WeightsError(f"{path} is no file of weights that can be read: safetensors, .pth and .npz are")
    return flat_tensors(read_safetensors(file, path), path, part)


def _names(file: BinaryIO) -> list[str]:
    try:
        names = ZipFile(file).namelist()
    except DAMAGES:
        names = []
    file.seek(0)
    return names
