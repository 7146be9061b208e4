"""An ONNX file as plain data: read within bounds, and refused where it is not what it says it is.

    protobuf ── nodes in order, each value given once ── the schemas of the operators ── tensors as arrays

Nothing in a file is run. Attributes have the values that the operator set gives those left out, and axes that
older sets hold as attributes are inputs, as in newer ones. A softmax of older sets is `flattened`: it is over
all axes from one on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from cnnspec.backends.onnx.external import ExternalFiles
from cnnspec.diagnostics import Refused
from cnnspec.files import read_bounded
from cnnspec.limits import Limits

OLDEST = 7
"""The oldest operator set that is read: before it, what is added need not say how it is broadcast."""
MOST_BYTES = 2**31 - 1
"""The most bytes of a file: those that protobuf allows. Tensors beside it have as many as their files."""
AXES_WERE_ATTRIBUTES = frozenset(
    {"Squeeze", "Unsqueeze", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL1", "ReduceL2"}
)
FLATTENED = frozenset({"Softmax", "LogSoftmax"})
"""What runs over all axes from one on before operator set 13, and over one from there on."""
FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")
INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL")
DTYPES = frozenset(onnx.TensorProto.DataType.Value(name) for name in (*FLOATS, *INTEGERS))


class OnnxFileError(Refused):
    """An ONNX file is damaged, or beyond the bounds; the message says what is wrong, and where."""


@dataclass(frozen=True, eq=False)
class OnnxNode:
    """One operation: `op` has its domain before it where that is not ONNX's, `place` is its number.

    `chosen` are those of its attributes that are not at their defaults.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    chosen: Mapping[str, Any]
    place: int = 0

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.name or f"node {self.place + 1}"


Dimensions = tuple[int | None, ...]
"""The axes of a value with its batch; None is one that is open."""


@dataclass(frozen=True, eq=False)
class OnnxNet:
    """A model: nodes in order, the shapes that it declares, its tensors by name."""

    name: str
    inputs: Mapping[str, Dimensions | None]
    outputs: Mapping[str, Dimensions | None]
    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, NDArray[Any]]


def read(path: str | os.PathLike[str]) -> OnnxNet:
    """Read an ONNX file, and the files of its tensors in the same folder.

    Raises OnnxFileError for a file that is not exactly right, OSError for an unreadable one.
    """
    name = os.fspath(path)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(read_bounded(path, MOST_BYTES))
    except DecodeError as error:
        raise OnnxFileError(f"{name} is no ONNX file, or damaged: {error}") from error
    try:
        return _net(model, ExternalFiles(os.path.dirname(os.path.abspath(name))))
    except OnnxFileError as error:
        raise OnnxFileError(f"{name}: {error}") from error
    except UnicodeDecodeError as error:
        raise OnnxFileError(f"{name}: a name in it is not UTF-8: {error.object[:40]!r}") from error


def _net(model: onnx.ModelProto, files: ExternalFiles) -> OnnxNet:
    graph, opset = model.graph, _opset(model)
    if not graph.node:
        raise OnnxFileError("it holds no operation: is it an ONNX model?")
    if len(graph.node) > Limits().nodes:
        raise OnnxFileError(f"{len(graph.node):,} operations are over the bound of {Limits().nodes:,}")
    if model.functions:
        raise OnnxFileError(f"functions within the file, such as {model.functions[0].name!r}, are not read")
    if graph.sparse_initializer:
        raise OnnxFileError("sparse tensors are not read")
    _check_order(graph)
    _check_schemas(model)
    constants = {tensor.name: _array(tensor, files) for tensor in graph.initializer}
    nodes = []
    for place, node in enumerate(graph.node):
        if node.op_type == "Constant" and not node.domain:
            constants[node.output[0]] = _constant(node, files)
        else:
            nodes.append(plain(node, opset, constants, files, place))
    inputs = {value.name: _dimensions(value) for value in graph.input if value.name not in constants}
    outputs = {value.name: _dimensions(value) for value in graph.output}
    return OnnxNet(graph.name, inputs, outputs, tuple(nodes), constants)


