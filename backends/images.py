"""Real input: images and arrays as a net takes them, outputs as ranked classes."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.npz_files import npy_header
from cnnspec.diagnostics import Refused
from cnnspec.files import read_bounded, write_whole
from cnnspec.layers.base import Shape, describe

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000
MAX_BYTES = 2**32
"""The most bytes of a file of input."""
MAX_NAMES = 2**22
"""The most bytes of a file of class names."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""What an image may be, whatever its name says: formats that Pillow reads without starting a program."""
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
ARRAY = b"\x93NUMPY"
ARCHIVE = b"PK\x03\x04"


class InputError(Refused):
    """A file that cannot be the input of a net, and why."""


@dataclass(frozen=True)
class Ranked:
    """One class of a ranking, with its probability."""

    index: int
    name: str
    probability: float


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """The numbers of an option such as 0.485,0.456,0.406; empty where it is not given. Raises InputError."""
    if text is None:
        return ()
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(map(isfinite, found)):
        raise InputError(f"{option} takes numbers with commas between them, not {text!r}")
    return found


def read(
    path: Path,
    shape: Shape,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
    *,
    resize: bool = False,
) -> NDArray[np.float32]:
    """A batch (N, C, *sizes) from a .npy array, as it is, or from an image, scaled to 0..1.

    Then (x - mean) / std by channel. Sizes are those of the file, which may be others than those of the
    shape; with `resize` an image gets these. Raises InputError where the file has other channels or axes,
    OSError where it cannot be read.
    """
    data = read_bounded(path, MAX_BYTES)
    is_array = path.suffix == ".npy" or data.startswith(ARRAY)
    x = read_array(data, path, shape) if is_array else read_image(data, path, shape, resize=resize)
    return normalize(x, mean, std)


def normalize(
    x: NDArray[np.float32], mean: tuple[float, ...] = (), std: tuple[float, ...] = ()
) -> NDArray[np.float32]:
    """(x - mean) / std for each channel of (N, C, ...); one number counts for all. Raises InputError."""
    for values, name in ((mean, "mean"), (std, "std")):
        if len(values) not in (0, 1, x.shape[1]):
            raise InputError(f"{name} has {len(values)} values, the input {x.shape[1]} channels")
    if any(value == 0 for value in std):
        raise InputError("std has a zero, which nothing can be divided by")
    axes = (-1, *(1,) * (x.ndim - 2))
    shift = np.asarray(mean or (0,), np.float32).reshape(axes)
    scale = np.asarray(std or (1,), np.float32).reshape(axes)
    return (x - shift) / scale


def read_array(data: bytes, path: Path, shape: Shape) -> NDArray[np.float32]:
    """A .npy array of one sample or a batch, of any size. Raises InputError for another rank or channels."""
    if data.startswith(ARCHIVE):
        raise InputError(f"{path} is an archive, as .npz files are: save one array with numpy.save")
    kind, found = _header(data, path)
    if kind.kind not in "fiub":
        raise InputError(f"{path} holds {kind}, not numbers")
    if len(found) == len(shape):
        found = (1, *found)
    if len(found) != len(shape) + 1 or found[1] != shape[0]:
        raise InputError(f"{path} has the shape {describe(found)}, the net takes {describe(shape)}")
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except ValueError as error:
        raise InputError(f"{path} is not a .npy array: {error}") from None
    return np.asarray(array, np.float32).reshape(found)


def _header(data: bytes, path: Path) -> tuple[np.dtype[Any], Shape]:
    """What a .npy file says of itself: its dtype and shape. Raises InputError where that is not so."""
    stream = io.BytesIO(data)
    try:
        kind, shape, _ = npy_header(stream)
    except ValueError as error:
        raise InputError(f"{path} is not a .npy array: {error}") from None
    room = len(data) - stream.tell()
    if not kind.hasobject and prod(shape) * kind.itemsize > room:
        raise InputError(
            f"{path} is not a .npy array: it is cut off, with {room:,} bytes of {describe(shape)}"
        )
    return kind, shape


def read_image(data: bytes, path: Path, shape: Shape, *, resize: bool = False) -> NDArray[np.float32]:
    """An image as (1, C, H, W) in 0..1, as a camera held it; grey where the net takes one channel.

    It keeps its size, or has that of the shape with `resize`.

    Images of floats keep their values. Raises InputError.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise InputError(f"an image fits nets that take 1xHxW or 3xHxW, this one takes {describe(shape)}")
    picture, scale = _decode(data, path, colours=shape[0] == 3)
    if resize:
        # 2 is bilinear in every version of Pillow
        picture = picture.resize((shape[2], shape[1]), 2)
    pixels = np.asarray(picture, np.float32) / np.float32(scale)
    pixels = pixels.reshape(1, picture.height, picture.width, -1).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(np.broadcast_to(pixels, (1, shape[0], *pixels.shape[2:])))


def _decode(data: bytes, path: Path, colours: bool) -> tuple[Image, float]:
    """An image, upright, and the value of its white; grey where it has no colours. Raises InputError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # our own bound says the same as Pillow's warning of large images
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    size = f"{image.width}x{image.height}"
                    raise InputError(f"{path} has {size} pixels, the bound is {MAX_PIXELS}")
                return _scaled(ImageOps.exif_transpose(image), path, colours)
    except UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise InputError(f"{path} is not an image that can be read: {known} are") from None
    except InputError:
        raise
    except Exception as error:
        # Pillow's decoders raise whatever a damaged file leads them to
        raise InputError(f"{path} is not an image that can be read: {error}") from None


def _scaled(image: Image, path: Path, colours: bool) -> tuple[Image, float]:
    """An image in one of three modes, and the value of white in it."""
    from PIL import Image as images

    if image.mode in SIXTEEN_BITS:
        return images.fromarray(np.asarray(image).astype(np.float32)), 65535
    if image.mode == "F":
        return image.copy(), 1
    if image.mode == "I":
        raise InputError(f"{path} has pixels of 32 bits, whose white is not known: save it as a .npy array")
    return image.convert("RGB" if colours else "L"), 255


def ranking(scores: NDArray[Any], top: int, names: list[str] | None = None) -> list[Ranked]:
    """The likeliest classes of a vector of scores; scores that are no probabilities go through a softmax.

    Raises InputError for scores that are not finite.
    """
    flat = np.asarray(scores, np.float64).reshape(-1)
    if not np.all(np.isfinite(flat)):
        raise InputError("the net gave values that are infinite or no numbers: they have no ranking")
    if not (np.all(flat >= 0) and np.isclose(flat.sum(), 1, atol=1e-3)):
        flat = np.exp(flat - flat.max())
        flat /= flat.sum()
    order = np.argsort(-flat, kind="stable")[:top]
    return [Ranked(int(i), names[i] if names and i < len(names) else str(i), float(flat[i])) for i in order]


def read_names(path: Path) -> list[str]:
    """The names of classes, one a line. Raises InputError for a file that is no text, OSError."""
    try:
        return read_bounded(path, MAX_NAMES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: it has the byte 0x{error.object[error.start]:02x}") from None


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, whole or not at all. Raises OSError."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_whole(path, buffer.getvalue())
