"""`cnnspec render`: the diagram of a net."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import json_option, spec_options
from cnnspec.cli.printing import print_json, say, wrote

VIEWS = ("blocks", "layers", "volumes")
DIRECTIONS = ("TB", "LR")
THEMES = ("light", "dark", "print")
SCALES = ("params", "macs", "memory", "receptive_field")
MANY = 300
"""From how many layers on a drawing of each takes seconds."""
FORMATS = ("svg", "png", "pdf", "dot", "html", "mmd")


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path),
    help="The picture: .svg, .png, .pdf, .dot, .html or .mmd; - is standard output. "
    "By default an svg named after the net.",
)
@click.option("--format", type=click.Choice(FORMATS), help="The format, where the name does not say it.")
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="blocks",
    help="Blocks with repeats folded, every layer, or maps to scale.",
)
@click.option("--depth", metavar="N", type=click.IntRange(0), help="How many levels of blocks to open.")
@click.option(
    "--expand",
    multiple=True,
    metavar="BLOCK,...",
    shell_complete=complete.blocks,
    help="Open these blocks, such as body.layer2, as `summary` prints them.",
)
@click.option(
    "--block",
    metavar="BLOCK",
    shell_complete=complete.blocks,
    help="Draw this block alone, opened: a def, or a path.",
)
@click.option(
    "--direction", type=click.Choice(DIRECTIONS), default="TB", help="Top to bottom, or left to right."
)
@click.option("--color-by", type=click.Choice(SCALES), help="Colour by a figure, with a scale.")
@click.option(
    "--theme", type=click.Choice(THEMES), default="light", help="Colours for the screen or the printer."
)
@click.option(
    "--width", metavar="LENGTH", help="Fit this width (252pt, 84mm, 3.5in) and a page's height, text large."
)
@click.option("--font-size", metavar="LENGTH", help="The size of the smallest text, such as 7pt.")
@click.option("--rows", metavar="N", type=click.IntRange(1), help="Wrap into so many rows, or columns.")
@click.option("--no-title", is_flag=True, help="Leave out the title.")
@click.option("--no-legend", is_flag=True, help="Leave out the legend.")
@click.option("--embed-font", is_flag=True, help="Put the letters that are used into an svg: 10 kB more.")
@json_option
def render(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    out: Path | None,
    format: str | None,
    expand: tuple[str, ...],
    no_title: bool,
    no_legend: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Draw a net for a paper, a slide or a page.

    \b
    cnnspec render resnet50 -o resnet50.svg
    cnnspec render lenet5 -o lenet5.pdf --view volumes
    cnnspec render googlenet -o column.pdf --width 252pt --theme print --no-title
    cnnspec render resnet50 -o bottleneck.svg --block bottleneck
    """
    net = open_net(spec, settings, inputs, include, bounds)
    if sys.stderr.isatty() and choices["view"] == "layers" and len(net.ir) > MANY:
        say(f"drawing {len(net.ir)} layers, which takes a while; --view blocks draws blocks", err=True)
    from cnnspec.render import render as draw
    from cnnspec.render import to_bytes

    opened = tuple(name.strip() for names in expand for name in names.split(",") if name.strip())
    choices.update(expand=opened, title=not no_title, legend=not no_legend)
    if out is not None and str(out) == "-":
        if as_json:
            raise click.UsageError("-o - prints the picture, where --json prints JSON: write it to a file")
        rendered = to_bytes(net.ir, format or "svg", **choices)
        click.echo(rendered.data, nl=False)
        notes = rendered.notes
    else:
        path = out or Path(re.sub(r"\W+", "_", net.name) + "." + (format or "svg"))
        notes = draw(net.ir, path, format=format, **choices)
        wrote(path, f"{choices['view']} of {choices['block'] or net.name}")
        if as_json:
            print_json({"net": net.name, "view": choices["view"], "wrote": str(path), "notes": list(notes)})
    for note in notes:
        say(f"note: {note}", err=True)
