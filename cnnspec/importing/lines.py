"""Calls as the lines of a spec: what follows a layer stands on its line, equal lines are repeats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cnnspec.layers.base import REGISTRY
from cnnspec.layers.written import show_argument

LABEL = re.compile(r"\w+:|for ")
LONGEST_TURN = 4
"""The most lines that are looked for as one turn."""


@dataclass(frozen=True)
class WrittenCall:
    """A call as a spec writes it: name, arguments by position and by name, and what stands in its braces."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" if name else value for name, value in self.arguments)
        head = f"{self.name}({given})" if given else self.name
        return f"{head} {{ {self.body} }}" if self.body else head


def text(value: Any) -> str:
    """A value as a spec writes it, to the last digit."""
    if value is None:
        return "none"
    return repr(value) if isinstance(value, float) else show_argument(value)


def lines(calls: Sequence[str]) -> list[str]:
    """Calls as lines: what follows a layer (norms, activations, dropout) stands on its line."""
    found: list[list[str]] = []
    for call in calls:
        name = re.match(r"\w+", call)
        cls = REGISTRY.get(name[0]) if name else None
        # what follows a label's value is not that value
        follows = cls is not None and (cls.follows or cls.silent) and found and not LABEL.match(found[-1][0])
        if follows:
            found[-1].append(call)
        else:
            found.append([call])
    return repeated([" -> ".join(line) for line in found])


def counted(calls: Sequence[str]) -> list[str]:
    """Calls of a chain with equal ones after one another as one that is repeated."""
    groups = [(call, len(list(some))) for call, some in groupby(calls)]
    return [f"{call} * {count}" if count > 1 else call for call, count in groups]


def repeated(found: Sequence[str]) -> list[str]:
    """Lines with equal ones after one another as one that is repeated, and turns of a few lines likewise."""
    result: list[str] = []
    at = 0
    while at < len(found):
        # the turn that takes in most lines, the shortest of those
        period = max(range(1, LONGEST_TURN + 1), key=lambda size: (_turns(found, at, size) * size, -size))
        count = _turns(found, at, period)
        if period > 1 and count > 1:
            result.append(f"{{ {'; '.join(repeated(found[at : at + period]))} }} * {count}")
        elif count > 1 and _is_several(found[at]):
            result.append(f"{{ {found[at]} }} * {count}")
        else:
            period = 1
            result.append(f"{found[at]} * {count}" if count > 1 else found[at])
        at += period * count
    return result


def _is_several(line: str) -> bool:
    """Whether a line is a chain or a repeat, outside its braces and parentheses: a repeat then has braces."""
    inner, depth = "", 0
    for character in line:
        depth -= character in ")}"
        inner += character if not depth else ""
        depth += character in "({"
    return " -> " in inner or " * " in inner


def _turns(found: Sequence[str], at: int, size: int) -> int:
    """How often the `size` lines from `at` on come after one another; once, where they come once."""
    turn = list(found[at : at + size])
    count = 1
    while len(turn) == size and list(found[at + count * size : at + (count + 1) * size]) == turn:
        count += 1
    return count if count > 1 or size == 1 else 0
