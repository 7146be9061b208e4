"""What the commands share: reading what their options say, and reading a spec."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from cnnspec.cli.printing import print_diagnostics
from cnnspec.diagnostics import SpecError
from cnnspec.elaborate import Limits
from cnnspec.layers.base import Shape
from cnnspec.records import fields, replace
from cnnspec.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.api import Net
    from cnnspec.pipeline import Hook


class NotComparable(SpecError):
    """One of the two nets of a comparison cannot be read: exit code 2, where 1 says that they differ."""


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
