"""What the commands share: reading what their options say, reading a spec, printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from math import isfinite
from pathlib import Path

import click

from cnnspec.diagnostics import Diagnostic, SpecError, as_text
from cnnspec.elaborate import Limits
from cnnspec.layers.base import Shape
from cnnspec.records import fields, replace
from cnnspec.source import plain
from cnnspec.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.api import Net
    from cnnspec.pipeline import Hook
    from cnnspec.report import Table


class NotComparable(SpecError):
    """One of the two nets of a comparison cannot be read: exit code 2, where 1 says that they differ."""


def print_table(table: Table, form: str, width: int | None) -> None:
    """Print a table in a form; as text it fits the terminal, or 80 characters where there is none."""
    from shutil import get_terminal_size

    from cnnspec.report import FORMATS
    from cnnspec.report import as_text as as_text_table

    if form == "text":
        say(as_text_table(table, width or get_terminal_size((80, 24)).columns))
    else:
        say(FORMATS[form](table))


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """The parameters of --set, their values as text for the net to read. Raises click.UsageError."""
    result = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip().isidentifier():
            raise click.UsageError(f"--set takes NAME=VALUE, not {setting!r}")
        result[name.strip()] = value
    return result


def read_inputs(inputs: Iterable[str]) -> dict[str, Shape]:
    """The shapes of --input, by name of the input. Raises click.UsageError."""
    result = {}
    for text in inputs:
        name, _, dims = text.rpartition("=")
        try:
            shape = tuple(int(part) for part in dims.split("x"))
        except ValueError:
            shape = ()
        if not shape or min(shape) < 1:
            raise click.UsageError(f"--input takes a shape such as 3x320x320, not {text!r}")
        result[name or "input"] = shape
    return result


def read_limits(bounds: Iterable[str]) -> Limits:
    """The bounds, with what --limit changes. Raises click.UsageError."""
    known = [field.name for field in fields(Limits)]
    limits = Limits()
    for bound in bounds:
        name, _, value = bound.partition("=")
        if name not in known or not (value.isascii() and value.isdigit()):
            raise click.UsageError(
                f"--limit takes one of {', '.join(f'{n}=N' for n in known)}, not {bound!r}"
            )
        limits = replace(limits, **{name: int(value)})
    return limits


def open_net(
    spec: str,
    settings: Iterable[str],
    inputs: Iterable[str],
    include: tuple[Path, ...],
    bounds: Iterable[str],
    hook: Hook | None = None,
) -> Net:
    """The net of a command; its warnings are printed. Raises SpecError."""
    from cnnspec.api import open_spec

    net = open_spec(
        spec,
        parameters=read_settings(settings),
        inputs=read_inputs(inputs),
        include=include,
        limits=read_limits(bounds),
        hook=hook,
    )
    print_diagnostics(net.diagnostics)
    return net


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to standard error, in colour on a terminal."""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in diagnostics:
        click.echo(as_text(diagnostic, colour=colour) + "\n", err=True, color=colour)


def print_json(data: Any) -> None:
    """Print data as strict JSON to standard output; infinite values and no numbers are null."""
    click.echo(json.dumps(_strict(data), indent=2, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def say(text: str, *, err: bool = False) -> None:
    """Print text that may hold what a spec or a file holds: it does nothing to a terminal."""
    click.echo("\n".join(map(plain, text.split("\n"))), err=err)


def wrote(path: Path, what: str) -> None:
    """Say which file was written."""
    say(f"wrote {path} ({what})", err=True)


__all__ = [
    "NotComparable",
    "SpecError",
    "open_net",
    "print_diagnostics",
    "print_json",
    "print_table",
    "read_inputs",
    "read_limits",
    "read_settings",
    "say",
    "wrote",
]
