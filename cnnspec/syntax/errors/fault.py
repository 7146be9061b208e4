"""A syntax error, as the rules that explain it see it."""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span
from cnnspec.syntax.mend import Mended
from cnnspec.syntax.pieces import Piece, Place


@dataclass(frozen=True)
class Error:
    """A syntax error: the piece that the parser did not take, the one before it, its place, what fits."""

    source: Source
    mended: Mended
    pieces: list[Piece]
    place: Place
    found: Piece
    before: Piece
    first: Piece
    accepts: frozenset[str]

    @property
    def at_end(self) -> bool:
        return self.found.kind == "end" or not self.found.text

    def span(self, piece: Piece) -> Span:
        """Where a piece stands; an end of line is one character."""
        end = piece.start + 1 if piece.kind == "end" else piece.end
        length = len(self.source.text)
        return Span(self.source, min(piece.start, length), min(max(end, piece.start), length))

    def say(
        self, code: str, message: str, piece: Piece | None = None, *, label: str = "", help: str = ""
    ) -> Diagnostic:
        return Diagnostic(code, "error", message, self.span(piece or self.found), label, help)


Answer = tuple[Diagnostic, Mended]
