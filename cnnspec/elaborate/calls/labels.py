"""Labels and what refers to them: their names in paths, their values, and what a reference leads to."""

from __future__ import annotations

from itertools import takewhile

from cnnspec.diagnostics.cures import FOREIGN, Cure, offer
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.items import may_lack, pick
from cnnspec.elaborate.expressions.names import HERE, attribute
from cnnspec.elaborate.mistakes.suggest import choose_near, nearest_block
from cnnspec.elaborate.module import Module, library_names
from cnnspec.elaborate.values import FORMS, LOST, UNKNOWN, Mistake, Value, Variables, kind_of
from cnnspec.layers.base import REGISTRY, parameters
from cnnspec.layers.first_names import is_newer
from cnnspec.named_tuples import NamedTuple
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterable, Iterator

SECTIONS = ("stem", "body", "head")
AXES = ("1d", "2d", "3d")
"""What classes of other libraries have in their names, which take the channels that flow in as well."""


class Label(NamedTuple):
    """A label as it is given: `p[1]` is the value of `p` at 1, and its layers are called `p1`."""

    name: str
    indices: tuple[int, ...]
    segment: str
    span: Span


def label_of(reference: tree.Reference, context: Context, variables: Variables) -> Label:
    """The label that a statement gives. Raises Mistake where an index is none."""
    if reference.members:
        message = f"`{reference.span.text}` is a label of `{reference.name}`, and cannot be given here"
        raise Mistake("not-a-label", reference.span, message, help="choose a name without `.`")
    name, indices = reference.name, tuple(_indices(reference, context, variables))
    between = "_" if indices and name[-1].isdigit() else ""
    return Label(name, indices, name + between + "_".join(map(str, indices)), reference.span)


def _indices(reference: tree.Reference, context: Context, variables: Variables) -> Iterator[int]:
    for group in reference.indices:
        for expression in group:
            index = evaluate(expression, context, variables)
            if isinstance(index, bool) or not isinstance(index, int) or index < 0:
                message = f"an index of a label is an integer from 0 up, this is {kind_of(index)}"
                raise Mistake("index", expression.span, message)
            yield index


NUMBER_IT = "number it, as in name[i]:"
IN_A_LOOP = "a repeat has no number, a loop has: for i in range(2) {{ {}[i]: ... }}"


def bind(label: Label, value: Value, context: Context) -> None:
    """Give a label its value. Raises Mistake where its name is taken."""
    scope = context.scope
    name, indices, segment, span = label
    hides = is_newer(name) and name not in context.module.names
    if not hides and context.module.lookup(name) not in (None, UNKNOWN):
        what = "layer" if name in REGISTRY else "form" if name in FORMS else "block or value"
        raise label_taken(name, span, what)
    known = scope.labels.get(name)
    if segment in scope.segments or (known is not None and bool(indices) != isinstance(known, dict)):
        other = "" if segment == name else f" (its layers are called `{segment}`)"
        message = f"the label `{name}` is given twice{other}"
        around = takewhile(lambda block: block.kind not in ("def", "share"), context.block.ancestors())
        repeated = any(block.kind == "repeat" for block in around)
        raise Mistake("label-twice", span, message, help=IN_A_LOOP.format(name) if repeated else NUMBER_IT)
    scope.segments.add(segment)
    if indices:
        scope.labels.setdefault(name, {})[indices] = value  # type: ignore[index]
    else:
        scope.labels[name] = value


def label_taken(name: str, span: Span, what: str) -> Mistake:
    """The mistake of a label that has the name of something else."""
    return Mistake(
        "label-taken", span, f"the label `{name}` has the name of a {what}", help="choose another name"
    )


def resolve(reference: tree.Reference, context: Context, variables: Variables) -> Any:
    """What a reference leads to: a value, a family of them, a block or UNKNOWN. Raises Mistake."""
    target = variables.get(reference.name)
    if target is None and reference.name in context.scope.lost:
        return UNKNOWN
    if target is None:
        target = context.lookup(reference.name)
    if target is None and reference.name in context.scope.suspected:
        return UNKNOWN
    if target is None:
        if reference.indices:
            context.scope.lost.add(reference.name)
        raise unknown_block(reference, context.module, [*context.scope.labels, *variables])
    if reference.indices and isinstance(target, dict):
        target = may_lack(target, reference.name, context)
    target = _picked(target, reference, context, variables)
    for member in reference.members:
        if target is UNKNOWN:
            return UNKNOWN
        place = Span(reference.span.source, reference.span.start, member.span.end)
        target = _picked(attribute(target, member.name, place), member, context, variables)
    return target


