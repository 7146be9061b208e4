"""What the commands share: the options of a spec, reading it, printing diagnostics."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnnspec.diagnostics import Diagnostic, SpecError, as_text
from cnnspec.elaborate import Limits
from cnnspec.layers.base import Shape
from cnnspec.source import plain

if TYPE_CHECKING:
    from cnnspec.api import Net
    from cnnspec.pipeline import Hook
    from cnnspec.report import Table


class NotComparable(SpecError):
    """One of the two nets of a comparison cannot be read: exit code 2, where 1 says that they differ."""


def spec_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command on a spec takes: --set, --input, -I, --limit."""
    options = (
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            help="Give a parameter of the net a value.",
        ),
        click.option(
            "--input",
            "inputs",
            multiple=True,
            metavar="[NAME=]3x320x320",
            help="Give an input another shape.",
        ),
        click.option(
            "-I",
            "include",
            multiple=True,
            type=click.Path(path_type=Path),
            callback=_folders,
            metavar="DIR",
            help="A folder that `use` may take files from.",
        ),
        click.option(
            "--limit",
            "bounds",
            multiple=True,
            metavar="BOUND=N",
            help="Change a bound, such as nodes=2000000.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _folders(context: click.Context, parameter: click.Parameter, value: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders of -I, of which any may be missing. Raises click.BadParameter for what is no folder."""
    for path in value:
        if os.path.exists(path) and not os.path.isdir(path):
            raise click.BadParameter(f"{str(path)!r} is no folder")
    return value


def columns_option(known: Iterable[str], default: Iterable[str]) -> Callable[..., Any]:
    """The option --columns: names with commas between them."""

    def read(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        unknown = [name for name in names if name not in known]
        if unknown:
            raise click.BadParameter(f"there is no column {unknown[0]!r}; there are {', '.join(known)}")
        return names

    return click.option(
        "--columns",
        metavar="NAMES",
        default=",".join(default),
        callback=read,
        help=f"Which columns: {', '.join(known)}.",
    )


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --batch and --optimizer, for what is asked of memory."""
    from cnnspec.passes.training_memory import OPTIMIZERS

    for option in (
        click.option(
            "--optimizer",
            type=click.Choice(list(OPTIMIZERS)),
            default="adam",
            help="Whose state counts in the memory of training.",
        ),
        click.option(
            "--batch",
            metavar="N",
            type=click.IntRange(1),
            default=1,
            help="Samples that bytes are counted for.",
        ),
    ):
        command = option(command)
    return command


def print_table(table: Table, form: str, width: int | None) -> None:
    """Print a table in a form; as text it fits the terminal, or 80 characters where there is none."""
    from shutil import get_terminal_size

    from cnnspec.report import FORMATS
    from cnnspec.report import as_text as as_text_table

    if form == "text":
        say(as_text_table(table, width or get_terminal_size((80, 24)).columns))
    else:
        say(FORMATS[form](table))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --json."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output."
    )(command)


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
    "columns_option",
    "json_option",
    "open_net",
    "print_diagnostics",
    "print_json",
    "print_table",
    "read_inputs",
    "read_limits",
    "read_settings",
    "say",
    "spec_options",
    "training_options",
    "wrote",
]
