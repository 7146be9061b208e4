"""Channels in groups, as torch holds them: an axis for the groups before that of the channels of each.

    x                       64x8x8
    x.view(b, 2, 32, 8, 8)  the same 64x8x8, with layout `groups 2`
    x.softmax(1)            softmax(over=groups, groups=2)
    x.sum(1)                add { | slice(0, 32) | slice(32, 64) }    32x8x8

Axes of size 1 among them move nothing, wherever they stand.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import fx

from cnnspec.importing.torch_reader import BATCH, Flowing, TorchReader, flat
from cnnspec.importing.windows import NoLayer
from cnnspec.layers import activation, join, shape
from cnnspec.layers.base import Shape

GROUPS = "groups"
TAKES_GROUPS = ("sum", "mul", "imul", "softmax", "stack", "unbind", "transpose", "permute")
"""Functions that say what a view of channels in groups is for."""


def groups_of(value: Flowing) -> int:
    """In how many groups a value is held; 0 where it is not."""
    return int(value.layout.split()[1]) if value.layout.startswith(GROUPS) else 0


def grouped(sizes: Shape, result: Shape) -> int:
    """In how many groups a view holds the channels of `sizes`; 0 where it is no such view."""
    axes = [size for size in result if size != 1]
    ends = [size for size in sizes[1:] if size != 1]
    apart = axes[: len(axes) - len(ends)]
    return apart[0] if len(apart) == 2 and prod(apart) == sizes[0] and axes[2:] == ends else 0


def axis_of_groups(node: fx.Node, value: Flowing, dim: int) -> str:
    """What an axis of a value in groups is: `groups`, or `channels` of each. Raises NoLayer."""
    given = node.args[0] if node.args else None
    held = given.meta["value"] if isinstance(given, fx.Node) else node.meta["value"]
    axes = [axis for axis, size in enumerate(held.shape) if axis and size != 1]
    found = axes.index(dim % held.dim()) if dim % held.dim() in axes else -1
    if found not in (0, 1):
        raise NoLayer(f"over axis {dim}")
    return (GROUPS, "channels")[found]


def viewed_in_groups(value: Flowing, sizes: Shape, result: Shape) -> Flowing | None:
    """A view of channels in groups, or back; None for any other."""
    if result[:1] != (BATCH,):
        return None
    if value.layout.startswith(GROUPS):
        plain = [size for size in sizes if size != 1] == [size for size in result[1:] if size != 1]
        return value._replace(layout="") if plain and result[1] == sizes[0] else None
    parts = grouped(sizes, result[1:])
    return value._replace(layout=f"{GROUPS} {parts}") if parts else None


def part(reader: TorchReader, node: fx.Node, value: Flowing, number: int) -> Flowing:
    """One of the groups."""
    sizes, parts = reader.shape_of(value.step), groups_of(value)
    width = sizes[0] // parts
    layer = shape.Slice(number * width, (number + 1) * width)
    return reader.add(node, layer, (width, *sizes[1:]), (value.step,), {})


def unbound(reader: TorchReader, node: fx.Node, value: Any, dim: int = 0) -> Any:
    if not isinstance(value, Flowing) or not groups_of(value) or axis_of_groups(node, value, dim) != GROUPS:
        raise NoLayer(f"over axis {dim}")
    return tuple(part(reader, node, value, number) for number in range(groups_of(value)))


def summed(reader: TorchReader, node: fx.Node, value: Any, dim: Any = None, keepdim: bool = False) -> Flowing:
    """The sum of the groups."""
    axes = flat(dim)
    if not isinstance(value, Flowing) or not groups_of(value) or len(axes) != 1 or keepdim:
        raise NoLayer(f"over axes {dim}")
    if axis_of_groups(node, value, axes[0]) != GROUPS:
        raise NoLayer(f"over axes {dim}")
    parts = [part(reader, node, value, number) for number in range(groups_of(value))]
    sizes = reader.shape_of(parts[0].step)
    return reader.add(node, join.Add(), sizes, [one.step for one in parts], {})


def stacked(reader: TorchReader, node: fx.Node, tensors: Any, dim: int = 0) -> Flowing:
    """Values beside one another, each a group of channels."""
    values = flat(tensors)
    plain = all(isinstance(value, Flowing) and not value.layout for value in values)
    if not plain or dim != 1:
        raise NoLayer(f"over axis {dim}")
    steps = [value.step for value in values]
    sizes = join.Concat().infer(*map(reader.shape_of, steps))
    return reader.add(node, join.Concat(), sizes, steps, {})._replace(layout=f"{GROUPS} {len(steps)}")


def softmax_in_groups(reader: TorchReader, node: fx.Node, value: Flowing, dim: int | None) -> Flowing:
    if dim is None:
        raise NoLayer("over axis None")
    layer = activation.Softmax(axis_of_groups(node, value, dim), groups_of(value))
    return reader.add(node, layer, reader.shape_of(value.step), (value.step,), {})._replace(
        layout=value.layout
    )


def moves_nothing(node: fx.Node, order: tuple[int, ...]) -> bool:
    """Whether axes change their places only past axes of size 1."""
    given = node.args[0]
    held: torch.Tensor = given.meta["value"] if isinstance(given, fx.Node) else node.meta["value"]
    kept = [axis for axis in order if held.shape[axis] != 1]
    return kept == sorted(kept)
