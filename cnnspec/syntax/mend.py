"""How reading goes on after a syntax error: the text is mended in place, so that all offsets stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from cnnspec.syntax.pieces import WITHOUT_BLOCKS, Open, Piece, Place, pieces_of, statement_end

BROKEN = "\x00"
ITEMS = ("def", "share", "net", "use", "let")


@dataclass(frozen=True)
class Mended:
    """A text as the parser reads it, and where it opens a brace, or closes so many, that the text lacks."""

    text: str
    closing: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    opening: frozenset[int] = frozenset()

    def pieces(self) -> list[Piece]:
        """The pieces of the text, with the braces that it lacks."""
        found = pieces_of(self.text)
        if not self.closing and not self.opening:
            return found
        end = len(self.text)
        braces = [Piece("bracket", "{", offset, offset) for offset in self.opening]
        for offset, count in self.closing.items():
            start = offset if offset >= 0 else end
            braces += [Piece("bracket", "}", start, start)] * count
        return sorted([*braces, *found], key=lambda piece: (piece.start, piece.end))

    def erase(self, start: int, end: int) -> Mended:
        """Without a stretch."""
        return replace(self, text=self.text[:start] + " " * (end - start) + self.text[end:])

    def put(self, sign: str, offset: int) -> Mended:
        """With a sign in the place of as many characters."""
        return replace(self, text=self.text[:offset] + sign + self.text[offset + len(sign) :])

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

        def is_left(offset: int) -> bool:
            return not start <= offset < stop or any(first <= offset <= last for first, last in kept)

        return Mended(
            text[:start] + "".join(result) + text[stop:],
            {offset: count for offset, count in self.closing.items() if is_left(offset)},
            frozenset(filter(is_left, self.opening)),
        )


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


def without_piece(mended: Mended, offset: int) -> Mended:
    """The text without the piece at an offset: what is left to do where the parser gets no further."""
    for piece in pieces_of(mended.text):
        if piece.end > offset:
            return mended.erase(piece.start, piece.end)
    return mended


def innermost(place: Place) -> Open | None:
    """The innermost open bracket."""
    return place.open[-1] if place.open else None
