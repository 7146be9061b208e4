"""Labels: their names in paths, their values, and what they may not be called."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.evaluate import Variables, evaluate
from cnnspec.elaborate.values import FORMS, UNKNOWN, Mistake, Value, kind_of
from cnnspec.layers.base import REGISTRY
from cnnspec.source import Span
from cnnspec.syntax import tree


def label_segment(label: tree.Reference, context: Context, scope: Variables) -> str:
    indices = [str(index) for index in label_indices(label, context, scope)]
    if not indices:
        return label.name
    return label.name + ("_" if label.name[-1].isdigit() else "") + "_".join(indices)


def label_indices(label: tree.Reference, context: Context, scope: Variables) -> Iterator[int]:
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


def bind(
    name: str, indices: tuple[int, ...], segment: str, value: Value, span: Span, context: Context
) -> None:
    """Give a label its value; `segment` is how the names of layers write it. Raises Mistake."""
    frame = context.frame
    if context.module.lookup(name) not in (None, UNKNOWN):
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


def label_taken(name: str, span: Span, what: str) -> Mistake:
    """The mistake of a label that has the name of something else."""
    return Mistake(
        "label-taken", span, f"the label `{name}` has the name of a {what}", help="choose another name"
    )
