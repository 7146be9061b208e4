"""What ONNX's operations that normalize are."""

from __future__ import annotations

from cnnspec.backends.onnx.reading import OnnxNode
from cnnspec.importing.onnx_layouts import OVER_CHANNELS
from cnnspec.importing.onnx_reader import OnnxReader
from cnnspec.importing.onnx_templates import without_leading_ones
from cnnspec.importing.windows import NoLayer, axis_of
from cnnspec.layers import norm


def batchnorm(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    if node.attributes.get("training_mode") or node.outputs.index(value):
        raise NoLayer("in training")
    names = ("weight", "bias", "running_mean", "running_var")
    weights: dict[str, str] = dict(zip(names, node.inputs[1:], strict=True))
    arrays = [reader.constant(node, index) for index in (1, 2)]
    # factors that the writer made up for a norm without weights of its own, which no weight is called
    made_up = all(name.startswith(f"{node.title}/constant") for name in node.inputs[1:3])
    affine = not (made_up and all((array == n).all() for array, n in zip(arrays, (1, 0), strict=True)))
    if not affine:
        del weights["weight"], weights["bias"]
    return reader.add(
        node, norm.BatchNorm(node.attributes["epsilon"], affine=affine), (reader.flowing(node),), weights
    )


def layernorm(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """Over all axes of a sample, or over the channels alone where these were the last axis of the file."""
    taken, axis = reader.flowing(node), node.attributes["axis"]
    if node.outputs.index(value):
        raise NoLayer("that gives its statistics")
    channels = node.attributes.get(OVER_CHANNELS, False)
    if not channels and axis_of(axis, len(reader.shape(taken)) + 1) != 1:
        raise NoLayer(f"over axes from {axis} on")
    weight, bias = reader.constant(node, 1), reader.constant(node, 2)
    over = reader.shape(taken)[:1] if channels else reader.shape(taken)
    for array in (weight, bias):
        if array is not None and without_leading_ones(array.shape) != without_leading_ones(over):
            raise NoLayer(f"with a constant of shape {list(array.shape)}")
    if weight is None or (bias is None and not (weight == 1).all()):
        raise NoLayer("without a bias")
    affine = bias is not None and not (made_up(node) and (weight == 1).all() and not bias.any())
    layer = norm.LayerNorm("channels" if channels else "all", node.attributes["epsilon"], affine)
    weights = {"weight": node.inputs[1], "bias": node.inputs[2]} if affine else {}
    return reader.add(node, layer, (taken,), weights)


def instancenorm(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """Each channel by itself. Groups of them are one channel of a value that was reshaped before."""
    factor, shift = reader.constant(node, 1), reader.constant(node, 2)
    assert factor is not None and shift is not None
    affine = not (made_up(node) and (factor == 1).all() and not shift.any())
    weights = {"weight": node.inputs[1], "bias": node.inputs[2]} if affine else {}
    layer = norm.InstanceNorm(node.attributes["epsilon"], affine)
    return reader.add(node, layer, (reader.flowing(node),), weights)


def made_up(node: OnnxNode) -> bool:
    """Whether weights of a norm are constants of its node, as torch writes for one that has no weights."""
    scope = node.name.rpartition("/")[0]
    return bool(scope) and all(name.startswith(f"{scope}/Constant") for name in node.inputs[1:])


def lrn(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    given = [node.attributes[name] for name in ("size", "alpha", "beta", "bias")]
    return reader.add(node, norm.LocalResponseNorm(*given), (reader.flowing(node),))
