"""`cnnspec render`: the diagram of a net."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import json_option, open_net, print_json, spec_options, wrote

VIEWS = ("blocks", "layers", "volumes")
DIRECTIONS = ("TB", "LR")
THEMES = ("light", "dark", "print")
SCALES = ("params", "macs", "memory", "receptive_field")


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "-o",
    "out",
    required=True,
    type=click.Path(path_type=Path),
    help="The picture: .svg, .png, .pdf, .dot, .html or .mmd.",
)
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="blocks",
    help="Blocks with repeats folded, every layer, or maps to scale.",
)
@click.option("--depth", metavar="N", type=click.IntRange(1), help="How many levels of blocks to open.")
@click.option("--expand", multiple=True, metavar="BLOCK", help="Open this block, such as body.layer2.")
@click.option(
    "--direction", type=click.Choice(DIRECTIONS), default="TB", help="Top to bottom, or left to right."
)
@click.option("--color-by", type=click.Choice(SCALES), help="Colour by a figure, with a scale.")
@click.option(
    "--theme", type=click.Choice(THEMES), default="light", help="Colours for the screen or the printer."
)
@json_option
def render(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    out: Path,
    view: str,
    depth: int | None,
    expand: tuple[str, ...],
    direction: str,
    color_by: str | None,
    theme: str,
    as_json: bool,
) -> None:
    """Draw a net for a paper, a slide or a page.

    \b
    cnnspec render resnet50 -o resnet50.svg
    cnnspec render lenet5 -o lenet5.pdf --view volumes
    """
    net = open_net(spec, settings, inputs, include, bounds)
    net.render(
        out, view=view, depth=depth, expand=expand, direction=direction, color_by=color_by, theme=theme
    )
    wrote(out, f"{view} of {net.name}")
    if as_json:
        print_json({"net": net.name, "view": view, "wrote": str(out)})
