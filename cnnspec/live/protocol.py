"""What this room knows, as the Language Server Protocol says it."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import realpath

from lsprotocol import types as lsp
from pygls.uris import from_fs_path

from cnnspec.colours import roles
from cnnspec.diagnostics import Edit
from cnnspec.live.completion import Offer
from cnnspec.live.document import Document
from cnnspec.live.hints import Hint
from cnnspec.live.outline import OutlineEntry
from cnnspec.live.positions import position, range_of
from cnnspec.source import Source

COLOURS = {
    "declaration": "keyword",
    "keyword": "keyword",
    "logic": "operator",
    "section": "namespace",
    "constant": "enumMember",
    "definition": "class",
    "label": "variable",
    "argument": "parameter",
    "layer": "type",
    "function": "function",
    "name": "variable",
    "number": "number",
    "text": "string",
    "comment": "comment",
    "operator": "operator",
}
"""The roles of tokens by their names in the protocol. What has none is left to the editor."""
LEGEND = lsp.SemanticTokensLegend(sorted(set(COLOURS.values())), [])
KINDS = {
    "layer": lsp.CompletionItemKind.Class,
    "block": lsp.CompletionItemKind.Function,
    "argument": lsp.CompletionItemKind.Property,
    "word": lsp.CompletionItemKind.Keyword,
    "name": lsp.CompletionItemKind.Variable,
    "function": lsp.CompletionItemKind.Function,
    "figure": lsp.CompletionItemKind.Constant,
}
PARTS = {
    "net": lsp.SymbolKind.Module,
    "def": lsp.SymbolKind.Function,
    "share": lsp.SymbolKind.Function,
    "space": lsp.SymbolKind.Enum,
    "variable": lsp.SymbolKind.EnumMember,
    "let": lsp.SymbolKind.Constant,
    "input": lsp.SymbolKind.Field,
    "section": lsp.SymbolKind.Namespace,
    "head": lsp.SymbolKind.Namespace,
    "label": lsp.SymbolKind.Variable,
}


def as_inlay(hint: Hint, document: Document, show_costs: bool) -> lsp.InlayHint:
    """A hint at the end of its step. Accepting it writes the mark, where one may stand."""
    place = position(document.source, hint.offset)
    label = f"{hint.text}  {hint.costs}" if show_costs else hint.text
    edits = [lsp.TextEdit(lsp.Range(place, place), hint.mark)] if hint.mark else None
    return lsp.InlayHint(place, label, lsp.InlayHintKind.Type, edits, padding_left=True)


def as_symbol(entry: OutlineEntry) -> lsp.DocumentSymbol:
    """A part of the outline with what is in it."""
    inner = [as_symbol(one) for one in entry.inner]
    whole, name = range_of(entry.span), range_of(entry.name_span)
    return lsp.DocumentSymbol(entry.name, PARTS[entry.kind], whole, name, entry.detail, children=inner)


def semantic_tokens(document: Document) -> list[int]:
    """The tokens of a text as the protocol counts them: each by its distance from the one before."""
    found: list[int] = []
    line = column = 0
    for token, role in roles(document.parsed.tokens):
        if role in COLOURS:
            place = position(document.source, token.start)
            length = len(token.text.encode("utf-16-le")) // 2
            moved = place.character - (column if place.line == line else 0)
            found += [place.line - line, moved, length, LEGEND.token_types.index(COLOURS[role]), 0]
            line, column = place.line, place.character
    return found


def as_item(offer: Offer, number: int) -> lsp.CompletionItem:
    """An offer as an item; editors keep the order."""
    manual = lsp.MarkupContent(lsp.MarkupKind.PlainText, offer.manual) if offer.manual else None
    kind = KINDS[offer.kind]
    return lsp.CompletionItem(
        offer.text, kind=kind, detail=offer.detail or None, documentation=manual, sort_text=f"{number:04}"
    )


def uri_of(source: Source, own: str) -> str:
    """The address of a file; that of the text itself where it has none."""
    uri = from_fs_path(realpath(source.path)) if source.path is not None else None
    return uri or own


def workspace_edit(edits: Iterable[Edit], own: str) -> lsp.WorkspaceEdit:
    """Edits by the files that they change."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for edit in edits:
        uri = uri_of(edit.span.source, own)
        changes.setdefault(uri, []).append(lsp.TextEdit(range_of(edit.span), edit.text))
    return lsp.WorkspaceEdit(changes)