def _opset(model: onnx.ModelProto) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1:
        raise OnnxFileError(f"it names {len(versions)} versions of ONNX's operators, not one")
    if not OLDEST <= versions[0] <= newest:
        raise OnnxFileError(f"operator set {versions[0]} is not read, {OLDEST} to {newest} are")
    return versions[0]


def _check_order(graph: onnx.GraphProto) -> None:
    """Raise OnnxFileError where a value is given twice, or read before it is given: that is a circle too."""
    given: set[str] = set()
    for node in graph.node:
        for word in (node.name, node.op_type, node.domain, *node.input, *node.output):
            if not isinstance(word, str):
                raise OnnxFileError(f"a name in it is not UTF-8: {word!r}")

    def give(name: str, what: str) -> None:
        if name in given:
            raise OnnxFileError(f"{what} gives the value {name!r}, which is given before")
        given.add(name)

    for tensor in graph.initializer:
        give(tensor.name, "a tensor")
    tensors = frozenset(given)
    for value in graph.input:
        if value.name not in tensors:
            give(value.name, "an input")
    makers = {name: place for place, node in enumerate(graph.node) for name in node.output}
    for place, node in enumerate(graph.node):
        title = f"{node.op_type} {node.name or f'(node {place + 1})'}"
        for name in node.input:
            if name and name not in given:
                later = makers.get(name)
                why = "nothing gives" if later is None else f"node {later + 1} gives: a circle, or no order"
                raise OnnxFileError(f"{title} reads {name!r}, which {why}")
        for name in filter(None, node.output):
            give(name, title)
    for value in graph.output:
        if value.name not in given:
            raise OnnxFileError(f"the output {value.name!r} is a value that nothing gives")


def _check_schemas(model: onnx.ModelProto) -> None:
    """Hold each node against its operator's schema; tensors stand in as inputs, so that none is copied."""
    small = onnx.ModelProto(ir_version=max(model.ir_version, 4), opset_import=model.opset_import)
    small.graph.name = model.graph.name or "net"
    small.graph.node.extend(model.graph.node)
    small.graph.output.extend(model.graph.output)
    tensors = {tensor.name for tensor in model.graph.initializer}
    small.graph.input.extend(value for value in model.graph.input if value.name not in tensors)
    for tensor in model.graph.initializer:
        small.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, onnx.TensorProto.FLOAT, []))
    try:
        onnx.checker.check_model(small)
    except UnicodeDecodeError:
        raise
    except (onnx.checker.ValidationError, ValueError) as error:
        raise OnnxFileError(" ".join(str(error).split())) from error


def plain(
    node: onnx.NodeProto,
    opset: int,
    constants: dict[str, NDArray[Any]],
    files: ExternalFiles | None = None,
    place: int = 0,
) -> OnnxNode:
    """A node as data; axes that its operator set has as an attribute join the constants."""
    foreign = node.domain not in ("", "ai.onnx")
    op = f"{node.domain}::{node.op_type}" if foreign else node.op_type
    given = {one.name: _attribute(one, files) for one in node.attribute}
    known = {} if foreign else _defaults(node.op_type, opset)
    inputs = list(node.input)
    if op in AXES_WERE_ATTRIBUTES and "axes" in given:
        name = f"{node.output[0]}/axes"
        constants[name] = np.array(given.pop("axes"), np.int64)
        inputs.append(name)
    if op in FLATTENED and opset < 13 and given.get("axis") != -1:
        given["flattened"] = True
    chosen = {key: one for key, one in given.items() if key not in known or known[key] != one}
    return OnnxNode(node.name, op, tuple(inputs), tuple(node.output), {**known, **given}, chosen, place)


@cache
def _defaults(op: str, opset: int) -> Mapping[str, Any]:
    """The attributes of an operator that have a value where none is given."""
    attributes = onnx.defs.get_schema(op, opset).attributes
    return {name: _value(one.default_value) for name, one in attributes.items() if one.default_value.type}


