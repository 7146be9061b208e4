"""What names and expressions stand for, and the mistakes that leave them without a value."""

from __future__ import annotations

from cnnspec.diagnostics.report import Edit, Frame, Report
from cnnspec.layers.base import REGISTRY, Layer
from cnnspec.layers.shapes import Shape, describe
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass
from cnnspec.source import Span
from cnnspec.typed import Any, Mapping


class Mistake(Exception):
    """A mistake in a spec, to be reported where the walk can go on."""

    def __init__(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        label: str = "",
        help: str = "",
        edits: tuple[Edit, ...] = (),
    ):
        super().__init__(message)
        self.code, self.span, self.message, self.label = code, span, message, label
        self.help, self.edits = help, edits

    def report(self, report: Report, trail: tuple[Frame, ...] = ()) -> None:
        """Add it to a report."""
        report.error(
            self.code,
            self.span,
            self.message,
            label=self.label,
            help=self.help,
            edits=self.edits,
            trail=trail,
        )


class FollowUp(Mistake):
    """What another mistake, which has been reported, makes wrong: it goes unreported."""

    def __init__(self) -> None:
        self.code = self.message = self.label = self.help = ""
        self.edits = ()

    def report(self, report: Report, trail: tuple[Frame, ...] = ()) -> None:
        """Say nothing."""


class BoundExceeded(Mistake):
    """A mistake after which the walk does not go on: the spec is larger than the bounds allow."""


class Unknown:
    """The value of whatever a mistake left without one; whatever is made of it is unknown too."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Move(NamedTuple):
    """From the values of a call to those of an equal one: what the first took, and by how much nodes move."""

    taken: int
    value: Value
    shift: int


@dataclass(frozen=True, slots=True, eq=False)
class InnerLabels:
    """The labels of a call that a label names. `moves` lead to them from those of the equal calls before it.

    They are not complete where a mistake was made in the call.
    """

    labels: Mapping[str, Value | Family]
    complete: bool
    moves: tuple[Move, ...] = ()

    def get(self, name: str) -> Value | Family | None:
        """The value or family of a label; None where there is none."""
        found = self.labels.get(name)
        if isinstance(found, dict):
            return {indices: self._moved(value) for indices, value in found.items()}
        return None if found is None else self._moved(found)

    def _moved(self, value: Value) -> Value:
        for taken, flowing, shift in self.moves:
            if value.node == taken:
                value = flowing
            elif value.node >= 0:
                value = Value(value.node + shift, value.shape, value.inner)
        if value.inner is None or not self.moves:
            return value
        inner = value.inner
        moved = InnerLabels(inner.labels, inner.complete, inner.moves + self.moves)
        return Value(value.node, value.shape, moved)


@dataclass(slots=True, eq=False)
class Value:
    """A value that flows: the node that makes it and its shape; -1 and None after a mistake.

    One that is named by the label of a call knows the labels of that call.
    """

    node: int
    shape: Shape | None
    inner: InnerLabels | None = None

    def __repr__(self) -> str:
        """As calls that take it are shown: by its shape, for equal calls are shown alike."""
        return "?" if self.shape is None else describe(self.shape)


LOST = Value(-1, None)
Family = dict[tuple[int, ...], Value]
"""The values of an indexed label, by index."""
Variables = dict[str, Any]
"""The values of parameters, `let` and loops, by name."""


@dataclass(frozen=True, slots=True)
class LayerBlock:
    """A layer of the registry, as something to call or to pass on."""

    name: str
    layer: type[Layer]


@dataclass(frozen=True, slots=True)
class FormBlock:
    """`residual` or `dense`: forms of the language that take a block."""

    name: str


FORMS = {"residual": FormBlock("residual"), "dense": FormBlock("dense")}
BUILT_IN: Mapping[str, Any] = {**{op: LayerBlock(op, cls) for op, cls in REGISTRY.items()}, **FORMS}
"""The blocks that the language itself gives, by name."""
SHORTCUTS = ("identity", "project", "pad", "if_same", "none")
"""The words that `shortcut` of `residual` takes; they win over blocks that are called so."""


def has_unknown(value: Any) -> bool:
    """Whether a value, or an item of a list, is unknown."""
    return value is UNKNOWN or (isinstance(value, tuple) and any(has_unknown(item) for item in value))


SHORT_LIST = 6
"""How many integers a list has at most that a message shows."""


def kind_of(value: Any) -> str:
    """What a value is, in words for messages. Raises FollowUp where a mistake left it unknown."""
    if value is UNKNOWN or (isinstance(value, tuple) and UNKNOWN in value):
        raise FollowUp
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return f"the integer {value}"
    if isinstance(value, float):
        return (
            f"the number {value:.1f}" if value.is_integer() and abs(value) < 1e6 else f"the number {value:g}"
        )
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, tuple):
        short = len(value) <= SHORT_LIST and all(type(item) is int for item in value)
        return f"the list {list(value)}" if short else "a list"
    if isinstance(value, Value):
        return "a value of the net"
    if isinstance(value, dict):
        return "a family of labels"
    if value is None:
        return "none"
    return f"the block `{value.name}`"
