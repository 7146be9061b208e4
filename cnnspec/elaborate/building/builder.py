"""What a walk through a net has made so far, and the two ways to add to it: a layer, or a block of layers."""

from __future__ import annotations

from cnnspec.caching import lru_cache
from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.building.minor import MinorUse, with_argument
from cnnspec.elaborate.building.reuse import CallKey, FirstCall, Known
from cnnspec.elaborate.building.shared import SharedCall, SharedWeights
from cnnspec.elaborate.building.unnamed import UnnamedGraph
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import LOST, BoundExceeded, Mistake, Value
from cnnspec.graph import MOST_KNOWN, Block
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import LayerError, Shape
from cnnspec.limits import Limits
from cnnspec.source import Span
from cnnspec.typed import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING:
    from cnnspec.elaborate.building.measured import MeasuredCall

STEPS_OF_A_LAYER = 4
"""How many steps of the walk a layer is worth: what adds layers does not idle."""
MAX_MISTAKES = 1_000


@lru_cache(maxsize=MOST_KNOWN)
def inferred(layer: Layer, shapes: tuple[Shape, ...]) -> Shape:
    """The shape of what a layer makes of these. Raises LayerError where it does not fit them."""
    return layer.infer(*shapes)


class Abandoned(Exception):
    """The walk ended at a bound, which has been reported."""


class GraphBuilder:
    """Builds the graph of one net. What is made is in `graph`, what is found wrong in `report`.

    `stated_inputs` are the inputs whose shapes a net given by another states, and where; `steps` is what has
    been spent so far on turns, calls and items of lists, less what the layers are worth. `broken` says that a
    mistake was made, `is_done` that the net is whole, `resized` that an input is not of the size that the
    spec gives it, `uses_shares_of_file` that later calls use the weights of a share of a file.
    """

    def __init__(
        self,
        report: Report,
        limits: Limits,
        inputs: Mapping[str, Shape],
        known: Known | None = None,
        most_mistakes: int = MAX_MISTAKES,
    ) -> None:
        """`known` is what nets before it have in common with this one; one mistake more than `most_mistakes`
        ends the walk.
        """
        self.report, self.limits, self.input_shapes = report, limits, inputs
        self.known = known or Known()
        self.quick = None if self.known.measuring is None else self.known.measuring.quick
        self.graph = UnnamedGraph(Block("net", ""))
        self.stated_inputs: dict[str, Span] = {}
        self.steps = 0
        self.broken = False
        self.is_done = False
        self.resized = False
        self.shared: dict[DefinedBlock, SharedWeights] = {}
        self.uses_shares_of_file = False
        self.shared_calls: list[SharedCall] = []
        self.first_calls: dict[CallKey, FirstCall | MeasuredCall] = {}
        self.filled_by: dict[Block, FirstCall | MeasuredCall] = {}
        self._most_mistakes = most_mistakes
        self._reported = 0
        self._shapes: dict[tuple[Any, ...], Shape] = {}

    def layer(self, cls: type[Layer], values: Mapping[str, Any]) -> Layer:
        """A layer with these fields; equal ones are one object: what is found of one holds for all."""
        # the types are in the key since 1, 1.0 and true are equal, and are not the same argument
        key = (cls, *values.items(), *map(type, values.values()))
        found = self.known.layers.get(key)
        if found is None:
            found = self.known.layers[key] = cls(**values)
        return found

    def first_call(self, key: CallKey) -> FirstCall | MeasuredCall | None:
        """The first of the calls that are alike, in this net or in one before it."""
        return self.first_calls.get(key) or self.known.calls.get(key)

    def add(
        self, layer: Layer, inputs: tuple[Value, ...], block: Block, span: Span, segment: str = ""
    ) -> Value:
        """Add a node and give its value. Raises Mistake where the layer does not fit its inputs."""
        shapes = tuple([value.shape for value in inputs])
        if None in shapes:
            return LOST
        # equal layers are one object, so that its identity stands for all its arguments
        key = (id(layer), shapes)
        shape = self._shapes.get(key)
        if shape is None:
            try:
                shape = self._shapes[key] = inferred(layer, shapes)  # type: ignore[arg-type]
            except LayerError as error:
                from cnnspec.elaborate.building.fixes import mended

                told: Any = {"label": error.label, "help": self._cure(error, layer, inputs)}
                edits = mended(layer, shapes, span)  # type: ignore[arg-type]
                raise Mistake(error.code, span, error.message, **told, edits=edits) from None
        self.make_room(1, span)
        # A net may take as many steps as its layers are worth: the bound is for loops and calls that make
        # none, and layers have one of their own.
        self.steps -= STEPS_OF_A_LAYER
        owner = -1
        if self.shared_calls:
            owner = self.shared_calls[-1].claim(self.graph, layer, shapes, span)  # type: ignore[arg-type]
        if self.known.measuring is not None and self.known.measuring.ceilings:
            self.known.measuring.add(layer, shapes)  # type: ignore[arg-type]
        sources = tuple([value.node for value in inputs])
        return self.graph.add(layer, sources, shape, block, span, segment, owner)

    def change(self, number: int, use: MinorUse, value: Any) -> None:
        """Give the layer of a node another value of a minor argument."""
        node = self.graph.nodes[number]
        layer = self.layer(type(node.layer), with_argument(node.layer, use.argument, value))
        self.graph.nodes[number] = node._replace(layer=layer)

    def _cure(self, error: LayerError, layer: Layer, inputs: tuple[Value, ...]) -> str:
        from cnnspec.elaborate.building.fixes import input_cure, size_cure

        found = ""
        if error.code == "shape-join" and layer.aligns:
            found = size_cure(self.graph, inputs)
        elif error.code == "window-too-large":
            found = input_cure(self.graph, layer, inputs[0])
        return "; or ".join(filter(None, [found, error.help]))

    def open(
        self, outer: Block, kind: str, title: str, span: Span, segment: str = "", index: int | None = None
    ) -> Block:
        """A new block within another. Raises BoundExceeded where there are too many."""
        self.spend(span)
        block = Block(kind, title, outer, span, index=index, segment=segment)
        outer.children.append(block)
        self.graph.blocks.append(block)
        return block

    def make_room(self, count: int, span: Span) -> None:
        """Raise BoundExceeded where so many layers more are too many."""
        if len(self.graph.nodes) + count > self.limits.nodes:
            message = f"the net has more than {self.limits.nodes} layers"
            cure = "repeat less, or allow more with --limit nodes=N"
            raise BoundExceeded("bound-nodes", span, message, help=cure)

    def spend(self, span: Span, count: int = 1) -> None:
        """Count a turn of a loop, a block, or the items of a list. Raises BoundExceeded."""
        self.steps += count
        if self.steps > self.limits.steps:
            raise BoundExceeded(
                "bound-steps",
                span,
                f"loops, calls and lists take more than {self.limits.steps} steps beside what makes layers",
                help="does a def call itself twice, or a loop run over far too much?",
            )

    def report_mistake(self, mistake: Mistake, block: Block) -> None:
        """Report a mistake within a block. Raises Abandoned where there have been too many errors."""
        before = self.report.errors
        mistake.report(self.report, block.trail())
        self._reported += self.report.errors > before
        if self._reported > self._most_mistakes:
            raise Abandoned
