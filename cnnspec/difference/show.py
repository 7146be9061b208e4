"""A difference, and how it is shown: as text, as Markdown for a pull request, and as data for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from cnnspec.layers.base import Shape, describe
from cnnspec.passes.receptive_field import Field
from cnnspec.report import size_text

PLACES = 3
"""How many places of a change are named."""
NAMES = {"params": "params", "buffers": "buffers", "macs": "MACs"}


class Side(NamedTuple):
    """The output shape and receptive field where something stands in one of the nets."""

    shape: Shape
    field: Field | None


@dataclass(frozen=True)
class Change:
    """One change: `+` came, `-` left, `~` is otherwise, `=` is what follows elsewhere from inferred shapes.

    `params`, `buffers` and `macs` are new less old, over all its places; `weights_bytes` and `outputs_bytes`
    the change of memory for weights and for the values of its layers, in fp32 and for one sample. `old` and
    `new` say what the first of its places gives.
    """

    sign: str
    what: str
    places: tuple[str, ...]
    params: int = 0
    buffers: int = 0
    macs: int = 0
    outputs_bytes: int = 0
    old: Side | None = None
    new: Side | None = None

    @property
    def weights_bytes(self) -> int:
        return 4 * (self.params + self.buffers)


@dataclass(frozen=True)
class Difference:
    """What two nets differ in; `figures` are the totals of the old net and of the new one, by name."""

    old: str
    new: str
    changes: tuple[Change, ...]
    figures: dict[str, tuple[object, object]]

    @property
    def is_empty(self) -> bool:
        """Whether the nets compute the same with the same weights, whatever their names."""
        return not self.changes

    def __str__(self) -> str:
        return as_text(self)

    def as_markdown(self) -> str:
        """Tables for a comment on a pull request."""
        return as_markdown(self)

    def as_dict(self) -> dict[str, Any]:
        """The difference as JSON-ready data."""
        return as_dict(self)


def as_text(difference: Difference) -> str:
    """A tree of changes below the parts of the net, and the totals."""
    lines = [f"{difference.old} -> {difference.new}", ""]
    for part, changes in groupby(difference.changes, key=_part):
        lines.append(part or "elsewhere")
        for change in changes:
            inner = [place.removeprefix(f"{part}.") for place in change.places]
            one = f"{inner[0]}: " if len(inner) == 1 and inner[0] != part else ""
            lines.append(f"  {change.sign} {one}{change.what}")
            lines += [f"      at {_where(inner)}"] if len(inner) > 1 else []
            lines += [f"      {', '.join(costs)}"] if (costs := list(_costs(change))) else []
    if difference.is_empty:
        lines.append("no difference")
    return "\n".join([*lines, "", *_totals(difference)])


def in_words(change: Change) -> str:
    """A change in one line: where, what, and what it costs."""
    where, costs = _where(change.places), ", ".join(_costs(change))
    return (f"{where}: " if where else "") + change.what + (f" ({costs})" if costs else "")


def as_markdown(difference: Difference) -> str:
    """Tables for a comment on a pull request."""
    old, new = _plain(difference.old), _plain(difference.new)
    lines = [f"**{old} → {new}**" if old != new else f"**{old}**", ""]
    if difference.is_empty:
        lines += ["No difference.", ""]
    else:
        lines += ["| | where | change | |", "| --- | --- | --- | --- |"]
        for change in difference.changes:
            where = _plain(_where(change.places)) or "elsewhere"
            lines.append(f"| {change.sign} | {where} | {_plain(change.what)} | {', '.join(_costs(change))} |")
        lines.append("")
    # a net before a change and after it has one name
    old, new = (old, new) if old != new else ("before", "after")
    lines += [f"| | {old} | {new} | |", "| --- | ---: | ---: | ---: |"]
    for name, before, after, change in _figures(difference):
        lines.append(f"| {name} | {before} | {after} | {change} |")
    return "\n".join(lines)


def as_dict(difference: Difference) -> dict[str, Any]:
    """The difference as JSON-ready data."""
    return {
        "old": difference.old,
        "new": difference.new,
        "equal": difference.is_empty,
        "changes": [
            {
                "sign": change.sign,
                "what": change.what,
                "places": list(change.places),
                "params": change.params,
                "buffers": change.buffers,
                "macs": change.macs,
                "weights_bytes": change.weights_bytes,
                "outputs_bytes": change.outputs_bytes,
                "output": [list(side.shape) if side else None for side in (change.old, change.new)],
                "receptive_field": [
                    list(side.field.size) if side and side.field else None
                    for side in (change.old, change.new)
                ],
            }
            for change in difference.changes
        ],
        "figures": {name: [_data(value) for value in pair] for name, pair in difference.figures.items()},
    }


def _data(value: object) -> object:
    if isinstance(value, dict):
        return {name: _data(inner) for name, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _part(change: Change) -> str:
    """The part of the net that a change is listed under: stem, body, head; none where it is in several."""
    parts = {place.partition(".")[0] for place in change.places}
    return parts.pop() if len(parts) == 1 else ""


def _where(places: Sequence[str]) -> str:
    more = f" and {len(places) - PLACES} more places" if len(places) > PLACES else ""
    return f"{', '.join(places[:PLACES])}{more}"


def _costs(change: Change) -> Iterator[str]:
    """What a change changes, in words: only the figures that do."""
    for figure, name in NAMES.items():
        value = getattr(change, figure)
        if value:
            yield f"{name} {value:+,}"
    if change.weights_bytes:
        sign = "+" if change.weights_bytes > 0 else "-"
        yield f"weights {sign}{size_text(abs(change.weights_bytes))}"
    old, new = change.old, change.new
    if old and new and old.shape != new.shape and change.places:
        yield f"output {describe(old.shape)} -> {describe(new.shape)}"
    if old and new and old.field != new.field and change.places:
        sizes = [describe(side.field.size) if side.field else "-" for side in (old, new)]
        if sizes[0] != sizes[1]:
            yield f"field {sizes[0]} -> {sizes[1]}"


def _totals(difference: Difference) -> list[str]:
    rows = list(_figures(difference))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name:<{widths[0]}}  {before:>{widths[1]}} -> {after:>{widths[2]}}{f'  {change}' if change else ''}"
        for name, before, after, change in rows
    ]


def _figures(difference: Difference) -> Iterator[tuple[str, str, str, str]]:
    """The totals: name, old, new, and the change where it is a number."""
    for name, (old, new) in difference.figures.items():
        if isinstance(old, int) and isinstance(new, int):
            text = (lambda value: f"{value:,}") if name != "memory" else size_text
            part = f" ({100 * (new - old) / old:+.1f} %)" if old else ""
            yield (
                _title(name),
                text(old),
                text(new),
                f"{_signed(new - old, name)}{part}" if new != old else "",
            )
        elif old != new:
            yield _title(name), _text(old), _text(new), ""


def _signed(value: int, name: str) -> str:
    if name != "memory":
        return f"{value:+,}"
    return f"{'+' if value > 0 else '-'}{size_text(abs(value))}"


def _title(name: str) -> str:
    return {"macs": "MACs", "receptive_field": "field"}.get(name, name)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {describe(shape)}" for name, shape in value.items())
    return describe(value) if isinstance(value, tuple) else "the whole input" if value is None else str(value)


def _plain(text: str) -> str:
    """Text in a cell: nothing in it ends the cell or is taken for HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
