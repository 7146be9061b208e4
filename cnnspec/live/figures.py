"""What is said of the thing under the cursor: the figures of a step, the manual of a layer or an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cnnspec import blocks_list
from cnnspec.elaborate.module import DefinedBlock, Module
from cnnspec.elaborate.values import BUILT_IN, LayerBlock
from cnnspec.layers import manual
from cnnspec.layers.base import describe, parameters
from cnnspec.live.document import Document
from cnnspec.live.places import Place, places
from cnnspec.live.symbols import LANGUAGE, Occurrence, Symbol, home_of
from cnnspec.live.words import at, occurrences
from cnnspec.pipeline import Compiled, figures, more_figures
from cnnspec.report.numbers import count_text, short_count, size_of_field, size_text
from cnnspec.report.rows import field_of, last_node
from cnnspec.source import Span
from cnnspec.syntax import tree

BYTES_OF_A_VALUE = 4


def hover(
    document: Document, offset: int, drawing: Callable[[Place], str] | None = None
) -> tuple[str, Span] | None:
    """Markdown about what stands at an offset, and what it is about; `drawing` draws a step in Markdown."""
    expected = _expected(document, offset)
    if expected is not None:
        return expected
    found = at(occurrences(document.analysis.module), offset)
    if found is None:
        return None
    made = places(document.nets, document.source).get(found.span.start, ())
    drawn = drawing(made[0]) if drawing is not None and made else ""
    said = [_declaration(document, found), drawn, _table(made)]
    text = "\n\n".join(part for part in said if part)
    return (text, found.span) if text else None


def _declaration(document: Document, found: Occurrence) -> str:
    symbol, module = found.symbol, document.analysis.module
    if symbol.home == LANGUAGE and symbol.owner:
        return _argument_of_layer(symbol)
    if symbol.home == LANGUAGE:
        of_layer = symbol.name in manual.LAYERS
        whole = manual.page(symbol.name) if of_layer else blocks_list.page(symbol.name)
        called, _, rest = whole.partition("\n\n")
        first, _, _ = rest.partition("\n\n")
        return f"```cnn\n{called}\n```\n{first}"
    heading = _heading(module, symbol)
    return f"```cnn\n{heading}\n```" if heading else ""


def _argument_of_layer(symbol: Symbol) -> str:
    value = BUILT_IN[symbol.owner]
    if not isinstance(value, LayerBlock):
        stretches = blocks_list.page(symbol.owner).split("\n\n")
        about = next((one for one in stretches if one.split()[:1] == [symbol.name]), "")
        said = " ".join(about.split()[1:])
        return f"`{symbol.name}` of `{symbol.owner}`: {said}" if said else ""
    for parameter in parameters(value.layer):
        if parameter.name == symbol.name:
            default = (
                "required" if parameter.required else f"default {manual.show_default(parameter.default)}"
            )
            return (
                f"`{parameter.name}` of `{symbol.owner}`: {parameter.doc} ({parameter.kind.name}; {default})"
            )
    return ""


def _heading(module: Module, symbol: Symbol) -> str:
    """The line of a def or net, and the comment before it."""
    if symbol.owner:
        return f"{symbol.name}  # of {symbol.owner}"
    value = module.names.get(symbol.name)
    if isinstance(value, DefinedBlock):
        return heading_of(value.definition)
    net, _ = module.net(symbol.name)
    if net is not None:
        return heading_of(net) if not isinstance(net, tree.Given) else f"net {net.span.text}"
    space, _ = module.space(symbol.name)
    if space is not None:
        return space.span.source.text[space.span.start - len("space ") : space.body.span.end]
    return f"let {symbol.name}" if value is not None and home_of(module.source) == symbol.home else ""


def heading_of(item: tree.Definition | tree.NetDefinition) -> str:
    """`def block(out, stride=1)`, as it is written."""
    word = "net" if isinstance(item, tree.NetDefinition) else "share" if item.shared else "def"
    given = ", ".join(map(written, item.parameters))
    return f"{word} {item.name}({given})" if given else f"{word} {item.name}"


def written(parameter: tree.ParameterDefinition) -> str:
    """A parameter with its default, as it is written."""
    return parameter.name + (f"={parameter.default.span.text}" if parameter.default is not None else "")


def _table(made: Iterable[Place]) -> str:
    """The figures of what a step became, a row for each net that has it."""
    rows: dict[str, list[Place]] = {}
    for place in made:
        rows.setdefault(place.net.graph.name, []).append(place)
    if not rows:
        return ""
    lines = [
        "| net | times | shape | params | MACs | of the net | field | activations |",
        "|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([*lines, *(_row(name, places) for name, places in rows.items())])


def _row(name: str, made: list[Place]) -> str:
    net = made[0].net
    costs = [place.cost for place in made]
    params, macs = sum(cost.params for cost in costs), sum(net.counted(cost) for cost in costs)
    kept = sum(cost.activations for cost in costs)
    whole = net.counted(net.costs.inference)
    shapes = list(dict.fromkeys(describe(place.shape) for place in made))
    shape = shapes[0] if len(shapes) == 1 else f"{shapes[0]} ... {shapes[-1]}"
    field = field_of(net, last_node(made[-1].made))
    seen = "" if field is None else size_of_field(field.field) + (" and all" if field.all_besides else "")
    share = f"{macs / whole:.1%}" if whole else ""
    memory = size_text(BYTES_OF_A_VALUE * kept)
    cells = (name, len(made), shape, count_text(params), short_count(macs), share, seen, memory)
    return f"| {' | '.join(map(str, cells))} |"


def _expected(document: Document, offset: int) -> tuple[str, Span] | None:
    """What a figure that an `expect` names is, in the nets that it is of."""
    for item in document.parsed.tree.items:
        for expect in tree.parts(getattr(item, "body", None)):
            if isinstance(expect, tree.Expect) and expect.span.start <= offset <= expect.span.end:
                for node in tree.parts(expect.conditions):
                    if isinstance(node, tree.Comparison) and node.span.start <= offset <= node.span.end:
                        return _as_it_is(document.nets, getattr(item, "name", ""), node)
    return None


def _as_it_is(nets: Iterable[Compiled], name: str, condition: tree.Comparison) -> tuple[str, Span] | None:
    for net in nets:
        if net.graph.name == name:
            known: Mapping[str, object] = {**more_figures(net), **figures(net)}
            said = [
                f"`{part.name}` of {name} is {known[part.name]:,}"
                for part in tree.parts(condition)
                if isinstance(part, tree.Name) and isinstance(known.get(part.name), int)
            ]
            return ("\n\n".join(said), condition.span) if said else None
    return None
