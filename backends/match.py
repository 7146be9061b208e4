"""Foreign checkpoints: weights of the same architecture under other names, matched by order and shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.alignment import MatchError, align, look_alikes
from cnnspec.backends.checkpoints import flat_tensors
from cnnspec.backends.flow import FlowBlock, ModuleTensors, flow_blocks, leaves
from cnnspec.backends.naming import as_modules, kind_of, ordinal, segments, transposed
from cnnspec.backends.tree_match import SETTLED, AmbiguousMatch, check_order, match_by_names
from cnnspec.backends.weights import WeightsError, check, declared, floating, is_count, is_index, started
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape, describe

__all__ = ["Match", "MatchError", "match"]


Aligned = list[tuple[ModuleTensors, ModuleTensors]]


@dataclass(frozen=True)
class Match:
    """Which tensor of a checkpoint is which of a net.

    `keys` maps each key of the net to one of the checkpoint, `weights` to its array; `left_out` are training
    heads that the checkpoint lacks, `alike` pairs of modules that begin parallel runs of equal shapes, which
    order and names alone tell apart. `unused` are keys of the checkpoint that the net has no place for:
    tables of places and counts that it works out, and what stood where it starts anew. `anew` are keys of
    the net that were not looked for, and have weights of seed 0. `differing` says how a torch module differs
    from the net beyond its tensors: norms with another epsilon, and outputs.
    """

    net: str
    keys: Mapping[str, str]
    weights: Mapping[str, NDArray[Any]]
    left_out: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
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
        return "\n".join([*lines, *self.remarks("the checkpoint")])

    def remarks(self, source: str) -> list[str]:
        """A line for all that is to be said of a match beyond the pairs; `source` is what they came from."""
        lines = [f"{a} and {b} have equal shapes: told apart by order and names" for a, b in self.alike]
        lines += [f"not in {source}: the head {head}, which is for training" for head in self.left_out]
        lines += [f"not used: {key} of {source}" for key in self.unused]
        lines += [f"starts anew: {key}" for key in self.anew]
        return [*lines, *self.differing]


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


def match(
    graph: Graph, checkpoint: Mapping[str, Any], in_order: bool = False, without: Sequence[str] = ()
) -> Match:
    """Match a checkpoint, a mapping from names to tensors in the order of its layers, to a net.

    `in_order` says that this is the order in which they run, whatever the names are like. Names of the net's
    own are taken as they are. A net's training heads may be missing. Weights in the parts of the net that
    `without` names are not looked for. Raises MatchError, saying where the two part, for another
    architecture; WeightsError for a part that is not there.
    """
    given = flat_tensors(checkpoint)
    own = {key: weight.shape for key, weight, _ in declared(graph)}
    anew = within(graph, own, without)
    unused = [
        key
        for key, tensor in given.items()
        if key in anew or (key not in own and (is_index(tensor) or is_count(tensor)))
    ]
    tensors = floating(given, [key for key in given if key not in unused])
    used = graph if own.keys() <= tensors.keys() | anew else graph.inference()
    mismatch = check(used, tensors)
    if mismatch.unexpected or mismatch.shapes or not anew.issuperset(mismatch.missing):
        foreign = [(key, value.shape) for key, value in tensors.items()]
        found, used, root = aligned(graph, foreign, in_order, anew)
        alike = look_alikes(root)
        if not in_order:
            check_heads(graph, keys_of(found), {key: value.shape for key, value in tensors.items()})
    else:
        found, alike = None, ()
    keys = {key: key for key in tensors} if found is None else keys_of(found)
    weights = {key: as_in_the_net(tensors[keys[key]], own[key]) for key in own if key in keys}
    taken = {key: keys[key] for key in weights}
    unused += [key for key in tensors if key not in set(taken.values())]
    needed = [key for key, _, _ in declared(used) if key in anew]
    return Match(
        graph.name,
        taken,
        {**weights, **started(graph, needed)},
        tuple(sorted(graph.training_heads - used.training_heads)),
        alike,
        tuple(unused),
        tuple(needed),
    )


def within(graph: Graph, own: Iterable[str], parts: Sequence[str]) -> frozenset[str]:
    """The keys of a net that lie in one of its parts. Raises WeightsError for a part without any."""
    found = {part: [key for key in own if key.startswith(f"{part}.")] for part in parts}
    for part, keys in found.items():
        if not keys:
            there = ", ".join(dict.fromkeys(key.partition(".")[0] for key in own))
            raise WeightsError(f"{graph.name} has no part {part!r} with weights: it has {there}")
    return frozenset(key for keys in found.values() for key in keys)


def keys_of(found: Aligned) -> dict[str, str]:
    """For each key of the net that of the checkpoint."""
    return {
        f"{mine.path}.{name}": f"{its.path}.{other}" if its.path else other
        for mine, its in found
        for name, other in mine.pairs(its) or ()
    }


def as_in_the_net(tensor: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """A tensor in the shape that the net has it in: axes of size 1 come or go, 1xNxC becomes CxN."""
    if tensor.ndim == 3 and tensor.shape[0] == 1 and transposed(tensor.shape) == shape:
        return np.ascontiguousarray(tensor[0].T)
    return tensor.reshape(shape)


def aligned(
    graph: Graph,
    tensors: list[tuple[str, Shape]],
    in_order: bool = False,
    anew: frozenset[str] = frozenset(),
) -> tuple[Aligned, Graph, FlowBlock]:
    """The modules of a net with those of a checkpoint, and the graph that it covers: training heads or not.

    By the order of the checkpoint where that is the order of a module's definition, else by shapes and names.
    Keys `anew` are not looked for, and what the checkpoint has in their place is passed over. Raises
    MatchError.
    """
    graphs = [graph, graph.inference()] if graph.training_heads else [graph]
    foreign = modules(tensors)
    refused: MatchError | None = None
    for by, trusted in ((align, in_order or is_of_definition(tensors)), (match_by_names, True)):
        for used in graphs if trusted else ():
            root = flow_blocks(used, anew)
            mine = list(leaves(root))
            theirs = as_modules(mine, foreign)
            if anew:
                theirs = [module for module in theirs if kind_of(module) in set(map(kind_of, mine))]
            try:
                found = by(used, root, theirs)
                if by is match_by_names:
                    check_names(found)
            except MatchError as error:
                # where a definition departs from the net says more than what is left over in all
                refused = error if refused is None or isinstance(error, AmbiguousMatch) else refused
                continue
            if by is align and not in_order:
                check_order(used, root, found, theirs)
            return found, used, root
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


def check_heads(graph: Graph, keys: Mapping[str, str], shapes: Mapping[str, Shape]) -> None:
    """Raise MatchError for q, k and v of several heads in one kernel of a convolution.

    A linear layer has q of all heads first, then k and v. Convolutions are written so and head by head, which
    neither their names nor their shapes say.
    """
    for key, weight, node in declared(graph):
        other = keys.get(key, "")
        if getattr(node.layer, "heads", 1) < 2 or not key.endswith(".qkv.weight") or not other:
            continue
        if len(shapes[other]) > len(weight.shape):
            raise AmbiguousMatch(
                f"{other} of the checkpoint, {describe(shapes[other])}, is the kernel of a convolution: "
                f"nothing tells whether it has q, k and v one after the other, as {key} of {graph.name} has, "
                f"or those of each head together; {SETTLED}"
            )


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
