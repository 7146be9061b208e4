"""What a name of a text stands for, and the names that a definition has of its own."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import realpath
from typing import NamedTuple

from cnnspec.elaborate.module import Module
from cnnspec.source import Source, Span
from cnnspec.syntax import tree

LANGUAGE = ""
"""The home of what the language itself gives."""


class Symbol(NamedTuple):
    """What a name stands for: `home` is the file that defines it, `owner` the definition that it belongs to.

    A name at the margin of a file has no owner; one of the language has no home. The argument `stride` of the
    layer `conv` is owned by it; one of whatever block `stage` is given by `stage()`.
    """

    home: str
    owner: str
    name: str


class Occurrence(NamedTuple):
    """A name where it stands. `defines` is true where it gets its meaning."""

    span: Span
    symbol: Symbol
    defines: bool


def home_of(source: Source) -> str:
    """What a file is known by, however specs reach it."""
    return realpath(source.path) if source.path is not None else source.name


def homes(module: Module) -> dict[str, Module]:
    """A file and those that it takes names from, directly or by way of others, by what they are known by."""
    found, ahead = dict[str, Module](), [module]
    while ahead:
        module = ahead.pop()
        if home_of(module.source) not in found:
            found[home_of(module.source)] = module
            ahead += [used for _, used in module.uses]
    return found


def shares(item: tree.Item) -> Iterator[tree.Definition]:
    """The definitions within another one, or within a net."""
    if isinstance(item, (tree.Definition, tree.NetDefinition)):
        yield from (node for node in tree.parts(item.body) if isinstance(node, tree.Definition))


def own_names(item: tree.Item) -> Iterator[str]:
    """The names that a definition gives within itself."""
    if not isinstance(item, (tree.Definition, tree.NetDefinition)):
        return
    yield from (parameter.name for parameter in item.parameters)
    for node in tree.parts(item.body):
        match node:
            case tree.Flow(label=tree.Reference(name=name)) | tree.Head(name=tree.Reference(name=name)):
                yield name
            case (
                tree.Broken(label=tree.Reference(name=name)) | tree.Labelled(label=tree.Reference(name=name))
            ):
                yield name
            case tree.Definition(name=name):
                yield name
                yield from (parameter.name for parameter in node.parameters)
            case tree.Let() | tree.Loop() | tree.Clause() | tree.Guard():
                yield from (name.name for name in tree.flat_names(node.names))
            case tree.InputDeclaration(name=str(name)):
                yield name
