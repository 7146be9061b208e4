"""A diagnostic as text for a terminal and as data for tools."""

from __future__ import annotations

from cnnspec.diagnostics.report import ONCE, Diagnostic, Edit, Frame
from cnnspec.source import plain
from cnnspec.typed import Callable

TRAIL_SHOWN = 6
LONGEST_LINE = 160
"""How many characters of a line are shown."""
Paint = Callable[[str, str], str]
STYLES = {"error": "\033[1;31m", "warning": "\033[1;33m", "note": "\033[1;34m", "bold": "\033[1m"}


def as_text(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """The diagnostic with its line of source, its chain of calls and its cure."""

    def paint(style: str, text: str) -> str:
        return f"{STYLES[style]}{text}\033[0m" if colour else text

    head = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    lines = [f"{head}{paint('bold', ': ' + plain(diagnostic.message))}"]
    width = 3
    if diagnostic.span is not None:
        width = len(str(diagnostic.span.line)) + 1
        arrow = " " * (width - 1) + "-->"
        lines += [
            f"{paint('note', arrow)} {plain(diagnostic.span.place)}",
            *_excerpt(diagnostic, width, paint),
        ]
    notes = []
    if diagnostic.trail:
        notes.append(_chain(diagnostic.trail))
    if diagnostic.others:
        times = f"{diagnostic.others} more time{'s' if diagnostic.others > 1 else ''}"
        where = "in the same definition, or " if diagnostic.code in ONCE else ""
        notes.append(f"and {times} {where}from other calls or repeats")
    if diagnostic.help:
        notes.append(f"help: {diagnostic.help}")
    lines += [f"{' ' * width}{paint('note', '=')} {plain(note)}" for note in notes]
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic, width: int, paint: Paint) -> list[str]:
    """The line of the span with a mark below; of a long line, the part around the mark."""
    span = diagnostic.span
    assert span is not None
    text = plain(span.source.line_text(span.line))
    first = span.column - 1
    last = span.end_column - 1 if span.end_line == span.line else len(text)
    cut = max(0, first - LONGEST_LINE // 2) if len(text) > LONGEST_LINE else 0
    shown = text[cut : cut + LONGEST_LINE]
    before, after = "..." * (cut > 0), "..." * (cut + LONGEST_LINE < len(text))
    mark = "^" * max(1, min(last, cut + LONGEST_LINE) - first)
    marks = " " * (first - cut + len(before)) + paint(diagnostic.severity, mark)
    label = f" {plain(diagnostic.label)}" if diagnostic.label else ""
    bar = paint("note", "|")
    gutter = " " * width
    number = paint("note", f"{span.line:>{width - 1}}")
    return [
        f"{gutter}{bar}",
        f"{number} {bar} {before}{shown}{after}",
        f"{gutter}{bar} {marks}{label}",
        f"{gutter}{bar}",
    ]


def _chain(trail: tuple[Frame, ...]) -> str:
    steps = []
    for frame in trail[:TRAIL_SHOWN]:
        called = f", called at {frame.span.place}" if frame.span else ""
        steps.append(f"in {frame.text}{called}")
    if len(trail) > TRAIL_SHOWN:
        steps.append(f"... and {len(trail) - TRAIL_SHOWN} more calls")
    return ", ".join(steps)


def as_dict(diagnostic: Diagnostic) -> dict[str, object]:
    """The diagnostic as JSON-ready data (the `check --json` form)."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "file": span.source.name if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "help": diagnostic.help,
        "trail": [{"text": f.text, "place": f.span.place if f.span else None} for f in diagnostic.trail],
        "others": diagnostic.others,
        "edits": [_edit_as_dict(edit) for edit in diagnostic.edits],
    }


def _edit_as_dict(edit: Edit) -> dict[str, object]:
    """An edit as JSON-ready data: lines and columns count from 1, the end is not part of what is replaced."""
    span = edit.span
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "text": edit.text,
    }
