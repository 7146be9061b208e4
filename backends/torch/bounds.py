"""The sizes of its input that a net takes, which its forward method asks for before it computes.

So written source says why it refuses a map, where torch would name two matrices somewhere within:

    sizes that pass     63, 64, 65 ..     16, 32, 48 ..     25 to 32, 57 to 64 ..     224 to 239
    least, most         63                16                25                        224, 239
    step, run           1, 1              16, 1             32, 8                     1, 1

Sizes that are no such row are left to torch, and so are those of several inputs, and those that arguments of
the constructor move.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from cnnspec.backends.python_source import plain_reason
from cnnspec.backends.torch.layout import Bracketed, Doc, DocItem, Strings
from cnnspec.graph import Graph
from cnnspec.passes.shapes import misfit
from cnnspec.passes.sizes import valid_sizes

PROBES = (1, 2, 3, 5, 8, 13, 38)
"""A net that takes maps of these sizes is taken to take all."""


class Row(NamedTuple):
    """Sizes from `least` on, up to `most` where there is one: of each `step` the first `run`."""

    least: int
    most: int | None = None
    step: int = 1
    run: int = 1

    def holds(self, size: int) -> bool:
        below = self.most is None or size <= self.most
        return below and size >= self.least and (size - self.least) % self.step < self.run


class SizeCheck(NamedTuple):
    """What a net asks of the size of its input, a row for each axis, and the reason to give."""

    rows: tuple[Row, ...]
    reason: str


def size_check(graphs: Sequence[Graph]) -> SizeCheck | None:
    """What the first of these nets asks of the size of its input, at other arguments as the others do.

    None where it takes every map, or has several inputs.
    """
    net, *others = [graph.inference() for graph in graphs]
    if len(net.inputs) != 1 or len(net[net.inputs[0]].shape) < 2 or takes_all(net):
        return None
    rows = rows_of(net)
    if rows is None or all(row == Row(1) for row in rows):
        return None
    steps = {(row.step, row.run, row.most is None) for row in rows}
    if len(steps) > 1 or not all(agrees(other, rows) for other in others):
        return None
    return SizeCheck(rows, reason(net, rows))


def map_of(graph: Graph, sizes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The one input of a net with a map of these sizes."""
    (name,) = graph.inputs
    return {name: (graph[name].shape[0], *sizes)}


def takes_all(graph: Graph) -> bool:
    """Whether a net takes the maps that are tried, of one size on all axes."""
    rank = len(graph[graph.inputs[0]].shape) - 1
    return not any(misfit(graph, map_of(graph, (size,) * rank)) for size in PROBES)


def agrees(graph: Graph, rows: Sequence[Row]) -> bool:
    """Whether a variant of a net takes and refuses what is next to the ends of these rows."""
    sizes = graph[graph.inputs[0]].shape[1:]
    for axis, row in enumerate(rows):
        ends = (row.least, row.least + row.run, row.least if row.most is None else row.most + 1)
        for size in {end - more for end in ends for more in (0, 1) if end > more}:
            given = (*sizes[:axis], size, *sizes[axis + 1 :])
            if row.holds(size) == bool(misfit(graph, map_of(graph, given))):
                return False
    return True


def rows_of(graph: Graph) -> tuple[Row, ...] | None:
    """The sizes that a net takes on each axis, the others as declared; None where they are no rows."""
    sizes = graph[graph.inputs[0]].shape[1:]
    if graph.fixed_size:
        return tuple(Row(size, size) for size in sizes)
    limit = 2 * max(sizes) + 64
    found = [row_of(valid_sizes(graph, (axis,), limit=limit).valid, limit) for axis in range(len(sizes))]
    rows = tuple(row for row in found if row is not None)
    return rows if len(rows) == len(sizes) else None


def row_of(valid: Sequence[int], limit: int) -> Row | None:
    """The row that the valid sizes up to a limit are."""
    if not valid:
        return None
    members, least = set(valid), valid[0]
    run = next(more for more in count(1) if least + more not in members)
    again = next((size for size in valid if size > least + run), None)
    step, run = (1, 1) if again is None else (again - least, run)
    rows = (Row(least, most, step, run) for most in (None, valid[-1]))
    return next((r for r in rows if all(r.holds(n) == (n in members) for n in range(1, limit + 1))), None)


def reason(graph: Graph, rows: Sequence[Row]) -> str:
    """Which sizes a net takes, and why not the next larger one, or the nearest other."""
    if graph.fixed_size:
        return plain_reason(f"{graph.name} is for one size of its input: {graph.fixed_size}")
    axis, row = next((axis, row) for axis, row in enumerate(rows) if row != Row(1))
    sizes = graph[graph.inputs[0]].shape[1:]
    near = (size for more in count(1) for size in (sizes[axis] - more, sizes[axis] + more))
    other = next(size for size in near if size > 0 and not row.holds(size))
    if row.most is not None:
        other = row.most + 1
    _, _, why = misfit(graph, map_of(graph, (*sizes[:axis], other, *sizes[axis + 1 :]))).partition(": ")
    words = " by ".join(dict.fromkeys(map(in_words, rows)))
    return plain_reason(f"{graph.name} takes sizes {words}; {other} does not fit: {why}")


def in_words(row: Row) -> str:
    """`from 8`, `16, 32, ..`, `25 to 32, 57 to 64, ..`, `224 to 239`."""
    if row.step == 1:
        return f"from {row.least}" if row.most is None else runs_in_words(row.least, row.most)
    turns = [row.least + turn * row.step for turn in range(2)]
    told = ", ".join(runs_in_words(first, first + row.run - 1) for first in turns)
    return f"{told}, .." if row.most is None else f"{told}, .. up to {row.most}"


def runs_in_words(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def check_call(check: SizeCheck, value: str) -> Doc:
    """The call that asks for the size of a map; its reason stands on lines of its own."""
    first = check.rows[0]
    least, most = (
        f"[{', '.join(map(str, ends))}]" for ends in zip(*(r[:2] for r in check.rows), strict=True)
    )
    settings = [("most", most)] if first.most is not None else []
    if first.step > 1:
        settings += [("step", str(first.step)), ("run", str(first.run))]
    items = (DocItem(value), DocItem(least), DocItem(Strings(check.reason)))
    told = (DocItem(text, f"{name}=") for name, text in settings if text != "1")
    return Bracketed("check_size(", (*items, *told), tall=True)
