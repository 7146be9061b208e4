"""`cnnspec sample`: members of a space that hold its conditions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.bars import ProgressBar
from cnnspec.cli.common import read_limits
from cnnspec.cli.options import include_option, json_option, limit_option, out_option, seed_option
from cnnspec.cli.printing import print_json, print_table, say, wrote
from cnnspec.files import write_whole
from cnnspec.report import FORMATS
from cnnspec.sampling import Sampled
from cnnspec.sampling import sample as members_of

FORMS = ("text", "csv", "json", "cnn", "md")


@click.command()
@click.argument("space", metavar="SPEC[:SPACE]", shell_complete=complete.spaces)
@click.option(
    "-n", "count", metavar="N", type=click.IntRange(0), default=10, help="How many members, at most."
)
@seed_option("the members")
@click.option("--vary", multiple=True, metavar="'NAME in VALUES'", help="Let a parameter of the net vary.")
@click.option("--where", multiple=True, metavar="CONDITION", help="What must hold of a member.")
@click.option(
    "--tries",
    metavar="N",
    type=click.IntRange(1),
    default=20_000,
    help="End where N nets in a row are no members.",
)
@click.option("--format", "form", type=click.Choice(FORMS), default="text", help="How to print the members.")
@out_option("Write them to this file.")
@include_option
@limit_option
@json_option
def sample(
    space: str,
    count: int,
    seed: int,
    vary: tuple[str, ...],
    where: tuple[str, ...],
    tries: int,
    form: str,
    out: Path | None,
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw nets that are members of a space.

    Each variable is drawn by itself; no member comes twice, and the same seed gives the same ones. SPEC may
    be a net, with --vary; --where adds conditions. Where there are fewer members than were asked for, the
    exit code is 1, and it is said which conditions the others did not hold.

    \b
    cnnspec sample regnetxspace_400mf -n 500 --format csv -o nets.csv
    cnnspec sample net.cnn:Small -n 20 --seed 1 --format cnn -o members.cnn
    cnnspec sample mobilenet --vary 'width in 0.25..2.0' --where 'macs < 300M'
    """
    limits = read_limits(bounds)
    options = {"seed": seed, "vary": vary, "where": where, "tries": tries}
    bar = ProgressBar()
    found = members_of(
        space,
        count,
        include=include,
        limits=limits,
        watch=lambda members, drawn: bar.show(members, count, f"{drawn:,} settings drawn"),
        **options,
    )
    bar.clear()
    form = "json" if as_json else form
    if out is not None:
        write_whole(out, TEXTS[form](found, out))
        wrote(out, f"{len(found)} members of {found.sample.space.name}")
    elif form == "json":
        print_json(found.as_dict())
    elif form in ("text", "md"):
        print_table(found.table(), form, None)
    else:
        say(TEXTS[form](found, None).removesuffix("\n"))
    if form == "text" or not found.sample.is_whole:
        beside_a_table = form == "text" and out is None
        say("\n" * beside_a_table + tally(found), err=not beside_a_table)
    if not found.sample.is_whole:
        raise SystemExit(1)


def _as_json(found: Sampled, out: Path | None) -> str:
    import json

    return json.dumps(found.as_dict(), indent=2, allow_nan=False) + "\n"


TEXTS: dict[str, Callable[[Sampled, Path | None], str]] = {
    "text": lambda found, out: FORMATS["text"](found.table()) + "\n",
    "md": lambda found, out: FORMATS["md"](found.table()) + "\n",
    "csv": lambda found, out: FORMATS["csv"](found.table()) + "\n",
    "json": _as_json,
    "cnn": lambda found, out: found.text(out),
}
"""The members as the text of a file, in each form."""


def tally(found: Sampled) -> str:
    """How many settings were drawn for the members, and what the others did not hold."""
    sample = found.sample
    share = f" ({100 * len(found) / sample.drawn:.2g} %)" if sample.drawn else ""
    lines = [f"{len(found)} members of {sample.drawn:,} settings drawn{share}; the others:"]
    lines += [f"  {count:>9,}  {reason}" for reason, count in sample.rejected.items()]
    if sample.exhausted and not sample.is_whole:
        lines.append("there are no other settings")
    elif not sample.is_whole:
        lines.append("no more were found: change the conditions, or try longer with --tries")
    return "\n".join(lines if sample.rejected or len(lines) > 1 else [lines[0].removesuffix("; the others:")])
