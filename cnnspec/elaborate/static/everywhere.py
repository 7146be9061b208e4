"""A name misspelt more than once in a definition is said once, and mended wherever it stands there."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from cnnspec.diagnostics.report import ONCE, Diagnostic, Edit
from cnnspec.elaborate.module import Module
from cnnspec.records import replace
from cnnspec.source import Span


def mend_everywhere(diagnostics: tuple[Diagnostic, ...], module: Module) -> tuple[Diagnostic, ...]:
    """The diagnostics of a file, those that are said once with the edits of each place that they are true of.

    A name before `=` is that of an argument, and another thing.
    """
    starts = [item.span.start for item in module.file.items]
    places: dict[tuple[str, int], list[Span]] = {}
    for token, after in pairwise(module.tokens):
        if token.kind == "NAME" and after.kind != "=":
            span = Span(module.source, token.start, token.end)
            places.setdefault((token.text, bisect_right(starts, token.start)), []).append(span)

    def mended(diagnostic: Diagnostic) -> Diagnostic:
        renamed = [edit for edit in diagnostic.edits if edit.span.text]
        text = {edit.text for edit in renamed}
        if diagnostic.code not in ONCE or diagnostic.span is None or len(text) != 1:
            return diagnostic
        if diagnostic.span.source is not module.source:
            return diagnostic
        first = renamed[0].span
        spans = places.get((first.text, bisect_right(starts, first.start)), ())
        edits = dict.fromkeys([*diagnostic.edits, *(Edit(span, *text) for span in spans)])
        return replace(diagnostic, edits=tuple(edits))

    return tuple(map(mended, diagnostics))