def _picked(
    target: Any, reference: tree.Reference | tree.Member, context: Context, variables: Variables
) -> Any:
    """The item that the indices of a reference lead to."""
    for group in reference.indices:
        values = [evaluate(expression, context, variables) for expression in group]
        target = pick(target, tuple(values) if len(values) > 1 else values[0], reference.span)
    return target


def label_value(reference: tree.Reference, context: Context, variables: Variables) -> Value:
    """The value of the net that a reference leads to. Raises Mistake where it leads to something else."""
    target = resolve(reference, context, variables)
    if target is UNKNOWN:
        return LOST
    if not isinstance(target, Value):
        raise Mistake("not-a-label", reference.span, f"`{reference.name}` is {kind_of(target)}, not a label")
    return target


def unknown_block(reference: tree.Reference, module: Module, bound: Iterable[str]) -> Mistake:
    """The mistake of a reference that leads to nothing, where other names are bound."""
    known = [*REGISTRY, *FORMS, *SECTIONS, *module.names, *bound]
    near = nearest_block(reference.name, known, sorted(library_names()))
    library = [name for name in near if name not in known]
    edits: tuple[Edit, ...] = ()
    if reference.members and reference.members[-1].name in known:
        cure = f"write {reference.members[-1].name} alone"
        edits = (Edit(reference.span, reference.members[-1].name),)
    elif reference.name in HERE:
        cure = f"`{reference.name}` stands in expressions; what flows in flows on by itself"
    elif reference.name in FOREIGN:
        cure, edits = FOREIGN[reference.name], _repeated(reference, module)
    elif reference.name in {**module.nets, **module.used_nets}:
        cure = "a net cannot stand in another one: write what both need as a def"
    elif reference.name in library:
        cure = f"it is in the library: use std ({reference.name})"
        edits = used(reference.name, module)
    else:
        cure, edits = _nearby(reference, near)
        if library:
            cure += f" `{library[0]}` is in the library: use std ({library[0]})"
            edits = (*edits, *used(library[0], module)) if edits else ()
    return Mistake(
        "unknown-block",
        reference.span,
        f"there is no layer, block or label `{reference.name}`",
        help=cure,
        edits=edits,
    )


def used(name: str, module: Module) -> tuple[Edit, ...]:
    """The edit that takes a block from the library: a name more in its `use`, or a `use` before all else."""
    for item in module.file.items:
        if isinstance(item, tree.Use) and item.origin == "std" and not item.is_path and item.names:
            end = item.names[-1].span.end
            return (Edit(Span(module.source, end, end), f", {name}"),)
    first = next((token for token in module.tokens if token.kind not in ("COMMENT", "NEWLINE", "END")), None)
    start = first.start if first is not None else 0
    gap = "\n" if first is not None and first.text == "use" else "\n\n"
    return (Edit(Span(module.source, start, start), f"use std ({name}){gap}"),)


def _repeated(reference: tree.Reference, module: Module) -> tuple[Edit, ...]:
    """The edits that write repeat(3) { ... } as { ... } * 3; none for what is written in another way."""
    tokens, source = module.tokens, reference.span.source
    at = next((n for n, token in enumerate(tokens) if token.start == reference.span.start), len(tokens))
    called = tokens[at : at + 5]
    if reference.name != "repeat" or [token.text for token in called[1::2]] != ["(", ")"]:
        return ()
    opens, depth = called[4], 0
    for token in tokens[at + 4 :] if opens.text == "{" and source is module.source else ():
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0:
            behind = Span(source, token.end, token.end)
            return Edit(reference.span._replace(end=opens.start), ""), Edit(behind, f" * {called[2].text}")
    return ()


def _nearby(reference: tree.Reference, near: list[str]) -> Cure:
    """The cure of a reference that leads to nothing: the blocks near it.

    What other libraries call by the number of axes takes other arguments: that is no matter of a name alone.
    """
    if any(axes in reference.name.lower() for axes in AXES):
        return Cure(offer(map(_signature, near)))
    start = reference.span.start
    return choose_near(Span(reference.span.source, start, start + len(reference.name)), reference.name, near)


def _signature(name: str) -> str:
    """How a layer is called: with the arguments that it needs."""
    needed = [p.name for p in parameters(REGISTRY[name]) if p.required] if name in REGISTRY else []
    return f"{name}({', '.join(needed)})" if needed else name
