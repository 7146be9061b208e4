"""From a graph and its weights to an ONNX model, and to a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack

import numpy as np
import onnx
from numpy.typing import NDArray

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.emit import Emit, ModelBody
from cnnspec.backends.onnx.framing import framed
from cnnspec.backends.onnx.open_sizes import compare
from cnnspec.backends.onnx.opsets import DEFAULT, OLDEST
from cnnspec.backends.onnx.rules import known, rule_of
from cnnspec.backends.other_sizes import at_other_sizes
from cnnspec.backends.steps import steps
from cnnspec.backends.weights import declared, fitting, initialize
from cnnspec.diagnostics import InvalidValue
from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape

OPSET = DEFAULT
"""The operator set that models declare by default."""

DTYPES = ("float32", "float16")
"""The types that a model may have."""

BATCH = "batch"
"""The name of the batch dimension, which is left open."""

OPEN = "size"
"""The name of a spatial axis of an input that is left open, before its number."""

LIMIT = 2**31 - 1
"""The most bytes that a protobuf file holds."""


class ModelOptions(TypedDict, total=False):
    """How a net becomes a model; see `model`."""

    opset: int | None
    open_size: bool
    dtype: str
    fold_batchnorm: bool


def model(
    graph: Graph,
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    scheme: str = "default",
    **options: Unpack[ModelOptions],
) -> onnx.ModelProto:
    """The inference graph of a net as an ONNX model, for any batch.

    With `open_size` the spatial axes of its inputs are open too; `dtype` is the type of weights, inputs and
    outputs, `fold_batchnorm` puts batch norms into the layers before them. Weights are initializers under
    their keys, values and nodes bear the paths of their layers, outputs the names of the heads. Without
    `weights` they are drawn from the seed by the scheme (`weights.initialize`). Raises CompileError for a
    layer without a rule, for one whose nodes are for one size where the size is to be open, and for a model
    too large for one file, WeightsError for weights that do not fit, ValueError for an operator set or a type
    that the rules do not know.
    """
    frame, tensors = framework(graph, weights, seed, scheme, **options)
    frame.graph.initializer.extend(
        onnx.numpy_helper.from_array(array, name) for name, array in tensors.items()
    )
    return frame


def framework(
    graph: Graph,
    weights: Mapping[str, Any] | None,
    seed: int,
    scheme: str,
    *,
    opset: int | None = None,
    open_size: bool = False,
    dtype: str = "float32",
    fold_batchnorm: bool = False,
) -> tuple[onnx.ModelProto, dict[str, NDArray[Any]]]:
    """A model without its weights, and these by their names in it; see `model`."""
    newest, opset = onnx.defs.onnx_opset_version(), OPSET if opset is None else opset
    if not OLDEST <= opset <= newest:
        raise InvalidValue(f"the ONNX backend writes operator sets {OLDEST} to {newest}, not {opset}")
    if dtype not in DTYPES:
        raise InvalidValue(f"the ONNX backend runs in {' and '.join(DTYPES)}, not {dtype}")
    tensors = initialize(graph, seed, scheme) if weights is None else fitting(graph, weights)
    running = graph.inference()
    if fold_batchnorm:
        from cnnspec.passes.fold_batchnorm import fold_batchnorm as fold

        running, tensors = fold(graph, tensors)
    stored = {key: np.asarray(tensors[key], dtype) for key, _, _ in declared(running)}
    if sum(array.nbytes for array in stored.values()) > LIMIT:
        raise CompileError(f"{graph.name} has over 2 GB of weights, more than an ONNX file holds")
    versions = [onnx.helper.make_opsetid("", opset)]
    inner, names = body(running, ModelStyle(opset, dtype, open_size))
    made = onnx.helper.make_model(
        inner,
        opset_imports=versions,
        ir_version=onnx.helper.find_min_ir_version_for(versions),
        producer_name="cnnspec",
    )
    return made, {names[key]: array for key, array in stored.items()}


class ModelStyle(NamedTuple):
    """How a net is written: the operator set, the type of values, and whether for other sizes too."""

    opset: int = OPSET
    dtype: str = "float32"
    open_size: bool = False


class Written(NamedTuple):
    """A net as nodes: what has grown, the names of its weights, and of its values with their shapes."""

    made: ModelBody
    weights: dict[str, str]
    inputs: dict[str, Shape]
    between: dict[str, Shape]
    outputs: dict[str, Shape]


def body(graph: Graph, style: ModelStyle) -> tuple[onnx.GraphProto, dict[str, str]]:
    """The graph of a model, a few nodes for each layer, the last under its path; what its weights are called.

    Constants are in it, weights are not.
    """
    found = written(graph, style)
    others = []
    for other in at_other_sizes(graph) if style.open_size else ():
        others.append(written(other, style))
        compare(graph, found.made, others[-1].made)
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(style.dtype))

    def infos(part: str, name: str = "") -> list[onnx.ValueInfoProto]:
        versions = [getattr(one, part) for one in (found, *others)]
        return [info(value, kind, [one[value] for one in versions], name) for value in versions[0]]

    made = onnx.helper.make_graph(
        found.made.nodes,
        graph.name or "net",
        infos("inputs", OPEN),
        infos("outputs"),
        [onnx.numpy_helper.from_array(array, name) for name, array in found.made.tensors.items()],
        value_info=infos("between"),
    )
    return made, found.weights


def written(graph: Graph, style: ModelStyle) -> Written:
    """The nodes of a net, layer by layer."""
    made = ModelBody(opset=style.opset, dtype=style.dtype)
    names = {name: made.fresh(name) for name in graph.inputs}
    heads = {head: made.fresh(head) for head in graph.outputs}
    ends = {node: heads[head] for head, node in graph.outputs.items() if node not in graph.inputs}
    tensors = {key: made.fresh(key) for key, _, _ in declared(graph)}
    between = {}
    for step in steps(graph, known, "ONNX"):
        weights = {name: tensors[key] for name, key in step.weights.items()}
        emit = Emit(made, step.node, step.shapes, weights, style.open_size)
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


def info(name: str, kind: int, shapes: Sequence[Shape], axis: str = "") -> onnx.ValueInfoProto:
    """A value of any batch; its shape per sample, where the axes that differ are open, and called so."""
    sizes = [
        column[0] if len(set(column)) == 1 else f"{axis}{i}" if axis else None
        for i, column in enumerate(zip(*shapes, strict=True))
    ]
    return onnx.helper.make_tensor_value_info(name, kind, [BATCH, *sizes])


def export(
    graph: Graph,
    path: str | os.PathLike[str],
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    **options: Unpack[ModelOptions],
) -> None:
    """Write a net as an ONNX file, whole or not at all; checked first. Options are those of `model`.

    Raises what `model` raises, and OSError where the file cannot be written.
    """
    write_whole(Path(path), pieces(graph, weights, seed=seed, **options))


def pieces(
    graph: Graph,
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    **options: Unpack[ModelOptions],
) -> Iterator[bytes | memoryview]:
    """The contents of an ONNX file in pieces, of which the weights are no copies; checked before the first.

    Options are those of `model`. Raises what `model` raises.
    """
    frame, tensors = framework(graph, weights, seed, "default", **options)
    check(frame, tensors)
    return framed(frame, tensors)


def check(frame: onnx.ModelProto, tensors: Mapping[str, NDArray[Any]]) -> None:
    """onnx's own full check, with shapes inferred, of a model whose weights stand among its inputs.

    So it sees their types and shapes, and copies none of them.
    """
    whole = onnx.ModelProto()
    whole.CopyFrom(frame)
    for name, array in tensors.items():
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        whole.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    onnx.checker.check_model(whole, full_check=True)
