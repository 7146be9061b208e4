"""An ONNX file as what an importer finds: layers with their inputs and their weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cnnspec.backends.onnx.reading import OnnxNet, read
from cnnspec.importing.onnx_layouts import channels_first
from cnnspec.importing.onnx_reader import OnnxReader
from cnnspec.importing.onnx_rules import RULES
from cnnspec.importing.tidied import tidied
from cnnspec.importing.traced import ImportRefused, Traced
from cnnspec.layers.base import Shape


def trace_file(path: str | os.PathLike[str], *shapes: Shape) -> Traced:
    """The layers of an ONNX file, for inputs of these shapes (per sample), or of those that it declares.

    Raises OnnxFileError, OSError, and ImportRefused where something in it has no layer, or a size is open.
    """
    net = read(path)
    inputs, name = _inputs(net, shapes), Path(path).stem
    try:
        return tidied(OnnxReader(net, inputs, RULES, name).read())
    except ImportRefused:
        # layers that work on the last axis are what the file may be full of
        turned = channels_first(net)
        if turned is None:
            raise
    return tidied(OnnxReader(turned, inputs, RULES, name).read())


def _inputs(net: OnnxNet, shapes: tuple[Shape, ...]) -> Mapping[str, Shape]:
    """The shape of each input, for one sample. Raises ImportRefused."""
    if not net.inputs:
        raise ImportRefused("the file has no input")
    if shapes and len(shapes) != len(net.inputs):
        raise ImportRefused(
            f"{len(shapes)} shapes are given for {len(net.inputs)} inputs: {', '.join(net.inputs)}"
        )
    found = {}
    for number, (name, declared) in enumerate(net.inputs.items()):
        given = shapes[number] if shapes else None
        axes = declared[1:] if declared else None
        if given is None:
            if not axes or None in axes:
                raise ImportRefused(
                    f"the file leaves the size of its input {name} open: say it, as in --input 3x224x224"
                )
            given = tuple(size or 0 for size in axes)
        elif axes is not None and (
            len(axes) != len(given) or any(n not in (None, m) for n, m in zip(axes, given, strict=True))
        ):
            told = "x".join("?" if size is None else str(size) for size in axes)
            raise ImportRefused(f"the file is for an input {name} of {told}, not {'x'.join(map(str, given))}")
        found[name] = given
    return found
