"""The options that several commands have, each said once; options of one command stand in its file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.typed import Any

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def together(*options: Decorator) -> Decorator:
    """Several options as one, in the order that `--help` lists them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _folders(context: click.Context, parameter: click.Parameter, value: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders of -I, of which any may be missing. Raises click.BadParameter for what is no folder."""
    for path in value:
        if os.path.exists(path) and not os.path.isdir(path):
            raise click.BadParameter(f"{str(path)!r} is no folder")
    return value


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=complete.parameters,
    help="Give a parameter of the net a value.",
)
include_option = click.option(
    "-I",
    "include",
    multiple=True,
    type=click.Path(path_type=Path),
    callback=_folders,
    metavar="DIR",
    help="A folder that `use` may take files from.",
)
limit_option = click.option(
    "--limit",
    "bounds",
    multiple=True,
    metavar="BOUND=N",
    help="Change a bound, such as nodes=2000000.",
)
spec_options = together(
    set_option,
    click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="[NAME=]3x320x320",
        help="Give an input another shape.",
    ),
    include_option,
    limit_option,
)
"""What every command on a spec takes: --set, --input, -I, --limit."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output."
)


def out_option(help: str) -> Decorator:
    """The option -o: the file that is written."""
    return click.option("-o", "out", type=click.Path(path_type=Path), help=help)


def seed_option(of: str = "weights and input") -> Decorator:
    """The option --seed, and what it is the seed of."""
    return click.option("--seed", metavar="N", type=click.IntRange(0), default=0, help=f"The seed of {of}.")


def batch_option(help: str, default: int = 1) -> Decorator:
    """The option --batch."""
    return click.option("--batch", metavar="N", type=click.IntRange(1), default=default, help=help)


def dtype_option(dtypes: Iterable[str], help: str) -> Decorator:
    """The option --dtype, of those types that the command knows."""
    return click.option("--dtype", type=click.Choice(list(dtypes)), default="float32", help=help)


def format_option(formats: Iterable[str], help: str) -> Decorator:
    """The option --format for what is printed: text, if nothing else is asked for."""
    return click.option("--format", "form", type=click.Choice(list(formats)), default="text", help=help)


def table_options(formats: Iterable[str]) -> Decorator:
    """The options --format and --width of a table."""
    return together(
        format_option(formats, "How to print the table."),
        click.option(
            "--width", metavar="N", type=click.IntRange(40), help="Fit N characters, not the terminal."
        ),
    )


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


def memory_options(command: Command) -> Command:
    """The options --dtype, --batch and --optimizer, for what is asked of memory."""
    from cnnspec.passes.buffers import BYTES
    from cnnspec.passes.training_memory import OPTIMIZERS

    return together(
        dtype_option(BYTES, "The type that bytes are counted in."),
        batch_option("Samples that bytes are counted for."),
        click.option(
            "--optimizer",
            type=click.Choice(list(OPTIMIZERS)),
            default="adam",
            help="Whose state counts in the memory of training.",
        ),
    )(command)
