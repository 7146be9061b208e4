"""What the names of a checkpoint say: which stand close together, which are numbered, which fit the flow.

    flow of the net        the checkpoint, sorted
    conv  64x3x7x7         bn1             64
    norm  64               conv1           64x3x7x7
    conv  64x64x3x3        layer1.0.bn1    64
    norm  64               layer1.0.conv1  64x64x3x3

The shapes alone leave both norms open; `bn1` stands beside `conv1`, and `layer1.0.bn1` beside
`layer1.0.conv1`. The score of a match adds this up over the whole net. Words that both sides use count too:
`branch_pool` is the arm that the net has in a block `pooled`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import NamedTuple

from cnnspec.backends.alignment import MatchError
from cnnspec.backends.flow import ModuleTensors, modules_of, without_ones
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape

MOST_SOURCES = 4
"""How many modules upstream of one are looked at, of all that a join brings together."""
MOST_LISTED = 6
A_WORD = 0.3
"""What a word counts that both sides use of a module; a number that goes up counts 1."""
STANDARD = frozenset(("weight", "bias", "running_mean", "running_var"))

Kind = tuple[tuple[int, ...], ...]
"""What modules may be taken for one another: the shapes of their tensors, axes of size 1 left out."""


class Edge(NamedTuple):
    """Two modules of the net, by number, whose names say something of each other.

    `flow`: the data of the first reach the second, with no module between them. `line`: as flow, but for
    modules of another number of axes between them, as from a convolution to the next behind a norm. `join`:
    a join brings both together. `beside`: both stand in parallel, and the net numbers them in this order.
    """

    first: int
    second: int
    kind: str


def as_modules(mine: list[ModuleTensors], foreign: list[ModuleTensors]) -> list[ModuleTensors]:
    """The checkpoint's modules, in its order, as the net has them where it can hold them otherwise.

    A conv that keeps the gain of its weights beside them is a conv, and a gain. One whose kernel covers the
    whole map is a linear layer behind a flatten. A learned sequence is channels last in torch.
    """
    wanted = {kind_of(module) for module in mine}
    found: list[ModuleTensors] = []
    for module in foreign:
        odd = tuple(tensor for tensor in module.tensors if tensor[0] not in STANDARD)
        usual = tuple(tensor for tensor in module.tensors if tensor[0] in STANDARD)
        flat = ModuleTensors(module.path, tuple((name, flattened(shape)) for name, shape in module.tensors))
        if kind_of(module) in wanted:
            found.append(module)
        elif kind_of(flat) in wanted:
            found.append(flat)
        else:
            found += [ModuleTensors(module.path, usual)] if usual else []
            found += [turned(ModuleTensors(module.path, (tensor,)), wanted) for tensor in odd]
    return found


def flattened(shape: Shape) -> Shape:
    return (shape[0], prod(shape[1:])) if len(shape) > 2 else shape


def turned(module: ModuleTensors, wanted: set[Kind]) -> ModuleTensors:
    """A learned sequence 1xNxC as the CxN that the net has, where it has that."""
    ((name, shape),) = module.tensors
    if len(shape) != 3 or shape[0] != 1:
        return module
    other = ModuleTensors(module.path, ((name, transposed(shape)),))
    return other if kind_of(other) in wanted else module


def transposed(shape: Shape) -> Shape:
    """The shape CxN of a sequence 1xNxC."""
    return shape[:0:-1]


def kind_of(module: ModuleTensors) -> Kind:
    return tuple(sorted(without_ones(shape) for _, shape in module.tensors))


def check_kinds(graph: Graph, mine: list[ModuleTensors], theirs: list[ModuleTensors]) -> None:
    """Raise MatchError where one side has more modules of some shapes than the other, naming them."""
    lack: list[str] = []
    extra: list[str] = []
    kinds = dict.fromkeys(map(kind_of, (*mine, *theirs)))
    for kind in kinds:
        here = [module for module in mine if kind_of(module) == kind]
        there = [module for module in theirs if kind_of(module) == kind]
        if len(here) > len(there):
            lack += map(str, here[: len(here) - len(there)] if there else here)
        elif len(there) > len(here):
            extra += map(str, there[: len(there) - len(here)] if here else there)
    if lack or extra:
        sides = (("the net has", lack), ("the checkpoint has", extra))
        told = "; ".join(f"{side} {listed(names)}" for side, names in sides if names)
        raise MatchError(
            f"the checkpoint ({len(theirs)} modules) does not fit {graph.name} ({len(mine)} modules): of "
            f"shapes that the other side has fewer of, {told}"
        )


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def edges_of(graph: Graph, mine: list[ModuleTensors]) -> list[Edge]:
    """The edges between modules, along all inputs of joins."""
    number = {module.path: place for place, module in enumerate(mine)}
    own = modules_of(graph)
    rank = [max(len(shape) for _, shape in module.tensors) for module in mine]
    sources: dict[str, tuple[int, ...]] = {}
    ranked: dict[str, dict[int, int]] = {}
    found: dict[Edge, None] = {}
    for node in graph:
        above = tuple(dict.fromkeys(n for name in node.inputs for n in sources[name][:MOST_SOURCES]))
        before = ranked[node.inputs[0]] if node.inputs else {}
        if len(node.inputs) > 1:
            found |= dict.fromkeys(Edge(above[0], other, "join") for other in above[1:])
        paths = (module.path for module in own.get(node.weights_of, ()))
        for here in (number[path] for path in paths if path in number):
            found |= dict.fromkeys(Edge(other, here, "flow") for other in above if other != here)
            if before.get(rank[here], here) != here:
                found[Edge(before[rank[here]], here, "line")] = None
            above, before = (here,), before | {rank[here]: here}
        sources[node.name], ranked[node.name] = above[:MOST_SOURCES], before
    return list(found)


@cache
def segments(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


@cache
def natural(path: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """A key that sorts names with their numbers as numbers: layer2 before layer10."""
    return tuple(
        tuple(
            (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
            for part in re.split(r"([0-9]+)", segment)
            if part
        )
        for segment in segments(path)
    )


@cache
def ordinal(segment: str) -> tuple[str, float] | None:
    """What is numbered, and the number: conv2 is conv 2, conv2b comes after it, b is 2; None without one."""
    if segment in ("a", "b", "c"):
        return "", ord(segment) - ord("a") + 1
    found = re.fullmatch(r"(.*?)([0-9]+)([a-z]?)", segment)
    if found is None:
        return None
    letter = (ord(found[3]) - ord("a") + 1) / 100 if found[3] else 0
    return found[1], int(found[2]) + letter


@cache
def closeness(first: str, second: str, kind: str) -> float:
    """How well the names of two modules fit two that are joined by an edge of a kind.

    Beginnings that they share count for it, and numbers that go up by little along the flow.
    """
    a, b = segments(first), segments(second)
    same = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    found = 0.0 if kind == "line" else float(same)
    if same == len(a) or same == len(b):
        return 0.0 if kind == "beside" else found
    beside = len(a) == len(b) == same + 1
    if kind != "line" and beside:
        found += 0.5
    if kind == "flow" and len(a) > same + 1 and a[same + 1 :] == b[same + 1 :]:
        # convs.0 and bns.0
        found += 0.75
    one, two = ordinal(a[same]), ordinal(b[same])
    if one is None or two is None:
        return 0.0 if kind == "beside" else found
    if kind == "beside":
        # heads of levels, say: nothing flows from one to the other
        return 0.0 if one[0] != two[0] else 0.5 if one[1] < two[1] else -0.5
    if kind == "join":
        # branch0 and branch1: what is joined is numbered in the order in which it is joined
        return found + (0.0 if one[0] != two[0] else 0.5 if one[1] < two[1] else -0.5)
    if one[0] != two[0]:
        # conv2 and bn2
        return found + (0.5 if kind == "flow" and beside and one[1] == two[1] else 0)
    apart = two[1] - one[1]
    return found + (1 / max(apart, 1) if apart > 0 else -1)


@cache
def words(path: str) -> frozenset[str]:
    """The words of four letters and more in a path."""
    return frozenset(re.findall(r"[a-z]{4,}", path.lower()))


@cache
def kinship(mine: str, theirs: str) -> float:
    """How many words of one path begin one of the other, or are begun by one."""
    pairs = ((a, b) for a in words(theirs) for b in words(mine))
    return A_WORD * len({a for a, b in pairs if a.startswith(b) or b.startswith(a)})
