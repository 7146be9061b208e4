"""Every name of a text, and what it stands for.

    def block(out, stride=1) {          block  definition     out, stride  parameters of block
        x: conv(out, 3, stride=stride)  x  label of block     conv  layer   stride=  argument of conv
    }
    net A { block(8, stride=2) }        block  definition     stride=  parameter of block

A name of a definition's own (a parameter, label, `let`, loop variable) is the same wherever it stands in it.
Where a parameter takes a block (`def stage(block) { block(stride=2) }`), the argument `stride=` may be a
parameter of whichever block is passed on anywhere: these names are one, and are renamed together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from os.path import dirname, join, realpath
from typing import Any, NamedTuple

from cnnspec.elaborate import net_parameters
from cnnspec.elaborate.module import STANDARD_LIBRARY, DefinedBlock, Module
from cnnspec.elaborate.values import BUILT_IN, LayerBlock
from cnnspec.layers.base import parameters
from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.tokens import CLOSES, OPENS, Token

DEFINES = frozenset(["def", "share", "net"])
LANGUAGE = ""
"""The home of what the language itself gives."""


class Symbol(NamedTuple):
    """What a name stands for: `home` is the file that defines it, `owner` the definition that it belongs to.

    A name at the margin of a file has no owner; one of the language has no home. The argument `stride` of the
    layer `conv` is owned by it.
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


def occurrences(module: Module) -> list[Occurrence]:
    """Every name of a file that stands for something known, in the order of the text."""
    return list(_Walk(module).found())


def joined(modules: Iterable[Module], symbol: Symbol) -> frozenset[Symbol]:
    """A symbol, and those that are renamed with it: parameters that are given through a parameter.

    A symbol among them that has no home is an argument of a layer.
    """
    known = list(modules)
    if not symbol.owner or not any(_given_through(module, symbol.name) for module in known):
        return frozenset([symbol])
    passed = {target for module in known for target in _passed(module)}
    takers = {Symbol(*target, symbol.name) for target in passed if _takes(known, target, symbol.name)}
    return frozenset(takers) if symbol in takers else frozenset([symbol])


def _takes(modules: Iterable[Module], target: tuple[str, str], name: str) -> bool:
    """Whether a block has a parameter of a name."""
    home, block = target
    if home == LANGUAGE:
        found = BUILT_IN[block]
        return isinstance(found, LayerBlock) and name in [p.name for p in parameters(found.layer)]
    for module in modules:
        for value in module.names.values():
            if isinstance(value, DefinedBlock) and (home_of(value.module.source), value.name) == target:
                return any(p.name == name for p in value.definition.parameters)
    return False


def _given_through(module: Module, name: str) -> bool:
    """Whether a call of a parameter gives an argument of a name."""
    return any(
        any(argument.name == name for argument in unit.arguments or ())
        for item in module.file.items
        if (own := frozenset(own_names(item)))
        for unit in tree.parts(item)
        if isinstance(unit, tree.Unit) and unit.target is not None and unit.target.name in own
    )


def _passed(module: Module) -> Iterator[tuple[str, str]]:
    """The blocks that stand as values in a file: the home and name of each."""
    for node in tree.parts(module.file.items):
        if isinstance(node, (tree.Name, tree.Call)):
            name = node.name if isinstance(node, tree.Name) else getattr(node.function, "name", "")
            value = module.names.get(name)
            if isinstance(value, DefinedBlock):
                yield home_of(value.module.source), value.name
            elif name in BUILT_IN:
                yield LANGUAGE, name


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


def _names_in_space(item: tree.Item, module: Module) -> Iterator[tuple[int, str]]:
    """Where names stand in a space, and the net that each is a parameter of; empty for others."""
    if not isinstance(item, tree.Space):
        return
    net = item.base.name
    known = frozenset(net_parameters(net, module))
    yield item.span.start, ""
    yield item.base.span.start, ""
    for line in item.body.statements:
        if isinstance(line, tree.Vary):
            yield line.name.span.start, net
            named: Any = (line.count, line.domain)
        else:
            named = line
        for node in tree.parts(named):
            if isinstance(node, tree.Name):
                of_net = isinstance(line, tree.Where) and node.name in known
                yield node.span.start, net if of_net else ""


