"""Blocks that are given to others, and which names that makes one.

    def stage(block, out) { block(out, stride=2) }      stage() gives `stride` to what it is given
    net A { stage(basic, 8) }                           basic is given to stage
    net B { stage(wide, 8) }                            wide as well: its `stride` is that of basic

How a definition hands on what it is given (in a loop over a list, by a parameter with a default, with
arguments given early) is not followed: whatever is given to it, or stands in it, may be what it calls.

A block at `shortcut=` is called by `residual`: its parameters `out` and `stride` are names of the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnnspec.elaborate.module import DefinedBlock, Module
from cnnspec.elaborate.values import BUILT_IN, LayerBlock
from cnnspec.layers.base import parameters
from cnnspec.live.symbols import LANGUAGE, Symbol, home_of, homes, own_names, shares
from cnnspec.syntax import tree

GIVEN_TO_SHORTCUTS = frozenset(["out", "stride"])
"""What `residual` calls the block at its shortcut with."""
Owner = tuple[str, str]
"""The home and name of a definition, a net, or a layer of the language."""


class GivenBlocks(NamedTuple):
    """What definitions are given by some files: to each its blocks, and the arguments it gives to them."""

    blocks: dict[Owner, set[Owner]]
    arguments: dict[Owner, set[str]]

    def takers(self, owner: Owner, name: str, modules: Iterable[Module]) -> set[Symbol]:
        """The parameters of a name of the blocks that are given to a definition."""
        known = list(modules)
        return {Symbol(*block, name) for block in self.blocks[owner] if _takes(known, block, name)}


def joined(modules: Iterable[Module], symbol: Symbol) -> frozenset[Symbol]:
    """A symbol, and those that are renamed with it: parameters that are given through a parameter.

    A symbol among them that has no home is an argument of a layer, or of `residual`.
    """
    known = list({home: one for module in modules for home, one in homes(module).items()}.values())
    found = {symbol}
    if symbol.name in GIVEN_TO_SHORTCUTS and symbol[:2] in _at_shortcuts(known):
        found.add(Symbol(LANGUAGE, "residual", symbol.name))
    if not symbol.owner:
        return frozenset(found)
    given = flows(known)
    groups = [
        given.takers(owner, symbol.name, known) | {through(owner, symbol.name)}
        for owner, names in given.arguments.items()
        if symbol.name in names
    ]
    while more := [group for group in groups if group & found and not group <= found]:
        found.update(*more)
    return frozenset(found)


def through(owner: Owner, name: str) -> Symbol:
    """What the name of an argument stands for that a definition gives to whatever it is given."""
    return Symbol(owner[0], f"{owner[1]}()", name)


def flows(modules: Iterable[Module]) -> GivenBlocks:
    """What is given to the definitions of some files, by those of all of them."""
    given = GivenBlocks({}, {})
    calls: list[tuple[Owner, Owner | None, set[Owner], bool]] = []
    for module in modules:
        for item in module.file.items:
            if isinstance(item, (tree.Definition, tree.NetDefinition, tree.Given, tree.Space)):
                owner = home_of(module.source), item.name
                given.blocks[owner] = set(_blocks_in(item, module))
                calls += [(owner, *call) for call in _calls(item, module)]
                given.arguments[owner] = set(_given_through(item))
    changed = True
    while changed:
        changed = False
        for owner, target, blocks, hands_on in calls:
            more = blocks | given.blocks[owner] if hands_on else blocks
            for taker in [target] if target is not None else list(given.blocks[owner]):
                there = given.blocks.get(taker)
                if there is not None and not more <= there:
                    there |= more
                    changed = True
    return given


def _calls(item: tree.Item, module: Module) -> Iterator[tuple[Owner | None, set[Owner], bool]]:
    """The calls in a definition that are given blocks: what is called, the blocks, and whether what the
    definition itself is given is handed on. What is called is None where that is what it is given.
    """
    own = frozenset(own_names(item))
    for node in tree.parts(item):
        match node:
            case tree.Unit(target=tree.Reference(name=name), arguments=tuple(arguments)):
                pass
            case tree.Call(function=tree.Name(name=name), arguments=arguments):
                pass
            case tree.Given(base=tree.Name(name=name), arguments=arguments):
                pass
            case tree.Space(base=tree.Name(name=name), body=arguments):
                pass
            case _:
                continue
        blocks = set(_blocks_in(arguments, module))
        hands_on = any(isinstance(n, tree.Name) and n.name in own for n in tree.parts(arguments))
        if blocks or hands_on:
            yield None if name in own else _owner_of(name, module), blocks, hands_on


def _owner_of(name: str, module: Module) -> Owner:
    """The definition or net behind a name, or the layer of the language."""
    value = module.names.get(name)
    if isinstance(value, DefinedBlock):
        return home_of(value.module.source), value.name
    net, home = module.net(name)
    return (LANGUAGE, name) if net is None else (home_of(home.source), net.name)


def _given_through(item: tree.Item) -> Iterator[str]:
    """The names of arguments that a definition gives to a block that it is given."""
    own = frozenset(own_names(item)) - {share.name for share in shares(item)}
    for unit in tree.parts(item):
        if isinstance(unit, tree.Unit) and unit.target is not None and unit.target.name in own:
            yield from (argument.name for argument in unit.arguments or () if argument.name is not None)


def _takes(modules: Iterable[Module], owner: Owner, name: str) -> bool:
    """Whether a block has a parameter of a name."""
    home, block = owner
    if home == LANGUAGE:
        found = BUILT_IN.get(block)
        return isinstance(found, LayerBlock) and name in [p.name for p in parameters(found.layer)]
    return any(
        home_of(module.source) == home
        and any(
            isinstance(item, tree.Definition)
            and item.name == block
            and name in [p.name for p in item.parameters]
            for item in module.file.items
        )
        for module in modules
    )


def _blocks_in(within: object, module: Module) -> Iterable[Owner]:
    """The blocks that stand as values in a part of a file, but for those at shortcuts."""
    at_shortcuts = tuple(node for node in tree.parts(within) if _is_shortcut(node))
    return Counter(_values(within, module)) - Counter(_values(at_shortcuts, module))


def _is_shortcut(node: object) -> bool:
    """Whether this is given as `shortcut`, to a residual or to what hands it on to one."""
    return isinstance(node, (tree.Argument, tree.ParameterDefinition)) and node.name == "shortcut"


def _values(within: object, module: Module) -> Iterator[Owner]:
    """The blocks that stand as values in a part of a file."""
    for node in tree.parts(within):
        if isinstance(node, (tree.Name, tree.Call)):
            name = node.name if isinstance(node, tree.Name) else getattr(node.function, "name", "")
            if isinstance(module.names.get(name), DefinedBlock) or name in BUILT_IN:
                yield _owner_of(name, module)


def _at_shortcuts(modules: Iterable[Module]) -> set[Owner]:
    """The blocks that may stand at `shortcut=`."""
    return {
        block
        for module in modules
        for node in tree.parts(module.file.items)
        if _is_shortcut(node)
        for block in _values(node, module)
    }
