"""Tokens with the lines that they stand on, for what indentation tells of a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnnspec.syntax.statements import AT_MARGIN, begins_space
from cnnspec.syntax.tokens import Token


class Indented(NamedTuple):
    """A token and where it stands; `number` is its own among all, others are named by place in the list.

    `column` is the indentation of its line and `below` where the next line begins; `statement` is what its
    statement begins with; `enclosed` says that a `)` or `]` after it, on its line, closes what is before.
    """

    token: Token
    number: int
    column: int
    below: int
    statement: int
    first_on_line: bool
    enclosed: bool


def indented(text: str, tokens: Sequence[Token]) -> list[Indented]:
    """The tokens of a text and where they stand, ends of lines left out."""
    found: list[Indented] = []
    column = before = statement = 0
    begins = True
    for number, token in enumerate(tokens[:-1]):
        line = text.rfind("\n", before, token.start) + 1
        before = token.start
        if token.kind == "END":
            begins = True
            continue
        is_first = line > 0 or not found
        column = token.start - line if is_first else column
        statement = len(found) if begins else statement
        begins = token.kind in ("{", "}", "|")
        found.append(Indented(token, number, column, 0, statement, is_first, False))
    return _with_what_follows(found)


def _with_what_follows(places: list[Indented]) -> list[Indented]:
    found: list[Indented] = []
    below, closing = len(places), 0
    for number, place in reversed(list(enumerate(places))):
        found.append(place._replace(below=below, enclosed=closing > 0))
        kind = place.token.kind
        closing = max(0, closing + (kind in (")", "]")) - (kind in ("(", "[")))
        if place.first_on_line:
            below, closing = number, 0
    return found[::-1]


def items(places: list[Indented]) -> Iterator[range]:
    """The stretches of a file, by number: each begins with a definition at the margin, but for the first."""
    start = 0
    for number, place in enumerate(places):
        if place.first_on_line and place.column == 0 and _begins_item(places, number):
            yield range(start, number)
            start = number
    yield range(start, len(places))


def _begins_item(places: list[Indented], number: int) -> bool:
    """Whether a line at the margin begins a definition."""
    word = places[number].token.text
    here = [place.token for place in places[number : number + 3]]
    return word in AT_MARGIN if word != "space" else begins_space(here)
