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
    """A PNG of the input with the frame of a field and how much of it counts, over a photograph or white.

    Small inputs are enlarged. Raises InputError for what is no image.
    """
    from PIL import Image, ImageDraw

    height, width = shape[-2:]
    scale = max(1, 448 // max(height, width))
    if photo is None:
        pixels = np.full((height, width, 3), 255, np.uint8)
    else:
        array = read_image(photo.read_bytes(), photo, (3, height, width), resize=True)[0]
        pixels = (255 * np.clip(array, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
    if effective is not None:
        # the square root: what fades as a Gaussian is seen further out
        opacity = np.sqrt(effective)[..., None] * 0.85
        pixels = (pixels * (1 - opacity) + np.asarray(HEAT) * opacity).astype(np.uint8)
    image = Image.fromarray(pixels, "RGB").resize((width * scale, height * scale), 0)
    if box is not None:
        (top, bottom), (left, right) = box
        corners = [left * scale, top * scale, (right + 1) * scale - 1, (bottom + 1) * scale - 1]
        ImageDraw.Draw(image).rectangle(corners, outline=MARK, width=max(1, scale, height * scale // 150))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
