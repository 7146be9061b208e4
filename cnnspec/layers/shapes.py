"""Shapes, extents along their axes, and the error of a layer that does not fit its inputs.

Shapes are per sample, channels first: `(channels, *spatial)` for maps, `(channels,)` for vectors.
"""

from __future__ import annotations

from cnnspec.typed import TypeVar

Shape = tuple[int, ...]
Extent = int | tuple[int, ...]
"""One number for all spatial axes, or one for each."""
T = TypeVar("T")


class LayerError(Exception):
    """A layer cannot be applied to these shapes.

    `code` names the diagnostic page, `label` is the short text under the span, `help` the cure.
    """

    def __init__(self, code: str, message: str, *, label: str = "", help: str = ""):
        super().__init__(message)
        self.code, self.message, self.label, self.help = code, message, label, help


def describe(shape: Shape | None) -> str:
    """A shape as specs write it: 64x112x112."""
    return "x".join(map(str, shape)) if shape is not None else "?"


def per_axis(value: int | tuple[T, ...], rank: int, name: str) -> tuple[int | T, ...]:
    """An extent spelled out for each spatial axis. Raises LayerError where the numbers of axes differ."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise LayerError(
            "argument-rank",
            f"`{name}` is given for {len(value)} axes, the map has {rank}",
            help=f"give one integer for all axes, or {rank} of them",
        )
    return value


def need_map(op: str, shape: Shape) -> tuple[int, Shape]:
    """The channels and the spatial sizes of a map. Raises LayerError for a vector."""
    if len(shape) < 2:
        raise LayerError(
            "shape-rank",
            f"`{op}` needs a map such as 64x28x28, here it gets the vector {describe(shape)}",
            help="put it before flatten and gap -> flatten, or reshape the vector to a map",
        )
    return shape[0], shape[1:]


def need_divisor(op: str, channels: int, groups: int) -> None:
    """Raise LayerError where groups do not divide the channels."""
    if channels % groups:
        raise LayerError(
            "groups-divide",
            f"`{op}` has {groups} groups, which do not divide its {channels} channels",
            label=f"{channels} channels, groups={groups}",
            help=f"groups that divide {channels}: {near_divisors(channels, groups)}",
        )


def near_divisors(number: int, wanted: int) -> str:
    """The four divisors (up to 4096) nearest to a wanted one, in words."""
    divisors = [d for d in range(1, min(number, 4096) + 1) if number % d == 0]
    return ", ".join(map(str, sorted(sorted(divisors, key=lambda d: abs(d - wanted))[:4])))
