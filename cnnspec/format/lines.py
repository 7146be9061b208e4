"""Lines, and how their marks and comments are aligned."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

WIDTH = 110
TAB = 8
"""Marks and comments of neighbouring lines are aligned at a multiple of this many columns."""
GIVEN = re.compile(r"net (\w+) += ")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: where it begins, its code, a shape mark, a comment."""

    indent: int
    code: str
    mark: str = ""
    comment: str = ""

    @property
    def end(self) -> int:
        return self.indent + len(self.code)


def aligned(lines: list[Line]) -> list[Line]:
    """Lines that stand one below the other, their marks and comments aligned."""
    return _aligned_comments(_aligned_marks(_aligned_names(lines)))


def _aligned_names(lines: list[Line]) -> list[Line]:
    """Align the `=` of `net NAME = ...`."""
    names = [match[1] for line in lines if (match := GIVEN.match(line.code))]
    longest = max(map(len, names), default=0)
    result = []
    for line in lines:
        match = GIVEN.match(line.code)
        code = f"net {match[1]:<{longest}} = {line.code[match.end() :]}" if match else line.code
        result.append(replace(line, code=code))
    return result if all(line.end <= WIDTH for line in result) else lines


def _aligned_marks(lines: list[Line]) -> list[Line]:
    column = _column([line.end for line in lines if line.mark])
    result = [
        replace(line, code=line.code.ljust(column - 1 - line.indent)) if line.mark else line for line in lines
    ]
    fits = all(line.end + 1 + len(line.mark) <= WIDTH for line in result if line.mark)
    result = result if fits else lines
    return [replace(line, code=f"{line.code} {line.mark}", mark="") if line.mark else line for line in result]


def _aligned_comments(lines: list[Line]) -> list[Line]:
    column = _column([line.end for line in lines if line.comment])
    if column > WIDTH:
        return lines
    return [
        replace(line, code=line.code.ljust(column - 2 - line.indent)) if line.comment else line
        for line in lines
    ]


def _column(ends: list[int]) -> int:
    """The first multiple of TAB with two spaces before it after the longest line."""
    return -(-(max(ends, default=0) + 2) // TAB) * TAB
