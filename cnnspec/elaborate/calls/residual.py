"""`residual`: a main path and its shortcut, added. He et al. 2015, sections 3.2 and 3.3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnspec.elaborate.arguments import match, word_or_value
from cnnspec.elaborate.building.fixes import size_cure
from cnnspec.elaborate.calls.joins import arms
from cnnspec.elaborate.context import CallSite, Context, Visits
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.elaborate.values import LOST, SHORTCUTS, UNKNOWN, Mistake, Value
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.shape import Subsample, ZeroChannels
from cnnspec.layers.shapes import Shape, describe
from cnnspec.source import Span

LayerFields = tuple[type[Layer], dict[str, Any]]
LET_BOTH_END_ALIKE = "let both end in maps, or both in vectors"


def residual(site: CallSite) -> Visits:
    """The sum of a main path and its shortcut. He et al. 2015, section 3.2 and 3.3."""
    unit, context = site.unit, site.context
    shortcut, span = _shortcut_word(site)
    if unit.block is None:
        raise Mistake(
            "arms",
            unit.span,
            "`residual` needs its main path in braces",
            help="write residual { conv(64, 3) }",
        )
    start = context.flowing(unit.span)
    inner = site.opened("residual", "residual")
    values = yield from arms(unit.block, inner, site.variables)
    if not values:
        cure = "an arm is `| chain`; identity is the empty one"
        raise Mistake("arms", unit.span, "`residual` has no arms here", help=cure)
    if len(values) == 1:
        inner.value = start
        values = [values[0], *_shortcut(shortcut, values[0], inner, unit.span)]
    elif unit.arguments:
        raise Mistake(
            "arms", span, "`shortcut=` is for a main path alone; here the second arm is the shortcut"
        )
    _check_shapes(values, inner, unit.span)
    context.value = inner.add(Add, {}, tuple(values), unit.span) if len(values) > 1 else values[0]


def _shortcut_word(site: CallSite) -> tuple[str, Span]:
    given = match(site.arguments, ("shortcut",), "residual", site.span).get("shortcut")
    if given is None:
        return "identity", site.span
    what = "`shortcut` of `residual`"
    word = word_or_value(given.value, SHORTCUTS, what, site.context, site.variables)
    if word is UNKNOWN:
        return "if_same", given.span
    if word not in SHORTCUTS:
        cure = suggest(word, list(SHORTCUTS)) if isinstance(word, str) else ""
        raise Mistake(
            "argument-value", given.span, f"`shortcut` must be one of {', '.join(SHORTCUTS)}", help=cure
        )
    return word, given.span


def _shortcut(kind: str, main: Value, context: Context, span: Span) -> list[Value]:
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
    inner = context.opened("shortcut", "shortcut", span)
    stride = _stride_between(start.shape, main.shape)
    if stride is None:
        sizes = f"{describe(start.shape[1:])} to {describe(main.shape[1:])}"
        cure = (
            size_cure(context.builder.graph, (start, main))
            if len(start.shape) == len(main.shape)
            else LET_BOTH_END_ALIKE
        )
        raise _unequal(
            main.shape, start.shape, span, cure or f"no stride takes {sizes}: check pad and stride"
        )
    layers = (
        _projection(main.shape, stride)
        if kind == "project"
        else _padding(start.shape, main.shape, stride, span)
    )
    for layer, fields in layers:
        inner.value = inner.add(layer, fields, (inner.flowing(span),), span)
    return [inner.value or LOST]


def _projection(shape: Shape, stride: tuple[int, ...]) -> Iterator[LayerFields]:
    """Option B of the paper: a 1x1 convolution with the stride that makes the shapes agree, and batchnorm."""
    if len(shape) == 1:
        yield Linear, {"out": shape[0], "bias": False}
    else:
        step = stride[0] if len(set(stride)) == 1 else stride
        yield Conv, {"out": shape[0], "kernel": 1, "stride": step, "bias": False}
    yield BatchNorm, {}


def _padding(start: Shape, end: Shape, stride: tuple[int, ...], span: Span) -> Iterator[LayerFields]:
    """Option A of the paper: every stride-th pixel, and zero channels."""
    if end[0] < start[0]:
        raise _unequal(
            end, start, span, "the main path has fewer channels than the shortcut: use shortcut=project"
        )
    if any(step > 1 for step in stride):
        yield Subsample, {"stride": stride[0] if len(set(stride)) == 1 else stride}
    if end[0] > start[0]:
        yield ZeroChannels, {"out": end[0]}


def _stride_between(start: Shape, end: Shape) -> tuple[int, ...] | None:
    """The strides that take the sizes of one shape to those of the other; None where none do."""
    if len(start) != len(end):
        return None
    strides = tuple(-(-size // wanted) for size, wanted in zip(start[1:], end[1:], strict=True))
    sizes = tuple(-(-size // step) for size, step in zip(start[1:], strides, strict=True))
    return strides if sizes == end[1:] else None


def _check_shapes(values: list[Value], context: Context, span: Span) -> None:
    shapes = [value.shape for value in values]
    if None in shapes:
        return
    for shape in shapes[1:]:
        if shape is not None and shapes[0] is not None and shape != shapes[0]:
            cure = "write residual(shortcut=project), or give the shortcut as a second arm"
            sizes = size_cure(context.builder.graph, tuple(values))
            if shape[0] == shapes[0][0]:
                cure = sizes or cure
            elif sizes and _stride_between(shape, shapes[0]) is None:
                cure = f"{sizes}; then {cure}"
            raise _unequal(shapes[0], shape, span, cure)


def _unequal(main: Shape | None, shortcut: Shape | None, span: Span, cure: str) -> Mistake:
    return Mistake(
        "shape-join",
        span,
        "the arms of `residual` end in different shapes",
        label=f"main path {describe(main)}, shortcut {describe(shortcut)}",
        help=cure,
    )
