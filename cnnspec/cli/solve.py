"""`cnnspec solve`: the best member of a space."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import read_limits
from cnnspec.cli.options import include_option, json_option, limit_option, out_option, seed_option
from cnnspec.cli.printing import print_json, print_table, say, wrote
from cnnspec.cli.sample import FORMS
from cnnspec.files import write_whole
from cnnspec.report import FORMATS
from cnnspec.solving import Solved
from cnnspec.solving import solve as best_of


@click.command()
@click.argument("space", metavar="SPEC[:SPACE]", shell_complete=complete.spaces)
@click.option("--vary", multiple=True, metavar="'NAME in VALUES'", help="Let a parameter of the net vary.")
@click.option("--where", multiple=True, metavar="CONDITION", help="What must hold of a member.")
@click.option("--maximize", metavar="FIGURE", help="What is sought, and to be as large as it can be.")
@click.option("--minimize", metavar="FIGURE", help="What is sought, and to be as small as it can be.")
@seed_option("the settings that are looked at first")
@click.option(
    "--tries",
    metavar="N",
    type=click.IntRange(1),
    help="Look at N settings at most, from several starts; by default at as many as take a second or two.",
)
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="How to write the member; by default as -o is called."
)
@out_option("Write the best member to this file, as a net of a spec.")
@include_option
@limit_option
@json_option
def solve(
    space: str,
    vary: tuple[str, ...],
    where: tuple[str, ...],
    maximize: str | None,
    minimize: str | None,
    seed: int,
    tries: int | None,
    form: str | None,
    out: Path | None,
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the member of a space that meets a budget best.

    What is sought is a figure, or an expression of figures and parameters, as --where has them. SPEC may be
    a net, with --vary. Where nothing that was looked at holds all conditions, the exit code is 1, and it is
    said what comes nearest.

    \b
    cnnspec solve regnetxspace --where 'macs < 300M' --maximize params
    cnnspec solve mobilenet --vary 'width in 0.25..2.0' --maximize params
    cnnspec solve net.cnn:Small --where 'peak < 256k' --minimize macs -o best.cnn
    cnnspec solve regnetxspace --minimize 'abs(macs - 400M)' --json
    """
    if (maximize is None) == (minimize is None):
        raise click.UsageError("say what is sought, by one of --maximize and --minimize: --maximize params")
    options = {"vary": vary, "where": where, "seed": seed, "tries": tries}
    found = best_of(
        space, maximize=maximize, minimize=minimize, include=include, limits=read_limits(bounds), **options
    )
    form = _form(form, as_json, out)
    if out is not None and found.best is not None:
        write_whole(out, _text(found, "cnn" if form == "text" else form, out))
        wrote(out, found.line)
    elif form == "json":
        print_json(found.as_dict())
    elif form != "text" and found.best is not None:
        say(_text(found, form, None).removesuffix("\n"))
    if form == "text":
        _print(found)
    elif found.best is None:
        say(_tally(found), err=True)
    if found.best is None:
        raise SystemExit(1)


def _form(form: str | None, as_json: bool, out: Path | None) -> str:
    """The form that is asked for: by name, else by the suffix of the file that is written, else text."""
    if as_json or form is not None:
        return "json" if as_json else str(form)
    suffix = "" if out is None else out.suffix.removeprefix(".").lower()
    return suffix if suffix in FORMS else "text"


def _text(found: Solved, form: str, out: Path | None) -> str:
    """The member as the text of a file."""
    if form == "json":
        import json

        return json.dumps(found.as_dict(), indent=2, allow_nan=False) + "\n"
    return found.text(out) if form == "cnn" else FORMATS[form](found.table()) + "\n"


def _print(found: Solved) -> None:
    """Print the member as a line of a spec, its figures, and what was looked at."""
    member = found.solution.member
    if found.best is None:
        say(_tally(found))
    if member is not None:
        say("\n" * (found.best is None) + found.line + "\n")
        print_table(found.figures(), "text", None)
    if found.best is not None:
        say("\n" + _tally(found))


def _tally(found: Solved) -> str:
    """How many settings were looked at, and how far the nearest is off where none is a member."""
    solution = found.solution
    settings = f"{solution.looked_at:,} setting{'s' * (solution.looked_at != 1)}"
    looked = f"all {settings}" if solution.is_whole else settings
    if found.best is not None:
        return f"{looked} looked at"
    lines = [f"no member: {looked} looked at{'' if found.nearest else ', none of them a net'}"]
    if found.nearest:
        lines.append("what comes nearest misses:")
    lines += [f"  {condition}  by {_percent(part)}" for condition, part in found.missed.items()]
    return "\n".join(lines)


def _percent(part: float) -> str:
    return "less than 0.01 %" if part < 1e-4 else f"{100 * part:.2g} %"
