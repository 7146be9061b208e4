"""`cnnspec compare`: several nets, or one under several settings, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import read_inputs, read_limits
from cnnspec.cli.options import (
    columns_option,
    json_option,
    memory_options,
    out_option,
    spec_options,
    table_options,
)
from cnnspec.cli.printing import print_json, print_table, wrote
from cnnspec.comparing import known_machine, opened
from cnnspec.report import FORMATS, Table
from cnnspec.report.comparison import FIGURES, SHOWN, points
from cnnspec.report.comparison import compare as table_of


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@spec_options
@columns_option(FIGURES, SHOWN)
@click.option("--sort", metavar="COLUMN", help="Put the largest of this column first.")
@table_options(FORMATS)
@memory_options
@out_option("Draw the first two numbers against each other: .svg, .png or .pdf.")
@json_option
def compare(
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    columns: tuple[str, ...],
    sort: str | None,
    form: str,
    width: int | None,
    dtype: str,
    batch: int,
    optimizer: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Put nets side by side: a row for each net and each value of --set.

    A net that has errors, or breaks a budget, stands in the table with the reason.

    \b
    cnnspec compare resnet18 resnet34 resnet50 --columns params,macs,depth
    cnnspec compare mobilenet --set width=0.5,0.75,1.0 --sort macs
    cnnspec compare vgg16 resnet50 --columns params,macs -o nets.svg
    """
    nets = []
    for spec, (chosen, varied) in product(specs, list(combinations(settings))):
        shown = {name: value for name, value in chosen if name in varied}
        given = {"parameters": dict(chosen), "inputs": read_inputs(inputs)}
        nets.append(opened(spec, shown, include=include, limits=read_limits(bounds), **given))
    try:
        machine = known_machine() if "time" in (*columns, sort) else None
        table = table_of(nets, columns, sort, batch=batch, dtype=dtype, optimizer=optimizer, machine=machine)
        if out is not None:
            draw(table, out)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        rows = [dict(row) for row in table]
        print_json({"batch": batch, "dtype": dtype, "optimizer": optimizer, "nets": rows})
    elif out is None:
        print_table(table, form, width)
    if all(one.net is None for one in nets):
        raise SystemExit(1)


def draw(table: Table, out: Path) -> None:
    """Draw the chart of a table. Raises ValueError where it has no two columns of numbers."""
    from cnnspec.render.charts import scatter_chart, write_drawing

    found, across, up = points(table)
    axes = ([point[1] for point in found], [point[2] for point in found])
    wide = [bool(found) and max(values) > 20 * min(values) > 0 for values in axes]
    write_drawing(scatter_chart(found, across, up, (wide[0], wide[1])), out)
    wrote(out, f"{len(found)} nets")


def combinations(settings: Iterable[str]) -> Iterator[tuple[tuple[tuple[str, str], ...], frozenset[str]]]:
    """Every choice of one value for each --set, and the names that have several. Raises click.UsageError."""
    choices: dict[str, list[str]] = {}
    for setting in settings:
        name, equals, values = setting.partition("=")
        if not equals or not name.strip().isidentifier():
            raise click.UsageError(f"--set takes NAME=VALUE,VALUE..., not {setting!r}")
        choices[name.strip()] = split(values)
    varied = frozenset(name for name, values in choices.items() if len(values) > 1)
    for chosen in product(*([(name, value) for value in values] for name, values in choices.items())):
        yield chosen, varied


def split(values: str) -> list[str]:
    """The values between commas that stand outside of brackets."""
    found, depth, start = [], 0, 0
    for i, character in enumerate(values):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            found.append(values[start:i])
            start = i + 1
    return [value.strip() for value in [*found, values[start:]]]
