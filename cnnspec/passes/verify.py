"""What a legal graph is."""

from __future__ import annotations

from cnnspec.graph import Block, Graph
from cnnspec.layers.input import Input


class IllegalGraph(Exception):
    """A pass made a graph that is none: a fault of cnnspec, never of a spec."""


def verify(graph: Graph) -> None:
    """Raise IllegalGraph unless the graph is legal.

    Nodes stand in topological order under their own names; each has the inputs that its layer takes and
    the shape that it infers; weights come from a node of equal weights, before it or left out by
    `Graph.inference`; heads and inputs are nodes; the block tree holds every node once.
    """
    seen: set[str] = set()
    owners: dict[str, str] = {}
    for name, node in graph.nodes.items():
        _require(name == node.name, f"{name} is filed under another name")
        _require(all(source in seen for source in node.inputs), f"{name} stands before one of its inputs")
        arity = node.layer.arity
        _require(arity is None or arity == len(node.inputs), f"{name} has {len(node.inputs)} inputs")
        shapes = graph.input_shapes(node)
        _require(node.shape == node.layer.infer(*shapes), f"{name} has the shape {node.shape}")
        seen.add(name)
        owner = graph.nodes[owners.setdefault(node.weights_of, name)]
        left_out = node.weights_of not in graph.nodes
        _require(
            left_out or owner.name == node.weights_of, f"{name} uses the weights of a node not before it"
        )
        theirs = [(w.name, w.shape) for w in owner.layer.params(*graph.input_shapes(owner))]
        _require(
            theirs == [(w.name, w.shape) for w in node.layer.params(*shapes)], f"{name} shares other weights"
        )
    _require(all(isinstance(graph.nodes[name].layer, Input) for name in graph.inputs), "an input is no input")
    _require(
        bool(graph.outputs) and all(node in seen for node in graph.outputs.values()), "a head is no node"
    )
    _require(graph.training_heads <= set(graph.outputs), "a training head is no head")
    _check_tree(graph)


def _check_tree(graph: Graph) -> None:
    held = [name for name in graph.root.nodes() if name in graph.nodes]
    _require(len(held) == len(set(held)) == len(graph.nodes), "the block tree does not hold every node once")
    paths: set[str] = set()
    for block in graph.root.walk():
        _require(block.path not in paths, f"two blocks have the path {block.path}")
        paths.add(block.path)
        _require(
            all(child.parent is block for child in block.children if isinstance(child, Block)),
            f"a child of {block.path} has another parent",
        )


def _require(held: bool, message: str) -> None:
    if not held:
        raise IllegalGraph(message)
