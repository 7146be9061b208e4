"""How reading goes on after a syntax error: the text is mended in place, so that all offsets stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from cnnspec.grammar.pieces import (
    WITHOUT_BLOCKS,
    Open,
    Piece,
    Place,
    first_on_line,
    indent,
    pieces_of,
    statement_end,
    step,
)

BROKEN = "\x00"
ITEMS = ("def", "share", "net", "use", "let")


@dataclass(frozen=True)
class Mended:
    """A text as the parser reads it, and where it opens a brace, or closes so many, that the text lacks."""

    text: str
    closing: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    opening: frozenset[int] = frozenset()

    def erase(self, start: int, end: int) -> Mended:
        """Without a stretch."""
        return replace(self, text=self.text[:start] + " " * (end - start) + self.text[end:])

    def open(self, offset: int) -> Mended:
        """With a brace opened before an offset."""
        return replace(self, opening=self.opening | {offset})

    def close(self, offset: int) -> Mended:
        """With one more brace closed before an offset, or at the end."""
        offset = offset if offset < len(self.text) else -1
        return replace(self, closing={**self.closing, offset: self.closing.get(offset, 0) + 1})

    def give_up(
        self, pieces: list[Piece], place: Place, end: int | None = None, *, keep: bool = True
    ) -> Mended:
        """Without the statement at a place; with `keep`, blocks in it stay, for they may be right."""
        text = self.text
        start = pieces[place.statement].start if place.statement < len(pieces) else len(text)
        stop = statement_end(pieces, place, text) if end is None else end
        if all(o.piece.text != "{" for o in place.open):
            stop = _next_item(pieces, text, stop)
        inside = [piece for piece in pieces[place.statement :] if piece.start < stop]
        keep = keep and bool(inside) and inside[0].text not in ("{", *WITHOUT_BLOCKS)
        kept = _blocks(inside) if keep else []
        result, at = [], start
        for first, last in kept:
            result += [BROKEN * (first - at), text[first:last]]
            at = last
        result.append(BROKEN * (stop - at))
        return replace(self, text=text[:start] + "".join(result) + text[stop:])


def _next_item(pieces: list[Piece], text: str, start: int) -> int:
    """Where a definition without a block ends: after the lines that are indented, and a brace."""
    end = start
    for before, piece in pairwise([piece for piece in pieces if piece.kind != "end"]):
        if before.start >= start or piece.start >= start:
            at_margin = text[piece.start - 1 : piece.start] == "\n"
            if at_margin and piece.text != "}":
                return end
            end = max(end, piece.end)
    return end


def _blocks(pieces: list[Piece]) -> list[tuple[int, int]]:
    """The blocks in braces of a statement, as stretches; none where they are not balanced."""
    found, depth, start = [], 0, 0
    for piece in pieces:
        if piece.text == "{":
            start = start if depth else piece.start
            depth += 1
        elif piece.text == "}":
            depth -= 1
            if depth == 0:
                found.append((start, piece.end))
    return found if depth == 0 else []


def unclosed_brace(pieces: list[Piece], text: str, before: int) -> tuple[Piece, int] | None:
    """The brace that is open before an offset and should not be, and where it should have been closed.

    Where a closing brace stands below another opening one than that which it closes, that one was meant.
    """
    opened: list[Piece] = []
    for piece in pieces:
        if piece.start >= before:
            break
        if piece.text == "{":
            opened.append(piece)
        elif piece.text == "}" and opened:
            column = indent(text, piece.start)
            depths = [indent(text, brace.start) for brace in opened]
            if first_on_line(text, piece.start) and column < depths[-1] and column in depths[:-1]:
                return opened[-1], _end_of_block(pieces, text, opened[-1], piece.start)
            opened.pop()
    return (opened[-1], _end_of_block(pieces, text, opened[-1], before)) if opened else None


def _end_of_block(pieces: list[Piece], text: str, opening: Piece, before: int) -> int:
    """Where a block ends, by its indentation: at the first line that is indented no deeper than its first."""
    outer = indent(text, opening.start)
    for piece in pieces:
        inside = opening.start < piece.start < before and piece.kind != "end"
        if inside and first_on_line(text, piece.start) and indent(text, piece.start) <= outer:
            return piece.start
    return before


def extra_brace(pieces: list[Piece], text: str, before: int) -> tuple[Piece, Piece] | None:
    """A closing brace that ends a definition though it is indented as one within it, and what it ends."""
    opened: list[Piece] = []
    found = None
    for piece in pieces:
        if piece.start >= before:
            break
        if piece.text == "{":
            opened.append(piece)
        elif piece.text == "}" and opened:
            brace = opened.pop()
            deeper = indent(text, piece.start) > indent(text, brace.start)
            if not opened and first_on_line(text, piece.start) and deeper:
                found = piece, brace
    return found


def missing_brace(
    pieces: list[Piece], text: str, opening: Piece, closing: Piece
) -> tuple[Piece, Piece] | None:
    """A line end after which lines are indented deeper though no brace is opened, and the piece before it."""
    opened: list[Open] = []
    inside = [piece for piece in pieces if opening.start <= piece.start <= closing.start]
    for number, (before, piece) in enumerate(pairwise(inside)):
        step(before, number, 0, opened)
        if piece.kind != "end" or before.text == "{" or not opened or opened[-1].piece.text != "{":
            continue
        after = text[piece.end :].lstrip(" \t")
        deeper = indent(text, piece.end + len(text[piece.end :]) - len(after)) > indent(text, before.start)
        if deeper and "\n" in piece.text:
            return before, piece
    return None


def without_piece(mended: Mended, offset: int) -> Mended:
    """The text without the piece at an offset: what is left to do where the parser gets no further."""
    for piece in pieces_of(mended.text):
        if piece.end > offset:
            return mended.erase(piece.start, piece.end)
    return mended


def innermost(place: Place) -> Open | None:
    """The innermost open bracket."""
    return place.open[-1] if place.open else None
