"""The forms that join values: concat, add, mul and maximum; residual; dense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnnspec.elaborate.arguments import match, word_or_value
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.evaluate import Variables, evaluate, truth, unpacked
from cnnspec.elaborate.mistakes.fixes import size_cure
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.elaborate.values import LOST, SHORTCUTS, UNKNOWN, Mistake, Value, kind_of
from cnnspec.layers.base import Layer, Shape, describe
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import Add, Concat
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.shape import Subsample, ZeroChannels
from cnnspec.source import Span
from cnnspec.syntax import tree

if TYPE_CHECKING:
    from cnnspec.elaborate.walk import Walk


ARMS = "an arm begins with `|`: {} {{ | a | b }}"


def join(
    walk: Walk, layer: type[Layer], unit: tree.Unit, context: Context, scope: Variables, segment: str
) -> None:
    """A join of arms, `concat { | a | b }`, or of named values, `concat(skip[2], prev)`."""
    if unit.block is not None and unit.arguments:
        raise Mistake("arms", unit.span, f"`{layer.op}` joins either named values or arms, not both")
    if unit.block is None:
        values = tuple(_named_values(layer.op, unit, context, scope))
        context.value = walk.add(walk.layer(layer, {}), values, context, unit.span, segment)
        return
    if isinstance(unit.block, tree.Body):
        note = walk.noting(context)
        note(Mistake("arms", unit.span, f"`{layer.op}` has no arms here", help=ARMS.format(layer.op)))
    inner = context.within(walk.open(context, "join", layer.op, unit.span, segment))
    values = tuple(_arms(walk, unit.block, inner, scope))
    if not values:
        raise Mistake(
            "arms",
            unit.span,
            f"`{layer.op}` has no arms here",
            help="an arm is `| chain`; identity is the empty one",
        )
    context.value = walk.add(walk.layer(layer, {}), values, inner, unit.span)


def _named_values(op: str, unit: tree.Unit, context: Context, scope: Variables) -> Iterator[Value]:
    if not unit.arguments:
        raise Mistake(
            "arms",
            unit.span,
            f"`{op}` has nothing to join",
            help=f"write {op}(a, prev), or arms: {op} {{ | a | b }}",
        )
    for argument in unit.arguments:
        if argument.name is not None:
            raise Mistake("argument-name", argument.span, f"`{op}` takes values of the net, without names")
        yield from _values(evaluate(argument.value, context, scope), argument.span, op)


def _values(found: Any, span: Span, op: str) -> Iterator[Value]:
    if found is UNKNOWN:
        yield LOST
    elif isinstance(found, Value):
        yield found
    elif isinstance(found, (tuple, dict)):
        for item in found.values() if isinstance(found, dict) else found:
            yield from _values(item, span, op)
    else:
        raise Mistake("not-a-label", span, f"`{op}` joins values of the net, this is {kind_of(found)}")


def _arms(walk: Walk, block: tree.Body | tree.Arms, context: Context, scope: Variables) -> Iterator[Value]:
    """The values of the arms, each of which starts from the value that flows in; a plain body is one arm."""
    start = context.value
    if isinstance(block, tree.Body):
        walk.body(block, context, scope)
        yield walk.flowing(block.span, context)
        return
    number = 0
    for arm in block.arms:
        for inner in _guarded(arm.guards, context, scope):
            number += 1
            arm_block = walk.open(context, "arm", "arm", arm.span, f"arm{number}")
            inside = context.within(arm_block)
            inside.value = start
            walk.body(tree.Body((arm.flow,), arm.span), inside, inner)
            yield walk.flowing(arm.span, inside)


def _guarded(guards: tuple[tree.Guard, ...], context: Context, scope: Variables) -> Iterator[Variables]:
    """The scopes in which an arm stands: one for each turn of its loops whose conditions hold."""
    if not guards:
        yield scope
        return
    guard, *rest = guards
    value = evaluate(guard.value, context, scope)
    if value is UNKNOWN:
        context.frame.tainted = True
        return
    if not guard.names:
        if truth(value, guard.value.span):
            yield from _guarded(tuple(rest), context, scope)
        return
    for inner in unpacked(guard.names, value, guard.value.span, context, scope):
        yield from _guarded(tuple(rest), context, inner)


def residual(
    walk: Walk, unit: tree.Unit, context: Context, scope: Variables, segment: str, index: int | None
) -> None:
    """The sum of a main path and its shortcut. He et al. 2015, section 3.2 and 3.3."""
    shortcut, span = _shortcut_word(unit, context, scope)
    if unit.block is None:
        raise Mistake(
            "arms",
            unit.span,
            "`residual` needs its main path in braces",
            help="write residual { conv(64, 3) }",
        )
    start = walk.flowing(unit.span, context)
    inner = context.within(walk.open(context, "residual", "residual", unit.span, segment, index=index))
    values = list(_arms(walk, unit.block, inner, scope))
    if len(values) == 1:
        inner.value = start
        values = [values[0], *_shortcut(walk, shortcut, values[0], inner, unit.span)]
    elif unit.arguments:
        raise Mistake(
            "arms", span, "`shortcut=` is for a main path alone; here the second arm is the shortcut"
        )
    _check_shapes(walk, values, unit.span)
    context.value = (
        walk.add(walk.layer(Add, {}), tuple(values), inner, unit.span) if len(values) > 1 else values[0]
    )


def _shortcut_word(unit: tree.Unit, context: Context, scope: Variables) -> tuple[str, Span]:
    given = match(unit.arguments or (), ("shortcut",), "residual", unit.span).get("shortcut")
    if given is None:
        return "identity", unit.span
    word = word_or_value(given.value, SHORTCUTS, "`shortcut` of `residual`", context, scope)
    if word is UNKNOWN:
        return "if_same", given.span
    if word not in SHORTCUTS:
        cure = suggest(word, list(SHORTCUTS)) if isinstance(word, str) else ""
        raise Mistake(
            "argument-value", given.span, f"`shortcut` must be one of {', '.join(SHORTCUTS)}", help=cure
        )
    return word, given.span


def _shortcut(walk: Walk, kind: str, main: Value, context: Context, span: Span) -> list[Value]:
    """The value of the shortcut, as a list; empty where there is none."""
    start = context.value
    assert start is not None
    if start.shape is None or main.shape is None:
        return [LOST]
    if start.shape == main.shape:
        return [start]
    if kind == "if_same":
        return []
    if kind == "identity":
        return [start]
    inner = context.within(walk.open(context, "shortcut", "shortcut", span))
    stride = _stride_between(start.shape, main.shape)
    if stride is None:
        sizes = f"{describe(start.shape[1:])} to {describe(main.shape[1:])}"
        cure = (
            size_cure(walk.draft, (start, main))
            if len(start.shape) == len(main.shape)
            else LET_BOTH_END_ALIKE
        )
        raise _unequal(
            main.shape, start.shape, span, cure or f"no stride takes {sizes}: check pad and stride"
        )
    layers = (
        _projection(walk, main.shape, stride)
        if kind == "project"
        else _padding(walk, start.shape, main.shape, stride, span)
    )
    for layer in layers:
        inner.value = walk.add(layer, (walk.flowing(span, inner),), inner, span)
    return [inner.value or LOST]


def _projection(walk: Walk, shape: Shape, stride: tuple[int, ...]) -> Iterator[Layer]:
    """Option B of the paper: a 1x1 convolution with the stride that makes the shapes agree, and batchnorm."""
    if len(shape) == 1:
        yield walk.layer(Linear, {"out": shape[0], "bias": False})
    else:
        step = stride[0] if len(set(stride)) == 1 else stride
        yield walk.layer(Conv, {"out": shape[0], "kernel": 1, "stride": step, "bias": False})
    yield walk.layer(BatchNorm, {})


def _padding(walk: Walk, start: Shape, end: Shape, stride: tuple[int, ...], span: Span) -> Iterator[Layer]:
    """Option A of the paper: every stride-th pixel, and zero channels."""
    if end[0] < start[0]:
        raise _unequal(
            end, start, span, "the main path has fewer channels than the shortcut: use shortcut=project"
        )
    if any(step > 1 for step in stride):
        yield walk.layer(Subsample, {"stride": stride[0] if len(set(stride)) == 1 else stride})
    if end[0] > start[0]:
        yield walk.layer(ZeroChannels, {"out": end[0]})


def _stride_between(start: Shape, end: Shape) -> tuple[int, ...] | None:
    """The strides that take the sizes of one shape to those of the other; None where none do."""
    if len(start) != len(end):
        return None
    strides = tuple(-(-size // wanted) for size, wanted in zip(start[1:], end[1:], strict=True))
    sizes = tuple(-(-size // step) for size, step in zip(start[1:], strides, strict=True))
    return strides if sizes == end[1:] else None


def _check_shapes(walk: Walk, values: list[Value], span: Span) -> None:
    shapes = [value.shape for value in values]
    if None in shapes:
        return
    for shape in shapes[1:]:
        if shape is not None and shapes[0] is not None and shape != shapes[0]:
            cure = "write residual(shortcut=project), or give the shortcut as a second arm"
            sizes = size_cure(walk.draft, tuple(values))
            if shape[0] == shapes[0][0]:
                cure = sizes or cure
            elif sizes and _stride_between(shape, shapes[0]) is None:
                cure = f"{sizes}; then {cure}"
            raise _unequal(shapes[0], shape, span, cure)


LET_BOTH_END_ALIKE = "let both end in maps, or both in vectors"


def _unequal(main: Shape | None, shortcut: Shape | None, span: Span, cure: str) -> Mistake:
    return Mistake(
        "shape-join",
        span,
        "the arms of `residual` end in different shapes",
        label=f"main path {describe(main)}, shortcut {describe(shortcut)}",
        help=cure,
    )


def dense(
    walk: Walk, unit: tree.Unit, context: Context, scope: Variables, segment: str, index: int | None
) -> None:
    """A dense block: each turn's output is joined to all that came before. Huang et al. 2017, section 3."""
    argument = match(unit.arguments or (), ("layers",), "dense", unit.span).get("layers")
    if argument is None or not isinstance(unit.block, tree.Body):
        raise Mistake(
            "arms",
            unit.span,
            "`dense` needs a count and a block",
            help="write dense(6) { conv(32, 3) }; a fully connected layer is linear(10)",
        )
    count = evaluate(argument.value, context, scope)
    if count is UNKNOWN:
        context.value, context.frame.tainted = LOST, True
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise Mistake(
            "repeat-count", argument.span, f"`dense` takes an integer from 0 up, this is {kind_of(count)}"
        )
    if count + len(walk.draft.nodes) > walk.limits.nodes:
        raise walk.too_large(argument.span)
    outer = context.within(walk.open(context, "dense", "dense", unit.span, segment, index=index))
    for turn in range(count):
        block = walk.open(outer, "group", "dense", unit.span, str(turn), index=turn)
        inner = outer.within(block)
        before = walk.flowing(unit.span, inner)
        walk.body(unit.block, inner, scope)
        outer.value = walk.add(
            walk.layer(Concat, {}), (before, walk.flowing(unit.span, inner)), inner, unit.span
        )
    context.value = outer.value
