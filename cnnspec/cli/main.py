"""The group of commands, and what every failure ends in: one line or a diagnostic, never a traceback."""

from __future__ import annotations

import os
import sys

import click

from cnnspec import __version__
from cnnspec.backends.base import every, extras
from cnnspec.cli.check import check
from cnnspec.cli.common import print_diagnostics
from cnnspec.cli.compile import compile_command
from cnnspec.cli.format import fmt
from cnnspec.cli.manual import explain, layers, zoo
from cnnspec.cli.render import render
from cnnspec.cli.run import run
from cnnspec.cli.summary import summary
from cnnspec.cli.verify import verify
from cnnspec.diagnostics import SpecError

GROUPS = {
    "Read a spec": ("check", "summary", "render", "fmt"),
    "Run a net": ("compile", "run", "verify"),
    "Look things up": ("explain", "layers", "zoo"),
}

EPILOG = """
SPEC is a file, FILE.cnn:NET to pick one of its nets, - for standard input, or the name of a net of the zoo.

\b
cnnspec check net.cnn
cnnspec summary resnet50 --set classes=10
cnnspec render googlenet -o googlenet.svg
cnnspec compile net.cnn --backend torch -o net.py

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
                formatter.write_dl([(name, self.commands[name].get_short_help_str(80)) for name in names])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name. Raises click.UsageError for a spec in its place."""
        if not ctx.resilient_parsing and (cmd_name.endswith(".cnn") or ".cnn:" in cmd_name):
            raise click.UsageError(f"say what to do with {cmd_name}, as in: cnnspec check {cmd_name}", ctx)
        return super().get_command(ctx, cmd_name)


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
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


for command in (check, summary, render, fmt, compile_command, run, verify, explain, layers, zoo):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 the spec or the comparison has errors, 2 wrong usage."""
    if os.environ.get("_CNNSPEC_COMPLETE", "").startswith("bash"):
        from cnnspec.cli import bash

        bash.register()
    try:
        cli.main(prog_name="cnnspec")
    except SpecError as error:
        print_diagnostics(error.diagnostics)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in extras():
            raise
        click.echo(f"error: this needs {package}: pip install 'cnnspec[{extras()[package]}]'", err=True)
    except (OSError, ValueError) as error:
        click.echo(f"error: {_one_line(error)}", err=True)
    except MemoryError:
        click.echo("error: there is not enough memory for this net", err=True)
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "cnnspec":
            raise
        click.echo(f"error: {error}", err=True)
    sys.exit(1)


def _one_line(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
