"""Spec texts and places in them."""

from __future__ import annotations

from bisect import bisect_right
from os import PathLike

from cnnspec.caching import cached_property
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field


@dataclass(frozen=True, eq=False)
class Source:
    """The text of one spec, under the name that diagnostics show."""

    name: str
    text: str = field(repr=False)
    path: str | PathLike[str] | None = None

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of the first character of each line."""
        starts = [0]
        find = self.text.find
        while (end := find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of a character, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """One line (counted from 1) without its line end."""
        start = self.line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    def comment_above(self, line: int) -> tuple[str, ...]:
        """The lines of the comment right above a line (counted from 1), up to one that begins with `# --`."""
        first = line
        while first > 1 and self.line_text(first - 1).startswith("#"):
            if self.line_text(first - 1).startswith("# --"):
                break
            first -= 1
        return tuple([self.line_text(above) for above in range(first, line)])


def plain(text: str) -> str:
    """A line that does nothing to a terminal: a tab is a blank, other control characters are U+FFFD."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in text)


class Span(NamedTuple):
    """A stretch of a source, from offset `start` up to but not including `end`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.position(self.end)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """`file:line:column`, as diagnostics and editors write it."""
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def holds(self, other: Span) -> bool:
        """Whether another stretch lies in this one, of a file of the same name."""
        return self.source.name == other.source.name and self.start <= other.start <= other.end <= self.end

    def to(self, other: Span) -> Span:
        """The stretch from the start of this span to the end of another."""
        return Span(self.source, self.start, other.end)
