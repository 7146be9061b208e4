"""Tables: columns of values, printed as text, Markdown, CSV, LaTeX and HTML, or given as data.

A value is kept as it is (an integer, a shape, None); its column says how it is written. Text fits a width:
long words are cut first, then counts are written in short.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from cnnspec.layers.base import describe
from cnnspec.report.numbers import count_text, short_count, size_text, three_digits, time_text
from cnnspec.source import plain

MISSING = "-"


@dataclass(frozen=True)
class Form:
    """How values of a kind are written: in full, and in short; words stand left, and may be cut."""

    full: Callable[[Any], str]
    short: Callable[[Any], str]
    words: bool = False


def _shape(value: Any) -> str:
    return describe(value) if isinstance(value, tuple) else str(value)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


TEXT = Form(str, str, words=True)
WORD = Form(str, str)
SHAPE = Form(_shape, _shape, words=True)
COUNT = Form(count_text, short_count)
BYTES = Form(size_text, size_text)
TIME = Form(time_text, time_text)
SHARE = Form(_percent, _percent)
NUMBER = Form(str, str)
RATE = Form(three_digits, three_digits)


@dataclass(frozen=True)
class Column:
    """A column: the name it goes by, its heading, how its values are written, and what it holds in words.

    In text, cells are cut to no less than `least` characters, from their end or, `front`, from their start.
    What is `under` the table in text is too long for a cell.
    """

    name: str
    heading: str
    form: Form
    doc: str = ""
    least: int = 8
    front: bool = False
    under: bool = False


@dataclass(frozen=True)
class Table(Sequence[Mapping[str, Any]]):
    """Rows of values under columns; as a sequence, its rows as mappings, which pandas.DataFrame takes.

    `levels` indent the first column; `title` and `notes` stand above and below.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    levels: tuple[int, ...] = ()
    title: str = ""
    notes: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._mapping(row) for row in self.rows[index]]
        return self._mapping(self.rows[index])

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return map(self._mapping, self.rows)

    def _mapping(self, row: tuple[Any, ...]) -> dict[str, Any]:
        return {column.name: value for column, value in zip(self.columns, row, strict=True)}

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def level(self, number: int) -> int:
        """How far the first cell of a row is indented."""
        return self.levels[number] if self.levels else 0

    def column(self, name: str) -> list[Any]:
        """The values of one column, from the top."""
        index = [column.name for column in self.columns].index(name)
        return [row[index] for row in self.rows]


def cell(column: Column, value: Any, short: bool = False) -> str:
    """A value as its column writes it."""
    if value is None:
        return MISSING
    return column.form.short(value) if short else column.form.full(value)


def as_text(table: Table, width: int | None = None) -> str:
    """The table for a terminal, its notes under it; at most `width` characters wide where that can be."""
    table = _lowered(table)
    lines = _lines(table, width)
    title = [*wrapped(table.title, width), ""] if table.title else []
    rule = "-" * max(map(len, lines))
    head, *body = (line.rstrip() for line in lines)
    return "\n".join([*title, head, rule, *body, *_under(table, width)])


def _lowered(table: Table) -> Table:
    """The table with its long columns as notes, under the first cell of their rows."""
    kept = [i for i, column in enumerate(table.columns) if not column.under]
    if len(kept) == len(table.columns):
        return table
    said = [
        (cell(table.columns[0], row[0]), cell(column, row[i]))
        for row in table.rows
        for i, column in enumerate(table.columns)
        if column.under and row[i] is not None
    ]
    columns = tuple([table.columns[i] for i in kept])
    rows = tuple([tuple([row[i] for i in kept]) for row in table.rows])
    return replace(table, columns=columns, rows=rows, notes=(*table.notes, *dict.fromkeys(said)))


def _lines(table: Table, width: int | None) -> list[str]:
    full = _texts(table, short=False)
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    if width is None:
        return [_line(table, row, widths) for row in full]
    found = full
    for least, short in ((20, False), (20, True), (0, True)):
        found = _texts(table, short)
        widths = [max(map(len, column)) for column in zip(*found, strict=True)]
        _cut(table, widths, width, least)
        if sum(widths) + 2 * (len(widths) - 1) <= width:
            break
    return [_line(table, row, widths) for row in found]


def _texts(table: Table, short: bool) -> list[tuple[str, ...]]:
    """The headings and all cells as text."""
    body = [
        ("  " * table.level(number) + first, *others)
        for number, (first, *others) in enumerate(_cells(table, short))
    ]
    return [tuple(column.heading for column in table.columns), *body]


def _cut(table: Table, widths: list[int], width: int, least: int) -> None:
    """Narrow the columns of words, the widest first, down to a least width, until the table fits."""
    over = sum(widths) + 2 * (len(widths) - 1) - width
    words = [i for i, column in enumerate(table.columns) if column.form is TEXT]
    while over > 0:
        wide = [i for i in words if widths[i] > max(least, table.columns[i].least)]
        if not wide:
            return
        widest = max(wide, key=lambda i: widths[i])
        widths[widest] -= 1
        over -= 1