class _Walk:
    """One way through the tokens of a file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.home = home_of(module.source)
        self.tokens: Sequence[Token] = [t for t in module.tokens if t.kind not in ("COMMENT", "NEWLINE")]
        items = sorted(module.file.items, key=lambda item: item.span.start)
        self.starts = [item.span.start for item in items]
        self.items = items
        self.own = [frozenset(own_names(item)) for item in items]
        self.seen: set[Symbol] = set()
        self.of_spaces = {offset: net for item in items for offset, net in _names_in_space(item, module)}

    def found(self) -> Iterator[Occurrence]:
        callees: list[str | None] = []
        for at, token in enumerate(self.tokens):
            before = self.tokens[at - 1].text if at else ""
            if token.text in OPENS:
                named = token.text == "(" and at and self.tokens[at - 1].kind == "NAME"
                callees.append(before if named else None)
            elif token.text in CLOSES and callees:
                callees.pop()
            elif token.kind == "NAME" and before != ".":
                symbol = self._symbol(at, token, before, callees[-1] if callees else None)
                if symbol is not None:
                    first = symbol.home == self.home and symbol not in self.seen
                    self.seen.add(symbol)
                    yield Occurrence(Span(self.module.source, token.start, token.end), symbol, first)

    def _symbol(self, at: int, token: Token, before: str, callee: str | None) -> Symbol | None:
        name, after = token.text, self.tokens[at + 1].text if at + 1 < len(self.tokens) else ""
        place = bisect_right(self.starts, token.start) - 1
        item, own = (self.items[place], self.own[place]) if place >= 0 else (None, frozenset[str]())
        if before in DEFINES:
            return Symbol(self.home, "", name)
        if isinstance(item, tree.Space):
            return self._in_space(token, self.of_spaces.get(token.start))
        if after == "=" and before != "let" and callee is not None:
            return self._argument(callee, name, item, own)
        if name in own and item is not None:
            return Symbol(self.home, getattr(item, "name", ""), name)
        return self._at_margin(name)

    def _in_space(self, token: Token, net: str | None) -> Symbol | None:
        """What a name in a space stands for: a parameter of its net, or what it is at the margin."""
        if net is None:
            return None
        return self._of_net(net, token.text) if net else self._at_margin(token.text)

    def _of_net(self, called: str, name: str) -> Symbol | None:
        """A parameter of a net."""
        net, home = self.module.net(called)
        while isinstance(net, tree.Given):
            net, home = home.net(net.base.name)
        return None if net is None else Symbol(home_of(home.source), net.name, name)

    def _argument(self, callee: str, name: str, item: tree.Item | None, own: frozenset[str]) -> Symbol | None:
        """What `name=` in a call stands for: a parameter of what is called."""
        if callee in own:
            # given through a parameter: it is one with the parameter of some block that is passed on
            passed = (target for target in _passed(self.module))
            taking = (target for target in passed if _takes([self.module], target, name))
            found = min(taking, default=None)
            return None if found is None else Symbol(*found, name)
        block = self.module.names.get(callee)
        if isinstance(block, DefinedBlock):
            return Symbol(home_of(block.module.source), block.name, name)
        if callee in BUILT_IN:
            return Symbol(LANGUAGE, callee, name)
        return self._of_net(callee, name)

    def _at_margin(self, name: str) -> Symbol | None:
        value = self.module.names.get(name)
        if isinstance(value, DefinedBlock):
            return Symbol(home_of(value.module.source), "", value.name)
        net, home = self.module.net(name)
        if net is not None:
            return Symbol(home_of(home.source), "", name)
        if name in self.module.spaces:
            return Symbol(self.home, "", name)
        if value is not None:
            return Symbol(self._home_of_value(name), "", name)
        return Symbol(LANGUAGE, "", name) if name in BUILT_IN else None

    def _home_of_value(self, name: str) -> str:
        """The file of a value: this one, or that which `use` takes it from."""
        for item in self.items:
            if isinstance(item, tree.Use) and any(used.name == name for used in item.names):
                if not item.is_path:
                    return realpath(STANDARD_LIBRARY)
                folder = dirname(self.home) if self.module.source.path is not None else ""
                return realpath(join(folder, item.origin))
        return self.home


def at(found: Iterable[Occurrence], offset: int) -> Occurrence | None:
    """The name at an offset, or that ends there."""
    for occurrence in found:
        if occurrence.span.start <= offset <= occurrence.span.end:
            return occurrence
    return None
