"""The pieces of a text with the lines that they stand on, for what indentation tells of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnnspec.syntax.pieces import Piece, pieces_of

ITEMS = ("def", "share", "net", "use")


class Place(NamedTuple):
    """A piece and where it stands; other places are named by number.

    `column` is the indentation of its line and `below` where the next line begins; `statement` is what its
    statement begins with; `enclosed` says that a `)` or `]` after it, on its line, closes what is before.
    """

    piece: Piece
    column: int
    below: int
    statement: int
    first_on_line: bool
    enclosed: bool


def places_of(text: str) -> list[Place]:
    """The pieces of a text and where they stand, ends of lines left out."""
    found: list[Place] = []
    column = before = statement = 0
    begins = True
    for piece in pieces_of(text):
        line = text.rfind("\n", before, piece.start) + 1
        before = piece.start
        if piece.kind == "end":
            begins = True
            continue
        is_first = line > 0 or not found
        column = piece.start - line if is_first else column
        statement = len(found) if begins else statement
        begins = piece.text in ("{", "}", "|")
        found.append(Place(piece, column, 0, statement, is_first, False))
    return _with_what_follows(found)


def _with_what_follows(places: list[Place]) -> list[Place]:
    found: list[Place] = []
    below, closing = len(places), 0
    for number, place in reversed(list(enumerate(places))):
        found.append(place._replace(below=below, enclosed=closing > 0))
        closing = max(0, closing + (place.piece.text in (")", "]")) - (place.piece.text in ("(", "[")))
        if place.first_on_line:
            below, closing = number, 0
    return found[::-1]


def items(places: list[Place]) -> Iterator[range]:
    """The stretches of a file, by number: each begins with a definition at the margin, but for the first."""
    start = 0
    for number, place in enumerate(places):
        if place.first_on_line and place.column == 0 and place.piece.text in ITEMS:
            yield range(start, number)
            start = number
    yield range(start, len(places))