def _line(table: Table, cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for column, text, width in zip(table.columns, cells, widths, strict=True):
        if len(text) > width:
            text = "…" + text[len(text) - width + 1 :] if column.front else text[: width - 1] + "…"
        parts.append(f"{text:<{width}}" if column.form.words else f"{text:>{width}}")
    return "  ".join(parts)


def _under(table: Table, width: int | None) -> list[str]:
    if not table.notes:
        return []
    wide = max(len(name) for name, _ in table.notes)
    lines = [""]
    for name, text in table.notes:
        first, *others = wrapped(text, width and width - wide - 2)
        lines += [f"{name:<{wide}}  {first}", *(" " * (wide + 2) + other for other in others)]
    return lines


def wrapped(text: str, width: int | None) -> list[str]:
    """A text in lines of a width; in one where there is none. A name that is longer than a line is broken."""
    if width is None or len(text) <= width:
        return [text]
    from textwrap import wrap

    return wrap(text, max(width, 20), break_on_hyphens=False)


def as_markdown(table: Table) -> str:
    """The table for Markdown, its notes as a list."""

    def line(cells: Iterable[str], level: int = 0) -> str:
        return f"| {'&nbsp;&nbsp;' * level}" + " | ".join(map(in_markdown, cells)) + " |"

    sides = [" --- " if column.form.words else " ---: " for column in table.columns]
    rows = [line(cells, table.level(number)) for number, cells in enumerate(_cells(table))]
    title = [f"**{in_markdown(table.title)}**", ""] if table.title else []
    notes = ["", *(f"- {name}: {in_markdown(text)}" for name, text in table.notes)] if table.notes else []
    head = line(column.heading for column in table.columns)
    return "\n".join([*title, head, "|" + "|".join(sides) + "|", *rows, *notes])


MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "`": "\\`", "\\": "\\\\"})


def in_markdown(text: str) -> str:
    """Text of a spec, or the name of its file, as Markdown shows it: no tag, no cell, no link of its own."""
    return plain(text).translate(MARKDOWN).replace("](", "]\\(")


def _cells(table: Table, short: bool = False) -> Iterator[list[str]]:
    for row in table.rows:
        yield [cell(column, value, short) for column, value in zip(table.columns, row, strict=True)]


def as_csv(table: Table) -> str:
    """The rows as CSV, numbers plain; with a column `level` first where rows are indented."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["level"] if table.levels else []
    writer.writerow([*head, *(column.name for column in table.columns)])
    for number, row in enumerate(table.rows):
        before = [table.level(number)] if table.levels else []
        writer.writerow([*before, *map(_plain, row)])
    return out.getvalue().rstrip("\n")


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return describe(value)
    return f"{value:.6g}" if isinstance(value, float) else value


SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def as_latex(table: Table) -> str:
    """The table for LaTeX with booktabs: a float with a caption and a label, numbers in short."""

    def line(cells: Iterable[str]) -> str:
        return " & ".join(map(latex_text, cells)) + r" \\"

    def indented(number: int, cells: list[str]) -> str:
        level = table.level(number)
        return (rf"\hspace{{{level}em}}" if level else "") + line(cells)

    sides = "".join("l" if column.form.words else "r" for column in table.columns)
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_text(table.title)}}}",
            rf"\label{{tab:{latex_label(table)}}}",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\toprule",
            line(column.heading for column in table.columns),
            r"\midrule",
            *(indented(number, cells) for number, cells in enumerate(_cells(table, short=True))),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def latex_label(table: Table) -> str:
    """What the table is of, in small letters: a net, or the first nets of several."""
    first = table.title.partition(" ")[0]
    names = list(dict.fromkeys(str(row[0]) for row in table.rows))[:3] if first.isdecimal() else [first]
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in "-".join(names).lower())
    return kept.strip("-")


def latex_text(text: str) -> str:
    """A text with what LaTeX reads as commands written out."""
    return "".join(SPECIAL.get(c, c) for c in text)


def as_html(table: Table) -> str:
    """The table for notebooks."""

    def line(cells: Iterable[str], tag: str) -> str:
        style = "white-space:pre;padding:0.2em 0.5em"
        styled = (
            f'<{tag} style="text-align:{"left" if column.form.words else "right"};{style}">'
            f"{escape(text)}</{tag}>"
            for column, text in zip(table.columns, cells, strict=True)
        )
        return f"<tr>{''.join(styled)}</tr>"

    body = "".join(
        line(("  " * table.level(number) + first, *others), "td")
        for number, (first, *others) in enumerate(_cells(table))
    )
    left = "style='text-align:left;vertical-align:top;padding:0.2em 0.5em'"
    notes = "".join(
        f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(text)}</td></tr>" for name, text in table.notes
    )
    title = f"<p><b>{escape(table.title)}</b></p>" if table.title else ""
    under = f"<table>{notes}</table>" if notes else ""
    head = line([column.heading for column in table.columns], "th")
    whole = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    return f"<div class='cnnspec'>{title}{whole}{under}</div>"


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": as_text,
    "md": as_markdown,
    "csv": as_csv,
    "latex": as_latex,
    "html": as_html,
}
