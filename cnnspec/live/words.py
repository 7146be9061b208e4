"""Every name of a text, and what it stands for.

    def block(out, stride=1) {          block  definition     out, stride  parameters of block
        x: conv(out, 3, stride=stride)  x  label of block     conv  layer   stride=  argument of conv
    }
    net A { block(8, stride=2) }        block  definition     stride=  parameter of block

A name of a definition's own (a parameter, label, `let`, loop variable) is the same wherever it stands in it.
Where a parameter takes a block (`def stage(block) { block(stride=2) }`), the argument `stride=` may be a
parameter of whichever block is given to it anywhere: these names are one (`flows.py`). A label of a call
opens those of its definition: after `y: block(8)`, the `x` of `y.x` is the label of block.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from os.path import dirname, join, realpath
from typing import Any

from cnnspec.elaborate import net_parameters
from cnnspec.elaborate.module import STANDARD_LIBRARY, DefinedBlock, Module
from cnnspec.elaborate.values import BUILT_IN
from cnnspec.live.flows import GivenBlocks, flows, through
from cnnspec.live.symbols import LANGUAGE, Occurrence, Symbol, home_of, homes, own_names, shares
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.syntax.tokens import CLOSES, OPENS, Token

DEFINES = frozenset(["def", "share", "net"])


def occurrences(module: Module) -> list[Occurrence]:
    """Every name of a file that stands for something known, in the order of the text."""
    return list(_Walk(module).found())


def _members(item: tree.Item, module: Module) -> Iterator[tuple[int, Symbol]]:
    """Where labels of calls are opened in a definition, and the label of another one that each stands for."""
    for node in tree.parts(item):
        if isinstance(node, tree.Attribute):
            opened = _opened(node.target, item, module)
            names = [(node.span.end - len(node.name), node.name)]
        elif isinstance(node, tree.Reference) and node.members:
            opened = _called(node.name, item, module)
            names = [(member.span.start, member.name) for member in node.members]
        else:
            continue
        for start, name in names:
            if opened is not None and name in own_names(opened.definition):
                yield start, Symbol(home_of(opened.module.source), opened.name, name)
                opened = _called(name, opened.definition, opened.module)


def _opened(target: tree.Expression, item: tree.Item, module: Module) -> DefinedBlock | None:
    """The definition whose labels a value opens, which is a label of a call, maybe with indices."""
    while isinstance(target, (tree.Index, tree.Slicing)):
        target = target.target
    if isinstance(target, tree.Name):
        return _called(target.name, item, module)
    around = _opened(target.target, item, module) if isinstance(target, tree.Attribute) else None
    return around and _called(getattr(target, "name", ""), around.definition, around.module)


def _called(label: str, item: tree.Item, module: Module) -> DefinedBlock | None:
    """The definition that a label of another one, or of a net, names a call of."""
    for flow in tree.parts(item):
        if isinstance(flow, tree.Flow) and flow.label is not None and flow.label.name == label:
            *_, last = tree.units(flow)
            found = module.names.get(last.target.name) if last.target is not None else None
            return found if isinstance(found, DefinedBlock) else None
    return None


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
        self.shares = {share.span.start for item in items for share in shares(item)}
        self.opened = {offset: symbol for item in items for offset, symbol in _members(item, module)}
        self.seen: set[Symbol] = set()
        self.of_spaces = {offset: net for item in items for offset, net in _names_in_space(item, module)}

    @cached_property
    def around(self) -> list[Module]:
        """The file, and those that it takes names from."""
        return list(homes(self.module).values())

    @cached_property
    def given(self) -> GivenBlocks:
        """What these give to definitions."""
        return flows(self.around)

    def found(self) -> Iterator[Occurrence]:
        callees: list[str | None] = []
        for at, token in enumerate(self.tokens):
            before = self.tokens[at - 1].text if at else ""
            if token.text in OPENS:
                named = token.text == "(" and at and self.tokens[at - 1].kind == "NAME"
                callees.append(before if named else None)
            elif token.text in CLOSES and callees:
                callees.pop()
            elif token.kind == "NAME":
                opened = self.opened.get(token.start)
                symbol = opened if before == "." else self._symbol(at, token, before, (callees or [None])[-1])
                if symbol is not None:
                    first = symbol.home == self.home and symbol not in self.seen
                    self.seen.add(symbol)
                    yield Occurrence(Span(self.module.source, token.start, token.end), symbol, first)

    def _symbol(self, at: int, token: Token, before: str, callee: str | None) -> Symbol | None:
        name, after = token.text, self.tokens[at + 1].text if at + 1 < len(self.tokens) else ""
        place = bisect_right(self.starts, token.start) - 1
        item, own = (self.items[place], self.own[place]) if place >= 0 else (None, frozenset[str]())
        if before in DEFINES and token.start not in self.shares:
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
            owner = self.home, getattr(item, "name", "")
            if item is not None and any(share.name == callee for share in shares(item)):
                return Symbol(*owner, name)
            # given through a parameter: it is one with the parameter of some block that is given to it
            return min(self.given.takers(owner, name, self.around), default=through(owner, name))
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
        space, home = self.module.space(name)
        if space is not None:
            return Symbol(home_of(home.source), "", name)
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
