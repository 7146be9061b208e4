"""The page of the command line, made of what `cnnspec COMMAND --help` prints: docs/generate.py writes it."""

from __future__ import annotations

import click

from cnnspec.cli.main import GROUPS, cli, command

MADE = "<!-- Made by docs/commands_page.py from the commands of cnnspec/cli/: change it there. -->\n"
FIRST = """\
What `cnnspec COMMAND --help` prints. SPEC is a file, `FILE.cnn:NET` to pick one of its nets, `-` for standard
input, or the name of a net of [the zoo](zoo.md). Commands end with 0 where all is well, 1 where a spec or a
comparison has errors, 2 where they are called wrongly.
"""
WIDTH = 100
"""How many characters a line of help has at most."""


def commands() -> str:
    """The help of every command, by what it is for."""
    parts = ["# The command line\n", MADE, FIRST]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [f"### {name}\n\n```text\n{help_of(name)}\n```\n" for name in names]
    return "\n".join(parts)


def help_of(name: str) -> str:
    """The help of a command, without blanks at the ends of its lines."""
    made = command(name)
    around = click.Context(cli, info_name="cnnspec", **cli.context_settings)
    context = click.Context(made, parent=around, info_name=name, terminal_width=WIDTH)
    return "\n".join(line.rstrip() for line in made.get_help(context).splitlines())
