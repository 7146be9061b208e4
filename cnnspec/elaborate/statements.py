"""Statements, and the walk through the bodies that hold them.

The walk is a stack of open bodies. A statement gives the bodies that it wants walked (`Visits`), and goes on
when they are, so that nothing here calls itself and no depth of nesting needs Python's stack. Of

    residual { conv(8, 3) }        the stack       net body | residual's body
    relu                                             (waits)  | conv

`residual` waits with its start until its body is walked, then adds the two; `relu` is next.
"""

from __future__ import annotations

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.building.builder import Abandoned
from cnnspec.elaborate.building.shared import SharedWeights
from cnnspec.elaborate.calls.labels import Label, bind, label_of, label_taken, label_value
from cnnspec.elaborate.calls.steps import chosen, step
from cnnspec.elaborate.context import DONE, CallSite, Context, Expectation, LabelScope, Visit, Visits
from cnnspec.elaborate.expressions.evaluate import evaluate, truth
from cnnspec.elaborate.expressions.items import unpack, unpacked
from cnnspec.elaborate.mistakes.undefined import broken_names, lost_names, words_of
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import (
    BUILT_IN,
    LOST,
    UNKNOWN,
    BoundExceeded,
    Mistake,
    Value,
    Variables,
    has_unknown,
)
from cnnspec.graph import Block
from cnnspec.layers.base import REGISTRY
from cnnspec.layers.first_names import is_newer
from cnnspec.layers.input import Input
from cnnspec.layers.shapes import Shape, describe
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Iterator


def walk(body: tree.Body, context: Context, variables: Variables) -> None:
    """Walk a body and all within it; the value goes on in `context`. Raises Abandoned at a bound."""
    mistakes: dict[int, Mistake] = {}
    open_bodies = [_statements(Visit(body, context, variables), 1, mistakes)]
    while open_bodies:
        visit = next(open_bodies[-1], None)
        if visit is None:
            open_bodies.pop()
        else:
            open_bodies.append(_statements(visit, len(open_bodies) + 1, mistakes))


def _statements(visit: Visit, depth: int, mistakes: dict[int, Mistake]) -> Iterator[Visit]:
    """Go through the statements of a body, with names of their own; gives the bodies within it.

    `mistakes` are those of statements so far: one that was wrong before is taken to be so again where an
    earlier mistake left it no value.
    """
    body, context, outer = visit
    variables, report = dict(outer), context.builder.report
    for statement in body.statements:
        lost = context.value is not None and context.value.shape is None
        try:
            for inner in STATEMENTS[statement.__class__](statement, context, variables):
                _enter(inner, depth + 1)
                yield inner
            if lost and id(statement) in mistakes:
                mistakes[id(statement)].report(report)
        # what comes after would exceed the bound again, once for every statement
        except BoundExceeded as mistake:
            context.builder.report_mistake(mistake, context.block)
            raise Abandoned from None
        except Mistake as mistake:
            context.builder.report_mistake(mistake, context.block)
            # Kept, for a later turn of a loop may come here without a value, and could not tell that it is
            # wrong too.
            mistakes.setdefault(id(statement), mistake)
            lose(statement, context, variables)


def _enter(visit: Visit, depth: int) -> None:
    """Count a body that is about to be walked. Raises BoundExceeded."""
    builder, span = visit.context.builder, visit.body.span
    builder.spend(span)
    if depth > builder.limits.nesting:
        raise BoundExceeded(
            "bound-nesting",
            span,
            f"blocks are nested more than {builder.limits.nesting} deep",
            help="does a def call itself without end? let a parameter count down, and stop it with `if`",
        )


def lose(statement: tree.Statement, context: Context, variables: Variables) -> None:
    """After a mistake: what the statement would have defined is unknown from here on."""
    context.taint()
    context.scope.lost |= lost_names(statement)
    if isinstance(statement, tree.Let):
        variables.update({name.name: UNKNOWN for name in tree.flat_names(statement.names)})
    elif isinstance(statement, tree.Definition):
        variables[statement.name] = UNKNOWN
    elif not isinstance(statement, (tree.Head, tree.Expect, tree.InputDeclaration)):
        context.value = LOST


# ---- one rule for each kind of statement


def flow(flow: tree.Flow, context: Context, variables: Variables) -> Visits:
    if flow.label is None:
        for part in flow.units:
            if (unit := chosen(part, context, variables)) is not None:
                yield from step(CallSite(unit, context, variables))
    else:
        yield from _labelled(flow, label_of(flow.label, context, variables), context, variables)
    if flow.mark is not None:
        check_mark(flow.mark, context, variables)


