"""Places in a text as the Language Server Protocol counts them: lines from 0, columns in UTF-16 units."""

from __future__ import annotations

from lsprotocol import types as lsp

from cnnspec.source import Source, Span


def position(source: Source, offset: int) -> lsp.Position:
    """The position of an offset of a text."""
    line, column = source.position(min(max(offset, 0), len(source.text)))
    start = source.line_starts[line - 1]
    return lsp.Position(line - 1, _units(source.text[start : start + column - 1]))


def offset_of(source: Source, place: lsp.Position) -> int:
    """The offset of a position; that of the end of its line, or of the text, where it lies behind it."""
    if place.line >= len(source.line_starts):
        return len(source.text)
    start = source.line_starts[place.line]
    left = place.character
    for at, character in enumerate(source.line_text(place.line + 1)):
        if left <= 0:
            return start + at
        left -= _units(character)
    return start + len(source.line_text(place.line + 1))


def range_of(span: Span) -> lsp.Range:
    """A span as a range."""
    return lsp.Range(position(span.source, span.start), position(span.source, span.end))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
