"""Valid sizes in words: multiples of 16, from 32; every size from 7; 224 to 255."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.passes.sizes import (
    LIMIT,
    Followed,
    Reopen,
    SizeRange,
    Untraceable,
    followed_sizes,
    sizes_by_elaboration,
    valid_sizes,
)

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
LARGEST_PERIOD = 256
MOST_RUNS, MOST_FAILURES = 8, 5
"""How many stretches of sizes, and how many layers that fail, are named."""


def all_sizes(graph: Graph, reopen: Reopen, limit: int = LIMIT) -> dict[str, SizeRange]:
    """The valid sizes of each spatial axis alone, the others as declared, and of all at once (`square`).

    Raises InvalidValue for a net of vectors.
    """
    rank = max(len(graph[name].shape) - 1 for name in graph.inputs)
    if not rank:
        raise InvalidValue(f"{graph.name} takes vectors, which have no sizes to vary")
    names = AXES.get(rank, tuple(f"axis {i}" for i in range(rank)))
    asked: dict[str, tuple[int, ...]] = {name: (axis,) for axis, name in enumerate(names)}
    if rank > 1:
        asked["square" if rank == 2 else "cube"] = tuple(range(rank))
    find = finder(graph, reopen, limit)
    return {name: find(axes) for name, axes in asked.items()}


def finder(graph: Graph, reopen: Reopen, limit: int) -> Callable[[tuple[int, ...]], SizeRange]:
    """The way to find sizes: at once, or by elaborating at each where the net is another one at some."""
    try:
        followed: Followed = followed_sizes(graph, reopen)
    except Untraceable:
        return lambda axes: sizes_by_elaboration(graph, axes, reopen, limit)
    return lambda axes: valid_sizes(graph, axes, followed, limit)


def in_words(valid: Sequence[int], limit: int) -> str:
    """A set of sizes up to a limit as one would say it."""
    if not valid:
        return f"none up to {limit}"
    runs = list(consecutive(valid))
    if len(runs) == 1:
        first, last = runs[0]
        return f"every size from {first}" if last == limit else listed(runs)
    found = period(valid, limit)
    if found is None:
        return listed(runs)
    step, rests = found
    if len(rests) == 1:
        kind = f"multiples of {step}" if not rests[0] else f"{step}n + {rests[0]}"
        return f"{kind}, from {valid[0]}"
    return f"{step}n + {listed(list(consecutive(rests)))}, from {valid[0]}"


def consecutive(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last number of each stretch without a gap."""
    start = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number == last + 1:
            last = number
            continue
        yield start, last
        if number is not None:
            start = last = number


def listed(runs: Sequence[tuple[int, int]]) -> str:
    """Stretches of numbers, the first few of them."""
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in runs[:MOST_RUNS]]
    more = f" and {len(runs) - MOST_RUNS} more stretches" if len(runs) > MOST_RUNS else ""
    return ", ".join(texts) + more


def period(valid: Sequence[int], limit: int) -> tuple[int, list[int]] | None:
    """The smallest step after which the sizes from the first one on repeat, and their rests; None without."""
    members, start = set(valid), valid[0]
    for step in range(2, min(LARGEST_PERIOD, (limit - start) // 2) + 1):
        if all((size in members) == (size + step in members) for size in range(start, limit - step + 1)):
            return step, sorted({size % step for size in valid})
    return None


def sizes_text(name: str, found: Mapping[str, SizeRange]) -> str:
    """The valid sizes of a net: of each axis, where pixels are lost, and what fails elsewhere."""
    told: dict[tuple[str, ...], list[str]] = {}
    for axis, sizes in found.items():
        told.setdefault(tuple(one_axis(sizes)), []).append(axis)
    lines = [f"{name}: sizes of its input, from 1 to {next(iter(found.values())).limit}"]
    for texts, axes in told.items():
        lines += ["", f"{', '.join(axes)}: {texts[0]}", *(f"  {text}" for text in texts[1:])]
    return "\n".join(lines)


def one_axis(sizes: SizeRange) -> list[str]:
    """What there is to say of one axis: first which sizes are valid."""
    lines = [in_words(sizes.valid, sizes.limit)]
    if sizes.borders:
        clean = [size for size in sizes.valid if size not in sizes.borders]
        size, border = min(sizes.borders.items())
        pixels = f"{border.pixels} pixel{'' if border.pixels == 1 else 's'}"
        lines.append(f"no border is lost: {in_words(clean, sizes.limit)}")
        lines.append(f"at {size}, {border.node} leaves out {pixels}")
    return [*lines, *failures_text(sizes)]


def failures_text(sizes: SizeRange) -> list[str]:
    """What fails at sizes that are not valid: each layer once, with the first size where it does."""
    found: dict[tuple[str, str], list[int]] = {}
    for size, failure in sorted(sizes.failures.items()):
        found.setdefault((failure.node, failure.code), []).append(size)
    texts = []
    most = sorted(found.items(), key=lambda item: -len(item[1]))[:MOST_FAILURES]
    for (node, _), failing in sorted(most, key=lambda item: item[1]):
        where = listed(list(consecutive(failing)))
        # a net that is elaborated at each size fails as a whole, at no layer
        place = f"{node}, " if node else ""
        texts.append(f"fails at {where}: {place}{sizes.failures[failing[0]].message}")
    rest = len(sizes.failures) - sum(len(failing) for _, failing in most)
    sizes_of_rest = "1 more size" if rest == 1 else f"{rest} more sizes"
    return [*texts, *([f"fails at {sizes_of_rest}, in other layers"] if rest else [])]


def sizes_data(name: str, found: Mapping[str, SizeRange]) -> dict[str, Any]:
    """The valid sizes as data, with the words for them."""
    return {
        "net": name,
        "limit": next(iter(found.values())).limit,
        "axes": {
            axis: {
                "valid": list(sizes.valid),
                "in_words": in_words(sizes.valid, sizes.limit),
                "without_loss": in_words([s for s in sizes.valid if s not in sizes.borders], sizes.limit),
                "borders": {str(size): one._asdict() for size, one in sorted(sizes.borders.items())},
                "failures": {str(size): one._asdict() for size, one in sorted(sizes.failures.items())},
            }
            for axis, sizes in found.items()
        },
    }
