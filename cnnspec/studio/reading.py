"""What the page shows of a text: colours, mistakes, hints, parameters, and the net with its views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cnnspec.colours import roles
from cnnspec.diagnostics import Diagnostic
from cnnspec.elaborate import Module, open_parameters, written_values
from cnnspec.live.document import Document
from cnnspec.live.hints import Hint
from cnnspec.live.outline import outline
from cnnspec.pipeline import Compiled
from cnnspec.session import closed_nets
from cnnspec.source import Source
from cnnspec.studio.asked import Asked
from cnnspec.studio.tables import memory_view, table_view
from cnnspec.studio.units import Units
from cnnspec.syntax import Parsed

View = Callable[[Compiled, Asked], dict[str, Any]]


def drawing_view(net: Compiled, asked: Asked) -> dict[str, Any]:
    from cnnspec.render.options import DrawingOptions
    from cnnspec.render.page_data import net_data

    return net_data(net.graph, DrawingOptions(theme=asked.theme), asked.standing)


VIEWS: Mapping[str, View] = {"drawing": drawing_view, "table": table_view, "memory": memory_view}
"""What may be wanted of a net, by name."""


class NetEntry(NamedTuple):
    """A net of a text: its lines, from 1, and the parameters that it leaves open."""

    name: str
    first: int
    last: int
    open_names: tuple[str, ...]


def nets_of(parsed: Parsed, module: Module) -> list[NetEntry]:
    """The nets of a text, in its order."""
    return [
        NetEntry(entry.name, entry.span.line, entry.span.end_line, tuple(open_parameters(entry.name, module)))
        for entry in outline(parsed)
        if entry.kind == "net" and entry.name in module.nets
    ]


def meant(asked: Asked, nets: Iterable[NetEntry], module: Module) -> str | None:
    """The net that is meant: the one named, that at the cursor, the first that is closed, or the first."""
    known = {entry.name: entry for entry in nets}
    if asked.net in known:
        return asked.net
    at_cursor = [entry.name for entry in known.values() if entry.first <= asked.line <= entry.last]
    closed = closed_nets(module, asked.parameters)
    return next(iter((*at_cursor, *closed, *known)), None)


def text_data(document: Document) -> dict[str, Any]:
    """What is known of a text: colours, mistakes and hints, by places in UTF-16 units."""
    units = Units(document.source)
    return {
        "tokens": [
            (units.of(token.start), units.of(token.end), role)
            for token, role in roles(document.parsed.tokens)
            if role != "punctuation"
        ],
        "diagnostics": [diagnostic_data(d, document.source, units) for d in document.analysis.diagnostics],
        "hints": [_hint(hint, units) for hint in document.hints if not is_stated(document.source.text, hint)],
    }


def diagnostic_data(found: Diagnostic, source: Source, units: Units) -> dict[str, Any]:
    """A mistake; one of another file, or of no place, stands at the start of the text, and says where."""
    here = found.span is not None and found.span.source.name == source.name
    start, end = (found.span.start, found.span.end) if found.span and here else (0, 0)
    where = "" if here or found.span is None else f"{found.span.place}: "
    own = all(edit.span.source.name == source.name for edit in found.edits)
    return {
        "code": found.code,
        "severity": found.severity,
        "message": f"{where}{found.message}",
        "help": found.help,
        "from": units.of(start),
        "to": units.of(end),
        "line": found.span.line if found.span and here else 0,
        "edits": [
            {"from": units.of(edit.span.start), "to": units.of(edit.span.end), "insert": edit.text}
            for edit in (found.edits if own else ())
        ],
    }


def is_stated(text: str, hint: Hint) -> bool:
    """Whether the shape stands in the text already, as a mark behind the step."""
    return text[hint.offset :].lstrip(" ").startswith("=>")


def _hint(hint: Hint, units: Units) -> dict[str, Any]:
    return {
        "at": units.of(hint.offset),
        "line": hint.line,
        "text": hint.text,
        "costs": hint.costs,
        "mark": hint.mark,
    }


def parameter_data(name: str, module: Module, asked: Asked) -> list[dict[str, Any]]:
    """The parameters of a net: what the spec gives them, what is set, and which kind of field they take."""
    return [
        {
            "name": parameter,
            "written": written,
            "set": asked.parameters.get(parameter),
            "kind": kind_of(asked.parameters.get(parameter, "") if written is None else written),
        }
        for parameter, written in written_values(name, module).items()
    ]


def kind_of(text: str) -> str:
    """Which field a value takes: integer, number, flag or, for anything else, expression."""
    if text in ("true", "false"):
        return "flag"
    for kind, reader in (("integer", int), ("number", float)):
        try:
            reader(text)
        except ValueError:
            continue
        return kind
    return "expression"


def net_data(net: Compiled, asked: Asked) -> dict[str, Any]:
    """The net as the page shows it: its inputs, and the views that are wanted."""
    from cnnspec.report.summary import heading

    graph = net.graph
    return {
        "heading": heading(graph),
        "inputs": [{"name": name, "shape": graph.nodes[name].shape} for name in graph.inputs],
        **{name: view(net, asked) for name, view in VIEWS.items() if name in asked.views},
    }