def _labelled(flow: tree.Flow, label: Label, context: Context, variables: Variables) -> Visits:
    if len(flow.units) == 1:
        scope = LabelScope()
        if (unit := chosen(flow.units[0], context, variables)) is not None:
            yield from step(CallSite(unit, context, variables, label.segment, scope=scope))
        if context.value is not None and (scope.labels or scope.moved or scope.tainted):
            context.value = Value(context.value.node, context.value.shape, scope.inner())
    else:
        inner = context.opened("label", label.name, label.span, label.segment)
        for part in flow.units:
            if (unit := chosen(part, inner, variables)) is not None:
                yield from step(CallSite(unit, inner, variables))
        context.value = inner.value
    _bind_here(label, context, variables)


def labelled(statement: tree.Labelled, context: Context, variables: Variables) -> Visits:
    """A loop or condition under a label: a block of its own, whose value is that which it ends in."""
    label = label_of(statement.label, context, variables)
    inner = context.opened("label", label.name, label.span, label.segment)
    yield from STATEMENTS[statement.statement.__class__](statement.statement, inner, variables)
    context.value = inner.value
    _bind_here(label, context, variables)


def _bind_here(label: Label, context: Context, variables: Variables) -> None:
    """Give a label the value that flows. Raises Mistake where its name is taken."""
    if variables.get(label.name, UNKNOWN) is not UNKNOWN:
        raise label_taken(label.name, label.span, "parameter or value")
    bind(label, context.value or LOST, context)


def inner_share(definition: tree.Definition, context: Context, variables: Variables) -> Visits:
    """A share in a body: a block with weights of its own, each time that the walk comes through.

    It sees the parameters and values around it. Raises Mistake where its name is taken.
    """
    name, builder = definition.name, context.builder
    if name in BUILT_IN and not is_newer(name):
        what = "layer" if name in REGISTRY else "form"
        cure = f"choose another name, such as `my_{name}`"
        raise Mistake("name-taken", definition.span, f"`{name}` is a {what} of the language", help=cure)
    around = dict(variables)
    block = around[name] = variables[name] = DefinedBlock(name, definition, context.module, around)
    outer = builder.shared_calls[-1] if builder.shared_calls else None
    builder.shared[block] = SharedWeights(name, around=outer)
    return DONE


def check_mark(mark: tree.Mark, context: Context, variables: Variables) -> None:
    """Hold a shape mark; one that is written out is believed where the shape is unknown.

    Marks hold for the inputs as written: a net whose input is resized from outside is not held to them.
    """
    builder = context.builder
    if builder.resized:
        return
    wanted = [None if e is None else evaluate(e, context, variables) for e in mark.extents]
    shape = context.value.shape if context.value else None
    if any(value is UNKNOWN for value in wanted):
        return
    if shape is None:
        sizes = tuple([size for size in wanted if type(size) is int and size > 0])
        # behind a mistake the mark is all that is known: with it, what follows is checked as well
        if context.value is not None and len(sizes) == len(wanted):
            context.value, builder.broken = Value(-1, sizes), True
        return
    if len(shape) != len(wanted) or any(w not in (None, s) for w, s in zip(wanted, shape, strict=True)):
        marked = "x".join("?" if w is None else str(w) for w in wanted)
        found = describe(shape)
        message = f"the shape here is {found}, the mark says {marked}"
        cure = "mend the chain before it, or the mark"
        mistake = Mistake("shape-mark", mark.span, message, label=f"found {found}", help=cure)
        builder.report_mistake(mistake, context.block)


def let(let: tree.Let, context: Context, variables: Variables) -> Visits:
    variables.update(unpack(let.names, evaluate(let.value, context, variables), let.span))
    return DONE


def loop(loop: tree.Loop, context: Context, variables: Variables) -> Visits:
    items = evaluate(loop.iterable, context, variables)
    if items is UNKNOWN:
        lose(loop, context, variables)
        return
    for inner in unpacked(loop.names, items, loop.iterable.span, context, variables):
        yield Visit(loop.body, context, inner)


def branch(branch: tree.Branch, context: Context, variables: Variables) -> Visits:
    chosen: tree.Body | tree.Branch | None = branch
    while isinstance(chosen, tree.Branch):
        condition = evaluate(chosen.condition, context, variables)
        if condition is UNKNOWN:
            lose(branch, context, variables)
            return
        chosen = chosen.body if truth(condition, chosen.condition.span) else chosen.otherwise
    if chosen is not None:
        yield Visit(chosen, context, variables)


