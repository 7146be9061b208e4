"""The group of commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module

import click

from cnnspec import __version__
from cnnspec.docstrings import docstring

GROUPS = {
    "Read a spec": ("check", "summary", "render", "sizes", "field", "fmt"),
    "Bring and compare nets": ("import", "compare", "diff"),
    "Write in an editor": ("studio", "lsp"),
    "Search a space of nets": ("sample", "solve", "search"),
    "Run a net": ("compile", "run", "weights", "verify", "machine"),
    "Look things up": ("explain", "layers", "zoo"),
}
HOMES = {
    "check": "check:check",
    "summary": "summary:summary",
    "render": "render:render",
    "fmt": "format:fmt",
    "import": "importing:import_command",
    "compare": "compare:compare",
    "diff": "diff:diff",
    "sample": "sample:sample",
    "solve": "solve:solve",
    "search": "search:search",
    "sizes": "sizes:sizes",
    "field": "field:field",
    "compile": "compile:compile_command",
    "run": "run:run",
    "verify": "verify:verify",
    "weights": "weights:weights",
    "machine": "machine:machine",
    "lsp": "lsp:lsp",
    "studio": "studio:studio",
    "explain": "manual:explain",
    "layers": "manual:layers",
    "zoo": "manual:zoo",
}
"""Where in this room each command is: it is loaded when it is run, and its help when that is asked for."""

EPILOG = """
SPEC is a file, FILE.cnn:NET to pick one of its nets, - for standard input, or the name of a net of the zoo.

\b
cnnspec check net.cnn
cnnspec summary resnet50 --set classes=10
cnnspec render googlenet -o googlenet.svg
cnnspec compile net.cnn --backend torch -o net.py

The language in one text, for language models too, is the file llms.txt of the package.

\b
The TAB key, in bash and zsh, and in fish:
eval "$(_CNNSPEC_COMPLETE=bash_source cnnspec)"
eval "$(_CNNSPEC_COMPLETE=zsh_source cnnspec)"
_CNNSPEC_COMPLETE=fish_source cnnspec | source
"""


class CommandGroup(click.Group):
    """The group, its help in three parts."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for."""
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, command(name).get_short_help_str(80)) for name in names])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name. Raises click.UsageError for a spec in its place."""
        if not ctx.resilient_parsing and (cmd_name.endswith(".cnn") or ".cnn:" in cmd_name):
            raise click.UsageError(f"say what to do with {cmd_name}, as in: cnnspec check {cmd_name}", ctx)
        return command(cmd_name) if cmd_name in HOMES else None


@cache
def command(name: str) -> click.Command:
    """A command by name, loaded."""
    module, _, attribute = HOMES[name].partition(":")
    return with_help(getattr(import_module(f"cnnspec.cli.{module}"), attribute))


def with_help(command: click.Command) -> click.Command:
    """A command whose help is the docstring of its function, which click does not find under -OO."""
    if command.help is None and command.callback is not None:
        command.help = docstring(command.callback)
    return command


def commands() -> dict[str, click.Command]:
    """All commands, loaded."""
    return {name: command(name) for name in HOMES}


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from cnnspec.backends.base import every

    found = [backend.name for backend in every() if backend.is_installed]
    click.echo(f"cnnspec {__version__} (backends found: {', '.join(found)})")
    context.exit()


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and the backends.",
)
def cli() -> None:
    """Write a convolutional network as a short spec; check, count, draw, compile and run it."""


def execute(arguments: Sequence[str]) -> int:
    """Run a command, and tell of whatever ends it; the exit code."""
    if os.environ.get("_CNNSPEC_COMPLETE", "").startswith("bash"):
        from cnnspec.cli import bash

        bash.register()
    try:
        return with_help(cli).main(list(arguments), prog_name="cnnspec", standalone_mode=False) or 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except BaseException as error:
        from cnnspec.cli.failures import ended

        return ended(error, arguments)
