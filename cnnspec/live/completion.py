"""What may be written next: layers, blocks, names in reach, arguments of the call around, blocks of `std`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnnspec import blocks_list
from cnnspec.colours import WORD_ROLES
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.expressions.names import SHAPE_ATTRIBUTES
from cnnspec.elaborate.module import DefinedBlock, Module, library_names
from cnnspec.elaborate.values import SHORTCUTS, LayerBlock
from cnnspec.layers import manual
from cnnspec.layers.base import REGISTRY, parameters
from cnnspec.live.figures import heading_of, written
from cnnspec.live.symbols import own_names
from cnnspec.pipeline import FIGURES, MORE_FIGURES
from cnnspec.syntax import tree
from cnnspec.syntax.tokens import CLOSES, OPENS, Token


class Offer(NamedTuple):
    """Something to write: `kind` is layer, block, argument, word, name, function, net or figure."""

    text: str
    kind: str
    detail: str = ""
    manual: str = ""


def offers(module: Module, offset: int) -> list[Offer]:
    """What may be written at an offset, the nearest in meaning first."""
    code = [token for token in module.tokens if token.kind not in ("COMMENT", "NEWLINE")]
    if any(token.kind == "COMMENT" and token.start < offset <= token.end for token in module.tokens):
        return []
    before = [token for token in code if token.end < offset or (token.end == offset and token.kind != "NAME")]
    item = _item(module, offset)
    if _used_origin(before) is not None:
        return [*_of_use(module, before)]
    if before and before[-1].text in ("def", "share", "net", "let"):
        return []
    if isinstance(item, tree.Space) or [token.text for token in before[-3::2]] == ["space", "of"]:
        return [*_in_space(module, item, before, offset)]
    if before and before[-1].text == "." and len(before) > 1:
        return [*_of_label(module, item, before[-2].text)]
    call = call_around(before)
    found = list(_arguments(module, call, before)) if call else []
    if item is None and not call:
        found += [Offer(word, "word") for word in ("net", "def", "share", "space", "use", "let")]
        return found
    found += _in_a_definition(module, item, within_call=call is not None)
    return list({offer.text: offer for offer in reversed(found)}.values())[::-1]


def _item(
    module: Module, offset: int
) -> tree.Definition | tree.NetDefinition | tree.Given | tree.Space | None:
    """The definition that an offset is in."""
    kinds = (tree.Definition, tree.NetDefinition, tree.Given, tree.Space)
    for item in module.file.items:
        if not isinstance(item, kinds) or item.body is None:
            continue
        if item.span.start <= offset <= item.body.span.end:
            return item
    return None


def _in_a_definition(module: Module, item: tree.Item | None, within_call: bool) -> list[Offer]:
    found = [Offer(name, "name") for name in dict.fromkeys(own_names(item))] if item else []
    for name, value in module.names.items():
        if isinstance(value, DefinedBlock):
            found.append(Offer(name, "block", heading_of(value.definition)))
        else:
            found.append(Offer(name, "name"))
    if within_call:
        found += [Offer(name, "function") for name in FUNCTIONS]
        found += [Offer(word, "word") for word in (*WORD_ROLES["constant"], "for", "in", "if", "else")]
        found += [Offer(op, "layer") for op in REGISTRY]
        return found
    found += [Offer(op, "layer", manual.signature(cls), manual.page(op)) for op, cls in REGISTRY.items()]
    words = ("input", "stem", "body", "head", "let", "share", "for", "if", "else", "expect")
    found += [Offer(word, "word") for word in words]
    for name, page in blocks_list.pages().items():
        kind = "layer" if page.family == "form" else "block"
        found.append(Offer(name, kind, page.signature, blocks_list.page(name)))
    if isinstance(item, (tree.NetDefinition, tree.Given)):
        found += [Offer(figure, "figure") for figure in (*FIGURES, *MORE_FIGURES)]
    return found


def _in_space(
    module: Module, item: tree.Item | None, before: Sequence[Token], offset: int
) -> Iterator[Offer]:
    """What may stand in a space: lines of `vary` and `where`, parameters of its net, and figures."""
    if not isinstance(item, tree.Space) or before[-1].text == "of":
        yield from (Offer(net, "net") for net in (*module.nets, *module.used_nets))
        return
    line = _line(module, before, offset)
    varied = {one.name.name for one in item.body.statements if isinstance(one, tree.Vary)}
    parameters = arguments_of(module, item.base.name)
    if not line:
        yield from (Offer(word, "word") for word in ("vary", "where"))
    elif line == ["vary"]:
        yield from (Offer(p.name, "name", p.written) for p in parameters if p.name not in varied)
    elif line[0] == "vary":
        words = ("step", "log") if ".." in line else () if "in" in line else ("in",)
        yield from (Offer(word, "word") for word in words)
        yield from (Offer(name, "name") for name in module.names if "in" in line)
    else:
        if line[-2:] != ["net", "."]:
            yield from (Offer(p.name, "name", p.written) for p in parameters)
        yield from (Offer(figure, "figure") for figure in (*FIGURES, *MORE_FIGURES))
        if line[-2:] != ["net", "."]:
            yield from (Offer(name, "function") for name in FUNCTIONS)


def _line(module: Module, before: Sequence[Token], offset: int) -> list[str]:
    """What is written, up to an offset, of the line or the part of one that it is in."""
    ends = [token for token in module.tokens if token.kind in ("NEWLINE", "END", "{")]
    start = max((token.start + 1 for token in ends if token.start < offset), default=0)
    return [token.text for token in before if token.start >= start]


def _of_label(module: Module, item: tree.Item | None, label: str) -> Iterator[Offer]:
    """What may stand after the dot behind a label: the labels of the def that it calls, and its shape."""
    for flow in tree.parts(getattr(item, "body", None)):
        if isinstance(flow, tree.Flow) and flow.label is not None and flow.label.name == label:
            units = [unit.target.name for unit in tree.units(flow) if unit.target is not None]
            value = module.lookup(units[0]) if len(flow.units) == 1 and units else None
            if isinstance(value, DefinedBlock):
                own = dict.fromkeys(labels_of(value.definition))
                yield from (Offer(name, "name", f"a label of {value.name}") for name in own)
    yield from (Offer(name, "name") for name in SHAPE_ATTRIBUTES)


def labels_of(definition: tree.Definition) -> Iterator[str]:
    """The labels in the body of a def."""
    for node in tree.parts(definition.body, without=(tree.Definition,)):
        if isinstance(node, (tree.Flow, tree.Labelled)) and node.label is not None:
            yield node.label.name


def _used_origin(before: Sequence[Token]) -> str | None:
    """The origin of a `use` whose list of names is being written."""
    for at in range(len(before) - 1, -1, -1):
        if before[at].text == "use":
            return before[at + 1].text.strip('"') if at + 1 < len(before) else ""
        if before[at].text in (")", "{", "}", "->", "=") or before[at].kind == "END":
            return None
    return None


def _of_use(module: Module, before: Sequence[Token]) -> Iterator[Offer]:
    origin = _used_origin(before)
    if not origin:
        yield Offer("std", "word", "the standard library")
    elif origin == "std":
        written = {token.text for token in before}
        yield from (Offer(name, "block", "of std") for name in sorted(library_names() - written))


class CallAround(NamedTuple):
    """A call whose parentheses are open: its name, and how many arguments are written before."""

    name: str
    position: int
    given: frozenset[str]


def call_around(before: Sequence[Token]) -> CallAround | None:
    """The innermost call that is open behind some tokens."""
    depth, position, given = 0, 0, set[str]()
    for at in range(len(before) - 1, 0, -1):
        text = before[at].text
        if text in ("{", "}", "->"):
            return None
        if text in CLOSES:
            depth += 1
        elif text in OPENS:
            if depth == 0:
                named = text == "(" and before[at - 1].kind == "NAME"
                return CallAround(before[at - 1].text, position, frozenset(given)) if named else None
            depth -= 1
        elif depth == 0 and text == ",":
            position += 1
        elif depth == 0 and text == "=":
            given.add(before[at - 1].text)
    return None


class KnownArgument(NamedTuple):
    """An argument that a call may give: as the heading writes it, and what it is."""

    name: str
    written: str
    doc: str


def arguments_of(module: Module, name: str) -> tuple[KnownArgument, ...]:
    """The arguments that a layer, block or net takes."""
    value = module.lookup(name)
    if isinstance(value, LayerBlock):
        return tuple(
            KnownArgument(
                p.name,
                p.name if p.required else f"{p.name}={manual.show_default(p.default)}",
                f"{p.doc} ({p.kind.name})",
            )
            for p in parameters(value.layer)
        )
    if isinstance(value, DefinedBlock):
        return tuple(KnownArgument(p.name, written(p), "") for p in value.definition.parameters)
    net, home = module.net(name)
    while isinstance(net, tree.Given):
        net, home = home.net(net.base.name)
    return tuple(KnownArgument(p.name, written(p), "") for p in net.parameters) if net is not None else ()


def _arguments(module: Module, call: CallAround, before: Sequence[Token]) -> Iterator[Offer]:
    known = arguments_of(module, call.name)
    value = module.lookup(call.name)
    if call.name == "residual" and [token.text for token in before[-2:]] == ["shortcut", "="]:
        yield from (Offer(word, "word") for word in SHORTCUTS)
    if before[-1].text == "=" and isinstance(value, LayerBlock):
        for parameter in parameters(value.layer):
            if parameter.name == before[-2].text:
                yield from (Offer(word, "word") for word in parameter.kind.words)
        return
    for argument in known[call.position :] if not call.given else known:
        if argument.name not in call.given:
            yield Offer(f"{argument.name}=", "argument", argument.written, argument.doc)
