"""Nodes as older operator sets have them: rules write those of set 18, and here is what 13 to 17 lack.

ReduceMean(x, axes)              18     ReduceMean(x), axes an attribute               13
Pad(x, pads, value, axes)        18     Pad(x, pads of all axes, value)                13
Resize(x, sizes), axes [2, 3]    18     Resize(x, sizes of all axes)                   13
Shape(x), start 2                15     Slice(Shape(x), 2, end)                        13
Mish(x)                          18     x * tanh(softplus(x))                          13
HardSwish(x)                     14     x * HardSigmoid(x)                             13
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Emit = Any
"""Writes the nodes of one layer: that of emit.py, which asks this table."""

OLDEST = 13
"""The oldest operator set that is written."""

DEFAULT = 18
"""That which rules write, and models declare by default."""

END = 2**63 - 1
"""What ONNX takes for the end of an axis."""


def reduction(emit: Emit, op: str, x: str, axes: tuple[int, ...], **attributes: Any) -> str:
    return emit.node(op, x, axes=axes, **attributes)


def padded(
    emit: Emit, op: str, x: str, pads: tuple[int, ...], value: Any, axes: tuple[int, ...], **attributes: Any
) -> str:
    """A margin on all axes, of which those that are not named get none."""
    count, rank = len(axes), 2 + emit.rank
    before, after = dict(zip(axes, pads[:count], strict=True)), dict(zip(axes, pads[count:], strict=True))
    whole = tuple(side.get(axis, 0) for side in (before, after) for axis in range(rank))
    return emit.node(op, x, whole, value, **attributes)


def resized(
    emit: Emit,
    op: str,
    x: str,
    roi: None,
    scales: None,
    sizes: Any,
    *,
    axes: tuple[int, ...],
    **attributes: Any,
) -> str:
    """Another size on all axes; batch and channels keep theirs."""
    whole = emit("Concat", emit("Shape", x, start=0, end=2), sizes, axis=0)
    return emit.node(op, x, None, None, whole, **attributes)


def part_of_shape(emit: Emit, op: str, x: str, start: int = 0, end: int = END) -> str:
    whole = emit.node(op, x)
    return whole if (start, end) == (0, END) else emit.node("Slice", whole, (start,), (end,), (0,))


def mish(emit: Emit, op: str, x: str) -> str:
    return emit("Mul", x, emit("Tanh", emit("Softplus", x)))


def hardswish(emit: Emit, op: str, x: str) -> str:
    return emit("Mul", x, emit("HardSigmoid", x, alpha=1 / 6, beta=0.5))


class Older(NamedTuple):
    """The operator set that first has a node as rules write it, and how it is written before."""

    since: int
    write: Callable[..., str]


OLDER = {
    **dict.fromkeys(("ReduceMean", "ReduceMax", "ReduceL2"), Older(18, reduction)),
    "Pad": Older(18, padded),
    "Resize": Older(18, resized),
    "Shape": Older(15, part_of_shape),
    "Mish": Older(18, mish),
    "HardSwish": Older(14, hardswish),
}
