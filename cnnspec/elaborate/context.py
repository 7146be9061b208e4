"""Where the walk through a spec stands: the frame of the call, the block it fills, the value that flows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cnnspec.elaborate.values import UNKNOWN, BoundExceeded, Family, Limits, Value
from cnnspec.graph import Block
from cnnspec.source import Span

if TYPE_CHECKING:
    from cnnspec.elaborate.module import Module


@dataclass(slots=True, eq=False)
class Frame:
    """What one call of a net or def has for itself: its labels.

    `segments` are the labels as the names of layers write them: `p[1]` and `p1` are the same. `tainted` says
    that a mistake was made here, `lost` names what it left undefined, `suspected` what a syntax error may
    have: where these mean nothing, that is its doing.
    """

    is_net: bool = False
    labels: dict[str, Value | Family] = field(default_factory=dict)
    label_spans: dict[str, Span] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    tainted: bool = False
    lost: set[str] = field(default_factory=set)
    suspected: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Counter:
    """What the walk has spent so far on turns, calls and items of lists, less what its layers are worth."""

    steps: int = 0


@dataclass(slots=True, eq=False)
class Context:
    """One place of the walk; `value` is what flows there, None where nothing does yet."""

    module: Module
    frame: Frame
    block: Block
    value: Value | None
    limits: Limits
    counter: Counter
    depth: int = 0

    def lookup(self, name: str) -> Any:
        """A label, block, layer or file-level value by name; None where there is none."""
        found = self.frame.labels.get(name)
        return found if found is not None else self.module.lookup(name)

    def within(self, block: Block) -> Context:
        """The same place, filling another block."""
        return replace(self, block=block)

    def step(self, span: Span, count: int = 1) -> None:
        """Count a turn of a loop, a block, or the items of a list. Raises BoundExceeded."""
        self.counter.steps += count
        if self.counter.steps > self.limits.steps:
            raise BoundExceeded(
                "bound-steps",
                span,
                f"loops, calls and lists take more than {self.limits.steps} steps beside what makes layers",
                help="does a def call itself twice, or a loop run over far too much?",
            )


def has_unknown(value: Any) -> bool:
    """Whether a value, or an item of a list, is unknown."""
    return value is UNKNOWN or (isinstance(value, tuple) and any(has_unknown(item) for item in value))