def input_declaration(declaration: tree.InputDeclaration, context: Context, variables: Variables) -> Visits:
    _only_in_net("input", declaration.span, context)
    builder, graph = context.builder, context.builder.graph
    name = declaration.name or "input"
    extents = shape_of(declaration, context, variables)
    span = builder.stated_inputs.get(name, declaration.span)
    shape = builder.input_shapes.get(name, extents)
    # marks and expectations are facts of the net as it is written
    builder.resized = builder.resized or shape != extents
    if has_unknown(shape):
        context.scope.labels[name] = context.value = LOST
        return DONE
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape):
        raise Mistake("input-shape", span, "the sizes of an input must be integers of at least 1")
    if len(shape) != len(extents):
        cure = _full_shape(shape, extents, span)
        raise Mistake(
            "input-shape",
            span,
            f"input `{name}` has {len(extents)} sizes, channels first, and is given as {describe(shape)}",
            help=cure.help,
            edits=cure.edits,
        )
    node = graph.add(Input(shape), (), shape, context.block, declaration.span, name, -1)
    graph.inputs.append(node.node)
    bind(Label(name, (), name, declaration.span), node, context)
    context.value = node if len(graph.inputs) == 1 else None
    return DONE


def shape_of(declaration: tree.InputDeclaration, context: Context, variables: Variables) -> Any:
    """The sizes that a declaration gives to an input, some of them maybe unknown or no sizes."""
    extents = tuple([evaluate(extent, context, variables) for extent in declaration.extents])
    return extents[0] if len(extents) == 1 and isinstance(extents[0], tuple) else extents


def _full_shape(given: Shape, extents: Shape, span: Span) -> Cure:
    """The cure of an input with too few or too many sizes: its channels, where they are left out."""
    if len(given) != len(extents) - 1:
        return Cure(f"give {len(extents)} sizes, as in {describe(extents)}")
    start = span.end - len(describe(given))
    edit = Edit(Span(span.source, start, start), f"{extents[0]}x")
    is_there = span.text.endswith(f" {describe(given)}")
    return Cure(f"did you mean {describe((extents[0], *given))}?", (edit,) if is_there else ())


def section(section: tree.Section, context: Context, variables: Variables) -> Visits:
    _only_in_net(section.name, section.span, context)
    if any(isinstance(c, Block) and c.segment == section.name for c in context.block.children):
        message = f"the net has two sections `{section.name}`"
        raise Mistake("section-twice", section.span, message, help="join them into one")
    inner = context.opened("section", section.name, section.span, section.name)
    yield Visit(section.body, inner, variables)
    context.value = inner.value


def head(head: tree.Head, context: Context, variables: Variables) -> Visits:
    _only_in_net("head", head.span, context)
    graph = context.builder.graph
    label = label_of(head.name, context, variables) if head.name else None
    name = label.segment if label else "head"
    if name in graph.outputs:
        cure = "name them apart: head NAME { ... }"
        raise Mistake("head-twice", head.span, f"the net has two heads `{name}`", help=cure)
    start = label_value(head.source, context, variables) if head.source else context.value
    inner = context.opened("head", name, head.span, name)
    inner.value = start
    yield Visit(head.body, inner, variables)
    graph.outputs[name] = inner.value or LOST
    if head.training:
        graph.training_heads.add(name)
    if label is not None:
        bind(label._replace(span=head.span), graph.outputs[name], context)


def expect(expect: tree.Expect, context: Context, variables: Variables) -> Visits:
    _only_in_net("expect", expect.span, context)
    context.scope.expectations.append(Expectation(expect, context, dict(variables)))
    return DONE


def broken(broken: tree.Broken, context: Context, variables: Variables) -> Visits:
    """Walk the blocks of a statement with a syntax error: what is wrong in them is reported as well."""
    lose(broken, context, variables)
    context.scope.suspected |= words_of(broken)
    # names that the statement would have defined are unknown, and so never reported as missing
    unknown = dict.fromkeys(broken_names(broken), UNKNOWN)
    for block in broken.blocks:
        flows = [arm.flow for arm in block.arms] if isinstance(block, tree.Arms) else block.statements
        context.value = LOST
        yield Visit(tree.Body(tuple(flows), block.span), context, {**variables, **unknown})
    variables.update(unknown)
    context.value = LOST


def _only_in_net(what: str, span: Span, context: Context) -> None:
    if context.block is not context.builder.graph.root:
        raise Mistake(
            "misplaced", span, f"`{what}` belongs directly in a net, not in {context.block.describe()}"
        )


STATEMENTS: dict[type, Callable[[Any, Context, Variables], Visits]] = {
    tree.Flow: flow,
    tree.Labelled: labelled,
    tree.Loop: loop,
    tree.Branch: branch,
    tree.Let: let,
    tree.Definition: inner_share,
    tree.InputDeclaration: input_declaration,
    tree.Section: section,
    tree.Head: head,
    tree.Expect: expect,
    tree.Broken: broken,
}
