"""Damaged files and odd names: whatever is read ends in an answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from cnnspec import loads
from cnnspec.backends import safetensors
from cnnspec.backends.runs import seeded_weights
from cross.judge import empty, judge, perform

SPEC = """use "part.cnn" (block)
# a net on images
net Net(width=4) {
    input 1x8x8
    block(width) -> maxpool(2)
    gap -> flatten -> linear(3)
}
"""
PART = "def block(out, kernel=3) {\n    conv(out, kernel) -> relu\n}\n"
IMAGES = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
WEIGHTS = (".safetensors", ".npz", ".pth")
WORDS = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\x1b[31m",
    b"{",
    b"}" * 9,
    b"(" * 300,
    b"9" * 40,
    b"\xe2\x80\xae",
)


def whole() -> Mapping[str, bytes]:
    """The files that a command reads, undamaged."""
    from PIL import Image

    graph = loads(SPEC.replace('use "part.cnn" (block)', PART)).ir
    buffer = io.BytesIO()
    np.save(buffer, np.ones((1, 8, 8), np.float32))
    path = Path("whole.safetensors")
    weights = seeded_weights(graph)
    safetensors.save(path, weights)
    files = {
        "net.cnn": SPEC.encode(),
        "part.cnn": PART.encode(),
        "w.safetensors": path.read_bytes(),
        "x.npy": buffer.getvalue(),
        "names.txt": b"cat\ndog\nbird\n",
    }
    path.unlink()
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **weights)
    files["w.npz"] = archive.getvalue()
    with contextlib.suppress(ImportError):
        import torch

        wrapped = {"model": {key: torch.from_numpy(value) for key, value in weights.items()}, "epoch": 3}
        for name, is_archive in (("w.pth", True), ("old.pth", False)):
            saved = io.BytesIO()
            torch.save(wrapped, saved, _use_new_zipfile_serialization=is_archive)
            files[name] = saved.getvalue()
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    for form in IMAGES:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, form)
        files[f"x.{form.lower()}"] = stream.getvalue()
    return files


def cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def flip(random: Random, data: bytes) -> bytes:
    """A few bits turned over."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 20))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def splice(random: Random, data: bytes) -> bytes:
    """Bytes put in, doubled or taken out."""
    start, stop = sorted(random.randrange(len(data) + 1) for _ in range(2))
    middle = random.choice((b"", data[start:stop] * 2, random.choice(WORDS)))
    return data[:start] + middle + data[stop if random.random() < 0.5 else start :]


