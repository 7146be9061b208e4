"""`cnnspec weights`: what a file of weights holds, which tensor is which of a net, and another file of it."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnnspec.cli.common import open_net
from cnnspec.cli.options import include_option, json_option, out_option, set_option
from cnnspec.cli.printing import print_json, say, wrote

if TYPE_CHECKING:
    from cnnspec.backends.match import Match

SUFFIXES = (".safetensors", ".npz")


@click.command("weights")
@click.argument("action", type=click.Choice(["show", "match", "convert"]))
@click.argument("names", nargs=-1, required=True, metavar="[SPEC] FILE[:PART]")
@set_option
@include_option
@click.option(
    "--without",
    multiple=True,
    metavar="PART",
    help="match, convert: a part of the net, such as head, that starts anew; may be given several times.",
)
@out_option("convert: write the weights, under the names of the net, to this .safetensors or .npz file.")
@json_option
def weights(
    action: str,
    names: tuple[str, ...],
    settings: tuple[str, ...],
    include: tuple[Path, ...],
    without: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Show a file of weights, match it with a net, or convert it.

    FILE is safetensors, a .pth of torch or an .npz of numpy. It is read as data: nothing in it is run. PART
    names one of several sets of weights in a checkpoint, as in last.pth:ema. A match goes by the names of the
    net, by the order of definition, or by shapes and names; what these leave open is refused, and named.

    \b
    cnnspec weights show last.pth
    cnnspec weights match resnet50 resnet50.pth
    cnnspec weights convert resnet50 resnet50.pth -o resnet50.safetensors
    cnnspec weights match resnet18 resnet18.pth --set classes=9 --without head
    """
    wanted = 1 if action == "show" else 2
    if len(names) != wanted:
        told = "FILE" if action == "show" else "SPEC FILE"
        raise click.UsageError(f"weights {action} takes {told}, not {len(names)} names")
    if (out is not None) != (action == "convert"):
        raise click.UsageError("weights convert writes a file, which -o names; show and match write none")
    if without and action == "show":
        raise click.UsageError("--without is of a net: match and convert take one")
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"-o writes {' or '.join(SUFFIXES)}, not {out.name}")
    if action == "show":
        return show(names[0], as_json)
    net = open_net(names[0], settings, (), include, ())
    from cnnspec.backends.weight_files import split_part, write
    from cnnspec.foreign import load_weights

    path, part = split_part(names[1])
    found = load_weights(net, path, part=part, without=without)
    if out is not None:
        write(out, found.weights)
    if as_json:
        print_json({**match_data(found, names[1]), "wrote": str(out) if out else None})
    elif out is None:
        say(match_text(found))
    if out is not None:
        wrote(out, f"{len(found.weights)} tensors of {net.name}")
    return None


def show(given: str, as_json: bool) -> None:
    """Print the tensors of a file: names, types, shapes, values in each and in all."""
    from cnnspec.backends.weight_files import inspect, split_part

    tensors = inspect(*split_part(given))
    if as_json:
        rows = [
            {"name": name, "dtype": tensor.dtype, "shape": list(tensor.shape), "values": prod(tensor.shape)}
            for name, tensor in tensors.items()
        ]
        print_json({"file": given, "tensors": rows, "values": sum(row["values"] for row in rows)})
        return
    rows = [
        (name, tensor.dtype, "x".join(map(str, tensor.shape)) or "scalar", f"{prod(tensor.shape):,}")
        for name, tensor in tensors.items()
    ]
    total = sum(prod(tensor.shape) for tensor in tensors.values())
    say(aligned([*rows, (f"{len(rows)} tensors", "", "", f"{total:,}")]))


def match_data(found: Match, given: str) -> dict[str, Any]:
    """A match as JSON: for each tensor of the net the name that it has in the file."""
    return {
        "net": found.net,
        "file": given,
        "tensors": [
            {"name": key, "from": other, "shape": list(found.weights[key].shape)}
            for key, other in found.keys.items()
        ],
        "left_out": list(found.left_out),
        "alike": [list(pair) for pair in found.alike],
        "unused": list(found.unused),
        "anew": list(found.anew),
    }


def match_text(found: Match) -> str:
    """A line a tensor of the net: its shape, and the name that it has in the file."""
    if not found.keys:
        return f"{found.net} has no weights, nor has the file"
    rows = [
        (key, "x".join(map(str, found.weights[key].shape)) or "scalar", f"<- {other}")
        for key, other in found.keys.items()
    ]
    over = f"{len(found.unused)} not used" if found.unused else "none left over"
    lines = [aligned(rows), f"{len(rows)} tensors, {over}"]
    return "\n".join([*lines, *found.remarks("the file")])


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows in columns, the last of numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    is_number = rows[0][-1][-1:].isdigit() and not rows[0][-1].startswith("<-")
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[-1] = row[-1].rjust(widths[-1]) if is_number else row[-1]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
