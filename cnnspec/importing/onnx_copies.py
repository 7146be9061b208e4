"""Operations that give a value again: as large as another one, or all that is in it in the same order."""

from __future__ import annotations

from math import prod

from cnnspec.backends.onnx.reading import OnnxNode
from cnnspec.importing.onnx_reader import OnnxReader
from cnnspec.importing.windows import NoLayer
from cnnspec.layers.base import Shape


def expanded(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """A value as large as another one, which a product with that one makes of it all the same."""
    taken, sizes = reader.flowing(node), reader.integers(node, 1)
    maker = reader.graph.makers.get(node.inputs[1])
    readers = reader.graph.readers[value]
    like = maker.inputs[0] if maker is not None and maker.op == "Shape" else None
    gates = all(one.op == "Mul" and set(one.inputs) == {value, like} for one in readers)
    if tuple(sizes or ())[1:] != reader.shape(taken) and (not gates or value in reader.net.outputs):
        raise NoLayer(f"to {list(sizes or ())}")
    return reader.step(taken)


def in_order(reader: OnnxReader, node: OnnxNode, sizes: Shape) -> bool:
    """Whether a node takes all values of one sample in their order, as torch writes `as_strided`."""
    index = reader.graph.constant(node.inputs[1]) if node.op == "Gather" else None
    if index is None or node.attributes["axis"] or index.shape != (1, *sizes):
        return False
    return bool((index.ravel() == range(prod(sizes))).all())


def gathered(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken = reader.flowing(node)
    row = reader.graph.makers.get(taken)
    is_row = row is not None and row.op == "Reshape" and reader.integers(row, 1) == (-1,)
    if not is_row or not in_order(reader, node, reader.shape(taken)):
        raise NoLayer(f"over axis {node.attributes['axis']}")
    return reader.step(taken)
