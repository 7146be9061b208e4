"""`dense`: a block whose turns each see all that came before. Huang et al. 2017, section 3."""

from __future__ import annotations

from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.context import CallSite, Visit, Visits
from cnnspec.elaborate.expressions.evaluate import count, evaluate
from cnnspec.elaborate.expressions.matching import match
from cnnspec.elaborate.values import LOST, Mistake
from cnnspec.layers.join import Concat
from cnnspec.source import Span
from cnnspec.syntax import tree


def dense(site: CallSite) -> Visits:
    """Each turn's output is joined to all that came before."""
    unit, context = site.unit, site.context
    argument = match(site.arguments, ("layers",), "dense", unit.span).get("layers")
    if argument is None or not isinstance(unit.block, tree.Body):
        start = unit.span.start
        is_linear = argument is not None and unit.block is None
        edit = Edit(Span(unit.span.source, start, start + len("dense")), "linear")
        raise Mistake(
            "arms",
            unit.span,
            "`dense` needs a count and a block",
            help="write dense(6) { conv(32, 3) }; a fully connected layer is linear(10)",
            edits=(edit,) if is_linear and unit.span.text.startswith("dense") else (),
        )
    turns = count(evaluate(argument.value, context, site.variables), argument.span, "`dense`")
    if turns is None:
        context.value = LOST
        context.taint()
        return
    context.builder.make_room(turns, argument.span)
    outer = site.opened("dense", "dense")
    for turn in range(turns):
        inner = outer.opened("group", "dense", unit.span, str(turn), index=turn)
        before = inner.flowing(unit.span)
        yield Visit(unit.block, inner, site.variables)
        outer.value = inner.add(Concat, {}, (before, inner.flowing(unit.span)), unit.span)
    context.value = outer.value
