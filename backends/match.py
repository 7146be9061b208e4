"""Foreign checkpoints: weights of the same architecture under other names, matched by order and shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cnnspec.backends.alignment import (
    MatchError,
    ModuleTensors,
    align,
    flow_blocks,
    leaves,
    look_alikes,
)
from cnnspec.backends.checkpoints import flat_tensors
from cnnspec.backends.naming import as_modules, ordinal, segments
from cnnspec.backends.tree_match import AmbiguousMatch, match_by_names
from cnnspec.backends.weights import check, declared, floating
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape

__all__ = ["Match", "MatchError", "match"]


@dataclass(frozen=True)
class Match:
    """Which tensor of a checkpoint is which of a net.

    `keys` maps each key of the net to one of the checkpoint, `weights` to its array; `left_out` are training
    heads that the checkpoint lacks, `alike` pairs of modules that begin parallel runs
    of equal shapes, which order and names alone tell apart. `differing` says of norms of a torch module that
    they have another epsilon than those of the net, which no tensor shows and which changes the outputs.
    """

    net: str
    keys: Mapping[str, str]
    weights: Mapping[str, NDArray[Any]]
    left_out: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()
    differing: tuple[str, ...] = ()

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
        return "\n".join([*lines, *self.differing])


def other_epsilons(graph: Graph, found: Match, parts: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a norm of the net has another epsilon than the part, of these by path, that it is matched to."""
    paths = {key.rpartition(".")[0]: other.rpartition(".")[0] for key, other in found.keys.items()}
    told = []
    for node in graph:
        mine, its = (
            getattr(node.layer, "eps", None),
            getattr(parts.get(paths.get(node.name, "")), "eps", None),
        )
        if mine is not None and isinstance(its, float) and mine != its:
            told.append(f"{node.name} has eps={mine:g}, {paths[node.name]} has {its:g}: outputs differ")
    return tuple(told)


def match(graph: Graph, checkpoint: Mapping[str, Any], in_order: bool = False) -> Match:
    """Match a checkpoint, a mapping from names to tensors in the order of its layers, to a net.

    `in_order` says that this is the order in which they run, whatever the names are like. Names of the net's
    own are taken as they are. A net's training heads may be missing. Raises MatchError,
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
    found, used = aligned(graph, [(key, value.shape) for key, value in tensors.items()], in_order)
    keys = {
        f"{mine.path}.{name}": f"{its.path}.{other}" if its.path else other
        for mine, its in found
        for name, other in mine.pairs(its) or ()
    }
    left_out = tuple(sorted(graph.training_heads - used.training_heads))
    weights = {key: tensors[keys[key]].reshape(own[key]) for key in own if key in keys}
    return Match(graph.name, {key: keys[key] for key in weights}, weights, left_out, look_alikes(used))


Aligned = list[tuple[ModuleTensors, ModuleTensors]]


def aligned(graph: Graph, tensors: list[tuple[str, Shape]], in_order: bool = False) -> tuple[Aligned, Graph]:
    """The modules of a net with those of a checkpoint, and the graph that it covers: training heads or not.

    By the order of the checkpoint where that is the order of a module's definition, else by shapes and names.
    Raises MatchError.
    """
    graphs = [graph, graph.inference()] if graph.training_heads else [graph]
    foreign = modules(tensors)
    refused: MatchError | None = None
    for by, trusted in ((align, in_order or is_of_definition(tensors)), (match_by_names, True)):
        for used in graphs if trusted else ():
            try:
                found = by(used, as_modules(list(leaves(flow_blocks(used))), foreign))
                if by is match_by_names:
                    check_names(found)
                return found, used
            except MatchError as error:
                # where a definition departs from the net says more than what is left over in all
                refused = error if refused is None or isinstance(error, AmbiguousMatch) else refused
    assert refused is not None
    raise refused


def check_names(found: Aligned) -> None:
    """Raise MatchError for tensors of one module that have equal shapes and names that the net has not."""
    for mine, its in found:
        shapes = [shape for _, shape in its.tensors]
        if {name for name, _ in its.tensors} != {name for name, _ in mine.tensors} and len(set(shapes)) < len(
            shapes
        ):
            raise MatchError(f"which tensor is which is not known of {its} in the checkpoint, for {mine}")


def is_of_definition(tensors: list[tuple[str, Shape]]) -> bool:
    """Whether names are in an order in which torch lists what a module defines.

    Each branch of the names stands together, what is numbered goes up, and they are not just sorted.
    """
    keys = [key for key, _ in tensors]
    if len(keys) > 2 and keys == sorted(keys):
        return False
    ended: set[tuple[str, ...]] = set()
    numbers: dict[tuple[tuple[str, ...], str], float] = {}
    before: tuple[str, ...] = ()
    for path in dict.fromkeys(segments(key.rpartition(".")[0]) for key in keys):
        same = next((n for n, (a, b) in enumerate(zip(before, path, strict=False)) if a != b), len(before))
        ended.update(before[:depth] for depth in range(same + 1, len(before) + 1))
        for depth in range(same, len(path)):
            counted = ordinal(path[depth])
            if path[: depth + 1] in ended:
                return False
            if counted is not None and numbers.get((path[:depth], counted[0]), -1) > counted[1]:
                return False
            if counted is not None:
                numbers[path[:depth], counted[0]] = counted[1]
        before = path
    return True


def modules(tensors: Iterable[tuple[str, Shape]]) -> list[ModuleTensors]:
    """Tensors by the path of their module, in order of first appearance."""
    found: dict[str, list[tuple[str, Shape]]] = {}
    for key, shape in tensors:
        path, _, name = key.rpartition(".")
        found.setdefault(path, []).append((name, tuple(shape)))
    return [ModuleTensors(path, tuple(members)) for path, members in found.items()]
