"""What the text of a definition tells, used or not: the walk sees only the branches that a net takes."""

from __future__ import annotations

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.building.builder import MAX_MISTAKES
from cnnspec.elaborate.calls.labels import unknown_block
from cnnspec.elaborate.calls.layer import refuse_block
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.expressions.matching import match, missing
from cnnspec.elaborate.expressions.names import HERE, unknown_function, unknown_name, words
from cnnspec.elaborate.mistakes.undefined import lost_names, words_of
from cnnspec.elaborate.module import DefinedBlock, Module, PartialBlock
from cnnspec.elaborate.values import UNKNOWN, FollowUp, LayerBlock, Mistake
from cnnspec.layers.base import parameters
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator

Definition = tree.Definition | tree.NetDefinition
Nodes = list[Any]
"""The nodes of a tree, in no order."""


def resolve(module: Module, report: Report) -> None:
    """Report names that mean nothing and arguments that fit no parameter, in all definitions of a file.

    A name is known wherever in the definition it is bound, so what this finds is wrong in any net. What the
    walk has reported is not said again.
    """
    for item in module.file.items:
        if isinstance(item, Definition):
            nodes = list(tree.parts(tree_of(item)))
            for mistake in _mistakes(used(nodes), bound_names(item, nodes), module):
                if report.errors > MAX_MISTAKES:
                    return
                if not isinstance(mistake, FollowUp) and not report.knows(mistake.code, mistake.span):
                    mistake.report(report)


def _mistakes(nodes: Nodes, bound: set[str], module: Module) -> Iterator[Mistake]:
    called = {id(node.function) for node in nodes if isinstance(node, tree.Call)}
    for node in nodes:
        if isinstance(node, tree.Unit) and node.target is not None and node.target.name not in bound:
            yield from _unit(node, node.target, bound, module)
        elif isinstance(node, tree.Head) and node.source is not None and node.source.name not in bound:
            yield from _block(node.source, bound, module)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            if node.function.name not in FUNCTIONS.keys() | bound:
                yield from _early(node, node.function.name, module)
        elif isinstance(node, tree.Name) and node.name not in bound:
            yield from _name(node, id(node) in called, bound, module)


def _name(name: tree.Name, is_called: bool, bound: set[str], module: Module) -> Iterator[Mistake]:
    found = module.lookup(name.name)
    is_block = _parameters(found) is not None
    if is_called and name.name not in FUNCTIONS and found is not UNKNOWN and not is_block:
        yield unknown_function(name.name, name.span, found)
        bound.add(name.name)
    elif not is_known(name.name, module):
        yield unknown_name(name, [*bound, *module.names])
        bound.add(name.name)


def _early(call: tree.Call, name: str, module: Module) -> Iterator[Mistake]:
    """What is wrong with arguments that are given to a block early: they fit none of its parameters."""
    known = _parameters(module.lookup(name))
    if known is not None:
        mistakes: list[Mistake] = []
        try:
            match(call.arguments, tuple(known), name, call.span, mistakes.append)
        except Mistake as mistake:
            mistakes.append(mistake)
        yield from mistakes


def _block(reference: tree.Reference, bound: set[str], module: Module) -> Iterator[Mistake]:
    if module.lookup(reference.name) is None:
        yield unknown_block(reference, module, bound)
        bound.add(reference.name)


def _unit(unit: tree.Unit, target: tree.Reference, bound: set[str], module: Module) -> Iterator[Mistake]:
    """What is wrong with a call: its block is unknown, or arguments do not fit those of the block."""
    yield from _block(target, bound, module)
    found = module.lookup(target.name)
    known = _parameters(found)
    if known is None:
        return
    mistakes: list[Mistake] = []
    try:
        refuse_block(found, unit)
        given = match(unit.arguments or (), tuple(known), found.name, unit.span, mistakes.append)
    except Mistake as mistake:
        yield from [*mistakes, mistake]
        return
    yield from mistakes
    lacking = [name for name, doc in known.items() if doc is not None and name not in given]
    if lacking and not mistakes:
        yield missing(found.name, lacking[0], unit.span, known[lacking[0]] or "")


def _parameters(block: Any) -> dict[str, str | None] | None:
    """The parameters of a block, those that it needs with their meaning; None where it lists none."""
    if isinstance(block, PartialBlock):
        early = dict(block.given)
        return {name: doc for name, doc in (_parameters(block.block) or {}).items() if name not in early}
    if isinstance(block, LayerBlock) and block.layer.arity is not None:
        return {p.name: p.doc if p.required else None for p in parameters(block.layer)}
    if isinstance(block, DefinedBlock):
        return {p.name: "" if p.default is None else None for p in block.definition.parameters}
    return None


# ---- names in the text of definitions: those that they bind, and those that they use


def tree_of(item: Definition) -> Any:
    """The defaults and the body of a definition."""
    return tuple(p.default for p in item.parameters), item.body


def bound_names(item: Definition, nodes: Nodes) -> set[str]:
    """The names that a definition of these nodes binds, and those that its syntax errors may mean."""
    bound = {parameter.name for parameter in item.parameters}.union(*map(lost_names, item.body.statements))
    for node in nodes:
        if names := getattr(node, "names", ()):
            bound.update(name.name for name in tree.flat_names(names))
        if isinstance(node, (tree.Definition, tree.ParameterDefinition)):
            bound.add(node.name)
        if isinstance(node, tree.Broken):
            bound.update(words_of(node))
    return bound


def used(nodes: Nodes) -> Nodes:
    """Those of the nodes that use names, calls, heads and names themselves, in the order of their text.

    What `expect` says is left out: it has names of its own.
    """
    left_out = {id(part) for node in nodes if isinstance(node, tree.Expect) for part in tree.parts(node)}
    for node in nodes:
        if names := getattr(node, "names", ()):
            left_out.update([id(name) for name in tree.flat_names(names)])
    named = [node for node in nodes if isinstance(node, (tree.Unit, tree.Head, tree.Call, tree.Name))]
    return sorted([node for node in named if id(node) not in left_out], key=lambda node: node.span.start)


def is_known(name: str, module: Module) -> bool:
    """Whether an expression of a file can use a name that its definition does not bind."""
    return module.lookup(name) is not None or name in HERE or name in FUNCTIONS or name in words()


def strays(item: Definition, module: Module) -> Iterator[str]:
    """The names that a definition uses and nothing gives a meaning."""
    nodes = list(tree.parts(tree_of(item)))
    bound = bound_names(item, nodes)
    for node in used(nodes):
        reference = _reference(node)
        if reference is not None and reference.name not in bound and not is_known(reference.name, module):
            yield reference.name


def _reference(node: Any) -> tree.Reference | tree.Name | None:
    if isinstance(node, tree.Unit):
        return node.target
    if isinstance(node, tree.Head):
        return node.source
    return node if isinstance(node, tree.Name) else None
