"""`residual`: a main path and its shortcut, added. He et al. 2015, sections 3.2 and 3.3."""

from __future__ import annotations

from cnnspec.elaborate.calls.defined import defined_call
from cnnspec.elaborate.calls.joins import arms
from cnnspec.elaborate.calls.layer import layer_call
from cnnspec.elaborate.context import CallSite, Context, Visit, Visits
from cnnspec.elaborate.expressions.early import word_or_value
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.matching import match
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.elaborate.module import Arguments, DefinedBlock, PartialBlock, block_of
from cnnspec.elaborate.values import LOST, SHORTCUTS, UNKNOWN, LayerBlock, Mistake, Value
from cnnspec.layers.base import Layer, parameters
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.shape import Subsample, ZeroChannels
from cnnspec.layers.shapes import Shape, describe
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Generator, Iterator

ShortcutBlock = DefinedBlock | LayerBlock | PartialBlock
LayerFields = tuple[type[Layer], dict[str, Any]]
LET_BOTH_END_ALIKE = "let both end in maps, or both in vectors"


def residual(site: CallSite) -> Visits:
    """The sum of a main path and its shortcut. He et al. 2015, section 3.2 and 3.3."""
    unit, context = site.unit, site.context
    shortcut, span = _asked_shortcut(site)
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
        # the shortcut takes what the main path took, not what it gave
        inner.value = start
        values += yield from _shortcut(shortcut, values[0], inner, site, span)
    elif unit.arguments:
        raise Mistake(
            "arms", span, "`shortcut=` is for a main path alone; here the second arm is the shortcut"
        )
    _check_shapes(values, inner, unit.span)
    context.value = inner.add(Add, {}, tuple(values), unit.span) if len(values) > 1 else values[0]


def _asked_shortcut(site: CallSite) -> tuple[str | ShortcutBlock, Span]:
    """The word or block that `shortcut=` gives, and where. Raises Mistake for anything else."""
    given = match(site.arguments, ("shortcut",), "residual", site.span).get("shortcut")
    if given is None:
        return "identity", site.span
    what = "`shortcut` of `residual`"

    def here(expression: tree.Expression) -> Any:
        return evaluate(expression, site.context, site.variables)

    asked = word_or_value(given.value, SHORTCUTS, what, site.variables, here)
    if asked is UNKNOWN:
        return "if_same", given.span
    is_join = isinstance(asked, LayerBlock) and asked.layer.arity is None
    if asked not in SHORTCUTS and (is_join or not isinstance(asked, ShortcutBlock)):
        cure = suggest(asked, list(SHORTCUTS)) if isinstance(asked, str) else ""
        message = f"`shortcut` must be one of {', '.join(SHORTCUTS)}, or a block"
        raise Mistake("argument-value", given.span, message, help=cure)
    return asked, given.span


def _shortcut(
    kind: str | ShortcutBlock, main: Value, context: Context, site: CallSite, asked: Span
) -> Generator[Visit, None, list[Value]]:
    """The value of the shortcut, as a list; empty where there is none. `asked` is where it is asked for."""
    start, span = context.value, site.span
    assert start is not None
    if kind == "none":
        return []
    # After a mistake on the main path its shape is unknown: whether a projection is needed, and which, cannot
    # be said, and one mistake is told once.
    if start.shape is None or main.shape is None:
        return [LOST]
    # He et al. 2015, 3.2: the shortcut is the identity wherever shapes agree, whatever is asked for where
    # they do not.
    if start.shape == main.shape:
        return [start]
    if kind == "if_same":
        return []
    # shapes differ, so the sum that follows reports both of them
    if kind == "identity":
        return [start]
    inner = context.opened("shortcut", "shortcut", span)
    stride = _stride_between(start.shape, main.shape)
    if stride is None and (isinstance(kind, str) or "stride" in _open_parameters(kind)):
        sizes = f"{describe(start.shape[1:])} to {describe(main.shape[1:])}"
        from cnnspec.elaborate.building.fixes import size_cure

        cure = (
            size_cure(context.builder.graph, (start, main))
            if len(start.shape) == len(main.shape)
            else LET_BOTH_END_ALIKE
        )
        raise _unequal(
            main.shape, start.shape, span, cure or f"no stride takes {sizes}: check pad and stride"
        )
    if not isinstance(kind, str):
        yield from _called(kind, _needed(kind, main.shape, stride), inner, site, asked)
        return [inner.flowing(span)]
    layers = (
        _projection(main.shape, stride or ())
        if kind == "project"
        else _padding(start.shape, main.shape, stride or (), span)
    )
    for layer, fields in layers:
        inner.value = inner.add(layer, fields, (inner.flowing(span),), span)
    return [inner.value or LOST]


def _needed(block: ShortcutBlock, shape: Shape, stride: tuple[int, ...] | None) -> Arguments:
    """The arguments of a shortcut: channels and stride as far as it has such parameters, and its own."""
    open_names = _open_parameters(block)
    needed: dict[str, Any] = {"out": shape[0]}
    if stride:
        needed["stride"] = stride[0] if len(set(stride)) == 1 else stride
    return *block_of(block)[0], *[(name, value) for name, value in needed.items() if name in open_names]


def _open_parameters(block: ShortcutBlock) -> list[str]:
    """The parameters of a block that have not been given early."""
    early, target = block_of(block)
    of_layer = isinstance(target, LayerBlock)
    known = [p.name for p in (parameters(target.layer) if of_layer else target.definition.parameters)]
    return [name for name in known if name not in dict(early)]


def _called(block: ShortcutBlock, early: Arguments, context: Context, site: CallSite, span: Span) -> Visits:
    """Call a block with the arguments that it is given."""
    target = block_of(block)[1]
    unit = tree.Unit(tree.Reference(target.name, (), span), None, None, None, span)
    call = CallSite(unit, context, site.variables, early=early)
    if isinstance(target, LayerBlock):
        try:
            layer_call(call, target)
        except Mistake as mistake:
            if mistake.code == "argument-missing":
                mistake.help += ", or shortcut=project, a 1x1 convolution and batchnorm"
            raise
    else:
        yield from defined_call(call, target)


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
            from cnnspec.elaborate.building.fixes import size_cure

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
