"""The walk through a net: what it has made so far, and how a statement adds to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.building import Draft
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.evaluate import Variables
from cnnspec.elaborate.mistakes.fixes import input_cure, size_cure
from cnnspec.elaborate.mistakes.undefined import lost_names
from cnnspec.elaborate.reuse import Key, Stamp
from cnnspec.elaborate.shared import SharedWeights, Sharing
from cnnspec.elaborate.statements import STATEMENTS
from cnnspec.elaborate.values import LOST, UNKNOWN, BoundExceeded, Limits, Mistake, Value
from cnnspec.graph import Block
from cnnspec.layers.base import Layer, LayerError, Shape
from cnnspec.source import Span
from cnnspec.syntax import tree

STEPS_OF_A_LAYER = 4
"""How many steps of the walk a layer is worth: what adds layers does not idle."""
MAX_MISTAKES = 1_000


class Walk:
    """One walk through one net. What it makes is in `draft`, what it finds wrong in `report`."""

    def __init__(self, report: Report, limits: Limits, inputs: dict[str, Shape]) -> None:
        self.report, self.limits, self.input_shapes = report, limits, inputs
        self.draft = Draft(Block("net", ""))
        self.expectations: list[tuple[tree.Expect, Context, Variables]] = []
        self._layers: dict[tuple[Any, ...], Layer] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self.shared: dict[int, SharedWeights] = {}
        self.sharing: list[Sharing] = []
        self.stamps: dict[Key, Stamp] = {}
        self.stamped: dict[Block, Stamp] = {}
        self.broken = False
        self.mistakes: dict[int, Mistake] = {}
        self.reported = 0
        self.resized = False

    def net(self, net: tree.Net, context: Context, variables: Variables) -> None:
        """Walk a net. Raises BoundExceeded where it is over a bound."""
        self.body(net.body, context, variables)
        if not self.draft.outputs and context.value is not None:
            self.draft.outputs["output"] = context.value
        if context.frame.tainted:
            return
        if not self.draft.inputs:
            cure = "begin it with, for example, input 3x224x224"
            self.report.error("net-input", net.span, f"net {net.name} has no input", help=cure)
        elif not self.draft.outputs.keys() - self.draft.training_heads:
            self._no_output(net)

    def _no_output(self, net: tree.Net) -> None:
        trained = bool(self.draft.outputs)
        self.report.error(
            "net-output",
            net.span,
            f"net {net.name} has no output" + (" in inference: all its heads are for training" * trained),
            help="leave `, training` out of one head" if trained else "end it with a chain or a head",
        )

    def body(self, body: tree.Body, context: Context, variables: Variables) -> None:
        """Walk the statements of a body in a scope of their own; the value goes on in `context`.

        A statement that was wrong before is taken to be so again where an earlier mistake left it no value.
        """
        context.depth += 1
        context.step(body.span)
        if context.depth > self.limits.nesting:
            raise BoundExceeded(
                "bound-nesting",
                body.span,
                f"blocks are nested more than {self.limits.nesting} deep",
                help="does a def call itself without end? let a parameter count down, and stop it with `if`",
            )
        scope = dict(variables)
        for statement in body.statements:
            lost = context.value is not None and context.value.shape is None
            try:
                STATEMENTS[type(statement)](self, statement, context, scope)
                if lost and id(statement) in self.mistakes:
                    self.mistakes[id(statement)].report(self.report)
            except BoundExceeded as mistake:
                self.report_mistake(mistake, context)
                raise Abandoned from None
            except Mistake as mistake:
                self.report_mistake(mistake, context)
                self.mistakes.setdefault(id(statement), mistake)
                self.lose(statement, context, scope)
        context.depth -= 1

    def report_mistake(self, mistake: Mistake, context: Context) -> None:
        mistake.report(self.report, context.block.trail())
        self.reported += 1
        if self.reported > MAX_MISTAKES:
            raise Abandoned

    def noting(self, context: Context) -> Callable[[Mistake], None]:
        """Takes a mistake after which the statement goes on."""

        def note(mistake: Mistake) -> None:
            self.report_mistake(mistake, context)
            context.frame.tainted = self.broken = True

        return note

    def lose(self, statement: tree.Statement, context: Context, scope: Variables) -> None:
        """After a mistake: what the statement would have defined is unknown from here on."""
        context.frame.tainted = self.broken = True
        context.frame.lost |= lost_names(statement)
        if isinstance(statement, tree.Let):
            scope.update({name.name: UNKNOWN for name in statement.names})
        elif not isinstance(statement, (tree.Head, tree.Expect, tree.InputDeclaration)):
            context.value = LOST

    def too_large(self, span: Span) -> BoundExceeded:
        message = f"the net has more than {self.limits.nodes} layers"
        return BoundExceeded(
            "bound-nodes", span, message, help="repeat less, or allow more with --limit nodes=N"
        )

    def flowing(self, span: Span, context: Context) -> Value:
        """The value that flows into a place. Raises Mistake where there is none."""
        if context.value is None:
            if context.frame.tainted:
                return LOST
            several = len(self.draft.inputs) > 1
            raise Mistake(
                "flow-start",
                span,
                "the net has several inputs, and none flows in here" if several else "no value flows in here",
                help="begin the chain with the name of an input"
                if several
                else "declare the input first: input 3x224x224",
            )
        return context.value

    def layer(self, cls: type[Layer], values: dict[str, Any]) -> Layer:
        """A layer with these fields; equal ones are one object: what is found of one holds for all."""
        key = (cls, *values.items(), *map(type, values.values()))
        found = self._layers.get(key)
        if found is None:
            found = self._layers[key] = cls(**values)
        return found

    def add(
        self, layer: Layer, inputs: tuple[Value, ...], context: Context, span: Span, segment: str = ""
    ) -> Value:
        """Add a node and give its value. Raises Mistake where the layer does not fit its inputs."""
        shapes = tuple([value.shape for value in inputs])
        if None in shapes:
            return LOST
        key = (id(layer), shapes)
        shape = self._shapes.get(key)
        if shape is None:
            try:
                shape = self._shapes[key] = layer.infer(*shapes)  # type: ignore[arg-type]
            except LayerError as error:
                cure = self._cure(error, layer, inputs)
                raise Mistake(error.code, span, error.message, label=error.label, help=cure) from None
        if len(self.draft.nodes) >= self.limits.nodes:
            raise self.too_large(span)
        context.counter.steps -= STEPS_OF_A_LAYER
        owner = -1
        if self.sharing:
            owner = self.sharing[-1].claim(self.draft, layer, shapes, span)  # type: ignore[arg-type]
        return self.draft.add(
            layer, tuple([value.node for value in inputs]), shape, context.block, span, segment, owner
        )

    def _cure(self, error: LayerError, layer: Layer, inputs: tuple[Value, ...]) -> str:
        found = ""
        if error.code == "shape-join":
            found = size_cure(self.draft, inputs)
        elif error.code == "window-too-large":
            found = input_cure(self.draft, layer, inputs[0])
        return "; or ".join(filter(None, [found, error.help]))

    def open(
        self,
        context: Context,
        kind: str,
        title: str,
        span: Span,
        segment: str = "",
        *,
        index: int | None = None,
    ) -> Block:
        """A new block within the one being filled. Raises BoundExceeded where there are too many."""
        context.step(span)
        block = Block(kind, title, context.block, span, index=index, segment=segment)
        context.block.children.append(block)
        self.draft.blocks.append(block)
        return block


class Abandoned(Exception):
    """The walk ended at a bound, which has been reported."""
