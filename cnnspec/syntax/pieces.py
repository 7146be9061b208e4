"""A spec in pieces, without a grammar: where statements begin and end, and which brackets are open.

This reads any text, so it is what syntax errors are explained and mended with.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CLOSES = {")": "(", "]": "[", "}": "{"}
WITH_BLOCKS = ("def", "share", "net", "stem", "body", "head", "for", "if", "let", "use", "input", "expect")
WITHOUT_BLOCKS = ("let", "use", "input", "expect")

PIECE = re.compile(
    r"(?P<end>;|\r?\n(?:\s|\#[^\n]*)*+(?!->|=>|\||else\b))"
    r"|(?P<blank>[ \t\f\r]+|\#[^\n]*|\n)"
    r"|(?P<text>\"[^\"\n]*\"?)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<number>[0-9](?:\w|\.(?=[0-9]))*)"
    r"|(?P<bracket>[()\[\]{}])"
    r"|(?P<sign>\x00+|->|=>|==|!=|<=|>=|\*\*|//|&&|\|\||.)",
    re.DOTALL,
)


class Piece(NamedTuple):
    """A word, number, text, bracket or sign, or the end of a statement; `kind` is its group in PIECE.

    A brace that the text lacks ends where it starts.
    """

    kind: str
    text: str
    start: int
    end: int


class Open(NamedTuple):
    """A bracket that is open, with the piece (by number) that begins the statement around it."""

    piece: Piece
    statement: int


class Place(NamedTuple):
    """Where an offset lies: its piece, the piece that begins its statement, the brackets open there."""

    at: int
    statement: int
    open: tuple[Open, ...]


def pieces_of(text: str) -> list[Piece]:
    """All pieces of a text, blanks and comments left out."""
    return [
        Piece(match.lastgroup or "", match.group(), *match.span())
        for match in PIECE.finditer(text)
        if match.lastgroup != "blank"
    ]


def find_place(pieces: list[Piece], offset: int) -> Place:
    """The place of an offset: its statement and the brackets around it."""
    statement, opened = 0, []
    for number, piece in enumerate(pieces):
        if piece.end > offset:
            return Place(number, statement, tuple(opened))
        statement = step(piece, number, statement, opened)
    return Place(len(pieces), statement, tuple(opened))


def step(piece: Piece, number: int, statement: int, opened: list[Open]) -> int:
    """Go over one piece: keeps the list of open brackets, gives the piece that begins the statement then."""
    in_block = not opened or opened[-1].piece.text == "{"
    if piece.kind == "bracket":
        if piece.text in "([{":
            opened.append(Open(piece, statement))
            return number + 1 if piece.text == "{" else statement
        return close(piece, statement, opened)
    ends = (piece.kind == "end" and in_block) or (piece.text == "|" and in_block) or piece.text == ";"
    return number + 1 if ends else statement


def close(piece: Piece, statement: int, opened: list[Open]) -> int:
    """Close the bracket that a closing one belongs to; a brace closes what is open within it as well."""
    wanted = CLOSES[piece.text]
    if piece.text == "}":
        while opened and opened[-1].piece.text != "{":
            opened.pop()
    if opened and opened[-1].piece.text == wanted:
        return opened.pop().statement
    return statement


def statement_end(pieces: list[Piece], place: Place, text: str) -> int:
    """The offset at which the statement around a place ends; the end of the line where brackets stay open."""
    depth = sum(o.piece.text == "{" for o in place.open)
    opened, statement = list(place.open), place.statement
    braces = depth
    for number in range(place.at, len(pieces)):
        piece = pieces[number]
        plain = len(opened) == 0 or opened[-1].piece.text == "{"
        if piece.text == "}" and braces == depth:
            return piece.start if plain else line_end(pieces, place, text)
        if plain and braces == depth and (piece.kind == "end" or piece.text == "|"):
            return piece.start
        statement = step(piece, number, statement, opened)
        braces += (piece.text == "{") - (piece.text == "}" and braces > 0)
    return len(text) if len(opened) == depth else line_end(pieces, place, text)


def line_end(pieces: list[Piece], place: Place, text: str) -> int:
    """The end of the line of a place, or the brace before that closes the block around it."""
    start = pieces[place.at].start if place.at < len(pieces) else len(text)
    end = text.find("\n", start)
    end = end if end >= 0 else len(text)
    for piece in pieces[place.at :]:
        if piece.start >= end or piece.text == "}":
            return min(end, piece.start)
    return end


def indent(text: str, offset: int) -> int:
    """How far the line of an offset is indented."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return len(line) - len(line.lstrip())


def first_on_line(text: str, offset: int) -> bool:
    """Whether nothing but blanks stands before an offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()
