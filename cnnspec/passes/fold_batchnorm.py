"""Fold each batchnorm into the conv or linear layer before it: one layer less, equal outputs in inference.

W' = gamma * W / sigma and b' = gamma * (b - mu) / sigma + beta, with sigma = sqrt(var + eps). Jacob et al.
2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnnspec.graph import Graph, Node, copy_blocks
from cnnspec.layers.conv import TransposedConv
from cnnspec.layers.norm import BatchNorm

Weights = Mapping[str, Any]


def fold_batchnorm(graph: Graph, weights: Weights) -> tuple[Graph, dict[str, Any]]:
    """What inference runs of a net, with every batchnorm folded that can be, and the weights of that.

    The layer before a batchnorm takes its place. One can be where that is a conv or linear layer that feeds
    nothing else and is no head, and neither shares its weights. Statistics are the running ones, so the
    result is for inference. Weights are arrays; those given stay as they are.
    """
    graph, tensors = inference_part(graph, weights)
    folded = foldable(graph)
    if not folded:
        return graph, tensors
    blocks = copy_blocks(graph.root, folded.keys())
    nodes: dict[str, Node] = {}
    partners = {conv: norm for norm, conv in folded.items()}
    for node in graph:
        if node.name in folded:
            continue
        inputs = tuple(folded.get(name, name) for name in node.inputs)
        layer = node.layer
        if node.name in partners:
            norm = graph[partners[node.name]]
            tensors.update(fold(node, norm, tensors))
            for weight in norm.layer.params(norm.shape):
                del tensors[f"{norm.weights_of}.{weight.name}"]
            layer = replace(layer, bias=True)  # type: ignore[call-arg]
        nodes[node.name] = node._replace(layer=layer, inputs=inputs, block=blocks[node.block])
    outputs = {head: folded.get(name, name) for head, name in graph.outputs.items()}
    root = blocks[graph.root]
    return replace(graph, nodes=nodes, outputs=outputs, root=root, variant=None), tensors


def inference_part(graph: Graph, weights: Weights) -> tuple[Graph, dict[str, Any]]:
    """What inference runs, and the weights of that alone.

    Where the first call of a shared block is in a training head, its weights take the name of the first call
    that is left.
    """
    running = graph.inference()
    if running is graph:
        return graph, dict(weights)
    owners: dict[str, str] = {}
    tensors: dict[str, Any] = {}
    for node in running:
        owner = owners.setdefault(node.weights_of, node.name)
        for weight in node.layer.params(*running.input_shapes(node)):
            tensors[f"{owner}.{weight.name}"] = weights[f"{node.weights_of}.{weight.name}"]
    nodes = {node.name: node._replace(weights_of=owners[node.weights_of]) for node in running}
    return replace(running, nodes=nodes), tensors


def foldable(graph: Graph) -> dict[str, str]:
    """The batchnorms that can be folded, each with the layer it goes into."""
    users = Counter(node.weights_of for node in graph)
    heads = set(graph.outputs.values())
    result = {}
    for node in graph:
        if not isinstance(node.layer, BatchNorm):
            continue
        before = graph[node.inputs[0]]
        plain = before.layer.weighted and not getattr(before.layer, "standardize", False)
        alone = len(graph.consumers[before.name]) == 1 and before.name not in heads
        unshared = users[node.weights_of] == 1 == users[before.weights_of]
        if plain and alone and unshared:
            result[node.name] = before.name
    return result


def fold(node: Node, norm: Node, weights: Weights) -> dict[str, Any]:
    """The new weight and bias of a layer, by key, with the batchnorm after it taken in.

    Weights of sixteen bits are folded in float32, which rounds less than the weights did.
    """
    assert isinstance(norm.layer, BatchNorm)
    owners = (f"{node.weights_of}.", f"{norm.weights_of}.")
    weights = {key: single(tensor) for key, tensor in weights.items() if key.startswith(owners)}
    weight = weights[f"{node.weights_of}.weight"]
    factor = (weights[f"{norm.weights_of}.running_var"] + norm.layer.eps) ** -0.5
    shift = weights[f"{norm.weights_of}.running_mean"] * -1
    if f"{node.weights_of}.bias" in weights:
        shift = shift + weights[f"{node.weights_of}.bias"]
    if norm.layer.affine:
        factor = factor * weights[f"{norm.weights_of}.weight"]
    shift = shift * factor
    if norm.layer.affine:
        shift = shift + weights[f"{norm.weights_of}.bias"]
    if isinstance(node.layer, TransposedConv):
        # its layout is (in, out/groups, *kernel): outputs of a group stand side by side
        groups = node.layer.groups
        parts = weight.reshape(groups, -1, *weight.shape[1:])
        scaled = parts * factor.reshape(groups, 1, -1, *(1,) * (weight.ndim - 2))
        scaled = scaled.reshape(weight.shape)
    else:
        scaled = weight * factor.reshape(-1, *(1,) * (weight.ndim - 1))
    return {f"{node.weights_of}.weight": scaled, f"{node.weights_of}.bias": shift}


def single(array: Any) -> Any:
    """An array in float32 if its type has fewer bits."""
    return array.astype("float32") if array.dtype.itemsize < 4 else array
