"""What commands share that take weights from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnnspec.cli.printing import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnspec.api import Net
    from cnnspec.cli.options import Decorator

KINDS = "safetensors, .pth or .npz"


def weights_option(required: bool = False) -> Decorator:
    """The option --weights."""
    return click.option(
        "--weights",
        required=required,
        metavar="FILE[:PART]",
        type=click.Path(),
        help=f"Weights: {KINDS}, under the names of the net or of another implementation.",
    )


def read_weights(net: Net, given: str) -> Mapping[str, Any]:
    """The weights of FILE[:PART] for a net; a note says so where they have other names than the net's.

    Raises WeightsError, MatchError, OSError.
    """
    from cnnspec.backends.weight_files import split_part
    from cnnspec.foreign import load_weights

    path, part = split_part(given)
    found = load_weights(net, path, part=part)
    if found.is_renamed:
        say(f"note: {len(found.keys)} tensors of {path} were matched by order and shape", err=True)
    return found.weights
