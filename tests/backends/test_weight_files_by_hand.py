"""Files of weights written by hand, an instruction at a time: rare forms are read, hostile ones refused."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec.backends import torch_files
from cnnspec.backends.npz_files import read_npz
from cnnspec.backends.pickles import DamagedPickle, DeferredCall, GlobalName, Persistent, read_pickle
from cnnspec.backends.weight_files import read
from cnnspec.backends.weights import WeightsError

LITTLE = {"protocol_version": 1001, "little_endian": True}
HUGE = b"\x8b" + (9000).to_bytes(4, "little") + b"\x7f" * 9000
"""An integer of more digits than Python writes."""
LARGE = b"\x8a\x08" + (2**62).to_bytes(8, "little")
DEEP = b")" + b"2\x86" * 40
"""A tuple of a tuple twice, forty levels deep: to write or to hash it takes two to the fortieth steps."""
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
FROM_TYPE = b"ctorch._tensor\n_rebuild_from_type_v2\n"


def plain(value: Any) -> Any:
    """Calls that are not made as tuples, which can be compared."""
    if isinstance(value, DeferredCall):
        return value.name, plain(value.arguments)
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value


# ---- instructions


class Given:
    """An object that is made with arguments by name."""

    def __getnewargs_ex__(self) -> Any:
        return (1,), {"size": 2}


@pytest.mark.parametrize("protocol", range(6))
def test_values_are_read_from_every_protocol(protocol: int) -> None:
    loop: list[Any] = []
    loop.append((loop, 1))
    values = {"a": [1, 2.5, None, True], "b": ((), (1,), (1, 2, 3, 4)), "c": {"d": "é", 2**40: b""}, "e": [7]}
    found = read_pickle(io.BytesIO(pickle.dumps(values, protocol)))
    assert {**found, "c": {}} == {**values, "c": {}}
    assert found["c"]["d"] == "é"
    again = read_pickle(io.BytesIO(pickle.dumps(loop, protocol)))
    assert again[0][0] is again and again[0][1] == 1


def test_sets_are_read_as_lists() -> None:
    assert read_pickle(io.BytesIO(pickle.dumps(({7}, frozenset((8,))), 4))) == ([7], [8])


@pytest.mark.parametrize("protocol", [0, 2])
def test_what_a_pickle_refers_to_is_named(protocol: int) -> None:
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return "there" if obj is Given else None

    stream = io.BytesIO()
    Pickler(stream, protocol).dump([Given])
    stream.seek(0)
    assert read_pickle(stream) == [Persistent("there")]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (b"(K\x01K\x02ios\nmkdir\n.", ("os.mkdir", (1, 2))),
        (b"(cos\nmkdir\nK\x01o.", ("os.mkdir", (1,))),
        (pickle.dumps(Given(), 4), (f"{__name__}.Given", (1,))),
        (b"K\x012\x86.", (1, 1)),
        (b"K\x01K\x020.", 1),
        (b"K\x01(K\x02K\x031.", 1),
        (b"(K\x01K\x02d.", {1: 2}),
        (b"}" + DEEP + b"K\x01s.", {}),
        (b"cos\nmkdir\n.", GlobalName("os.mkdir")),
    ],
    ids=["INST", "OBJ", "NEWOBJ_EX", "DUP", "POP", "POP_MARK", "DICT", "a key of tuples", "GLOBAL"],
)
def test_an_instruction_is_followed_and_nothing_is_called(program: bytes, expected: Any) -> None:
    assert plain(read_pickle(io.BytesIO(program))) == expected


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (b"\x82\x01.", "EXT1 is no instruction of a file of weights"),
        (b"\x97.", "NEXT_BUFFER is no instruction of a file of weights"),
        (b"(.", "a mark stands where a value should"),
        (b"K\x01t.", "a mark is missing"),
        (b"t.", "an instruction finds nothing to work on"),
        (b"(o.", "an instruction finds nothing to work on"),
        (b"h\x05.", "an instruction finds nothing to work on"),
        (b"K\x01)R.", "a call of what is no function"),
        (b"cos\nmkdir\nK\x01R.", "a call of what is no function"),
        (b"K\x01K\x02\x93.", "a function is named by what is no text"),
        (DEEP + b"X\x01\x00\x00\x00a\x93.", "a function is named by what is no text"),
        (b"}(K\x01u.", "zip() argument 2 is shorter than argument 1"),
        (b"", "pickle exhausted before seeing STOP"),
    ],
    ids=range(13),
)
def test_a_damaged_pickle_says_what_is_wrong(program: bytes, message: str) -> None:
    with pytest.raises(DamagedPickle) as caught:
        read_pickle(io.BytesIO(program))
    assert str(caught.value) == message


# ---- files of torch.save


def row(body: bytes, keys: Any = (), storages: bytes = b"", system: Any = LITTLE) -> bytes:
    """A file as torch before 1.6 wrote it; the body is the program of what was saved."""
    head = b"".join(pickle.dumps(value, 2) for value in (torch_files.MAGIC, 1001, system))
    listed = keys if isinstance(keys, bytes) else pickle.dumps(list(keys), 2)
    return head + b"\x80\x02" + body + b"." + listed + storages


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


def storage(
    key: bytes = text("0"),
    kind: bytes = b"ctorch\nFloatStorage\n",
    length: bytes = b"K\x02",
    view: bytes = b"N",
) -> bytes:
    return b"(" + text("storage") + kind + key + text("cpu") + length + view + b"tQ"


def tensor(
    where: bytes | None = None,
    offset: bytes = b"K\x00",
    shape: bytes = b"K\x02\x85",
    steps: bytes = b"K\x01\x85",
    dtype: bytes = b"",
) -> bytes:
    rebuild = REBUILD.replace(b"v2", b"v3") if dtype else REBUILD
    return call(rebuild, where or storage(), offset, shape, steps, b"\x89)", dtype)


def named(value: bytes) -> bytes:
    return b"}" + text("w") + value + b"s"


def stored(order: str, *values: float) -> bytes:
    """A storage as it follows its key: how many values, and these."""
    count = len(values).to_bytes(8, "big" if order == ">" else "little")
    return count + np.array(values, f"{order}f4").tobytes()


PLAIN = stored("<", 1.5, -2.0)


def archive(records: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as made:
        for name, content in records.items():
            made.writestr(name, content)
    return stream.getvalue()


def pkl(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def torn(content: bytes, old: bytes, new: bytes) -> bytes:
    """Bytes changed behind the back of the archive, whose sums then do not fit."""
    assert content.count(old) == 1 and len(old) == len(new)
    return content.replace(old, new)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (row(named(tensor()), ["0"], PLAIN), [1.5, -2]),
        (row(named(tensor()), ["0"], stored(">", 1.5, -2.0), {"little_endian": False}), [1.5, -2]),
        (row(named(call(FROM_TYPE, REBUILD, b"N", tensor()[len(REBUILD) : -1])), ["0"], PLAIN), [1.5, -2]),
        (row(named(tensor(dtype=b"ctorch\nuint16\n", where=storage(
            kind=b"ctorch.storage\nUntypedStorage\n", length=b"K\x04"))), ["0"],
            (4).to_bytes(8, "little") + b"\x01\x00\x02\x01"), [1, 258]),
        (row(call(b"ccollections\nOrderedDict\n", b"]" + text("w") + tensor() + b"\x86a"), ["0"], PLAIN),
         [1.5, -2]),
        (row(call(b"ccollections\nOrderedDict\n", b"](" + DEEP + b"K\x01\x86" + text("w") + tensor()
                  + b"\x86e"), ["0"], PLAIN), [1.5, -2]),
        (row(call(b"ccollections\nOrderedDict\n", named(tensor())), ["0"], PLAIN), [1.5, -2]),
        (archive({"a/byteorder": b"big", "a/data/0": np.array([1.5, -2], ">f4").tobytes(),
                  "a/data.pkl": pkl(named(tensor()))}), [1.5, -2]),
        (row(named(tensor(shape=b"K\x00\x85", offset=b"K\x09")), ["0"], PLAIN), []),
    ],
    ids=["row", "big row", "from type", "untyped", "pairs", "pair of tuples", "dict", "big archive", "none"],
)  # fmt: skip
def test_rarer_forms_are_read(tmp_path: Path, content: bytes, expected: list[float]) -> None:
    (tmp_path / "w").write_bytes(content)
    assert {name: value.tolist() for name, value in read(tmp_path / "w").items()} == {"w": expected}


DAMAGED = "w is a damaged file of torch.save: "
CURE = (
    "a program and not a state dict: save the state dict of the module: torch.save(module.state_dict(), path)"
)
REFUSED = {
    "another pickle": (pickle.dumps("weights", 2), "w is a pickle, but none of torch.save"),
    "keys of none": (row(b"N", b"\x80\x02N."), "w is damaged: the keys of its storages are no list of names"),
    "a long key": (
        row(b"N", b"\x80\x02]" + HUGE + b"a."),
        "w is damaged: the keys of its storages are no list of names",
    ),
    "a key of tuples": (
        row(b"N", b"\x80\x02]" + DEEP + b"a."),
        "w is damaged: the keys of its storages are no list of names",
    ),
    "another length": (
        row(named(tensor()), ["0"], (3).to_bytes(8, "little")),
        "w is damaged: storage 0 is not of the length that its tensors say",
    ),
    "another key": (
        row(named(tensor()), ["1"], PLAIN),
        "w is damaged: storage 1 is not of the length that its tensors say",
    ),
    "missing bytes": (
        row(named(tensor()), ["0"], PLAIN[:-1]),
        "w is cut off: storage 0 has 7 bytes of 8",
    ),
    "no storage": (row(named(tensor(b"N")), ["0"]), f"{DAMAGED}a tensor has no storage"),
    "another reference": (
        row(named(tensor(text("module") + b"\x85Q"))),
        f"{DAMAGED}a tensor has no storage",
    ),
    "a short reference": (
        row(named(tensor(text("storage") + b"\x85Q"))),
        f"{DAMAGED}torch._utils._rebuild_tensor_v2 is given 6 values that it does not take",
    ),
    "a name of tuples": (row(named(tensor(storage(DEEP)))), f"{DAMAGED}a storage has no name"),
    "a part": (
        row(named(tensor(storage(view=text("1") + b"K\x01K\x01\x87"))), ["0"], PLAIN),
        f"{DAMAGED}a storage that is a part of another is not read",
    ),
    "an odd storage": (
        row(named(tensor(storage(kind=b"ctorch\nQInt8Storage\n")))),
        f"{DAMAGED}torch.QInt8Storage is no storage",
    ),
    "a length of less": (
        row(named(tensor(storage(length=b"J\xff\xff\xff\xff")))),
        f"{DAMAGED}torch.FloatStorage is no storage",
    ),
    "no offset": (row(named(tensor(offset=b"N"))), f"{DAMAGED}a tensor has no shape"),
    "no step": (row(named(tensor(steps=b")"))), f"{DAMAGED}a tensor has no shape"),
    "too far": (
        row(named(tensor(offset=b"K\x01"))),
        f"{DAMAGED}a tensor has more values than its storage",
    ),
    "a large step": (
        row(named(tensor(steps=b"K\x02\x85"))),
        f"{DAMAGED}a tensor has more values than its storage",
    ),
    "many axes": (
        row(
            named(tensor(shape=b"(" + b"K\x01" * 65 + b"t", steps=b"(" + b"K\x01" * 65 + b"t")), ["0"], PLAIN
        ),
        "w: numpy cannot hold a tensor of 65 axes",
    ),
    "a step beyond numpy": (
        row(named(tensor(shape=b"K\x01\x85", steps=LARGE + b"\x85")), ["0"], PLAIN),
        "w: numpy cannot hold a tensor whose axes or steps are so large",
    ),
    "an axis beyond numpy": (
        row(
            named(tensor(shape=b"K\x00" + LARGE + LARGE + b"\x87", steps=b"K\x01K\x01K\x01\x87")),
            ["0"],
            PLAIN,
        ),
        "w: numpy cannot hold a tensor whose axes or steps are so large",
    ),
    "an axis of pages": (
        row(named(tensor(shape=b"K\x00" + HUGE + b"\x86", steps=b"K\x01K\x01\x86")), ["0"], PLAIN),
        f"{DAMAGED}a tensor has no shape",
    ),
    "a length of pages": (
        row(named(tensor(storage(length=HUGE))), ["0"], PLAIN),
        f"{DAMAGED}torch.FloatStorage is no storage",
    ),
    "a type that is none": (
        row(named(tensor(dtype=b"cos\nmkdir\n"))),
        f"{DAMAGED}torch._utils._rebuild_tensor_v3 is given 7 values that it does not take",
    ),
    "a type that numpy has not": (
        row(named(tensor(dtype=b"ctorch\nbits8\n")), ["0"], b"\x02" + b"\x00" * 9),
        "w has tensors of torch.bits8, which numpy has not",
    ),
    "a size of none": (
        row(named(b"ctorch\nSize\n)R")),
        f"{DAMAGED}torch.Size is given 0 values that it does not take",
    ),
    "types in types": (
        row(FROM_TYPE + (FROM_TYPE + b"N") * 1500 + b")" + b"\x87" * 1500 + b"R"),
        "w is a pickle that runs code when it is loaded (torch._tensor._rebuild_from_type_v2), so it is not "
        "loaded: torch.save(module.state_dict(), path) writes weights as data",
    ),
    "many functions": (
        row(b"(" + b"".join(f"cm\nf{i}\n)R".encode() for i in range(7)) + b"l"),
        "w is a pickle that runs code when it is loaded (m.f0, m.f1, m.f2, m.f3, m.f4 and 2 more), so it is "
        "not loaded: torch.save(module.state_dict(), path) writes weights as data",
    ),
    "torch.export": (
        archive({"a/archive_format": b"pt2", "a/data.pkl": pkl(b"N")}),
        f"w is an archive of torch.export, {CURE}",
    ),
    "an older torch.export": (
        archive({"serialized_exported_program.json": b"{}"}),
        f"w is an archive of torch.export, {CURE}",
    ),
    "a program": (archive({"a/code/x": b""}), f"w is a TorchScript archive, {CURE}"),
    "another archive": (archive({"readme": b"hi"}), "w is an archive, but none of torch.save or numpy.savez"),
    "no archive": (b"PK\x03\x04" + b"\x00" * 30, "w is a damaged archive: File is not a zip file"),
    "a record that is missing": (
        archive({"a/data.pkl": pkl(named(tensor()))}),
        "w is a damaged archive: data/0: There is no item named 'a/data/0' in the archive",
    ),
    "a record that is changed": (
        torn(archive({"a/byteorder": b"little", "a/data.pkl": pkl(b"N")}), b"little", b"litter"),
        "w is a damaged archive: byteorder: Bad CRC-32 for file 'a/byteorder",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_of_torch_is_refused_by_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w").write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read("w")
    assert str(caught.value) == message


def test_archives_that_hold_more_than_they_are_long_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = bytearray(archive({"a/data.pkl": pkl(b"N")}))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (10**6).to_bytes(4, "little")
    Path("w").write_bytes(content)
    with pytest.raises(
        WeightsError, match=rf"^w is a damaged archive: it holds more than its {len(content)} b"
    ):
        read("w")
    Path("w").write_bytes(archive({"a/data.pkl": pkl(named(b"N"))}))
    monkeypatch.setattr(torch_files, "MOST_PICKLED", 9)
    with pytest.raises(WeightsError, match=r"^w has over 9 bytes that describe its tensors$"):
        read("w")


# ---- archives of numpy


def npy(value: Any, version: tuple[int, int] = (1, 0)) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(value), version)
    return stream.getvalue()


def header(shape: str) -> bytes:
    """An array of a shape that numpy would not write, without values."""
    said = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape})}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said


NO_SHAPE = "its shape is none that an array can have"


def npz(content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    return archive({"w.npy": content}, compression)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_an_array_is_read(tmp_path: Path, version: tuple[int, int]) -> None:
    (tmp_path / "w").write_bytes(npz(npy([1.5, -2.0], version)))
    assert read(tmp_path / "w")["w"].tolist() == [1.5, -2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npz(npy([1.5]), zipfile.ZIP_BZIP2), "w is compressed in a way that numpy does not write"),
        (npz(npy([1.5, 2])[:-1]), "w: w is damaged: it has 15 bytes for 2 values of float64"),
        (npz(npy([1.5]) + b"\x00"), "w: w is damaged: it has 9 bytes for 1 values of float64"),
        (npz(npy([1.5]).replace(b"{'d", b"{(d")), "w: w is no .npy array: its header is damaged"),
        (npz(b"\x93NUMPY\x02\x00"),
         "w: w is no .npy array: EOF: reading array header length, expected 4 bytes got 0"),
        (npz(b"no array"),
         r"w: w is no .npy array: the magic string is not correct; expected b'\x93NUMPY', got b'no arr'"),
        (npz(header("-1, -1") + bytes(8)), f"w: w is no .npy array: {NO_SHAPE}"),
        (npz(header(f"0, {2**70}")), f"w: w is no .npy array: {NO_SHAPE}"),
        (npz(header("1" + "0" * 4000 + ", 1" + "0" * 4000)), f"w: w is no .npy array: {NO_SHAPE}"),
        (npz(header(f"0, {2**62}, {2**62}")),
         "w: w is damaged: array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum "
         "possible size."),
        (torn(npz(npy(np.arange(5e3))), np.float64(4999).tobytes(), np.float64(4997.5).tobytes()),
         "w: w is damaged: Bad CRC-32 for file 'w.npy'"),
    ],
    ids=["bzip2", "short", "long", "header", "cut", "magic", "shape of less", "large axis", "axes of pages",
         "empty", "changed"],
)  # fmt: skip
def test_an_archive_of_numpy_is_refused_by_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w").write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read("w")
    assert str(caught.value) == message


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"PK\x03\x04")
    with (
        open(tmp_path / "w", "rb") as file,
        pytest.raises(WeightsError, match=r"^w is a damaged archive: File is not a zip file$"),
    ):
        read_npz(file, "w")
