"""Names in the text of definitions: those that they bind, and those that nothing gives a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnspec.elaborate.expressions.evaluate import HERE, words
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.mistakes.undefined import lost_names, words_of
from cnnspec.elaborate.module import Module
from cnnspec.syntax import tree

Definition = tree.Definition | tree.Net


def tree_of(item: Definition) -> Any:
    """The defaults and the body of a definition."""
    return tuple(p.default for p in item.parameters), item.body


def bound_names(item: Definition) -> set[str]:
    """The names that a definition binds, wherever in it, and those that its syntax errors may mean."""
    bound = {parameter.name for parameter in item.parameters}.union(*map(lost_names, item.body.statements))
    for node in tree.parts(tree_of(item)):
        bound.update(name.name for name in getattr(node, "names", ()))
        if isinstance(node, tree.Broken):
            bound.update(words_of(node))
    return bound


def used(item: Definition) -> list[Any]:
    """The calls, heads and names of a definition that use names, in the order of its text.

    What `expect` says is left out: it has names of its own.
    """
    binding = {id(name) for node in tree.parts(tree_of(item)) for name in getattr(node, "names", ())}
    nodes = [
        node
        for node in tree.parts(tree_of(item), without=(tree.Expect,))
        if isinstance(node, (tree.Unit, tree.Head, tree.Call, tree.Name)) and id(node) not in binding
    ]
    return sorted(nodes, key=lambda node: node.span.start)


def is_known(name: str, module: Module) -> bool:
    """Whether an expression of a file can use a name that its definition does not bind."""
    return module.lookup(name) is not None or name in HERE or name in FUNCTIONS or name in words()


def strays(item: Definition, module: Module) -> Iterator[str]:
    """The names that a definition uses and nothing gives a meaning."""
    bound = bound_names(item)
    for node in used(item):
        reference = _reference(node)
        if reference is not None and reference.name not in bound and not is_known(reference.name, module):
            yield reference.name


def _reference(node: Any) -> tree.Reference | tree.Name | None:
    if isinstance(node, tree.Unit):
        return node.target
    if isinstance(node, tree.Head):
        return node.source
    return node if isinstance(node, tree.Name) else None
