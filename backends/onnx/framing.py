"""The bytes of an ONNX file, piece by piece: what is around the weights, and these as they lie in memory.

protobuf's own serializer wants the weights in a message first, and copies them twice. A message is a row of
fields, each a number with the kind of what follows, mostly the length of it:

    ModelProto  ir_version, opset_import ...  7: graph  <length>  nodes, inputs ...  5: initializer  <length>
        TensorProto  dims, data_type, name    9: raw_data  <length>  the bytes of the array

https://protobuf.dev/programming-guides/encoding, onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9
"""The numbers of the fields `graph` of a model, `initializer` of a graph, `raw_data` of a tensor."""

OF_LENGTH = 2
"""The kind of a field that begins with its length."""


def framed(frame: onnx.ModelProto, tensors: Mapping[str, NDArray[Any]]) -> Iterator[bytes | memoryview]:
    """The bytes of a model with these tensors as further initializers of its graph."""
    inner = frame.graph.SerializeToString()
    heads = {name: tensor_head(name, array) for name, array in tensors.items()}
    starts = {
        name: head(INITIALIZER, len(heads[name]) + array.nbytes) + heads[name]
        for name, array in tensors.items()
    }
    around = onnx.ModelProto()
    around.CopyFrom(frame)
    around.ClearField("graph")
    length = len(inner) + sum(len(starts[name]) + array.nbytes for name, array in tensors.items())
    yield around.SerializeToString() + head(GRAPH, length) + inner
    for name, array in tensors.items():
        yield starts[name]
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        yield little.reshape(-1).view(np.uint8).data


def tensor_head(name: str, array: NDArray[Any]) -> bytes:
    """A tensor up to the bytes of its values."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    made = onnx.TensorProto(dims=array.shape, data_type=kind, name=name)
    return made.SerializeToString() + head(RAW_DATA, array.nbytes)


def head(number: int, length: int) -> bytes:
    """The number of a field, and the length of what follows."""
    return varint(number << 3 | OF_LENGTH) + varint(length)


def varint(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first; all but the last have the eighth bit."""
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])