def other(random: Random, data: bytes) -> bytes:
    """Another file under this name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"a": 1}))
    npz = io.BytesIO()
    np.savez(npz, a=np.ones(3))
    objects = io.BytesIO()
    np.save(objects, np.array([{}], object), allow_pickle=True)
    return random.choice(
        (
            b"",
            b"\n",
            pickle.dumps({"a": np.ones(2)}),
            archive.getvalue(),
            npz.getvalue(),
            objects.getvalue(),
            header(random),
            array(random),
            b"%!PS\nshowpage\n",
            *whole().values(),
        )
    )


def header(random: Random) -> bytes:
    """A weight file whose header says odd things."""
    odd: tuple[Any, ...] = (
        None,
        [],
        {},
        "F32",
        -1,
        2**63,
        1e999,
        [0, 4],
        [2**62, 2**62, 0],
        "F64",
        True,
        [1] * 100,
        "BF16",
    )
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    entry[random.choice(list(entry))] = random.choice(odd)
    text = json.dumps({random.choice(("w", "__metadata__", "\x1b[31m", "")): entry}).encode()
    if random.random() < 0.2:
        # sizes that agree, and that numpy has not
        shape, end = random.choice((([1] * 100, 4), ([0, 2**62, 2**62], 0), ([2**62, 0], 0)))
        entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}
        text = json.dumps({"w": entry}).encode()
        return len(text).to_bytes(8, "little") + text + b"\0" * end
    length = random.choice((len(text), len(text), 2**40, 0))
    return length.to_bytes(8, "little") + text + b"\0" * 4


def array(random: Random) -> bytes:
    """An array whose header says odd things."""
    shape = random.choice(
        (
            "(1, 8, 8)",
            "(10**12,)",
            "(1000000, 1000000)",
            "(-1,)",
            "()",
            "((((",
            "(1, 8, 8",
            "None",
            "(0, 1, 8, 8)",
        )
    )
    kind = random.choice(("<f4", "|O", "<U3", "<M8[s]", "c16", "i4, f4", ">f8", "|b1", "nothing", "<f2"))
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    version = random.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"))
    size = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + size + text + b"\0" * random.choice((0, 256, 512))


DAMAGES: tuple[Callable[[Random, bytes], bytes], ...] = (cut, flip, splice, other)
NAMES = (
    *("plain.cnn", "with space.cnn", "ü.cnn", "a:b.cnn", "-dash.cnn", "\x1b[31m.cnn", "<b>.cnn", "a\nb.cnn"),
    *("a" * 250 + ".cnn", "a" * 300 + ".cnn", "NET.CNN", ".cnn", "net.cnn.txt", "'quote'.cnn", "con.cnn"),
    *("$(touch x).cnn", "\udcff.cnn", "lenet5", "a=b.cnn"),
)
PLACES = ("loop", "dangling", "folder", "fifo", "/dev/zero", "/dev/null", "", ".", "no/such", "link")
"""Paths that are no plain file, or lead to one in a round-about way."""


def surroundings(folder: Path) -> None:
    """What odd paths lead to."""
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nothing")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("net.cnn")
    os.mkfifo(folder / "fifo")


def run_case(random: Random, folder: Path) -> list[str]:
    """Damage a file or a name, run what reads it and judge it; the command. Raises Fault."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        empty(folder)
        files = dict(FILES or FILES.update(whole()) or FILES)
        image = random.choice(["x.npy", *(name for name in files if name.startswith("x."))])
        weights = random.choice([name for name in files if name.endswith(WEIGHTS)])
        read = ["net.cnn", "part.cnn", weights, image, "names.txt"]
        target = random.choice(read)
        names = {name: name for name in read}
        if random.random() < 0.7:
            files[target] = random.choice(DAMAGES)(random, files[target])
        else:
            names[target] = rename(random, files, target)
        for name, data in files.items():
            if "\0" not in name and len(os.fsencode(name)) < 256:
                Path(name).write_bytes(data)
        surroundings(folder)
        arguments = command(random, names, image, weights)
        judge(perform(arguments), folder)
        return arguments
    finally:
        os.chdir(before)


FILES: dict[str, bytes] = {}
"""The undamaged files, made once."""


def rename(random: Random, files: dict[str, bytes], target: str) -> str:
    """Another name for a file: an odd one that it then has, or a path to something else."""
    if random.random() < 0.5:
        name = random.choice(PLACES)
        if target == "part.cnn":
            files["net.cnn"] = files["net.cnn"].replace(b"part.cnn", name.encode())
        return name
    name = random.choice(NAMES)
    files[name] = files[target]
    if target == "part.cnn":
        quoted = name.replace("\n", " ").replace('"', "")
        text = files["net.cnn"].decode().replace("part.cnn", quoted.encode("utf-8", "replace").decode())
        files["net.cnn"] = text.encode()
    return name


def command(random: Random, names: Mapping[str, str], image: str, weights: str) -> list[str]:
    """A command that reads what was damaged."""
    spec = names["net.cnn"]
    run = ["run", "--weights", names[weights], "--input", names[image]]
    ranked = ["--top=2", "--classes", names["names.txt"]]
    run += ["--resize"] * random.randrange(2) + ranked * random.randrange(2)
    others = ["check", "summary", "fmt --check", "fmt", "render -o a.svg", "compile -o a.py"]
    compiled = ["compile", "--weights", names[weights]]
    found = random.choice([*(text.split() for text in others), compiled, run, run, run])
    return [*found, *["--json"] * random.randrange(2), "--", spec]
