"""Names that are misspelt where they are defined: one mistake, though every use of the name is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cnnspec.diagnostics.cures import choose
from cnnspec.diagnostics.report import Report
from cnnspec.elaborate.mistakes.suggest import SHORTEST, is_slip
from cnnspec.elaborate.module import DefinedBlock, Module
from cnnspec.elaborate.static.unwalked import Definition, strays
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import replace
from cnnspec.source import Span
from cnnspec.syntax import tree


class Slip(NamedTuple):
    """A name in the head of a definition that stands nowhere else, and the one that is used in its place."""

    span: Span
    name: str
    meant: str


def mend_slips(module: Module, report: Report, before: Report) -> bool:
    """Give definitions the names by which they are used, where those that they have occur nowhere else.

    Where there are any, the report is set back to what it was `before` the walk, and says that alone.
    """
    slips = list(_slips(module))
    if not slips:
        return False
    report.restore(before)
    for slip in slips:
        message = f"nothing uses `{slip.name}`, and nothing is called `{slip.meant}`"
        cure = choose(slip.span, [slip.meant])
        report.error("unknown-name", slip.span, message, help=cure.help, edits=cure.edits)
    renamed = {slip.span: slip.meant for slip in slips}
    module.file = replace(module.file, items=tuple(_renamed(item, renamed) for item in module.file.items))
    _enter_again(module)
    return True


def _slips(module: Module) -> Iterator[Slip]:
    counts = Counter(token.text for token in module.tokens if token.kind == "NAME")
    items = [item for item in module.file.items if isinstance(item, Definition)]
    unknown = {item.span: {name for name in strays(item, module) if counts[name] > 1} for item in items}
    free = set().union(*unknown.values(), _unknown_bases(module))
    for item in items:
        for parameter in item.parameters:
            if counts[parameter.name] == 1 and (meant := _meant(parameter.name, unknown[item.span])):
                free.discard(meant)
                yield Slip(parameter.span, parameter.name, meant)
    for item in items:
        if counts[item.name] == 1 and (meant := _meant(item.name, free)):
            yield Slip(item.span, item.name, meant)


def _unknown_bases(module: Module) -> Iterator[str]:
    """What nets are given by, and with, that nothing gives a meaning."""
    for item in module.file.items:
        if isinstance(item, tree.Given):
            for node in tree.parts((item.base, item.arguments)):
                known = isinstance(node, tree.Name) and (module.lookup(node.name) or module.net(node.name)[0])
                if isinstance(node, tree.Name) and not known:
                    yield node.name


def _meant(name: str, unknown: Iterable[str]) -> str:
    """The unknown name that one slip of the hand makes of a name that is not short; empty without."""
    if len(name) < SHORTEST:
        return ""
    return next((other for other in sorted(unknown) if is_slip(name, other)), "")


def _renamed(item: tree.Item, meant: dict[Span, str]) -> tree.Item:
    if not isinstance(item, Definition):
        return item
    parameters = tuple(replace(p, name=meant.get(p.span, p.name)) for p in item.parameters)
    return replace(item, name=meant.get(item.span, item.name), parameters=parameters)


def _enter_again(module: Module) -> None:
    """Let a file know its definitions by the names that they have now."""
    for item in module.file.items:
        if isinstance(item, tree.Definition):
            module.names[item.name] = DefinedBlock(item.name, item, module)
        elif isinstance(item, tree.NetDefinition):
            module.nets[item.name] = item
    named = {item.name for item in module.file.items if isinstance(item, (tree.NetDefinition, tree.Given))}
    module.nets = {name: net for name, net in module.nets.items() if name in named}
