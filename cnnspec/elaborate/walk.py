"""The walk through a net: statements in order, each adding its nodes, with shapes as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cnnspec import syntax
from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.arguments import bind_parameters, layer_arguments
from cnnspec.elaborate.context import Context, Frame, has_unknown
from cnnspec.elaborate.draft import Draft
from cnnspec.elaborate.evaluate import Variables, evaluate, pick, suggest, truth, unpack, unpacked
from cnnspec.elaborate.forms import dense, join, residual
from cnnspec.elaborate.lost import broken_names, lost_names
from cnnspec.elaborate.modules import library_names
from cnnspec.elaborate.sharing import SharedWeights, Sharing
from cnnspec.elaborate.stamps import Key, Stamp, copy_stamp, stamp_key
from cnnspec.elaborate.values import (
    FORMS,
    LOST,
    UNKNOWN,
    BoundExceeded,
    DefinedBlock,
    Form,
    LayerBlock,
    Limits,
    Mistake,
    Value,
    kind_of,
)
from cnnspec.graph import Block
from cnnspec.layers.base import REGISTRY, Layer, LayerError, Shape, describe
from cnnspec.layers.input import Input
from cnnspec.source import Span


class Walk:
    """One walk through one net. What it makes is in `draft`, what it finds wrong in `report`."""

    def __init__(self, report: Report, limits: Limits, inputs: dict[str, Shape]) -> None:
        self.report, self.limits, self.input_shapes = report, limits, inputs
        self.draft = Draft(Block("net", ""))
        self.expectations: list[tuple[syntax.Expect, Context, Variables]] = []
        self._layers: dict[tuple[Any, ...], Layer] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._shared: dict[int, SharedWeights] = {}
        self._sharing: list[Sharing] = []
        self._stamps: dict[Key, Stamp] = {}
        self.broken = False
        self.resized = False

    def net(self, net: syntax.Net, context: Context, variables: Variables) -> None:
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

    def _no_output(self, net: syntax.Net) -> None:
        trained = bool(self.draft.outputs)
        self.report.error(
            "net-output",
            net.span,
            f"net {net.name} has no output" + (" in inference: all its heads are for training" * trained),
            help="leave `, training` out of one head" if trained else "end it with a chain or a head",
        )

    # ---- statements

    def body(self, body: syntax.Body, context: Context, variables: Variables) -> None:
        """Walk the statements of a body in a scope of their own; the value goes on in `context`."""
        context.depth += 1
        if context.depth > self.limits.nesting:
            raise BoundExceeded(
                "bound-nesting",
                body.span,
                f"blocks are nested more than {self.limits.nesting} deep",
                help="does a def call itself without end? let a parameter count down, and stop it with `if`",
            )
        scope = dict(variables)
        for statement in body.statements:
            try:
                STATEMENTS[type(statement)](self, statement, context, scope)
            except BoundExceeded as mistake:
                self.report_mistake(mistake, context)
                raise Abandoned from None
            except Mistake as mistake:
                self.report_mistake(mistake, context)
                self._lose(statement, context, scope)
        context.depth -= 1

    def report_mistake(self, mistake: Mistake, context: Context) -> None:
        mistake.report(self.report, context.block.trail())

    def _lose(self, statement: syntax.Statement, context: Context, scope: Variables) -> None:
        """After a mistake: what the statement would have defined is unknown from here on."""
        context.frame.tainted = self.broken = True
        context.frame.lost |= lost_names(statement)
        if isinstance(statement, syntax.Let):
            scope.update({name.name: UNKNOWN for name in statement.names})
        elif not isinstance(statement, (syntax.Head, syntax.Expect, syntax.InputDeclaration)):
            context.value = LOST

    def _broken(self, broken: syntax.Broken, context: Context, scope: Variables) -> None:
        """Walk the blocks of a statement with a syntax error: what is wrong in them is reported as well."""
        self._lose(broken, context, scope)
        inner = {**scope, **dict.fromkeys(broken_names(broken), UNKNOWN)}
        for block in broken.blocks:
            flows = [arm.flow for arm in block.arms] if isinstance(block, syntax.Arms) else block.statements
            context.value = LOST
            self.body(syntax.Body(tuple(flows), block.span), context, inner)
        scope.update(dict.fromkeys(broken_names(broken), UNKNOWN))
        context.value = LOST

    def _let(self, let: syntax.Let, context: Context, scope: Variables) -> None:
        scope.update(unpack(let.names, evaluate(let.value, context, scope), let.span))

    def _loop(self, loop: syntax.Loop, context: Context, scope: Variables) -> None:
        items = evaluate(loop.iterable, context, scope)
        if items is UNKNOWN:
            self._lose(loop, context, scope)
            return
        for inner in unpacked(loop.names, items, loop.iterable.span, context, scope):
            self.body(loop.body, context, inner)

    def _branch(self, branch: syntax.Branch, context: Context, scope: Variables) -> None:
        chosen: syntax.Body | syntax.Branch | None = branch
        while isinstance(chosen, syntax.Branch):
            condition = evaluate(chosen.condition, context, scope)
            if condition is UNKNOWN:
                self._lose(branch, context, scope)
                return
            chosen = chosen.body if truth(condition, chosen.condition.span) else chosen.otherwise
        if chosen is not None:
            self.body(chosen, context, scope)

    def _input(self, declaration: syntax.InputDeclaration, context: Context, scope: Variables) -> None:
        self._only_in_net("input", declaration.span, context)
        name = declaration.name or "input"
        extents = tuple([evaluate(extent, context, scope) for extent in declaration.extents])
        if len(extents) == 1 and isinstance(extents[0], tuple):
            extents = extents[0]
        shape = self.input_shapes.get(name, extents)
        self.resized = self.resized or shape != extents
        if has_unknown(shape):
            context.frame.labels[name] = context.value = LOST
            return
        if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape):
            raise Mistake(
                "input-shape", declaration.span, "the sizes of an input must be integers of at least 1"
            )
        node = self.draft.add(Input(shape), (), shape, context.block, declaration.span, name, -1)
        self.draft.inputs.append(node.node)
        self._bind(name, (), name, node, declaration.span, context)
        context.value = node if len(self.draft.inputs) == 1 else None

    def _section(self, section: syntax.Section, context: Context, scope: Variables) -> None:
        self._only_in_net(section.name, section.span, context)
        if any(isinstance(c, Block) and c.segment == section.name for c in context.block.children):
            raise Mistake(
                "section-twice",
                section.span,
                f"the net has two sections `{section.name}`",
                help="join them into one",
            )
        block = self.open(context, "section", section.name, section.span, section.name)
        inner = context.within(block)
        self.body(section.body, inner, scope)
        context.value = inner.value

    def _head(self, head: syntax.Head, context: Context, scope: Variables) -> None:
        self._only_in_net("head", head.span, context)
        name = self._segment(head.name, context, scope) if head.name else "head"
        if name in self.draft.outputs:
            raise Mistake(
                "head-twice",
                head.span,
                f"the net has two heads `{name}`",
                help="name them apart: head NAME { ... }",
            )
        start = self._label_value(head.source, context, scope) if head.source else context.value
        block = self.open(context, "head", name, head.span, name)
        inner = replace(context, block=block, value=start)
        self.body(head.body, inner, scope)
        self.draft.outputs[name] = inner.value or LOST
        if head.training:
            self.draft.training_heads.add(name)
        if head.name is not None:
            indices = tuple(self._indices(head.name, context, scope))
            self._bind(head.name.name, indices, name, inner.value or LOST, head.span, context)

    def _expect(self, expect: syntax.Expect, context: Context, scope: Variables) -> None:
        self._only_in_net("expect", expect.span, context)
        self.expectations.append((expect, context, dict(scope)))

    def _only_in_net(self, what: str, span: Span, context: Context) -> None:
        if context.block is not self.draft.root:
            raise Mistake(
                "misplaced", span, f"`{what}` belongs directly in a net, not in {context.block.describe()}"
            )

    # ---- flows

    def _flow(self, flow: syntax.Flow, context: Context, scope: Variables) -> None:
        if flow.label is None:
            for unit in flow.units:
                self.unit(unit, context, scope, "")
        else:
            self._labelled(flow, flow.label, context, scope)
        if flow.mark is not None:
            self._mark(flow.mark, context, scope)

    def _labelled(
        self, flow: syntax.Flow, label: syntax.Reference, context: Context, scope: Variables
    ) -> None:
        segment = self._segment(label, context, scope)
        indices = tuple(self._indices(label, context, scope))
        if len(flow.units) == 1:
            self.unit(flow.units[0], context, scope, segment)
        else:
            inner = context.within(self.open(context, "label", label.name, label.span, segment))
            for unit in flow.units:
                self.unit(unit, inner, scope, "")
            context.value = inner.value
        if label.name in scope:
            raise label_taken(label.name, label.span, "parameter or value")
        self._bind(label.name, indices, segment, context.value or LOST, label.span, context)

    def _segment(self, label: syntax.Reference, context: Context, scope: Variables) -> str:
        indices = [str(index) for index in self._indices(label, context, scope)]
        if not indices:
            return label.name
        return label.name + ("_" if label.name[-1].isdigit() else "") + "_".join(indices)

    def _indices(self, label: syntax.Reference, context: Context, scope: Variables) -> Iterator[int]:
        for group in label.indices:
            for expression in group:
                index = evaluate(expression, context, scope)
                if isinstance(index, bool) or not isinstance(index, int) or index < 0:
                    raise Mistake(
                        "index",
                        expression.span,
                        f"an index of a label is an integer from 0 up, this is {kind_of(index)}",
                    )
                yield index

    def _bind(
        self, name: str, indices: tuple[int, ...], segment: str, value: Value, span: Span, context: Context
    ) -> None:
        """Give a label its value; `segment` is how the names of layers write it. Raises Mistake."""
        frame = context.frame
        if context.module.lookup(name) is not None:
            what = "layer" if name in REGISTRY else "form" if name in FORMS else "block or value"
            raise label_taken(name, span, what)
        known = frame.labels.get(name)
        if segment in frame.segments or (known is not None and bool(indices) != isinstance(known, dict)):
            other = "" if segment == name else f" (its layers are called `{segment}`)"
            raise Mistake(
                "label-twice",
                span,
                f"the label `{name}` is given twice{other}",
                help="number it, as in name[i]:",
            )
        frame.segments.add(segment)
        frame.label_spans.setdefault(name, span)
        if indices:
            frame.labels.setdefault(name, {})[indices] = value  # type: ignore[index]
        else:
            frame.labels[name] = value

    def _mark(self, mark: syntax.Mark, context: Context, scope: Variables) -> None:
        """Hold a shape mark; one that is written out is believed where the shape is unknown.

        Marks hold for the inputs as written: a net whose input is resized from outside is not held to them.
        """
        if self.resized:
            return
        wanted = [None if e is None else evaluate(e, context, scope) for e in mark.extents]
        shape = context.value.shape if context.value else None
        if any(value is UNKNOWN for value in wanted):
            return
        if shape is None:
            if context.value is not None and None not in wanted:
                context.value = Value(-1, tuple(wanted))
            return
        if len(shape) != len(wanted) or any(w not in (None, s) for w, s in zip(wanted, shape, strict=True)):
            marked = "x".join("?" if w is None else str(w) for w in wanted)
            raise_or = f"the shape here is {describe(shape)}, the mark says {marked}"
            self.report.error(
                "shape-mark",
                mark.span,
                raise_or,
                label=f"found {describe(shape)}",
                help="mend the chain before it, or the mark",
                trail=context.block.trail(),
            )

    # ---- units

    def unit(self, unit: syntax.Unit, context: Context, scope: Variables, segment: str) -> None:
        """Walk one step of a flow, as often as it says; `segment` is its label, if it has one."""
        if unit.repeat is None:
            self.call(unit, context, scope, segment, None)
            return
        count = evaluate(unit.repeat, context, scope)
        if count is UNKNOWN:
            context.value = LOST
            context.frame.tainted = True
            return
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise Mistake(
                "repeat-count",
                unit.repeat.span,
                f"a repeat takes an integer from 0 up, this is {kind_of(count)}",
            )
        if count + len(self.draft.nodes) > self.limits.nodes:
            raise self.too_large(unit.repeat.span)
        title = self._title(unit, scope)
        block = self.open(context, "repeat", title, unit.span, segment)
        inner = context.within(block)
        for index in range(count):
            self.call(unit, inner, scope, str(index), index)
        context.value = inner.value

    def _title(self, unit: syntax.Unit, scope: Variables) -> str:
        if unit.target is None:
            return "group"
        passed = scope.get(unit.target.name)
        return getattr(passed, "name", unit.target.name)

    def too_large(self, span: Span) -> BoundExceeded:
        return BoundExceeded("bound-nodes", span, f"the net has more than {self.limits.nodes} layers")

    def call(
        self, unit: syntax.Unit, context: Context, scope: Variables, segment: str, index: int | None
    ) -> None:
        """Walk one call, label or group, and let its value go on."""
        if unit.target is None:
            self._group(unit, context, scope, segment, index)
            return
        target = self._resolve(unit.target, context, scope)
        if isinstance(target, LayerBlock):
            self._layer_call(target, unit, context, scope, segment)
        elif isinstance(target, DefinedBlock):
            self._defined_call(target, unit, context, scope, segment, index)
        elif isinstance(target, Form):
            form = residual if target.name == "residual" else dense
            form(self, unit, context, scope, segment, index)
        elif isinstance(target, Value):
            if unit.arguments is not None or unit.block is not None:
                raise Mistake(
                    "not-callable", unit.span, f"`{unit.target.name}` is a label and takes no arguments"
                )
            context.value = target
        elif target is UNKNOWN:
            context.value = LOST
        else:
            raise Mistake(
                "not-callable",
                unit.span,
                f"`{unit.target.name}` is {kind_of(target)}, not a layer, block or label",
            )

    def _group(
        self, unit: syntax.Unit, context: Context, scope: Variables, segment: str, index: int | None
    ) -> None:
        if isinstance(unit.block, syntax.Arms):
            raise Mistake(
                "arms", unit.block.span, "arms need a join before the brace", help="write concat { | a | b }"
            )
        assert unit.block is not None
        if not segment:
            self.body(unit.block, context, scope)
            return
        kind = "label" if index is None else "group"
        block = self.open(
            context, kind, segment if index is None else "group", unit.span, segment, index=index
        )
        inner = context.within(block)
        self.body(unit.block, inner, scope)
        context.value = inner.value

    def _resolve(self, reference: syntax.Reference, context: Context, scope: Variables) -> Any:
        target = scope.get(reference.name)
        if target is None and reference.name in context.frame.lost:
            return UNKNOWN
        if target is None:
            target = context.lookup(reference.name)
        if target is None:
            raise self._unknown_block(reference, context, scope)
        for group in reference.indices:
            values = tuple([evaluate(expression, context, scope) for expression in group])
            target = pick(target, values if len(values) > 1 else values[0], reference.span)
        return target

    def _unknown_block(self, reference: syntax.Reference, context: Context, scope: Variables) -> Mistake:
        known = [*REGISTRY, *FORMS, *context.module.names, *context.frame.labels, *scope]
        if reference.name in context.module.nets:
            cure = "a net cannot stand in another one: write what both need as a def"
        elif reference.name in library_names():
            cure = f"it is in the library: use std ({reference.name})"
        else:
            cure = suggest(reference.name, known)
        return Mistake(
            "unknown-block",
            reference.span,
            f"there is no layer, block or label `{reference.name}`",
            help=cure,
        )

    def _label_value(self, reference: syntax.Reference, context: Context, scope: Variables) -> Value:
        target = self._resolve(reference, context, scope)
        if target is UNKNOWN:
            return LOST
        if not isinstance(target, Value):
            raise Mistake(
                "not-a-label", reference.span, f"`{reference.name}` is {kind_of(target)}, not a label"
            )
        return target

    def _layer_call(
        self, target: LayerBlock, unit: syntax.Unit, context: Context, scope: Variables, segment: str
    ) -> None:
        if target.layer.arity is None:
            join(self, target.layer, unit, context, scope, segment)
            return
        if unit.block is not None:
            raise Mistake("block-unexpected", unit.span, f"`{target.name}` takes no block in braces")
        values = layer_arguments(target.layer, unit.arguments or (), unit.span, context, scope)
        if values is None:
            self.flowing(unit.span, context)
            context.value = LOST
        elif target.name != "identity":
            context.value = self.add(
                self.layer(target.layer, values),
                (self.flowing(unit.span, context),),
                context,
                unit.span,
                segment,
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
                raise Mistake(error.code, span, error.message, label=error.label, help=error.help) from None
        if len(self.draft.nodes) >= self.limits.nodes:
            raise self.too_large(span)
        owner = -1
        if self._sharing:
            owner = self._sharing[-1].claim(self.draft, layer, shapes, span)  # type: ignore[arg-type]
        return self.draft.add(
            layer, tuple([value.node for value in inputs]), shape, context.block, span, segment, owner
        )

    def _defined_call(
        self,
        target: DefinedBlock,
        unit: syntax.Unit,
        context: Context,
        scope: Variables,
        segment: str,
        index: int | None,
    ) -> None:
        definition = target.definition
        if unit.block is not None:
            raise Mistake("block-unexpected", unit.span, f"`{target.name}` takes no block in braces")
        kind = "share" if definition.shared else "def"
        block = self.open(context, kind, target.name, unit.span, segment, index=index)
        callee = Context(
            target.module, Frame(), block, context.value, self.limits, context.counter, context.depth
        )
        bound = bind_parameters(
            target.name, definition.parameters, unit.arguments or (), unit.span, context, scope, callee
        )
        block.arguments = tuple(bound.items())
        names = [p.name for p in definition.parameters]
        block.call = tuple(
            [(a.name, bound[a.name or names[position]]) for position, a in enumerate(unit.arguments or ())]
        )
        if definition.shared:
            weights = self._shared.setdefault(id(definition), SharedWeights(definition.name))
            self._sharing.append(Sharing(weights))
            self.body(definition.body, callee, bound)
            self._sharing.pop()
            weights.complete = True
        else:
            self._stamped_body(target, callee, bound, unit.span)
        context.value = callee.value

    def _stamped_body(self, target: DefinedBlock, callee: Context, bound: Variables, span: Span) -> None:
        """Walk the body of a def, or copy what an equal call has made."""
        taken, first = callee.value, len(self.draft.nodes)
        key = None if self._shared or self._sharing else stamp_key(target, bound, taken)
        stamp = self._stamps.get(key) if key is not None else None
        if stamp is not None and taken is not None:
            if first + stamp.end - stamp.first > self.limits.nodes:
                raise self.too_large(span)
            callee.value = copy_stamp(stamp, self.draft, callee.block, taken)
            return
        reported = self.report.total
        self.body(target.definition.body, callee, bound)
        alike = self.report.total == reported and not self._shared
        if alike and key is not None and taken is not None and callee.value is not None:
            end = len(self.draft.nodes)
            self._stamps[key] = Stamp(callee.block, first, end, taken.node, callee.value)

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
        """A new block within the one being filled."""
        block = Block(kind, title, context.block, span, index=index, segment=segment)
        context.block.children.append(block)
        return block


def label_taken(name: str, span: Span, what: str) -> Mistake:
    """The mistake of a label that has the name of something else."""
    return Mistake(
        "label-taken", span, f"the label `{name}` has the name of a {what}", help="choose another name"
    )


class Abandoned(Exception):
    """The walk ended at a bound, which has been reported."""


STATEMENTS: dict[type, Callable[[Walk, Any, Context, Variables], None]] = {
    syntax.Flow: Walk._flow,
    syntax.Loop: Walk._loop,
    syntax.Branch: Walk._branch,
    syntax.Let: Walk._let,
    syntax.InputDeclaration: Walk._input,
    syntax.Section: Walk._section,
    syntax.Head: Walk._head,
    syntax.Expect: Walk._expect,
    syntax.Broken: Walk._broken,
}
