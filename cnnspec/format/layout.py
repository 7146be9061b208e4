"""How statements are laid out over lines: blank lines, blocks, wrapped chains, broken brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from cnnspec.format.entries import CLOSING, BracedBlock, Comment, Entry, Group, Part, Remark, Statement
from cnnspec.format.lines import WIDTH, Line, aligned
from cnnspec.format.spacing import flat, is_flat, is_sign

INDENT = 4


@dataclass(frozen=True, slots=True)
class Inside:
    """The lines of what stands in a block, which are laid out when their turn comes."""

    entries: tuple[Entry, ...]
    indent: int


Laid = list[tuple[Entry, list[Line | Inside]]]


def layout(entries: Sequence[Entry]) -> str:
    """The text of a file."""
    return "".join(_text(line) + "\n" for line in _lines(entries))


def _lines(entries: Sequence[Entry]) -> Iterator[Line | None]:
    """All lines of a file, None for a blank one; what is nested in blocks waits in a stack."""
    stack = [_joined(lay_out(entries, 0), spread=True)]
    while stack:
        for line in stack[-1]:
            if isinstance(line, Inside):
                stack.append(_joined(lay_out(line.entries, line.indent)))
                break
            yield line
        else:
            stack.pop()


def lay_out(entries: Sequence[Entry], indent: int) -> Laid:
    """The lines of each entry, with marks and comments of neighbours aligned."""
    laid: Laid = []
    run: list[int] = []
    for entry in entries:
        if isinstance(entry, Remark):
            lines: list[Line | Inside] = [Line(indent, "", comment=entry.text)]
        else:
            lines = statement_lines(entry, indent)
        # what is aligned reads as a table, which ends at a blank line, a comment and what takes several lines
        if entry.blank or isinstance(entry, Remark) or len(lines) > 1:
            _align(laid, run)
            run = []
        if isinstance(entry, Statement) and len(lines) == 1:
            run.append(len(laid))
        laid.append((entry, lines))
    _align(laid, run)
    return laid


def _align(laid: Laid, run: list[int]) -> None:
    """Align the entries that stand one below the other, by number."""
    lines = [line for number in run if isinstance(line := laid[number][1][0], Line)]
    for number, line in zip(run, aligned(lines), strict=True):
        laid[number][1][0] = line


def _joined(laid: Laid, spread: bool = False) -> Iterator[Line | Inside | None]:
    """All lines, None for a blank one: where one was, and with `spread` around what is longer than a line."""
    gaps = _item_gaps(laid) if spread else set()
    for number, (entry, lines) in enumerate(laid):
        if number and (entry.blank or number in gaps):
            yield None
        yield from lines


def _item_gaps(laid: Laid) -> set[int]:
    """The entries that a blank line must stand before, so that one is between items longer than a line."""
    items = [number for number, (entry, _) in enumerate(laid) if isinstance(entry, Statement)]
    return {
        first + 1
        for first, second in pairwise(items)
        if max(len(laid[first][1]), len(laid[second][1])) > 1
        and not any(entry.blank for entry, _ in laid[first + 1 : second + 1])
    }


def _text(line: Line | None) -> str:
    if line is None:
        return ""
    code = " ".join(filter(None, (line.code, line.mark)))
    return " " * line.indent + "  ".join(filter(None, (code, line.comment)))


# ---- statements


def statement_lines(statement: Statement, indent: int) -> list[Line | Inside]:
    """A statement on one line where it is written so and fits, else wrapped."""
    links = list(_links(statement.parts))
    *chain, last = links
    marked = last if is_sign(last.head[0] if last.head else None, "=>") else None
    if is_flat(statement.parts):
        code = flat([part for link in (chain if marked else links) for part in link.whole])
        mark = flat(marked.whole) if marked else ""
        if indent + len(code) + len(mark) + 1 <= WIDTH:
            return [Line(indent, code, mark, statement.comment)]
    writer = Writer(indent)
    for link in links:
        writer.link(link)
    writer.end(statement.comment)
    return writer.lines


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a chain, or its mark: the arrow before it, with the comments before that."""

    comments: tuple[Comment, ...]
    head: tuple[Part, ...]
    parts: tuple[Part, ...]

    @property
    def whole(self) -> tuple[Part, ...]:
        return self.head + self.parts


def _links(parts: tuple[Part, ...]) -> Iterator[Link]:
    starts = [number for number, part in enumerate(parts) if is_sign(part, "->", "=>")]
    bounds = [0, *starts, len(parts)]
    comments: tuple[Comment, ...] = ()
    for number, (start, stop) in enumerate(pairwise(bounds)):
        head = parts[start : start + 1] if number else ()
        inner = list(parts[start + len(head) : stop])
        after: list[Comment] = []
        while inner and isinstance(inner[-1], Comment):
            after.insert(0, inner.pop())  # type: ignore[arg-type]
        yield Link(comments, head, tuple(inner))
        comments = tuple(after)


