"""`cnnspec import`: a spec of a net that exists."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnnspec.cli.common import read_inputs
from cnnspec.cli.options import json_option
from cnnspec.cli.printing import print_json, say, wrote
from cnnspec.files import write_whole
from cnnspec.importing.traced import ImportRefused

if TYPE_CHECKING:
    from cnnspec.foreign import Imported


@click.command("import")
@click.argument("net", metavar="MODULE:NAME|FILE.onnx")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]3x224x224",
    help="The shape of an input, for one sample. An ONNX file mostly says it itself.",
)
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write the spec to this file.")
@click.option("--name", help="What the net is called in the spec; its class, if it is not said.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Write the weights, under the spec's names, to this safetensors file.",
)
@json_option
def import_command(
    net: str,
    inputs: tuple[str, ...],
    output: Path | None,
    name: str | None,
    weights: Path | None,
    as_json: bool,
) -> None:
    """Write the spec of a torch module or of an ONNX file.

    MODULE:NAME is a Python module and what to call in it: a class or a function that gives a torch module, or
    one that is made. Importing runs that module's code, and tracing runs the net's `forward` without data: do
    it with code that you trust. FILE.onnx is read as data, and nothing in it is run. What the language cannot
    say is named, and nothing is written.

    \b
    cnnspec import model.onnx -o net.cnn --weights net.safetensors
    cnnspec import torchvision.models:resnet50 --input 3x224x224 -o net.cnn
    cnnspec import mynets:Small --input 3x32x32 --weights small.safetensors
    """
    found = imported(net, inputs, name)
    if weights is not None:
        from cnnspec.backends import safetensors
        from cnnspec.backends.weights import fitting

        safetensors.save(weights, fitting(found.net.ir, found.weights))
    if output is not None:
        write_whole(output, found.text)
    if as_json:
        figures = {"net": found.net.name, "params": found.net.params, "macs": found.net.macs}
        print_json({**figures, "file": str(output) if output else None, "text": found.text})
    elif output is None:
        say(found.text.removesuffix("\n"))
    if output is not None:
        wrote(output, f"{found.net.name}: {found.net.params:,} params, {found.net.macs:,} MACs")
    if weights is not None:
        wrote(weights, f"{len(found.weights)} tensors of {found.net.name}")


def imported(net: str, inputs: tuple[str, ...], name: str | None) -> Imported:
    """The spec of an ONNX file, by its ending, or of a torch module. Raises click.UsageError."""
    from cnnspec.foreign import from_onnx, from_torch

    shapes = read_inputs(inputs).values()
    if Path(net).suffix.lower() == ".onnx":
        return from_onnx(net, *shapes, name=name)
    if not shapes:
        raise click.UsageError("say the shape of its input for one sample, as in --input 3x224x224")
    return from_torch(made(net), *shapes, name=name)


def made(net: str) -> Any:
    """The torch module that MODULE:NAME means. Raises UsageError, or ImportRefused if its code fails."""
    path, _, name = net.partition(":")
    if not path or not name.isidentifier():
        raise click.UsageError(f"name the net as MODULE:NAME, as in torchvision.models:resnet50, not {net!r}")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    module = _module(path)
    found = getattr(module, name, None)
    if found is None:
        raise click.UsageError(f"{path} has no {name}; {_nearest(name, vars(module))}")
    try:
        result = found() if isinstance(found, type) or not hasattr(found, "state_dict") else found
    except (Exception, SystemExit) as error:
        raise ImportRefused(f"{net} cannot be made: {type(error).__name__}: {error}") from error
    if not hasattr(result, "state_dict"):
        raise click.UsageError(f"{net} gives a {type(result).__name__}, not a torch module")
    return result.eval()


def _module(path: str) -> Any:
    """A Python module; its code runs. Raises UsageError without one, or ImportRefused where it fails."""
    import importlib

    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise  # the extra that brings it is named
        if error.name is not None and f"{path}.".startswith(f"{error.name}."):
            raise click.UsageError(f"there is no Python module {error.name}") from error
        raise ImportRefused(f"{path} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:
        raise ImportRefused(f"{path} cannot be imported: {type(error).__name__}: {error}") from error


def _nearest(name: str, names: Iterable[str]) -> str:
    from cnnspec.elaborate.mistakes.suggest import suggest

    return suggest(name, list(names)) or "name a class or a function that gives a torch module"
