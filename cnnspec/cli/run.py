"""`cnnspec run`: a net on real input, with real weights."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cnnspec.api import Net
from cnnspec.cli import complete
from cnnspec.cli.common import open_net, read_settings
from cnnspec.cli.options import include_option, json_option, out_option, set_option
from cnnspec.cli.printing import print_json, say
from cnnspec.cli.weights_file import read_weights, weights_option
from cnnspec.layers.base import describe
from cnnspec.layers.shapes import Shape
from cnnspec.passes.shapes import misfit


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@set_option
@include_option
@weights_option(required=True)
@click.option(
    "--input",
    "sources",
    required=True,
    multiple=True,
    metavar="[NAME=]FILE",
    help="A .npy array or an image; for a net of several inputs one for each, by its name.",
)
@click.option(
    "--mean",
    metavar="NUMBERS",
    help="What to take from each channel, after pixels are scaled to 0..1: one number or one a channel.",
)
@click.option("--std", metavar="NUMBERS", help="What to divide each channel by then.")
@click.option("--resize", is_flag=True, help="Resize an image to the size that the net declares.")
@click.option("--reference", is_flag=True, help="Run the plain kernels, a formula each: slow, to compare.")
@click.option("--top", metavar="N", type=click.IntRange(1), help="Print the N likeliest classes.")
@click.option("--classes", type=click.Path(path_type=Path), help="A text file of class names, one a line.")
@out_option("Write the output to this .npy file.")
@json_option
def run(
    spec: str,
    settings: tuple[str, ...],
    include: tuple[Path, ...],
    weights: str,
    sources: tuple[str, ...],
    mean: str | None,
    std: str | None,
    resize: bool,
    reference: bool,
    top: int | None,
    classes: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run a net on an image or an array, with weights from a file.

    The input may have any size that the net takes.

    \b
    cnnspec run lenet5 --weights lenet5.safetensors --input digit.png --top 3
    """
    read_settings(settings)
    if out is not None and out.suffix != ".npy":
        raise click.UsageError(f"-o writes a .npy file, not {out.name}")
    net = open_net(spec, settings, (), include, ())
    from cnnspec.backends import images, numpy
    from cnnspec.backends.quiet import quiet

    click.get_current_context().with_resource(quiet())
    means, stds = images.numbers(mean, "--mean"), images.numbers(std, "--std")
    x = {
        name: images.read(path, net.inputs[name], means, stds, resize=resize)
        for name, path in by_input(sources, net.inputs).items()
    }
    check_sizes(net, {name: array.shape[1:] for name, array in x.items()}, resize)
    program = numpy.compile(net.resizable, weights=read_weights(net, weights), reference=reference)
    y = program(x)
    outputs: dict[str, Any] = y if isinstance(y, dict) else {next(iter(net.ir.inference().outputs)): y}
    names = images.read_names(classes) if classes else None
    ranked = images.ranking(next(iter(outputs.values()))[0], top, names) if top else []
    if out is not None:
        images.write_array(out, next(iter(outputs.values())))
    if as_json:
        shapes = {head: list(value.shape) for head, value in outputs.items()}
        print_json(
            {
                "net": net.name,
                "outputs": shapes,
                "top": [asdict(one) for one in ranked],
                "wrote": str(out) if out else None,
            }
        )
        return
    for head, value in outputs.items():
        say(f"{head}: {'x'.join(map(str, value.shape))}")
    for entry in ranked:
        say(f"{entry.probability:7.2%}  {entry.name}")
    if out is not None:
        say(f"wrote {out}", err=True)


def check_sizes(net: Net, shapes: dict[str, Shape], resize: bool) -> None:
    """Say which inputs have other sizes than the net declares. Raises InputError where it does not take them.

    A net of images may take any size, and then gives what it gives for one that large.
    """
    from cnnspec.backends.images import InputError

    cure = "" if resize else "; --resize brings an image to the declared size"
    if reason := misfit(net.resizable.inference(), shapes):
        raise InputError(f"{reason}{cure}")
    for name, shape in shapes.items():
        if shape != net.inputs[name]:
            declared = describe(net.inputs[name])
            say(f"note: {name} is {describe(shape)}, the net declares {declared}{cure}", err=True)


def by_input(sources: Iterable[str], inputs: Collection[str]) -> dict[str, Path]:
    """The file of each input of a net; the name may be left out where it has one. Raises click.UsageError."""
    found: dict[str, Path] = {}
    for text in sources:
        name, equals, file = text.partition("=")
        if equals and name in inputs:
            found[name] = Path(file)
        elif len(inputs) == 1:
            found[next(iter(inputs))] = Path(text)
        else:
            named = " ".join(f"--input {name}=FILE" for name in inputs)
            raise click.UsageError(f"the net has several inputs: {named}")
    if missing := [name for name in inputs if name not in found]:
        raise click.UsageError(f"the net needs --input {missing[0]}=FILE as well")
    return found
