"""Edits applied: to a text, and to a spec for as long as they leave it better than it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cnnspec.diagnostics.report import Diagnostic, Edit
from cnnspec.source import Source

Read = Callable[[Source], tuple[Diagnostic, ...]]
"""Says what is wrong with a source."""


class Fixed(NamedTuple):
    """A spec after its edits, what is still wrong with it, and how many mistakes were mended."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    mended: int


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits made, which do not overlap."""
    parts: list[str] = []
    end = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        parts += [text[end : edit.span.start], edit.text]
        end = edit.span.end
    return "".join([*parts, text[end:]])


def fix(source: Source, read: Read) -> Fixed:
    """Make the edits of a spec whose mistakes are gone after them, with no new one in their place.

    All are tried at once. Where that is no good, half of them are, down to one, which is then left alone:

        tried   a b c d   a b   c d   c   d
        kept              a b         c           d brings something else to light
    """
    found = read(source)
    left_alone: set[tuple[str, ...]] = set()
    count, size = 0, len(found)
    while curable := _curable(found, source, left_alone)[:size]:
        edits = {edit for diagnostic in curable for edit in diagnostic.edits}
        better = replace(source, text=applied(source.text, edits))
        after = read(better)
        if is_better(found, after, curable):
            source, found, count, size = better, after, count + len(curable), len(after)
        elif len(curable) > 1:
            size = len(curable) // 2
        else:
            left_alone.add(_key(curable[0]))
            size = len(found)
    return Fixed(source, found, count)


def is_better(
    before: Sequence[Diagnostic], after: Sequence[Diagnostic], mended: Sequence[Diagnostic]
) -> bool:
    """Whether the mistakes that were mended are gone, and no new one has come.

    A net with errors is not looked through for warnings: those that it gets once it has none are not new.
    """
    new = Counter(map(_key, after)) - (Counter(map(_key, before)) - Counter(map(_key, mended)))
    warnings = {_key(one) for one in after if one.severity == "warning"}
    had_errors = any(one.severity == "error" for one in before)
    return not new or (had_errors and set(new) <= warnings - set(map(_key, mended)))


def _key(diagnostic: Diagnostic) -> tuple[str, ...]:
    """What a mistake is known by while the text changes around it."""
    name = diagnostic.span.source.name if diagnostic.span else ""
    return diagnostic.code, diagnostic.message, name


def _curable(
    found: Iterable[Diagnostic], source: Source, left_alone: set[tuple[str, ...]]
) -> list[Diagnostic]:
    """The mistakes that edits of this source mend, which do not overlap."""
    chosen: list[Diagnostic] = []
    taken: set[Edit] = set()
    for diagnostic in found:
        edits = set(diagnostic.edits)
        here = all(
            (edit.span.source.name, edit.span.source.text) == (source.name, source.text) for edit in edits
        )
        if edits and here and _key(diagnostic) not in left_alone and not _overlap(edits, taken):
            chosen.append(diagnostic)
            taken |= edits
    return chosen


def _overlap(edits: Iterable[Edit], taken: Iterable[Edit]) -> bool:
    """Whether some edits change what others, that are not the same, change as well."""
    return any(
        one != other and one.span.start <= other.span.end and other.span.start <= one.span.end
        for one in edits
        for other in taken
    )
