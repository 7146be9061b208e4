"""Hints: the shape after the last step of a line, at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from cnnspec.caching import cached_property
from cnnspec.layers.base import Shape, describe
from cnnspec.live.places import Place, WrittenStep, places, steps
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass, replace
from cnnspec.report.numbers import short_count
from cnnspec.source import Source
from cnnspec.syntax import Parsed


@dataclass(frozen=True)
class Hint:
    """What the last step of a line (counted from 1), which ends at `offset`, became in the nets of a file."""

    line: int
    offset: int
    made: tuple[Place, ...]
    line_made: tuple[Place, ...]
    """What all steps became that end on the line."""
    may_state: bool
    """Whether a shape may be written there as a mark, `=> 64x56x56`, which is then checked."""

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes after the step, each once."""
        return tuple(dict.fromkeys(place.shape for place in self.made))

    @property
    def text(self) -> str:
        """One shape, or two, or two and how many there are: `64x56x56, 128x28x28, x7`."""
        few = [describe(shape) for shape in self.shapes[:2]]
        more = [f"x{len(self.shapes)}"] if len(self.shapes) > 2 else []
        return ", ".join(few + more)

    @property
    def costs(self) -> str:
        """The params and MACs of all that the line became, in the first of the nets that have it."""
        first = self.made[0].net
        costs = [place.cost for place in self.line_made if place.net is first]
        params, macs = sum(cost.params for cost in costs), sum(first.counted(cost) for cost in costs)
        return f"{short_count(params)} params, {short_count(macs)} MACs"

    @property
    def mark(self) -> str | None:
        """The mark that states the one shape; None where there are several, or no mark can stand."""
        return f" => {describe(self.shapes[0])}" if self.may_state and len(self.shapes) == 1 else None


def hints(nets: Iterable[Compiled], parsed: Parsed) -> tuple[Hint, ...]:
    """The hint of each line on which a step ends, in the order of lines.

    Of several steps that end on a line it is the last; of those that end together, the outermost.
    """
    source, made = parsed.source, places(nets, parsed.source)
    ending: dict[int, list[WrittenStep]] = {}
    for step in steps(parsed.tree):
        if step.start in made:
            ending.setdefault(source.position(step.end)[0], []).append(step)
    return tuple(_hint(line, ending[line], made) for line in sorted(ending))


def _hint(line: int, ending: list[WrittenStep], made: Mapping[int, tuple[Place, ...]]) -> Hint:
    last = max(ending, key=lambda step: (step.end, -step.start))
    outermost = (
        step
        for step in ending
        if not any(other.start < step.start and step.end <= other.end for other in ending)
    )
    of_line = tuple(place for step in outermost for place in made[step.start])
    return Hint(line, last.end, made[last.start], of_line, last.ends_flow)


def carried(before: Iterable[Hint], old: Source, new: Source) -> tuple[Hint, ...]:
    """Hints of a text, on the lines of a later one that are as they were.

    While a net is being changed it may not compile; what was known of its other lines is still shown.
    """
    moved = _moved(old, new)
    found = []
    for hint in before:
        line = moved.get(hint.line)
        if line is not None:
            column = hint.offset - old.line_starts[hint.line - 1]
            found.append(replace(hint, line=line, offset=new.line_starts[line - 1] + column))
    return tuple(found)


def _moved(old: Source, new: Source) -> Mapping[int, int]:
    """The lines (from 1) that are the same in two texts: where they were, and where they are."""
    before, after = old.text.split("\n"), new.text.split("\n")
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return {
        block.a + at + 1: block.b + at + 1
        for block in matcher.get_matching_blocks()
        for at in range(block.size)
    }
