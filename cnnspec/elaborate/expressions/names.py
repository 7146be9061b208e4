"""Names in expressions: what the language calls something, and what is said where a name means nothing."""

from __future__ import annotations

from cnnspec.caching import cache
from cnnspec.diagnostics.cures import Cure
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.mistakes.suggest import suggest_at
from cnnspec.elaborate.module import BlockValue
from cnnspec.elaborate.values import SHORTCUTS, UNKNOWN, Mistake, Value, Variables, kind_of
from cnnspec.layers.base import REGISTRY
from cnnspec.layers.shapes import Shape, describe
from cnnspec.records import fields
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterable

CONSTANTS = ("true", "false", "none")
HERE = ("channels", "height", "width", "prev")
"""Names of the value that flows where they stand, and of its shape."""
SHAPE_ATTRIBUTES = ("channels", "height", "width", "size", "shape")
IN_EXPRESSION = (
    "chain it with `->`, or write it as an arm: { | a | b }; a label names what it gives: x: conv(8, 3)"
)


@cache
def words() -> frozenset[str]:
    """The words that arguments of layers and forms take."""
    kinds = (one.metadata["kind"] for cls in REGISTRY.values() for one in fields(cls))
    return frozenset(SHORTCUTS).union(*(kind.words for kind in kinds))


def value_of(name: tree.Name, context: Context, variables: Variables) -> Any:
    """What a name means where it stands. Raises Mistake where it means nothing."""
    text = name.name
    if text in variables:
        return variables[text]
    if text in context.scope.lost:
        return UNKNOWN
    found = context.lookup(text)
    if found is not None and (found is not UNKNOWN or (text not in HERE and text not in words())):
        return found
    if text in HERE:
        return _here(text, context, name.span)
    if text in words():
        return text
    if text in context.scope.suspected:
        return UNKNOWN
    raise unknown_name(name, [*variables, *context.scope.labels, *context.module.names])


def _here(name: str, context: Context, span: Span) -> Any:
    value = context.value
    if value is None:
        raise Mistake("flow-start", span, f"`{name}` stands where no value flows", help="start from a label")
    return value if name == "prev" else shape_attribute(value.shape, name, span)


def attribute(target: Any, name: str, span: Span) -> Any:
    """`target.name`: channels, sizes or shape of a value, or a label of the call it names. Raises Mistake."""
    if not isinstance(target, Value):
        message = f"`.{name}` asks for the shape of a label, this is {kind_of(target)}"
        before = span.text.rpartition(".")[0].strip()
        is_block = isinstance(target, BlockValue)
        cure = f"`.` chains nothing: write {before} -> {name}" if is_block else ""
        raise Mistake("type", span, message, help=cure)
    if name in SHAPE_ATTRIBUTES:
        return shape_attribute(target.shape, name, span)
    found = target.inner.get(name) if target.inner is not None else None
    if found is not None:
        return found
    if target.shape is None or (target.inner is not None and not target.inner.complete):
        return UNKNOWN
    labels = list(target.inner.labels) if target.inner is not None else []
    place = Span(span.source, span.end - len(name), span.end)
    known = [*SHAPE_ATTRIBUTES, *labels]
    cure = suggest_at(place, name, known, "a value has " + ", ".join(known))
    raise Mistake("unknown-attribute", span, f"a value has no `{name}`", help=cure.help, edits=cure.edits)


def shape_attribute(shape: Shape | None, name: str, span: Span) -> Any:
    """channels, height, width, size (spatial sizes) or shape of a value. Raises Mistake."""
    if shape is None:
        return UNKNOWN
    if name == "channels":
        return shape[0]
    if name == "shape":
        return shape
    sizes = shape[1:]
    if name == "size":
        return sizes
    if name == "width" and sizes:
        return sizes[-1]
    if name == "height" and len(sizes) >= 2:
        return sizes[-2]
    raise Mistake("shape-rank", span, f"a value of shape {describe(shape)} has no {name}")


def unknown_name(name: tree.Name, bound: Iterable[str]) -> Mistake:
    """The mistake of a name that means nothing, where others are bound."""
    cure = suggest_at(name.span, name.name, [*bound, *HERE, *FUNCTIONS, *CONSTANTS])
    message = f"nothing here is called `{name.name}`"
    return Mistake("unknown-name", name.span, message, help=cure.help, edits=cure.edits)


def unknown_function(name: str, span: Span, found: Any) -> Mistake:
    """The mistake of a call of what is no function, though it may be something else."""
    if isinstance(found, BlockValue):
        message, cure = f"`{name}` is a block, and gives no value of an expression", Cure(IN_EXPRESSION)
    else:
        message = f"`{name}` is not a function of the expression language"
        place = Span(span.source, span.start, span.start + len(name))
        cure = suggest_at(place, name, FUNCTIONS, "functions: " + ", ".join(FUNCTIONS))
    return Mistake("unknown-function", span, message, help=cure.help, edits=cure.edits)
