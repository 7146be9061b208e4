"""What images hold and what they may do: every mode of Pillow, rotation, and formats that start programs."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cnnspec.backends.images import InputError, ranking, read, read_names

Image = pytest.importorskip("PIL.Image")

RAMP = np.linspace(0, 1, 16, dtype=np.float32).reshape(1, 16)
"""A line of 16 greys from black to white, that every mode holds."""


def bytes_of(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


def picture(mode: str):
    """The ramp as an image of a mode."""
    if mode == "1":
        return Image.fromarray(bytes_of(RAMP)).convert("1", dither=Image.Dither.NONE)
    if mode == "I;16":
        return Image.fromarray(np.round(RAMP * 65535).astype(np.uint16))
    if mode == "F":
        return Image.fromarray(RAMP)
    grey = Image.fromarray(bytes_of(RAMP))
    return grey.convert("RGB").convert(mode) if mode == "CMYK" else grey.convert(mode)


SAVED = {"CMYK": "tiff", "F": "tiff", "I;16": "png"}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F"])
def test_a_ramp_keeps_its_values_in_every_mode(mode: str, channels: int, tmp_path: Path) -> None:
    path = tmp_path / f"ramp.{SAVED.get(mode, 'png')}"
    picture(mode).save(path)
    x = read(path, (channels, 1, 16))
    assert x.shape == (1, channels, 1, 16)
    for channel in range(channels):
        assert_allclose(x[0, channel], RAMP, atol=1 / 255)
    if mode in ("I;16", "F"):
        assert_allclose(x[0, 0], RAMP, atol=1e-4)


def test_one_bit_is_black_or_white(tmp_path: Path) -> None:
    picture("1").save(tmp_path / "ramp.png")
    assert set(read(tmp_path / "ramp.png", (1, 1, 16)).ravel()) == {0.0, 1.0}


def test_whole_numbers_of_32_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.arange(16, dtype=np.int32).reshape(1, 16)).save(tmp_path / "ramp.tiff")
    with pytest.raises(InputError, match="whose white is not known"):
        read(tmp_path / "ramp.tiff", (1, 1, 16))


@pytest.mark.parametrize("mode", ["L", "I;16", "F"])
def test_a_ramp_is_resized_in_its_own_range(mode: str, tmp_path: Path) -> None:
    path = tmp_path / f"ramp.{SAVED.get(mode, 'png')}"
    picture(mode).save(path)
    x = read(path, (1, 2, 8), resize=True)
    assert_allclose(x[0, 0, 0], RAMP.reshape(8, 2).mean(1), atol=0.03)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright(orientation: int, tmp_path: Path) -> None:
    upright = np.zeros((4, 6), np.uint8)
    upright[0, 0], upright[0, 5] = 255, 128
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(turned)).save(tmp_path / "photo.png", exif=exif)
    assert_allclose(read(tmp_path / "photo.png", (1, 4, 6))[0, 0] * 255, upright)


def test_no_image_starts_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow hands PostScript to `gs`, whatever the name of the file."""
    ran = tmp_path / "ran"
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "digit.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(InputError, match="not an image that can be read"):
        read(path, (1, 28, 28))
    assert not ran.exists()


def test_a_large_image_is_refused_without_a_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for width in (10_500, 20_000):
            path = tmp_path / f"{width}.png"
            Image.new("1", (width, 10_000)).save(path)
            with pytest.raises(InputError, match="pixels"):
                read(path, (1, 28, 28))


def test_an_array_is_known_by_its_content(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 2, 2)))
    (tmp_path / "x.png").write_bytes((tmp_path / "x.npy").read_bytes())
    assert read(tmp_path / "x.png", (1, 2, 2)).shape == (1, 1, 2, 2)


def damaged_arrays(folder: Path) -> dict[str, bytes]:
    np.savez(folder / "a.npz", x=np.ones(3))
    np.save(folder / "o.npy", np.array([{}], object), allow_pickle=True)
    np.save(folder / "a.npy", np.ones((1, 2, 2), np.float32))
    whole = (folder / "a.npy").read_bytes()
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }\n"
    huge = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    cut = {f"cut at {length}": whole[:length] for length in range(0, len(whole), 3)}
    return {
        "archive": (folder / "a.npz").read_bytes(),
        "objects": (folder / "o.npy").read_bytes(),
        "huge": huge,
        "negative": huge.replace(b"(1000000, 1000000)", b"(-1, -4)"),
        "brackets": huge.replace(b"(1000000, 1000000)", b"((((((((((((((("),
        **cut,
    }


def test_damaged_arrays_are_refused_by_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    for name, data in damaged_arrays(tmp_path).items():
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"x\.npy") as caught:
            read(path, (1, 2, 2))
        assert "allow_pickle" not in str(caught.value), name
        assert "\n" not in str(caught.value), name


def test_a_header_that_ends_within_its_brackets_is_damaged(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((1, 2, 2), np.float32))
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:40] + b" " * 88 + whole[128:])
    with pytest.raises(InputError, match=r"a\.npy is not a \.npy array: its header is damaged$"):
        read(tmp_path / "a.npy", (1, 2, 2))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no fifos here")
@pytest.mark.posix
def test_endless_input_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (Path("/dev/zero"), tmp_path / "fifo", tmp_path):
        for reader in (lambda path: read(path, (1, 2, 2)), read_names):
            with pytest.raises(OSError, match="it is"):
                reader(path)


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match=r"names\.txt is not UTF-8: it has the byte 0xe9"):
        read_names(tmp_path / "names.txt")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_without_an_order_are_not_ranked(value: float) -> None:
    with pytest.raises(InputError, match="have no ranking"):
        ranking(np.array([0.0, value, 1.0]), 2)
