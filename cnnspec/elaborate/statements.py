"""Statements: what each kind of them does to the walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnnspec.elaborate.calls import label_value, walk_unit
from cnnspec.elaborate.context import Context, has_unknown
from cnnspec.elaborate.expressions.evaluate import Variables, evaluate, truth, unpack, unpacked
from cnnspec.elaborate.labels import bind, label_indices, label_segment, label_taken
from cnnspec.elaborate.mistakes.undefined import broken_names, words_of
from cnnspec.elaborate.values import LOST, UNKNOWN, Mistake, Value
from cnnspec.graph import Block
from cnnspec.layers.base import Shape, describe
from cnnspec.layers.input import Input
from cnnspec.source import Span
from cnnspec.syntax import tree

if TYPE_CHECKING:
    from cnnspec.elaborate.walk import Walk


def flow(walk: Walk, flow: tree.Flow, context: Context, scope: Variables) -> None:
    if flow.label is None:
        for unit in flow.units:
            walk_unit(walk, unit, context, scope, "")
    else:
        labelled(walk, flow, flow.label, context, scope)
    if flow.mark is not None:
        check_mark(walk, flow.mark, context, scope)


def labelled(walk: Walk, flow: tree.Flow, label: tree.Reference, context: Context, scope: Variables) -> None:
    segment = label_segment(label, context, scope)
    indices = tuple(label_indices(label, context, scope))
    if len(flow.units) == 1:
        walk_unit(walk, flow.units[0], context, scope, segment)
    else:
        inner = context.within(walk.open(context, "label", label.name, label.span, segment))
        for unit in flow.units:
            walk_unit(walk, unit, inner, scope, "")
        context.value = inner.value
    if scope.get(label.name, UNKNOWN) is not UNKNOWN:
        raise label_taken(label.name, label.span, "parameter or value")
    bind(label.name, indices, segment, context.value or LOST, label.span, context)


def check_mark(walk: Walk, mark: tree.Mark, context: Context, scope: Variables) -> None:
    """Hold a shape mark; one that is written out is believed where the shape is unknown.

    Marks hold for the inputs as written: a net whose input is resized from outside is not held to them.
    """
    if walk.resized:
        return
    wanted = [None if e is None else evaluate(e, context, scope) for e in mark.extents]
    shape = context.value.shape if context.value else None
    if any(value is UNKNOWN for value in wanted):
        return
    if shape is None:
        sizes = tuple([size for size in wanted if type(size) is int and size > 0])
        if context.value is not None and len(sizes) == len(wanted):
            context.value, walk.broken = Value(-1, sizes), True
        return
    if len(shape) != len(wanted) or any(w not in (None, s) for w, s in zip(wanted, shape, strict=True)):
        marked = "x".join("?" if w is None else str(w) for w in wanted)
        message = f"the shape here is {describe(shape)}, the mark says {marked}"
        walk.report.error(
            "shape-mark",
            mark.span,
            message,
            label=f"found {describe(shape)}",
            help="mend the chain before it, or the mark",
            trail=context.block.trail(),
        )


def let(walk: Walk, let: tree.Let, context: Context, scope: Variables) -> None:
    scope.update(unpack(let.names, evaluate(let.value, context, scope), let.span))


def loop(walk: Walk, loop: tree.Loop, context: Context, scope: Variables) -> None:
    items = evaluate(loop.iterable, context, scope)
    if items is UNKNOWN:
        walk.lose(loop, context, scope)
        return
    for inner in unpacked(loop.names, items, loop.iterable.span, context, scope):
        walk.body(loop.body, context, inner)


def branch(walk: Walk, branch: tree.Branch, context: Context, scope: Variables) -> None:
    chosen: tree.Body | tree.Branch | None = branch
    while isinstance(chosen, tree.Branch):
        condition = evaluate(chosen.condition, context, scope)
        if condition is UNKNOWN:
            walk.lose(branch, context, scope)
            return
        chosen = chosen.body if truth(condition, chosen.condition.span) else chosen.otherwise
    if chosen is not None:
        walk.body(chosen, context, scope)


def input_declaration(
    walk: Walk, declaration: tree.InputDeclaration, context: Context, scope: Variables
) -> None:
    only_in_net(walk, "input", declaration.span, context)
    name = declaration.name or "input"
    extents = tuple([evaluate(extent, context, scope) for extent in declaration.extents])
    if len(extents) == 1 and isinstance(extents[0], tuple):
        extents = extents[0]
    shape = walk.input_shapes.get(name, extents)
    walk.resized = walk.resized or shape != extents
    if has_unknown(shape):
        context.frame.labels[name] = context.value = LOST
        return
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape):
        raise Mistake("input-shape", declaration.span, "the sizes of an input must be integers of at least 1")
    if len(shape) != len(extents):
        raise Mistake(
            "input-shape",
            declaration.span,
            f"input `{name}` has {len(extents)} sizes, channels first, and is given as {describe(shape)}",
            help=_full_shape(shape, extents),
        )
    node = walk.draft.add(Input(shape), (), shape, context.block, declaration.span, name, -1)
    walk.draft.inputs.append(node.node)
    bind(name, (), name, node, declaration.span, context)
    context.value = node if len(walk.draft.inputs) == 1 else None


def _full_shape(given: Shape, extents: Shape) -> str:
    if len(given) == len(extents) - 1:
        return f"did you mean {describe((extents[0], *given))}?"
    return f"give {len(extents)} sizes, as in {describe(extents)}"


def section(walk: Walk, section: tree.Section, context: Context, scope: Variables) -> None:
    only_in_net(walk, section.name, section.span, context)
    if any(isinstance(c, Block) and c.segment == section.name for c in context.block.children):
        raise Mistake(
            "section-twice",
            section.span,
            f"the net has two sections `{section.name}`",
            help="join them into one",
        )
    block = walk.open(context, "section", section.name, section.span, section.name)
    inner = context.within(block)
    walk.body(section.body, inner, scope)
    context.value = inner.value


def head(walk: Walk, head: tree.Head, context: Context, scope: Variables) -> None:
    only_in_net(walk, "head", head.span, context)
    name = label_segment(head.name, context, scope) if head.name else "head"
    if name in walk.draft.outputs:
        raise Mistake(
            "head-twice",
            head.span,
            f"the net has two heads `{name}`",
            help="name them apart: head NAME { ... }",
        )
    start = label_value(walk, head.source, context, scope) if head.source else context.value
    block = walk.open(context, "head", name, head.span, name)
    inner = replace(context, block=block, value=start)
    walk.body(head.body, inner, scope)
    walk.draft.outputs[name] = inner.value or LOST
    if head.training:
        walk.draft.training_heads.add(name)
    if head.name is not None:
        indices = tuple(label_indices(head.name, context, scope))
        bind(head.name.name, indices, name, inner.value or LOST, head.span, context)


def expect(walk: Walk, expect: tree.Expect, context: Context, scope: Variables) -> None:
    only_in_net(walk, "expect", expect.span, context)
    walk.expectations.append((expect, context, dict(scope)))


def broken(walk: Walk, broken: tree.Broken, context: Context, scope: Variables) -> None:
    """Walk the blocks of a statement with a syntax error: what is wrong in them is reported as well."""
    walk.lose(broken, context, scope)
    context.frame.suspected |= words_of(broken)
    inner = {**scope, **dict.fromkeys(broken_names(broken), UNKNOWN)}
    for block in broken.blocks:
        flows = [arm.flow for arm in block.arms] if isinstance(block, tree.Arms) else block.statements
        context.value = LOST
        walk.body(tree.Body(tuple(flows), block.span), context, inner)
    scope.update(dict.fromkeys(broken_names(broken), UNKNOWN))
    context.value = LOST


def only_in_net(walk: Walk, what: str, span: Span, context: Context) -> None:
    if context.block is not walk.draft.root:
        raise Mistake(
            "misplaced", span, f"`{what}` belongs directly in a net, not in {context.block.describe()}"
        )


STATEMENTS: dict[type, Callable[[Walk, Any, Context, Variables], None]] = {
    tree.Flow: flow,
    tree.Loop: loop,
    tree.Branch: branch,
    tree.Let: let,
    tree.InputDeclaration: input_declaration,
    tree.Section: section,
    tree.Head: head,
    tree.Expect: expect,
    tree.Broken: broken,
}
