"""`cnnspec field`: what a position of a layer sees of the input, as numbers and over a photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import json_option, out_option, seed_option, spec_options
from cnnspec.cli.printing import print_json, say, wrote
from cnnspec.layers.shapes import describe
from cnnspec.passes.receptive_field import LayerField
from cnnspec.report.numbers import plain_number, same_on_all


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@click.argument("layer", required=False)
@spec_options
@click.option("--at", metavar="Y,X", help="The position; by default the middle of the map.")
@click.option("--effective", is_flag=True, help="How much each pixel counts: the position's gradient.")
@seed_option("weights")
@click.option("--over", type=click.Path(path_type=Path), help="Draw over this photograph.")
@out_option("Draw the field to this .png file.")
@json_option
def field(
    spec: str,
    layer: str | None,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    at: str | None,
    effective: bool,
    seed: int,
    over: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show what a layer sees of the input: the receptive field.

    LAYER is a layer or a block; without it, the head's last map is taken.

    \b
    cnnspec field resnet50 body.layer3
    cnnspec field unet --at 10,20 --effective -o field.png
    """
    if over is not None and out is None:
        raise click.UsageError("--over needs a picture to write: give -o as well")
    if out is not None and out.suffix.lower() != ".png":
        raise click.UsageError(f"a field is drawn as .png, not {out.name}")
    net = open_net(spec, settings, inputs, include, bounds)
    shape = next(iter(net.inputs.values()))
    try:
        found = net.field(layer, position(at))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if (out is not None or effective) and len(shape) != 3:
        raise click.UsageError(f"a field is drawn over images, the net takes {describe(shape)}")
    strength = net.effective_field(found.layer, found.at, seed=seed) if effective else None
    reach = radius(strength, found) if strength is not None else None
    if out is not None:
        from cnnspec.backends.effective import write_picture

        write_picture(out, shape, found.box, strength, over)
        wrote(out, f"field of {found.layer}")
    if as_json:
        print_json(data(net.name, found, reach))
    elif out is None:
        say(text(found, reach))


def position(at: str | None) -> tuple[int, ...] | None:
    """The position of --at. Raises click.UsageError."""
    if at is None:
        return None
    try:
        return tuple(int(part) for part in at.split(","))
    except ValueError:
        raise click.UsageError(f"--at takes a position such as 7,7, not {at!r}") from None


def radius(strength: Any, found: LayerField) -> float | None:
    """How many pixels out from the middle of the field half of all that counts lies."""
    total = float(strength.sum())
    if not total or found.box is None:
        return None
    centre = [(low + high) / 2 for low, high in found.box]
    rows = [abs(i - centre[0]) for i in range(strength.shape[0])]
    columns = [abs(i - centre[1]) for i in range(strength.shape[1])]
    sums: dict[float, float] = {}
    for row, y in zip(strength, rows, strict=True):
        for value, x in zip(row, columns, strict=True):
            sums[max(x, y)] = sums.get(max(x, y), 0.0) + float(value)
    inside = 0.0
    for distance in sorted(sums):
        inside += sums[distance]
        if inside >= total / 2:
            return distance
    return None


def text(found: LayerField, reach: float | None) -> str:
    """The field in words."""
    lines = [f"{found.layer} at {','.join(map(str, found.at)) or 'its vector'}"]
    if found.field is not None and found.box is not None:
        size, stride = describe(found.field.size), same_on_all(found.field.stride)
        lines.append(
            f"sees      {size} pixels, stride {stride}, left padding {same_on_all(found.field.padding)}"
        )
        lines.append(f"from      {', '.join(f'{low} to {high}' for low, high in found.box)}")
    if found.sees_all:
        lines.append("sees      the whole input" + (", by way of a gate" if found.field else ""))
    if reach is not None:
        lines.append(f"half of what counts lies within {reach:g} pixels of the middle")
    return "\n".join(lines)


def data(net: str, found: LayerField, reach: float | None) -> dict[str, Any]:
    """The field as data."""
    field = found.field
    return {
        "net": net,
        "layer": found.layer,
        "at": list(found.at),
        "size": list(field.size) if field else None,
        "stride": [plain_number(step) for step in field.stride] if field else None,
        "padding": list(field.padding) if field else None,
        "box": [list(axis) for axis in found.box] if found.box is not None else None,
        "sees_all": found.sees_all,
        "half_within": reach,
    }
