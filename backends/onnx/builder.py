"""From a graph and its weights to an ONNX model, and to a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.emit import Emit, ModelBody
from cnnspec.backends.onnx.open_sizes import at_other_sizes, compare
from cnnspec.backends.onnx.rules import known, rule_of
from cnnspec.backends.steps import steps
from cnnspec.backends.weights import declared, fitting, initialize
from cnnspec.diagnostics import InvalidValue
from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape

OPSET = 18
"""The oldest operator set that the rules keep to, and the one that models declare by default."""

BATCH = "batch"
"""The name of the batch dimension, which is left open."""

OPEN = "size"
"""The name of a spatial axis of an input that is left open, before its number."""

LIMIT = 2**31 - 1
"""The most bytes that a protobuf file holds."""


def model(
    graph: Graph,
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    scheme: str = "default",
    opset: int = OPSET,
    open_size: bool = False,
) -> onnx.ModelProto:
    """The inference graph of a net as an ONNX model in float32, for any batch.

    With `open_size` the spatial axes of its inputs are open too. Weights are initializers under their keys,
    values and nodes bear the paths of their layers, outputs the names of the heads. Without `weights` they
    are drawn from the seed by the scheme (`weights.initialize`). Raises CompileError for a layer without a
    rule, for one whose nodes are for one size where the size is to be open, and for a model too large for
    one file, WeightsError for weights that do not fit, ValueError for an operator set that the rules do not
    know.
    """
    newest = onnx.defs.onnx_opset_version()
    if not OPSET <= opset <= newest:
        raise InvalidValue(f"the ONNX backend writes operator sets {OPSET} to {newest}, not {opset}")
    tensors = initialize(graph, seed, scheme) if weights is None else fitting(graph, weights)
    running = graph.inference()
    stored = {key: np.asarray(tensors[key], np.float32) for key, _, _ in declared(running)}
    if sum(array.nbytes for array in stored.values()) > LIMIT:
        raise CompileError(f"{graph.name} has over 2 GB of weights, more than an ONNX file holds")
    versions = [onnx.helper.make_opsetid("", opset)]
    return onnx.helper.make_model(
        body(running, stored, open_size),
        opset_imports=versions,
        ir_version=onnx.helper.find_min_ir_version_for(versions),
        producer_name="cnnspec",
    )


class Written(NamedTuple):
    """A net as nodes: what has grown, the names of its weights, and of its values with their shapes."""

    made: ModelBody
    weights: dict[str, str]
    inputs: dict[str, Shape]
    between: dict[str, Shape]
    outputs: dict[str, Shape]


def body(graph: Graph, weights: Mapping[str, NDArray[Any]], open_size: bool = False) -> onnx.GraphProto:
    """The graph of a model: a few nodes for each layer, the last of them under its path."""
    found = written(graph, open_size)
    others = []
    for other in at_other_sizes(graph) if open_size else ():
        others.append(written(other, True))
        compare(graph, found.made, others[-1].made)
    initializers = {found.weights[key]: array for key, array in weights.items()} | found.made.tensors

    def infos(kind: str, name: str = "") -> list[onnx.ValueInfoProto]:
        versions = [getattr(one, kind) for one in (found, *others)]
        return [info(value, [one[value] for one in versions], name) for value in versions[0]]

    return onnx.helper.make_graph(
        found.made.nodes,
        graph.name or "net",
        infos("inputs", OPEN),
        infos("outputs"),
        [onnx.numpy_helper.from_array(array, name) for name, array in initializers.items()],
        value_info=infos("between"),
    )


def written(graph: Graph, open_size: bool) -> Written:
    """The nodes of a net, layer by layer."""
    made = ModelBody()
    names = {name: made.fresh(name) for name in graph.inputs}
    heads = {head: made.fresh(head) for head in graph.outputs}
    ends = {node: heads[head] for head, node in graph.outputs.items() if node not in graph.inputs}
    tensors = {key: made.fresh(key) for key, _, _ in declared(graph)}
    between = {}
    for step in steps(graph, known, "ONNX"):
        weights = {name: tensors[key] for name, key in step.weights.items()}
        emit = Emit(made, step.node, step.shapes, weights, open_size)
        names[step.value] = rule_of(step.layer)(emit, step.layer, *(names[value] for value in step.inputs))
        if step.value != step.node:
            continue
        # the last node of a layer bears its name, or that of the head which ends in it
        names[step.node] = ends.get(step.node) or made.fresh(step.node)
        made.nodes[-1].name, made.nodes[-1].output[0] = step.node, names[step.node]
        if step.node not in ends:
            between[names[step.node]] = graph[step.node].shape
    for head, source in graph.outputs.items():
        if names[source] != heads[head]:
            # an input that is a head, or the second head of one node
            made.nodes.append(onnx.helper.make_node("Identity", [names[source]], [heads[head]], name=head))
    inputs = {names[name]: graph[name].shape for name in graph.inputs}
    outputs = {heads[head]: graph[source].shape for head, source in graph.outputs.items()}
    return Written(made, tensors, inputs, between, outputs)


def info(name: str, shapes: Sequence[Shape], axis: str = "") -> onnx.ValueInfoProto:
    """A value of any batch; its shape per sample, where the axes that differ are open, and called so."""
    sizes = [
        column[0] if len(set(column)) == 1 else f"{axis}{i}" if axis else None
        for i, column in enumerate(zip(*shapes, strict=True))
    ]
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, *sizes])


def export(
    graph: Graph,
    path: str | os.PathLike[str],
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    scheme: str = "default",
    opset: int = OPSET,
    open_size: bool = False,
) -> None:
    """Write a net as an ONNX file, whole or not at all; checked first.

    Raises what `model` raises, and OSError where the file cannot be written.
    """
    made = serialized(graph, weights, seed=seed, scheme=scheme, opset=opset, open_size=open_size)
    write_whole(Path(path), made)


def serialized(graph: Graph, weights: Mapping[str, Any] | None = None, **options: Any) -> bytes:
    """The contents of an ONNX file, checked; options are those of `model`. Raises what `model` raises."""
    made = model(graph, weights, **options)
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()
