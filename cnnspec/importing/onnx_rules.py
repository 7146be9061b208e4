"""What each operation of ONNX is: rules that take a reader, a node and the value of it that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from cnnspec.backends.onnx.reading import OnnxNode, shortest
from cnnspec.importing import onnx_copies as copies
from cnnspec.importing import onnx_norms as norms
from cnnspec.importing import onnx_windows as windows
from cnnspec.importing.onnx_layouts import OVER_CHANNELS
from cnnspec.importing.onnx_names import path_of
from cnnspec.importing.onnx_reader import OnnxReader, Rule
from cnnspec.importing.windows import NoLayer, axis_of, extent
from cnnspec.layers import activation as act
from cnnspec.layers import attention, dense, join, pool, sequence, shape
from cnnspec.layers.base import Layer, Shape


def one(make: Callable[[Mapping[str, Any]], Layer]) -> Rule:
    """The rule of a layer of one value, made of the attributes of its node."""

    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        return reader.add(node, make(node.attributes), (reader.flowing(node),))

    return rule


def _hard_sigmoid(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """Another slope than 1/6, such as the 0.2 of Keras and Paddle, is that of a value scaled before it."""
    slope, taken = node.attributes["alpha"], reader.flowing(node)
    if slope <= 0 or node.attributes["beta"] != 0.5:
        raise NoLayer(f"alpha={slope}, beta={node.attributes['beta']}")
    if abs(slope - 1 / 6) < 1e-6:
        return reader.add(node, act.HardSigmoid(), (taken,))
    scaled = reader.add(node, dense.Scale(shortest(6 * slope)), (taken,))
    return reader.follow(node, act.HardSigmoid(), scaled)


def _selu(attributes: Mapping[str, Any]) -> Layer:
    if abs(attributes["alpha"] - 1.67326) > 1e-4 or abs(attributes["gamma"] - 1.0507) > 1e-4:
        raise NoLayer(f"alpha={attributes['alpha']}, gamma={attributes['gamma']}")
    return act.SELU()


def _same(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """What does nothing in inference."""
    if node.outputs.index(value):
        raise NoLayer("that gives its mask")
    return reader.step(reader.flowing(node))


def _softmaxed(kind: Callable[[], Layer]) -> Rule:
    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        taken, axis = reader.flowing(node), node.attributes["axis"]
        rank = len(reader.shape(taken)) + 1
        if axis_of(axis, rank) != 1:
            raise NoLayer(f"over axis {axis}")
        if node.attributes.get("flattened") and rank > 2:
            raise NoLayer("over all axes from 1 on, as before operator set 13")
        return reader.add(node, kind(), (taken,))

    return rule


def _prelu(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    slope = reader.constant(node, 1)
    taken, shared = reader.flowing(node), slope is not None and slope.size == 1
    if slope is not None and not shared:
        _one_a_channel(slope, reader.shape(taken))
    return reader.add(node, act.PReLU(shared=shared), (taken,), {"weight": node.inputs[1]})


def _clip(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """ReLU6, from older operator sets too."""
    bounds = [reader.number(node, index, name) for index, name in ((1, "min"), (2, "max"))]
    if bounds != [0.0, 6.0]:
        raise NoLayer(f"from {bounds[0]} to {bounds[1]}")
    return reader.add(node, act.ReLU6(), (reader.flowing(node),))


# ---- weights


def _gemm(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    given, weight = node.attributes, reader.constant(node, 1)
    if given["transA"] or given["alpha"] != 1 or weight is None or weight.ndim != 2:
        raise NoLayer("that is no linear layer")
    bias = reader.constant(node, 2)
    if bias is not None and given["beta"] != 1:
        raise NoLayer(f"beta={given['beta']}")
    turned = reader.turned(node.inputs[1], not given["transB"])
    weights = {"weight": turned} | ({} if bias is None else {"bias": node.inputs[2]})
    layer = dense.Linear(reader.graph.constants[turned].shape[0], bias is not None)
    return reader.add(node, layer, (_vector(reader, node),), weights)


def _vector(reader: OnnxReader, node: OnnxNode) -> str:
    taken = reader.flowing(node)
    if len(reader.shape(taken)) != 1:
        raise NoLayer(f"of {'x'.join(map(str, reader.shape(taken)))}")
    return taken


def _matmul(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """A product of two values, or a linear layer of vectors, whose bias may follow."""
    if len(reader.graph.flowing(node)) == 2:
        return reader.add(node, join.MatMul(), node.inputs)
    weight = reader.constant(node, 1)
    if weight is None or weight.ndim != 2:
        raise NoLayer("with a constant")
    turned = reader.turned(node.inputs[1], True)
    taken = reader.flowing(node) if node.attributes.get(OVER_CHANNELS) else _vector(reader, node)
    return reader.add(node, dense.Linear(weight.shape[1], False), (taken,), {"weight": turned})


# ---- joins and factors


def _joined(kind: type[Layer], with_constant: Callable[..., str] | None = None) -> Rule:
    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        if with_constant is not None and len(reader.graph.flowing(node)) == 1:
            return with_constant(reader, node)
        if len(node.inputs) == 1:
            return _same(reader, node, value)
        return reader.add(node, kind(), tuple(reader.flowing(node, i) for i in range(len(node.inputs))))

    return rule


def _multiplied(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    if len(set(node.inputs)) == 1:
        return reader.add(node, act.Square(), (reader.flowing(node),))
    return _joined(join.Mul, _scaled)(reader, node, value)


def _power(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    exponent = reader.number(node, 1)
    if exponent != 2:
        raise NoLayer(f"of {exponent:g}")
    return reader.add(node, act.Square(), (reader.flowing(node),))


def _constant_of(reader: OnnxReader, node: OnnxNode) -> tuple[str, str]:
    """The value and the constant of a sum or a product of both."""
    first, second = node.inputs
    return (second, first) if first in reader.graph.constants else (first, second)


def _scaled(reader: OnnxReader, node: OnnxNode) -> str:
    """A value times a number, or times a weight of each channel."""
    taken, tensor = _constant_of(reader, node)
    array, sizes = reader.graph.constants[tensor], reader.shape(taken)
    if _is_number(array, sizes):
        if tensor.endswith("weight"):
            return reader.add(node, dense.Scale(1.0, True), (taken,), {"weight": tensor})
        number = shortest(float(array.ravel()[0]))
        return reader.step(taken) if number == 1 else reader.add(node, dense.Scale(number), (taken,))
    _one_a_channel(array, sizes)
    layer = reader.choose(node, node.outputs[0], [dense.LayerScale(), dense.Affine(bias=False)], taken)
    return reader.add(node, layer, (taken,), {"weight": tensor})


def _shifted(reader: OnnxReader, node: OnnxNode) -> str:
    taken, tensor = _constant_of(reader, node)
    array = reader.graph.constants[tensor]
    sizes = reader.shape(taken)
    if _is_number(array, sizes):
        if tensor.endswith("bias"):
            return reader.add(
                node, dense.Affine(weight=False, shared=sizes[0] > 1), (taken,), {"bias": tensor}
            )
        if not array.any():
            return reader.step(taken)
    _one_a_channel(array, sizes)
    if not path_of(node).endswith("affine") and (biased := reader.biased(taken, tensor)):
        return biased
    return reader.add(node, dense.Affine(weight=False), (taken,), {"bias": tensor})


def _is_number(array: Any, sizes: Shape) -> bool:
    """Whether a constant is one number, that adds no axis to a value."""
    return array.size == 1 and array.ndim <= len(sizes) + 1


def _one_a_channel(array: Any, sizes: Shape) -> None:
    """Raise NoLayer for a constant that has no value for each channel alone."""
    found = tuple(array.shape)
    wanted = (sizes[0], *(1,) * (len(sizes) - 1))
    if (1,) * (len(wanted) + 1 - len(found)) + found != (1, *wanted):
        raise NoLayer(f"with a constant of shape {list(found)}")


def _divided(reader: OnnxReader, node: OnnxNode) -> str:
    array = reader.constant(node, 1) if node.inputs[0] not in reader.graph.constants else None
    if array is None or not _is_number(array, reader.shape(node.inputs[0])) or not array.any():
        raise NoLayer("with a constant")
    return reader.add(node, dense.Scale(shortest(1 / float(array.ravel()[0]))), (node.inputs[0],))


def _concat(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken = tuple(reader.flowing(node, i) for i in range(len(node.inputs)))
    rank = len(reader.shape(taken[0])) + 1
    overs = {1: "channels", 2: "positions"} if rank == 3 else {1: "channels"}
    over = overs.get(axis_of(node.attributes["axis"], rank))
    if over is None:
        raise NoLayer(f"over axis {node.attributes['axis']}")
    return reader.step(taken[0]) if len(taken) == 1 else reader.add(node, join.Concat(over), taken)


# ---- shapes


def _flattened(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken = reader.flowing(node)
    if node.attributes["axis"] not in (1, -len(reader.shape(taken))):
        raise NoLayer(f"from axis {node.attributes['axis']}")
    return reader.add(node, dense.Flatten(), (taken,))


def _reshaped(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken, wanted = reader.flowing(node), reader.integers(node, 1)
    sizes = reader.shape(taken)
    if wanted is None or not wanted:
        raise NoLayer("without a shape")
    readers = reader.graph.readers[value]
    if wanted == (-1,) and readers and all(copies.in_order(reader, one, sizes) for one in readers):
        return reader.step(taken)
    if node.attributes.get("allowzero") and 0 in wanted:
        raise NoLayer("to no values")
    # a first axis of -1 is the batch, where the others hold all values of a sample
    copied = [sizes[i - 1] if size == 0 and 0 < i <= len(sizes) else size for i, size in enumerate(wanted)]
    first, *rest = copied
    known = prod(size for size in rest if size != -1)
    batch = first in (0, 1) or (first == -1 and -1 not in rest and known == prod(sizes))
    if not batch or rest.count(-1) > 1 or known < 1 or prod(sizes) % known:
        raise NoLayer(f"to {list(wanted)}")
    return _viewed(reader, node, value, taken, tuple(prod(sizes) // known if n == -1 else n for n in rest))


def _viewed(reader: OnnxReader, node: OnnxNode, value: str, taken: str, out: Shape) -> str:
    """The values of a sample in another shape, as the layer that one would say."""
    sizes = reader.shape(taken)
    candidates: list[Layer] = [dense.Flatten()] if len(out) == 1 else []
    if len(out) == 2 and len(sizes) > 1 and out[0] == sizes[0]:
        candidates.append(sequence.Tokens())
    if len(sizes) == 2 and len(out) > 1 and out[0] == sizes[0]:
        candidates.append(sequence.Untokens(extent(out[1:]) if len(out) == 2 else out[1:]))
    candidates.append(shape.Reshape(out[0] if len(out) == 1 else out))
    layer = reader.choose(node, value, candidates, taken)
    if out == sizes and not isinstance(layer, dense.Flatten):
        return reader.step(taken)
    return reader.add(node, layer, (taken,))


def _squeezed(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """Axes of one pixel that go: all of them, or none."""
    taken, axes = reader.flowing(node), reader.integers(node, 1)
    sizes = reader.shape(taken)
    rank = len(sizes) + 1
    gone = (
        {axis_of(axis, rank) for axis in axes}
        if axes is not None
        else {i for i in range(2, rank) if sizes[i - 1] == 1}
    )
    if gone & {0, 1} or any(sizes[axis - 1] != 1 for axis in gone):
        raise NoLayer(f"of axes {sorted(gone)}")
    return _viewed(
        reader, node, value, taken, tuple(n for i, n in enumerate(sizes, start=1) if i not in gone)
    )


def _transposed(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken = reader.flowing(node)
    rank = len(reader.shape(taken)) + 1
    order = tuple(node.attributes.get("perm") or range(rank - 1, -1, -1))
    if order[0] != 0:
        raise NoLayer(f"to {list(order)}")
    return reader.add(node, sequence.Permute(tuple(axis - 1 for axis in order[1:])), (taken,))


def _reduced(statistic: str, everywhere: Callable[[], Layer] | None = None) -> Rule:
    """A statistic of the channels, of the positions or of all; of the positions a pool, if there is one."""

    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        taken = reader.flowing(node)
        rank = len(reader.shape(taken)) + 1
        given = reader.integers(node, 1)
        if not given and node.attributes.get("noop_with_empty_axes"):
            raise NoLayer("over no axes")
        axes = tuple(sorted(axis_of(axis, rank) for axis in given)) if given else tuple(range(rank))
        spatial = tuple(range(2, rank))
        overs = {(1,): "channels", spatial: "positions", tuple(range(1, rank)): "all"}
        kept = bool(node.attributes["keepdims"])
        if node.attributes["keepdims"] not in (0, 1):
            raise NoLayer(f"keepdims={node.attributes['keepdims']}")
        if axes not in overs or (not kept and (axes != spatial or everywhere is None)):
            raise NoLayer(f"over axes {list(axes)}")
        candidates: list[Layer] = [attention.Reduce(statistic, overs[axes])]
        if axes == spatial and everywhere is not None:
            candidates.insert(0, everywhere())
        if kept:
            # cnnspec writes the two as different operations, torch's exporter both as this one
            foreign = "/" in node.name
            layer = candidates[0] if foreign else reader.choose(node, value, candidates, taken)
            return reader.add(node, layer, (taken,))
        pooled = reader.add(node, candidates[0], (taken,))
        return reader.follow(node, dense.Flatten(), pooled)

    return rule


RULES: Mapping[str, Rule] = {
    "Relu": one(lambda a: act.ReLU()),
    "LeakyRelu": one(lambda a: act.LeakyReLU(a["alpha"])),
    "Elu": one(lambda a: act.ELU(a["alpha"])),
    "Selu": one(_selu),
    "Mish": one(lambda a: act.Mish()),
    "HardSwish": one(lambda a: act.HardSwish()),
    "HardSigmoid": _hard_sigmoid,
    "Softsign": one(lambda a: act.Softsign()),
    "Softplus": one(lambda a: act.Softplus()),
    "Sigmoid": one(lambda a: act.Sigmoid()),
    "Tanh": one(lambda a: act.Tanh()),
    "Gelu": one(lambda a: act.GELU(a["approximate"])),
    "Clip": _clip,
    "PRelu": _prelu,
    "Softmax": _softmaxed(act.Softmax),
    "LogSoftmax": _softmaxed(act.LogSoftmax),
    "Identity": _same,
    "Dropout": _same,
    "Conv": windows.convolved,
    "ConvTranspose": windows.transposed,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": norms.batchnorm,
    "InstanceNormalization": norms.instancenorm,
    "LRN": norms.lrn,
    "LayerNormalization": norms.layernorm,
    "MaxPool": windows.pooled(pool.MaxPool, pool.AdaptiveMaxPool),
    "AveragePool": windows.pooled(pool.AvgPool, pool.AdaptiveAvgPool),
    "GlobalAveragePool": windows.everywhere(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    "GlobalMaxPool": windows.everywhere(pool.GlobalMaxPool, pool.AdaptiveMaxPool),
    "ReduceMean": _reduced("mean", pool.GlobalAvgPool),
    "ReduceMax": _reduced("max", pool.GlobalMaxPool),
    "ReduceL2": _reduced("norm2"),
    "Add": _joined(join.Add, _shifted),
    "Sum": _joined(join.Add),
    "Sub": _joined(join.Sub),
    "Mul": _multiplied,
    "Pow": _power,
    "Div": _joined(join.Div, _divided),
    "Max": _joined(join.Maximum),
    "Concat": _concat,
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "Squeeze": _squeezed,
    "Gather": copies.gathered,
    "Expand": copies.expanded,
    "Transpose": _transposed,
    "Slice": windows.sliced,
    "Split": windows.parted,
    "Pad": windows.padded,
    "Resize": windows.resized,
    "Upsample": windows.resized,
    "DepthToSpace": one(lambda a: _shuffled(a)),
}
"""The rule of each operation, by its name."""


def _shuffled(attributes: Mapping[str, Any]) -> Layer:
    if attributes.get("mode") != "CRD":
        raise NoLayer(f"mode={attributes.get('mode', 'DCR')}")
    return shape.PixelShuffle(attributes["blocksize"])
