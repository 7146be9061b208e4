"""What the commands print: lines, diagnostics, tables and JSON."""

from __future__ import annotations

import os
import sys
from math import isfinite

from cnnspec.diagnostics import Diagnostic
from cnnspec.source import plain
from cnnspec.typed import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING:
    from pathlib import Path

    from cnnspec.report import Table


def echo(text: str, *, err: bool = False) -> None:
    """Print a text and the end of a line, at once."""
    stream = sys.stderr if err else sys.stdout
    stream.write(text + "\n")
    stream.flush()


def say(text: str, *, err: bool = False) -> None:
    """Print text that may hold what a spec or a file holds: it does nothing to a terminal."""
    echo("\n".join(map(plain, text.split("\n"))), err=err)


def wrote(path: Path, what: str) -> None:
    """Say which file was written."""
    say(f"wrote {path} ({what})", err=True)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to standard error, in colour on a terminal."""
    found = tuple(diagnostics)
    if not found:
        return
    from cnnspec.diagnostics import as_text

    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in found:
        echo(as_text(diagnostic, colour=colour) + "\n", err=True)


def print_table(table: Table, form: str, width: int | None) -> None:
    """Print a table in a form; as text it fits the terminal, or 80 characters where there is none."""
    from shutil import get_terminal_size

    from cnnspec.report import FORMATS
    from cnnspec.report import as_text as as_text_table

    if form == "text":
        say(as_text_table(table, width or get_terminal_size((80, 24)).columns))
    else:
        say(FORMATS[form](table))


def print_json(data: Any) -> None:
    """Print data as strict JSON to standard output; infinite values and no numbers are null."""
    import json

    echo(json.dumps(_strict(data), indent=2, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