def _attribute(attribute: onnx.AttributeProto, files: ExternalFiles | None) -> Any:
    if attribute.ref_attr_name:
        raise OnnxFileError(f"the attribute {attribute.name!r} refers to one of a function")
    if attribute.type == onnx.AttributeProto.TENSOR:
        return _array(attribute.t, files)
    return _value(attribute)


def _value(attribute: onnx.AttributeProto) -> Any:
    """An attribute as numbers and text; None for a graph, and whatever else is no plain value."""
    kinds = onnx.AttributeProto
    match attribute.type:
        case kinds.FLOAT:
            return shortest(attribute.f)
        case kinds.INT:
            return attribute.i
        case kinds.STRING:
            return attribute.s.decode("utf-8", "replace")
        case kinds.FLOATS:
            return tuple(map(shortest, attribute.floats))
        case kinds.INTS:
            return tuple(attribute.ints)
        case kinds.STRINGS:
            return tuple(text.decode("utf-8", "replace") for text in attribute.strings)
    return None


def shortest(number: float) -> float:
    """A float32 as the decimal with the fewest digits that means it: 1e-05, not 9.99999974737875e-06."""
    return float(str(np.float32(number)))


def _constant(node: onnx.NodeProto, files: ExternalFiles) -> NDArray[Any]:
    (one,) = node.attribute
    found = _attribute(one, files)
    if isinstance(found, np.ndarray):
        return found
    if isinstance(found, (int, float)) or (isinstance(found, tuple) and one.name.startswith("value_")):
        kind = np.float32 if one.name.startswith("value_float") else np.int64
        if not isinstance(found, tuple) or all(isinstance(number, (int, float)) for number in found):
            return np.array(found, kind)
    raise OnnxFileError(f"the constant {node.output[0]!r} holds {one.name}, which is not read")


def _array(tensor: onnx.TensorProto, files: ExternalFiles | None) -> NDArray[Any]:
    """A tensor's array, once its data are known to be as many as its shape says."""
    if tensor.data_type not in DTYPES:
        kinds = {number: name for name, number in onnx.TensorProto.DataType.items()}
        known = kinds.get(tensor.data_type, tensor.data_type)
        raise OnnxFileError(f"the tensor {tensor.name!r} is of type {known}, which is not read")
    shape = tuple(tensor.dims)
    if any(size < 0 for size in shape):
        raise OnnxFileError(f"the tensor {tensor.name!r} has the shape {list(shape)}")
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    size = prod(shape) * kind.itemsize
    if tensor.data_location == onnx.TensorProto.EXTERNAL and files is not None:
        given = {entry.key: entry.value for entry in tensor.external_data}
        try:
            data = files.read(given, size)
        except ValueError as error:
            raise OnnxFileError(f"the tensor {tensor.name!r}: {error}") from error
        tensor = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=shape, raw_data=data)
    have = len(tensor.raw_data) if tensor.HasField("raw_data") else _typed(tensor) * kind.itemsize
    if have != size:
        told = f"of shape {list(shape)} has {size:,} bytes, its data {have:,}"
        raise OnnxFileError(f"the tensor {tensor.name!r} {told}")
    try:
        found = onnx.numpy_helper.to_array(tensor)
    except Exception as error:
        raise OnnxFileError(f"the tensor {tensor.name!r} cannot be read: {error}") from error
    return found.astype(np.float32) if tensor.data_type == onnx.TensorProto.BFLOAT16 else found


def _typed(tensor: onnx.TensorProto) -> int:
    """How many values a tensor has in the field of its type."""
    fields = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")
    return max(len(getattr(tensor, name)) for name in fields)


def _dimensions(info: onnx.ValueInfoProto) -> Dimensions | None:
    """The axes that a value declares; None where it says nothing."""
    if not info.type.HasField("tensor_type"):
        if info.type.WhichOneof("value") is None:
            return None
        raise OnnxFileError(f"{info.name!r} is no tensor but a {info.type.WhichOneof('value')}")
    tensor = info.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    axes: Iterable[Any] = tensor.shape.dim
    return tuple(axis.dim_value if axis.dim_value > 0 else None for axis in axes)
