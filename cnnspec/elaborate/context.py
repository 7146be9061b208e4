"""Where the walk through a spec stands: whose labels it sees, the block it fills, the value that flows."""

from __future__ import annotations

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.building.builder import GraphBuilder
from cnnspec.elaborate.module import Arguments, Module
from cnnspec.elaborate.values import LOST, Family, InnerLabels, Mistake, Value, Variables
from cnnspec.graph import Block
from cnnspec.layers.base import Layer
from cnnspec.limits import Limits
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterable, Mapping


@dataclass(slots=True, eq=False)
class LabelScope:
    """What one call of a net or def has for itself: its labels.

    `segments` are the labels as the names of layers write them: `p[1]` and `p1` are the same. `tainted` says
    that a mistake was made here, `lost` names what it left undefined, `suspected` what a syntax error may
    have: where these mean nothing, that is its doing. `expectations` are what a net states of itself,
    `moved` the labels of an equal call, where this one was copied.
    """

    labels: dict[str, Value | Family] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    tainted: bool = False
    lost: set[str] = field(default_factory=set)
    suspected: set[str] = field(default_factory=set)
    expectations: list[Expectation] = field(default_factory=list)
    moved: InnerLabels | None = None

    def inner(self) -> InnerLabels:
        """The labels, for whoever opens them from outside."""
        return self.moved or InnerLabels(self.labels, not self.tainted)


@dataclass(slots=True, eq=False)
class Context:
    """One place of the walk; `value` is what flows there, None where nothing does yet."""

    builder: GraphBuilder
    module: Module
    scope: LabelScope
    block: Block
    value: Value | None = None

    def lookup(self, name: str) -> Any:
        """A label, block, layer or file-level value by name; None where there is none."""
        found = self.scope.labels.get(name)
        return found if found is not None else self.module.lookup(name)

    def within(self, block: Block) -> Context:
        """The same place, filling another block."""
        return Context(self.builder, self.module, self.scope, block, self.value)

    def opened(
        self, kind: str, title: str, span: Span, segment: str = "", *, index: int | None = None
    ) -> Context:
        """The same place, filling a new block. Raises BoundExceeded where there are too many."""
        return self.within(self.builder.open(self.block, kind, title, span, segment, index))

    def flowing(self, span: Span) -> Value:
        """The value that flows into a place. Raises Mistake where there is none."""
        if self.value is not None:
            return self.value
        if self.scope.tainted:
            return LOST
        if len(self.builder.graph.inputs) > 1:
            message = "the net has several inputs, and none flows in here"
            raise Mistake("flow-start", span, message, help="begin the chain with the name of an input")
        cure = "declare the input first: input 3x224x224"
        raise Mistake("flow-start", span, "no value flows in here", help=cure)

    def add(
        self,
        layer: type[Layer],
        fields: Mapping[str, Any],
        inputs: tuple[Value, ...],
        span: Span,
        segment: str = "",
    ) -> Value:
        """Add a layer to the block and give its value. Raises Mistake where it does not fit its inputs."""
        builder = self.builder
        return builder.add(builder.layer(layer, fields), inputs, self.block, span, segment)

    def taint(self) -> None:
        """Remember that a mistake was made here."""
        self.scope.tainted = self.builder.broken = True

    def note(self, mistake: Mistake) -> None:
        """Report a mistake after which the statement goes on."""
        self.builder.report_mistake(mistake, self.block)
        self.taint()


def context_of_file(module: Module, report: Report, limits: Limits) -> Context:
    """The place at the top of a file, where no value flows."""
    builder = GraphBuilder(report, limits, {})
    return Context(builder, module, LabelScope(), builder.graph.root)


class Expectation(NamedTuple):
    """An `expect` of a net, and the names that it may use beside the figures of the net."""

    statement: tree.Expect
    context: Context
    variables: Variables


class CallSite(NamedTuple):
    """A call as it stands in a flow: its text, where the walk stands, and the values of the names it sees.

    `segment` is its label, empty where it has none; `turn` is its number within a repeat. `early` are the
    arguments that its block had before, `scope` is filled with the labels of a def.
    """

    unit: tree.Unit
    context: Context
    variables: Variables
    segment: str = ""
    turn: int | None = None
    early: Arguments = ()
    scope: LabelScope | None = None

    @property
    def span(self) -> Span:
        return self.unit.span

    @property
    def arguments(self) -> tuple[tree.Argument, ...]:
        return self.unit.arguments or ()

    def opened(self, kind: str, title: str) -> Context:
        """The place of the walk within a new block for this call. Raises BoundExceeded."""
        return self.context.opened(kind, title, self.span, self.segment, index=self.turn)


class Visit(NamedTuple):
    """A body that is to be walked before what asks for it goes on."""

    body: tree.Body
    context: Context
    variables: Variables


Visits = Iterable[Visit]
"""What a call or statement gives: the bodies that it wants walked, one after the other, as it goes on."""
DONE: tuple[Visit, ...] = ()
"""The visits of what has no body to be walked."""
