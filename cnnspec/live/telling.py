"""What an editor is told is wrong with a text: its own mistakes, and those of the files that it uses.

    b.cnn   1  def block(out) { conv(out, 3, strid=2) }
    a.cnn   1  use "b.cnn" (block)                  <- b.cnn has 1 error: `conv` has no parameter `strid`
            2  net A { input 3x8x8; block(4) }      <- `conv` has no parameter `strid` (in b.cnn:1:31)

A mistake of another file is told where that file is named, and at the call that met it. The library has none
of its own: there the call is what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from os.path import realpath
from typing import NamedTuple

from lsprotocol import types as lsp

from cnnspec.diagnostics import Diagnostic, Edit
from cnnspec.elaborate.module import STANDARD_LIBRARY
from cnnspec.live.positions import range_of
from cnnspec.live.protocol import uri_of
from cnnspec.live.symbols import home_of, homes
from cnnspec.session import Analysis
from cnnspec.source import Span

LIBRARY = realpath(STANDARD_LIBRARY)
MOST_PLACES = 20
"""At how many places of other files one diagnostic points."""


class Told(NamedTuple):
    """A diagnostic as an editor shows it, and the mistakes that it tells of."""

    shown: lsp.Diagnostic
    mistakes: tuple[Diagnostic, ...]

    @property
    def cures(self) -> Iterator[tuple[Diagnostic, tuple[Edit, ...]]]:
        """The mistakes that have edits, with them; nobody edits the library."""
        for mistake in self.mistakes:
            homes = {home_of(edit.span.source) for edit in mistake.edits}
            if homes and LIBRARY not in homes:
                yield mistake, mistake.edits


def told(analysis: Analysis, uri: str) -> list[Told]:
    """All that is shown of a text, whose address is `uri`, in its order."""
    module = analysis.module
    here, elsewhere = home_of(module.source), dict[str, list[Diagnostic]]()
    found: list[Told] = []
    for one in analysis.diagnostics:
        home = home_of(one.span.source) if one.span is not None else here
        if home == here:
            found.append(_own(one, one.span or Span(module.source, 0, 0), uri))
            continue
        elsewhere.setdefault(home, []).append(one)
        call = next((f.span for f in one.trail if f.span and home_of(f.span.source) == here), None)
        if call is not None:
            found.append(_own(one, call, uri))
    elsewhere.pop(LIBRARY, None)
    direct = ((use, home_of(used.source)) for use, used in module.uses)
    deeper = ((use, home) for use, used in module.uses for home in homes(used))
    for use, home in (*direct, *deeper):
        if home in elsewhere:
            found.append(_used(use.span, elsewhere.pop(home), uri))
    return sorted(found, key=lambda one: (one.shown.range.start.line, one.shown.range.start.character))


def _own(one: Diagnostic, span: Span, uri: str) -> Told:
    """A mistake, told at a span of the text; related are the calls that led to it, and its own place."""
    frames = [(f"in {frame.text}", frame.span) for frame in one.trail]
    message = one.message
    if one.span is not None and one.span.source is not span.source:
        message = f"{message} (in {one.span.place})"
        frames.insert(0, (one.label or one.message, one.span))
    related = [_related(said, place, uri) for said, place in frames if place is not None and place != span]
    tags = [lsp.DiagnosticTag.Unnecessary] if one.code.startswith("unused-") else None
    shown = _diagnostic(span, one.severity, f"{message}\nhelp: {one.help}" if one.help else message, related)
    shown.code, shown.tags = one.code, tags
    return Told(shown, (one,))


def _used(span: Span, mistakes: list[Diagnostic], uri: str) -> Told:
    """What is wrong with a file that is used: its first error, or warning, and how many there are."""
    errors = [one for one in mistakes if one.severity == "error"]
    first, *more = errors or mistakes
    assert first.span is not None
    count = f"{len(more) + 1} {first.severity}{'s' if more else ''}"
    message = f"{first.span.source.name} has {count}: {first.message} (line {first.span.line})"
    related = [_related(one.message, one.span, uri) for one in (first, *more) if one.span is not None]
    return Told(_diagnostic(span, first.severity, message, related), (first, *more))


def _diagnostic(
    span: Span, severity: str, message: str, related: list[lsp.DiagnosticRelatedInformation]
) -> lsp.Diagnostic:
    grade = lsp.DiagnosticSeverity.Error if severity == "error" else lsp.DiagnosticSeverity.Warning
    return lsp.Diagnostic(
        range_of(span), message, grade, source="cnnspec", related_information=related[:MOST_PLACES] or None
    )


def _related(message: str, span: Span, uri: str) -> lsp.DiagnosticRelatedInformation:
    place = lsp.Location(uri_of(span.source, uri), range_of(span))
    return lsp.DiagnosticRelatedInformation(place, message)
