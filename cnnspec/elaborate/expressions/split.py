"""`split(value, parts)`: the channels of a value as several values, each a `slice` of it.

split(x, 2), x of 48 channels           slice(0, 24), slice(24, 48)
split(x, [16, 32])                      slice(0, 16), slice(16, 48)
"""

from __future__ import annotations

from itertools import accumulate, pairwise

from cnnspec.elaborate.context import Context
from cnnspec.elaborate.values import LOST, Mistake, Value, kind_of
from cnnspec.layers.shape import Slice
from cnnspec.layers.shapes import Shape, describe
from cnnspec.source import Span
from cnnspec.typed import Any

PARTS = "write split(prev, 2) for two equal parts, or split(prev, [16, 48]) for parts of those widths"


def split(value: Any, parts: Any, context: Context, span: Span) -> tuple[Value, ...]:
    """The parts of the channels of a value, in order. Raises Mistake where there are none such."""
    count = parts if _is_count(parts) else len(parts) if isinstance(parts, tuple) else 0
    if not isinstance(value, Value) or not count or not (_is_count(parts) or all(map(_is_count, parts))):
        given = f"{kind_of(value)} and {kind_of(parts)}"
        raise Mistake("type", span, f"`split` does not take {given}", help=PARTS)
    if context.builder.is_done:
        raise Mistake(
            "type", span, "`split` makes values of the net, and cannot stand here", help="use a label"
        )
    context.builder.make_room(count, span)
    if value.shape is None:
        return (LOST,) * count
    channels = value.shape[0]
    widths: tuple[int, ...] = parts if isinstance(parts, tuple) else (channels // count,) * count
    if sum(widths) != channels:
        raise _not_all(widths, value.shape, isinstance(parts, tuple), span)
    if len(widths) == 1:
        return (value,)
    bounds = pairwise(accumulate(widths, initial=0))
    return tuple([context.add(Slice, {"start": a, "stop": b}, (value,), span) for a, b in bounds])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _not_all(widths: tuple[int, ...], shape: Shape, are_given: bool, span: Span) -> Mistake:
    """The mistake of parts that are more or fewer than all channels."""
    channels = shape[0]
    if are_given:
        message = f"the parts have {sum(widths)} channels together, the value has {channels}"
        cure = _last_width(widths, channels)
    else:
        message = f"{channels} channels are not {len(widths)} equal parts"
        fit = ", ".join(str(n) for n in range(2, min(channels, 64) + 1) if channels % n == 0)
        cure = f"counts that divide {channels}: {fit}; or list the widths" if fit else "list the widths"
    return Mistake("split-channels", span, message, label=f"of {describe(shape)}", help=cure)


def _last_width(widths: tuple[int, ...], channels: int) -> str:
    """The cure of widths that do not add up: another one for the last part."""
    rest = channels - sum(widths[:-1])
    if rest <= 0 or len(widths) < 2:
        return f"widths that add up to {channels}"
    return f"with {rest} in place of the last {widths[-1]} they add up"
