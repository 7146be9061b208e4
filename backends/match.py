"""Foreign checkpoints: weights of the same architecture under other names, matched by order and shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cnnspec.backends.alignment import MatchError, ModuleTensors, align, look_alikes
from cnnspec.backends.checkpoints import flat_tensors
from cnnspec.backends.weights import check, declared, floating
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape

__all__ = ["Match", "MatchError", "match"]


@dataclass(frozen=True)
class Match:
    """Which tensor of a checkpoint is which of a net.

    `keys` maps each key of the net to one of the checkpoint, `weights` to its array; `left_out` are training
    heads that the checkpoint lacks, `alike` pairs of modules that begin parallel runs
    of equal shapes, which order and names alone tell apart.
    """

    net: str
    keys: Mapping[str, str]
    weights: Mapping[str, NDArray[Any]]
    left_out: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()

    @property
    def is_renamed(self) -> bool:
        """Whether the checkpoint has other names than the net."""
        return any(key != other for key, other in self.keys.items())

    def __str__(self) -> str:
        """One line a module: its path, and where its tensors come from."""
        modules = {key.rpartition(".")[0]: other.rpartition(".")[0] for key, other in self.keys.items()}
        width = max(map(len, modules), default=0)
        lines = [f"{path:<{width}} <- {other}" for path, other in modules.items()]
        lines += [f"{a} and {b} have equal shapes: told apart by order and names" for a, b in self.alike]
        lines += [f"not in the checkpoint: the training head {head}" for head in self.left_out]
        return "\n".join(lines)


def match(graph: Graph, checkpoint: Mapping[str, Any]) -> Match:
    """Match a checkpoint, a mapping from names to tensors in the order of its layers, to a net.

    Names of the net's own are taken as they are. A net's training heads may be missing. Raises MatchError,
    saying where the two part, for another architecture.
    """
    given = flat_tensors(checkpoint)
    tensors = floating(given, given)
    own = {key: weight.shape for key, weight, _ in declared(graph)}
    used = graph if own.keys() <= tensors.keys() else graph.inference()
    if not check(used, tensors):
        keys = [key for key, _, _ in declared(used)]
        return Match(
            graph.name,
            {key: key for key in keys},
            {key: tensors[key] for key in keys},
            tuple(sorted(graph.training_heads - used.training_heads)),
        )
    foreign = modules((key, value.shape) for key, value in tensors.items())
    try:
        found, used = align(graph, foreign), graph
    except MatchError:
        if not graph.training_heads:
            raise
        used = graph.inference()
        found = align(used, foreign)
    keys = {
        f"{mine.path}.{name}": f"{its.path}.{other}" if its.path else other
        for mine, its in found
        for name, other in mine.pairs(its) or ()
    }
    left_out = tuple(sorted(graph.training_heads - used.training_heads))
    weights = {key: tensors[keys[key]].reshape(own[key]) for key in own if key in keys}
    return Match(graph.name, {key: keys[key] for key in weights}, weights, left_out, look_alikes(used))


def modules(tensors: Iterator[tuple[str, Shape]]) -> list[ModuleTensors]:
    """Tensors by the path of their module, in order of first appearance."""
    found: dict[str, list[tuple[str, Shape]]] = {}
    for key, shape in tensors:
        path, _, name = key.rpartition(".")
        found.setdefault(path, []).append((name, tuple(shape)))
    return [ModuleTensors(path, tuple(members)) for path, members in found.items()]
