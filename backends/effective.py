"""The effective receptive field: how strongly a position of a layer depends on each pixel; and its picture.

Luo, Li, Urtasun and Zemel 2016, "Understanding the effective receptive field in deep convolutional neural
networks": the gradient of one position with respect to the input, which is largest in the middle of the
field and fades towards its edge as a Gaussian does. Three convs of three taps, all weights 1, on one axis:

    the value                           1                    its gradient begins as 1
    before the third conv            1  1  1                 each conv adds up three neighbours
    before the second             1  2  3  2  1
    pixels                     1  3  6  7  6  3  1        of the field's 7 pixels the middle counts most

A pixel counts by the ways that lead from it to the value: one from each end, seven from the middle.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.images import read_image
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.numpy.program import compile
from cnnspec.backends.weights import fitting, initialize
from cnnspec.diagnostics import InvalidValue
from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.layers.shapes import describe
from cnnspec.passes.receptive_field import Box

Array = NDArray[np.float32]
MARK = (213, 94, 0)
"""The colour of the frame of a field: vermilion."""
HEAT = (0, 114, 178)
"""The colour of what a position depends on: blue."""
SHADE, LINE, INK = (252, 231, 214), (196, 202, 208), (60, 66, 72)
"""The colours of a field without a photograph, of the lines of its grid, and of what is written."""
BORDER = 32
"""Pixels around the grid, for its numbers."""


def effective_field(
    graph: Graph,
    node: str,
    at: tuple[int, ...],
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    samples: int = 8,
) -> Array:
    """The mean of |d value / d pixel| over channels and random inputs, scaled to a largest value of 1.

    The value is the sum over channels of `node` at a position, in inference; the array has the spatial shape
    of the first input. Without weights they are those of the seed. Raises WeightsError.
    """
    running = graph.inference()
    before = running.restrict_to(node)
    tensors = initialize(graph, seed) if weights is None else fitting(graph, weights)
    kept = {f"{n.weights_of}.{w.name}" for n in before for w in n.layer.params(*before.input_shapes(n))}
    program = compile(before, {key: tensors[key] for key in kept}, dtype=np.float32, threads=1)
    inputs = random_inputs(before, seed, samples)
    value = program.forward(inputs, training=False)
    grad = np.zeros_like(value)
    grad[(slice(None), slice(None), *at)] = 1
    found = program.backward(grad).get(before.inputs[0])
    shape = before[before.inputs[0]].shape[1:]
    if found is None:
        return np.zeros(shape, np.float32)
    strength = np.abs(found).mean(axis=(0, 1))
    return (strength / (strength.max() or 1)).astype(np.float32)


def write_picture(
    path: str | Path,
    shape: tuple[int, ...],
    box: Box | None,
    effective: Array | None,
    photo: str | Path | None,
) -> None:
    """Write the picture of a field to a .png file. Raises InvalidValue for what is no image."""
    file = Path(path)
    if file.suffix.lower() != ".png":
        raise InvalidValue(f"a field is drawn as .png, not {file.name}")
    if len(shape) != 3:
        raise InvalidValue(f"a field is drawn over images, the net takes {describe(shape)}")
    write_whole(file, field_picture(shape, box, effective, None if photo is None else Path(photo)))


def field_picture(
    shape: tuple[int, ...], box: Box | None, effective: Array | None, photo: Path | None
) -> bytes:
    """A PNG of the input with the frame of a field and how much of it counts, over a photograph.

    Without one the field is shaded in the grid of the input's pixels, with their numbers beside it and its
    bounds below. What of it lies outside of the input is cut off. Small inputs are enlarged.
    Raises InputError for what is no image.
    """
    from PIL import Image, ImageDraw

    height, width = shape[-2:]
    scale = max(1, 448 // max(height, width))
    corners = None if box is None else cut(box, height, width)
    if photo is None:
        pixels = np.full((height, width, 3), 255, np.uint8)
        if corners is not None:
            left, top, right, bottom = corners
            pixels[top : bottom + 1, left : right + 1] = SHADE
    else:
        array = read_image(photo.read_bytes(), photo, (3, height, width), resize=True)[0]
        pixels = (255 * np.clip(array, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
    if effective is not None:
        # the square root: what fades as a Gaussian is seen further out
        opacity = np.sqrt(effective)[..., None] * 0.85
        pixels = (pixels * (1 - opacity) + np.asarray(HEAT) * opacity).astype(np.uint8)
    image = Image.fromarray(pixels, "RGB").resize((width * scale, height * scale), 0)
    if photo is None:
        image = on_grid(image, height, width, scale, box)
    if corners is not None:
        left, top, right, bottom = corners
        edge = 0 if photo is not None else BORDER
        frame = [
            edge + left * scale,
            edge + top * scale,
            edge + (right + 1) * scale - 1,
            edge + (bottom + 1) * scale - 1,
        ]
        ImageDraw.Draw(image).rectangle(frame, outline=MARK, width=max(1, height * scale // 150))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def cut(box: Box, height: int, width: int) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what of a field lies in the input; None where nothing does."""
    (top, bottom), (left, right) = box
    found = max(0, left), max(0, top), min(width - 1, right), min(height - 1, bottom)
    return found if found[0] <= found[2] and found[1] <= found[3] else None


def on_grid(image: Any, height: int, width: int, scale: int, box: Box | None) -> Any:
    """The input in a border: lines every few pixels with their numbers, and below the bounds of a field."""
    from PIL import Image, ImageDraw

    whole = Image.new("RGB", (image.width + 2 * BORDER, image.height + 2 * BORDER), "white")
    whole.paste(image, (BORDER, BORDER))
    draw = ImageDraw.Draw(whole)
    right, bottom = BORDER + image.width - 1, BORDER + image.height - 1
    # about eight lines, every 1, 2, 4, 8, ... pixels
    step = 2 ** max(0, (max(height, width) - 1).bit_length() - 3)
    for x in range(0, width, step):
        draw.line([BORDER + x * scale, BORDER, BORDER + x * scale, bottom], fill=LINE)
        draw.text((BORDER + x * scale, BORDER - 14), str(x), fill=INK)
    for y in range(0, height, step):
        draw.line([BORDER, BORDER + y * scale, right, BORDER + y * scale], fill=LINE)
        draw.text((4, BORDER + y * scale - 5), str(y), fill=INK)
    draw.rectangle([BORDER, BORDER, right, bottom], outline=LINE)
    if box is not None:
        (first, last), (start, end) = box
        size = f"{last - first + 1}x{end - start + 1} pixels"
        told = f"{size}: rows {first} to {last}, columns {start} to {end}, of {height}x{width}"
        draw.text((BORDER, bottom + 10), told, fill=INK)
    return whole
