"""Files of torch.save, read as data with numpy alone: nothing in them is run, and torch is not needed.

Since torch 1.6 a file is a zip archive without compression, before that a row of pickles and numbers:

    archive/data.pkl     what was saved; each tensor says its storage, offset, shape and strides
    archive/data/0 ...   the storages, as plain numbers
    archive/byteorder    `little` or `big`

https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from functools import partial
from math import prod
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.arrays import StoredTensor, widened
from cnnspec.backends.npz_files import DAMAGES
from cnnspec.backends.pickles import (
    PLAIN_KEYS,
    DamagedPickle,
    DeferredCall,
    GlobalName,
    Persistent,
    read_pickle,
)
from cnnspec.backends.safetensors import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
"""What torch wrote first before it wrote archives."""
MOST_PICKLED = 200_000_000
"""How many bytes may describe the tensors; those of a large net are some hundred a tensor."""
MOST_NAMED = 5
FEWEST_AXES = 32
"""How many axes every numpy has room for."""
KINDS = {
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "BFloat16": "bfloat16",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "|i1",
    "Byte": "|u1",
    "Bool": "|b1",
    "ComplexFloat": "<c8",
    "ComplexDouble": "<c16",
}
"""The types of torch's storages, as numpy calls them."""
DTYPES = {
    f"torch.{name}": code
    for names, code in (
        (("float64", "double"), "<f8"),
        (("float32", "float"), "<f4"),
        (("float16", "half"), "<f2"),
        (("bfloat16",), "bfloat16"),
        (("int64", "long"), "<i8"),
        (("int32", "int"), "<i4"),
        (("int16", "short"), "<i2"),
        (("int8",), "|i1"),
        (("uint8",), "|u1"),
        (("uint16",), "<u2"),
        (("uint32",), "<u4"),
        (("uint64",), "<u8"),
        (("bool",), "|b1"),
        (("complex64",), "<c8"),
        (("complex128",), "<c16"),
    )
    for name in names
}
BUILTINS = ("set", "frozenset", "range", "complex", "bytearray", "int", "float", "dict", "list", "tuple")
PLAIN = frozenset(
    (
        *("argparse.Namespace", "types.SimpleNamespace", "collections.defaultdict", "collections.Counter"),
        *("datetime.datetime", "datetime.date", "datetime.timedelta", "uuid.UUID", "_codecs.encode"),
        *(f"pathlib.{name}" for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath")),
        *(f"pathlib._local.{name}" for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath")),
        *(f"{home}.{name}" for home in ("builtins", "__builtin__") for name in BUILTINS),
        *("numpy.dtype", "numpy.ndarray", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
        *("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"),
        *("torch.device", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.Tensor"),
        *("torch.storage.UntypedStorage", "torch.storage.TypedStorage", "torch.UntypedStorage"),
    )
)
"""What checkpoints hold beside tensors and what does nothing when it is made: such values are passed over."""


class Storage(NamedTuple):
    """A row of numbers that tensors look at: its key in the file, its type and its length."""

    key: str
    kind: str
    length: int


Bytes = Callable[[str, int], bytes]
"""Gives the bytes of a storage, by key and number of bytes."""


def read_torch(file: BinaryIO, path: str) -> Any:
    """What torch.save wrote: dicts, lists and plain values, whose tensors are StoredTensor.

    They are read while the file is open. Raises WeightsError for a file that is damaged or would run code.
    """
    start = file.read(4)
    file.seek(0)
    return _read_archive(file, path) if start.startswith(b"PK") else _read_row(file, path)


def _read_archive(file: BinaryIO, path: str) -> Any:
    size = os.fstat(file.fileno()).st_size
    try:
        archive = ZipFile(file)
    except DAMAGES as error:
        raise WeightsError(f"{path} is a damaged archive: {error}") from error
    records = {info.filename: info for info in archive.infolist()}
    _refuse_programs(records, path)
    top = next((name.removesuffix("data.pkl") for name in records if name.endswith("/data.pkl")), None)
    if top is None:
        raise WeightsError(f"{path} is an archive, but none of torch.save or numpy.savez")
    # torch compresses nothing, so that what it holds is never more than the file
    if any(info.compress_type != ZIP_STORED for info in records.values()):
        raise WeightsError(f"{path} is a compressed archive, which torch.save does not write")
    if sum(info.file_size for info in records.values()) > size:
        raise WeightsError(f"{path} is a damaged archive: it holds more than its {size} bytes")

    def record(name: str) -> bytes:
        try:
            return archive.read(name)
        except DAMAGES as error:
            reason = str(error).strip("'\"")
            raise WeightsError(f"{path} is a damaged archive: {name.removeprefix(top)}: {reason}") from error

    if records[f"{top}data.pkl"].file_size > MOST_PICKLED:
        raise WeightsError(f"{path} has over {MOST_PICKLED} bytes that describe its tensors")
    big = f"{top}byteorder" in records and record(f"{top}byteorder").strip() == b"big"
    numbers = StorageReader(lambda key, _: record(f"{top}data/{key}"), path, big)
    return _pickled(io.BytesIO(record(f"{top}data.pkl")), path, numbers)


def _refuse_programs(names: Iterable[str], path: str) -> None:
    """Raise WeightsError for archives that hold a program beside tensors."""
    cure = "save the state dict of the module: torch.save(module.state_dict(), path)"
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise WeightsError(f"{path} is a TorchScript archive, a program and not a state dict: {cure}")
    if any(name.endswith(("archive_format", "serialized_exported_program.json")) for name in names):
        raise WeightsError(f"{path} is an archive of torch.export, a program and not a state dict: {cure}")


def _read_row(file: BinaryIO, path: str) -> Any:
    """A file of torch before 1.6: its magic, version and system, what was saved, keys, and storages."""
    # all at once: a pickle asks for as many bytes as it likes, and of these there are no more than there are
    stream = io.BytesIO(file.read())
    storages: dict[str, bytes] = {}
    numbers = StorageReader(lambda key, _: storages.get(key, b""), path, False)
    if _pickled(stream, path, numbers) != MAGIC:
        raise WeightsError(f"{path} is a pickle, but none of torch.save")
    _pickled(stream, path, numbers)
    system = _pickled(stream, path, numbers)
    numbers.big = isinstance(system, dict) and system.get("little_endian") is False
    saved, keys = _pickled(stream, path, numbers), _pickled(stream, path, numbers)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise WeightsError(f"{path} is damaged: the keys of its storages are no list of names")
    for key in keys:
        length = int.from_bytes(stream.read(8), "big" if numbers.big else "little")
        said, width = numbers.known.get(key, (-1, 0))
        if said != length:
            raise WeightsError(f"{path} is damaged: storage {key} is not of the length that its tensors say")
        storages[key] = stream.read(length * width)
    return saved


def _pickled(stream: io.BytesIO, path: str, numbers: StorageReader) -> Any:
    """The next pickle. Raises WeightsError where it is damaged, or would run code: nothing of it is run."""
    odd: dict[str, None] = {}

    def call(name: str, arguments: tuple[Any, ...]) -> Any:
        try:
            return _called(name, arguments, numbers, odd)
        except DamagedPickle:
            raise
        except (IndexError, TypeError, ValueError) as error:
            raise DamagedPickle(f"{name} is given {len(arguments)} values that it does not take") from error

    try:
        saved = read_pickle(stream, call)
    except DamagedPickle as error:
        raise WeightsError(f"{path} is a damaged file of torch.save: {error}") from error
    if odd:
        more = f" and {len(odd) - MOST_NAMED} more" if len(odd) > MOST_NAMED else ""
        what = ", ".join(list(odd)[:MOST_NAMED]) + more
        raise WeightsError(
            f"{path} is a pickle that runs code when it is loaded ({what}), so it is not loaded: "
            "torch.save(module.state_dict(), path) writes weights as data"
        )
    return saved


def _called(name: str, arguments: tuple[Any, ...], numbers: StorageReader, odd: dict[str, None]) -> Any:
    """What a call gives; calls that are none of a state dict are noted as odd."""
    match name:
        case "collections.OrderedDict":
            pairs = _pairs(*arguments[:1])
            return {key: value for key, value in pairs if isinstance(key, PLAIN_KEYS)}
        case "torch.Size":
            return tuple(arguments[0])
        case "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2":
            return numbers.tensor(*arguments[:4])
        case "torch._utils._rebuild_tensor_v3":
            return numbers.tensor(*arguments[:4], dtype=arguments[6])
        case "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state":
            return arguments[0]
        # one within another is never written, and a thousand of them are too many
        case "torch._tensor._rebuild_from_type_v2" if isinstance(what := arguments[0], GlobalName) and (
            what.name != name
        ):
            return _called(what.name, arguments[2], numbers, odd)
    if name not in PLAIN:
        odd[name] = None
    return DeferredCall(name, arguments)


def _pairs(given: Any = ()) -> Iterable[tuple[Any, Any]]:
    return given.items() if isinstance(given, dict) else given


class StorageReader:
    """The storages of a file, each read once, when a tensor that looks at it is."""

    def __init__(self, read: Bytes, path: str, big: bool) -> None:
        self.read, self.path, self.big = read, path, big
        # for each key the length that its tensors say, and the bytes of one value
        self.known: dict[str, tuple[int, int]] = {}
        self.arrays: dict[tuple[str, str], NDArray[Any]] = {}

    def tensor(self, where: Any, offset: int, size: Any, strides: Any, dtype: Any = None) -> StoredTensor:
        """A tensor, to be read later. Raises ValueError for one that lies outside of its storage."""
        storage = self._storage(where, dtype)
        shape, steps = tuple(size), tuple(strides)
        if len(shape) != len(steps) or not all(map(is_size, (offset, *shape, *steps))):
            raise DamagedPickle("a tensor has no shape")
        last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        if prod(shape) and (last >= storage.length or prod(shape) > storage.length):
            raise DamagedPickle("a tensor has more values than its storage")
        read = partial(self.array, storage, offset, shape, steps)
        return StoredTensor(dtype_name(storage.kind), shape, read)

    def _storage(self, where: Any, dtype: Any) -> Storage:
        if not isinstance(where, Persistent) or where.identity[0] != "storage":
            raise DamagedPickle("a tensor has no storage")
        _, kind, key, _, length, *view = where.identity
        if not isinstance(key, str):
            raise DamagedPickle("a storage has no name")
        if any(part is not None for part in view):
            raise DamagedPickle("a storage that is a part of another is not read")
        code = KINDS.get(kind.name.removeprefix("torch.").removesuffix("Storage"), "")
        if not is_size(length) or not (code or isinstance(dtype, GlobalName)):
            raise DamagedPickle(f"{kind.name} is no storage")
        if not isinstance(dtype, GlobalName):
            self.known.setdefault(key, (length, itemsize(code)))
            return Storage(key, code, length)
        # a storage without a type says how many bytes it has
        self.known.setdefault(key, (length, 1))
        code = DTYPES.get(str(dtype.name), str(dtype.name))
        return Storage(key, code, length // itemsize(code))

    def array(self, storage: Storage, offset: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> Any:
        """The values of a tensor. Raises WeightsError for a type that numpy has not, for missing bytes."""
        where = (storage.key, storage.kind)
        if where not in self.arrays:
            self.arrays[where] = self._numbers(storage)
        row = self.arrays[where]
        strides = tuple(step * row.itemsize for step in steps)
        try:
            # a view: tensors that share their numbers take no memory of their own
            return np.lib.stride_tricks.as_strided(row[offset:], shape, strides)
        except (ValueError, OverflowError) as error:
            what = f"of {len(shape)} axes" if len(shape) > FEWEST_AXES else "whose axes or steps are so large"
            raise WeightsError(f"{self.path}: numpy cannot hold a tensor {what}") from error

    def _numbers(self, storage: Storage) -> NDArray[Any]:
        if storage.kind.startswith("torch."):
            raise WeightsError(f"{self.path} has tensors of {storage.kind}, which numpy has not")
        data = self.read(storage.key, storage.length)
        wanted = storage.length * itemsize(storage.kind)
        if len(data) < wanted:
            told = f"storage {storage.key} has {len(data)} bytes of {wanted}"
            raise WeightsError(f"{self.path} is cut off: {told}")
        return widened(bytearray(data[:wanted]), storage.kind, self.big)


def is_size(value: Any) -> bool:
    """Whether a value is a number of something, as torch counts: a longer one takes pages to print."""
    return type(value) is int and 0 <= value < 2**63


def itemsize(kind: str) -> int:
    """The bytes of a value of a type, as the tables name it; 1 for types that numpy has not."""
    return 2 if kind == "bfloat16" else 1 if kind.startswith("torch.") else np.dtype(kind).itemsize


def dtype_name(kind: str) -> str:
    """What a type is called: float32, bfloat16."""
    return kind if kind == "bfloat16" else kind.removeprefix("torch.") if "." in kind else np.dtype(kind).name
