"""Real input: images and arrays as a net takes them, outputs as ranked classes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.files import write_whole
from cnnspec.layers.base import Shape, describe

MAX_PIXELS = 100_000_000


class InputError(Exception):
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
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{option} takes numbers with commas between them, not {text!r}") from None


def read(
    path: Path,
    shape: Shape,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
    *,
    resize: bool = False,
) -> NDArray[np.float32]:
    """A batch (N, *shape) from a .npy array, as it is, or from an image, scaled to 0..1.

    Then (x - mean) / std by channel. Raises InputError where the file does not fit the shape.
    """
    x = read_array(path, shape) if path.suffix == ".npy" else read_image(path, shape, resize=resize)
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


def read_array(path: Path, shape: Shape) -> NDArray[np.float32]:
    """A .npy array of one sample or a batch. Raises InputError."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is not a .npy array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path} holds {array.dtype}, not numbers")
    array = array[None] if array.shape == shape else array
    if array.shape[1:] != shape:
        raise InputError(f"{path} has the shape {describe(array.shape)}, the net takes {describe(shape)}")
    return np.asarray(array, np.float32)


def read_image(path: Path, shape: Shape, *, resize: bool = False) -> NDArray[np.float32]:
    """An image as (1, C, H, W) in 0..1; grey where the net takes one channel. Raises InputError."""
    from PIL import Image, UnidentifiedImageError

    if len(shape) != 3 or shape[0] not in (1, 3):
        raise InputError(f"an image fits nets that take 1xHxW or 3xHxW, this one takes {describe(shape)}")
    data = io.BytesIO(path.read_bytes())
    try:
        with Image.open(data) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InputError(f"{path} has {image.width}x{image.height} pixels, the bound is {MAX_PIXELS}")
            picture = image.convert("L" if shape[0] == 1 else "RGB")
    except UnidentifiedImageError:
        raise InputError(f"{path} is not an image that can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} is not an image that can be read: {error}") from None
    if resize:
        picture = picture.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
    if (picture.height, picture.width) != shape[1:]:
        found = f"{picture.height}x{picture.width}"
        raise InputError(f"{path} is {found} pixels, the net takes {describe(shape[1:])}: add --resize")
    pixels = np.asarray(picture, np.float32) / np.float32(255)
    return pixels.reshape(1, *shape[1:], shape[0]).transpose(0, 3, 1, 2)


def ranking(scores: NDArray[Any], top: int, names: list[str] | None = None) -> list[Ranked]:
    """The likeliest classes of a vector of scores; scores that are no probabilities go through a softmax."""
    flat = np.asarray(scores, np.float64).reshape(-1)
    if not (np.all(flat >= 0) and np.isclose(flat.sum(), 1, atol=1e-3)):
        flat = np.exp(flat - flat.max())
        flat /= flat.sum()
    order = np.argsort(-flat, kind="stable")[:top]
    return [Ranked(int(i), names[i] if names and i < len(names) else str(i), float(flat[i])) for i in order]


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, whole or not at all. Raises OSError."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_whole(path, buffer.getvalue())