class Writer:
    """Writes a statement over several lines, of which the last is still open."""

    def __init__(self, indent: int) -> None:
        self.indent, self.at, self.code = indent, indent, ""
        self.lines: list[Line | Inside] = []

    def fits(self, text: str) -> bool:
        return self.at + len(self.code) + len(text) <= WIDTH

    def put(self, text: str) -> None:
        """Add to the open line, or begin one."""
        self.code += text if self.code else text.lstrip()

    def end(self, comment: str = "") -> None:
        """End the open line."""
        if self.code or comment:
            self.lines.append(Line(self.at, self.code, comment=comment))
        self.code = ""

    def remark(self, comment: Comment, at: int) -> None:
        """End the open line with a comment, or write the comment by itself; go on at another margin."""
        if comment.alone:
            self.end()
        if not self.code:
            self.at = at
        self.end(comment.text)
        self.at = at

    def link(self, link: Link) -> None:
        """Write a step of a chain, on the open line if it fits."""
        for comment in link.comments:
            self.remark(comment, self.indent + INDENT)
        arrow = flat(link.head) + " " if link.head else ""
        text, whole = self.beginning(link.parts, arrow)
        if arrow and self.code and not self.fits(" " + arrow + text):
            self.end()
            self.at = self.indent + INDENT
        self.put(" " + arrow)
        if whole and self.fits(text):
            self.code += text
        else:
            self.parts(link.parts)

    def beginning(self, parts: Sequence[Part], arrow: str) -> tuple[str, bool]:
        """What of a step must stand on one line: all of it where it opens no block (True)."""
        whole = is_flat(parts)
        text = flat(parts) if whole else ""
        has_block = any(isinstance(part, BracedBlock) for part in parts)
        margin = self.indent + (INDENT if arrow else 0)
        if whole and (not has_block or margin + len(arrow + text) <= WIDTH):
            return text, True
        return flat(_opening(parts)) + (" {" if has_block else ""), False

    def parts(self, parts: Sequence[Part]) -> None:
        """Write parts over several lines: blocks opened, long brackets broken."""
        before: Part | None = None
        run: list[Part] = []
        for part in parts:
            if not isinstance(part, BracedBlock):
                run.append(part)
                continue
            self.run(run, before)
            self.put("" if self.code.endswith(" ") else " ")
            self.block(part)
            before, run = part, []
        self.run(run, before)

    def block(self, block: BracedBlock) -> None:
        """Write a block, a line an entry."""
        if not block.entries and not block.comment:
            self.code += "{}"
            return
        self.code += "{"
        self.end(block.comment)
        self.lines.append(Inside(block.entries, self.at + INDENT))
        self.code = "}"

    def run(self, parts: Sequence[Part], before: Part | None) -> None:
        """Write parts without blocks; lines end at comments, and too long ones are broken in a bracket."""
        while parts and not (is_flat(parts) and self.fits(flat(parts, before))):
            number = _place_to_break(parts)
            if number is None:
                break
            self.put(flat(parts[:number], before))
            before = parts[number - 1] if number else before
            part, parts = parts[number], parts[number + 1 :]
            if isinstance(part, Comment):
                self.remark(part, self.at)
            elif isinstance(part, Group):
                self.put(flat([replace(part, parts=())], before)[:-1])
                self.items(part)
                before = part
        self.put(flat(parts, before))

    def items(self, group: Group) -> None:
        """Write what stands in a bracket, as much on a line as fits, and close it."""
        self.end()
        self.at += INDENT
        for item in _items(group.parts):
            text = flat(item.parts) + item.comma if is_flat(item.parts) else ""
            if self.code and not (text and self.fits(" " + text)):
                self.end()
            if text and self.fits(" " + text):
                self.put(" " + text)
            else:
                self.run(item.parts, None)
                self.code += item.comma
            for comment in item.comments:
                self.remark(comment, self.at)
        self.end()
        self.at -= INDENT
        self.code = CLOSING[group.opening]


def _opening(parts: Sequence[Part]) -> list[Part]:
    """The parts before the first block or comment."""
    return list(
        takewhile(lambda part: not isinstance(part, (BracedBlock, Comment)) and is_flat([part]), parts)
    )


def _place_to_break(parts: Sequence[Part]) -> int | None:
    """The first comment or bracket with one in it, or else the widest bracket."""
    for number, part in enumerate(parts):
        if not is_flat([part]):
            return number
    # the widest gives the most room, and so the fewest breaks
    groups = [number for number, part in enumerate(parts) if isinstance(part, Group) and part.parts]
    return max(groups, key=lambda number: len(flat([parts[number]])), default=None)


@dataclass(frozen=True, slots=True)
class ListItem:
    """One of the things between commas, with its comma and the comments at its end."""

    parts: tuple[Part, ...]
    comma: str
    comments: tuple[Comment, ...]


def _items(parts: Sequence[Part]) -> Iterator[ListItem]:
    inner: list[Part] = []
    comments: list[Comment] = []
    comma = ""
    for part in parts:
        if is_sign(part, ","):
            comma = ","
            while inner and isinstance(last := inner[-1], Comment):
                comments.insert(0, last)
                inner.pop()
        elif isinstance(part, Comment) and (comma or not inner):
            comments.append(part)
        else:
            if comma or comments:
                yield ListItem(tuple(inner), comma, tuple(comments))
                inner, comments, comma = [], [], ""
            inner.append(part)
    yield ListItem(tuple(inner), comma, tuple(comments))
