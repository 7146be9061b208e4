"""The summary as data, for `--json` and for scripts."""

from __future__ import annotations

import dataclasses
from math import prod
from typing import Any

from cnnspec.graph import Block, Node
from cnnspec.passes.buffers import BYTES, weight_bytes
from cnnspec.passes.cost import conventions, uncounted
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled
from cnnspec.report.columns import View
from cnnspec.report.numbers import plain_number
from cnnspec.report.rows import cost_of, field_of, shape_of


def as_dict(net: Compiled, view: View | None = None) -> dict[str, Any]:
    """The summary as JSON-ready data: figures, every layer, every block.

    A view says of what batch, in what type and with what optimizer bytes are counted.
    """
    view = view or View(net)
    graph, costs = net.graph, net.costs
    return {
        "net": graph.name,
        "file": graph.file,
        "inputs": {name: list(graph.nodes[name].shape) for name in graph.inputs},
        "outputs": {head: list(graph.nodes[node].shape) for head, node in graph.outputs.items()},
        "training_heads": sorted(graph.training_heads),
        "params": costs.total.params,
        "params_inference": costs.inference.params,
        "buffers": costs.total.buffers,
        "activations": costs.inference.activations,
        "macs": net.counted(costs.inference),
        "macs_training": net.counted(costs.training),
        "count": net.counting,
        "counts": conventions(graph, costs),
        "layers_not_counted": len(uncounted(graph)),
        "memory": net.memory._asdict(),
        "device": {
            dtype: {
                "weights_bytes": weight_bytes(graph, dtype),
                "peak_bytes": size * net.timeline.peak,
                "arena_bytes": size * net.timeline.arena,
            }
            for dtype, size in BYTES.items()
        },
        "training_memory": _training_dict(view),
        "receptive_field": _field_dict(net.receptive_field),
        "depth": net.depth,
        "layers": [_layer_dict(view, node) for node in graph],
        "blocks": [_block_dict(net, block) for block in graph.root.walk() if block is not graph.root],
    }


def _field_dict(field: Field | None) -> dict[str, list[int | float]] | None:
    if field is None:
        return None
    return {name: [plain_number(value) for value in values] for name, values in field._asdict().items()}


def _training_dict(view: View) -> dict[str, Any]:
    found = view.training
    return {
        "batch": found.batch,
        "optimizer": found.optimizer,
        "weights_bytes": found.weights,
        "buffers_bytes": found.buffers,
        "gradients_bytes": found.gradients,
        "optimizer_bytes": found.optimizer_state,
        "kept_bytes": found.saved,
        "total_bytes": found.total,
    }


def _layer_dict(view: View, node: Node) -> dict[str, Any]:
    net = view.net
    cost = cost_of(net, node.name)
    field = field_of(net, node.name)
    return {
        "name": node.name,
        "op": node.layer.op,
        "inputs": list(node.inputs),
        "output": list(node.shape),
        "attrs": dataclasses.asdict(node.layer),
        "params": cost.params,
        "buffers": cost.buffers,
        "macs": net.counted(cost),
        "receptive_field": list(field.field.size) if field and not field.all_besides else None,
        "field_along_path": list(field.field.size) if field else None,
        "output_bytes": BYTES[view.dtype] * view.batch * prod(node.shape),
        "live_bytes": view.live.get(node.name),
        "kept_bytes": view.training.kept[node.name],
        "weights_of": node.weights_of,
        "in_inference": node.name in net.graph.inference_nodes,
        "line": node.span.line if node.span else None,
    }


def _block_dict(net: Compiled, block: Block) -> dict[str, Any]:
    cost = cost_of(net, block)
    return {
        "name": block.path,
        "kind": block.kind,
        "title": block.title,
        "params": cost.params,
        "macs": net.counted(cost),
        "output": list(shape_of(net.graph, block)),
    }
