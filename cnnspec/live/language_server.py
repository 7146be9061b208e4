"""The Language Server Protocol over what this room knows: `cnnspec lsp` starts it.

Every request is answered from the last reading of the text. Texts are read in a thread, a moment after the
last key, so that a large net does not hold up the editor:

    didChange ──> texts, version ──(0.05 s without another)──> read ──> publishDiagnostics, refresh of hints
    hover, hints, ... ──> read, if the text is another than the one last read ──> answer
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from cnnspec import __version__
from cnnspec.diagnostics import Edit, Refused
from cnnspec.elaborate.module import Module
from cnnspec.format import format_text
from cnnspec.live import (
    completion,
    figures,
    miniature,
    outline,
    protocol,
    renaming,
    signatures,
    symbols,
    telling,
    words,
)
from cnnspec.live.document import Document
from cnnspec.live.idle import IdleCollector
from cnnspec.live.positions import offset_of, range_of
from cnnspec.live.preview import Preview
from cnnspec.live.texts import Texts
from cnnspec.session import Session
from cnnspec.source import Source, Span

PAUSE = 0.05
"""How long nothing is typed before a text is read, in seconds."""
IMAGE_PARSERS = ("marked",)
"""The readers of Markdown, as editors name them, that show images which stand in a text: VS Code's."""
PREVIEW = "cnnspec.preview"
"""The command that opens the drawing beside the text; its arguments are the text's address, a line, and
whether a browser shall open."""


def make_server() -> LanguageServer:
    """A server that knows all of this module's requests."""
    server = LanguageServer("cnnspec", __version__)
    texts = Texts()
    for register in (_reading, _asking, _names, _renaming, _writing, _drawing):
        register(server, texts)
    return server


async def _document(server: LanguageServer, texts: Texts, uri: str) -> Document:
    return await texts.reading(uri, server.workspace.get_text_document(uri).source)


def _reading(server: LanguageServer, texts: Texts) -> None:
    """Texts are opened, changed and closed; diagnostics are told of them."""
    waiting: dict[str, asyncio.Task[None]] = {}
    garbage = IdleCollector()

    async def tell(uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        document = await _document(server, texts, uri)
        version = server.workspace.get_text_document(uri).version
        found = [one.shown for one in telling.told(document.analysis, uri)]
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))
        show(texts, uri, document)
        workspace = server.client_capabilities.workspace
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            server.workspace_inlay_hint_refresh(None)
        forget_notifications(server)
        garbage.after_reading()

    def soon(*uris: str, pause: float = 0) -> None:
        for uri in uris:
            if uri in waiting:
                waiting[uri].cancel()
            waiting[uri] = asyncio.ensure_future(tell(uri, pause))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        texts.hold(params.text_document.uri, params.text_document.text)
        soon(params.text_document.uri, *texts.users(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        texts.hold(uri, server.workspace.get_text_document(uri).source)
        soon(uri, *texts.users(uri), pause=PAUSE)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        texts.read_anew()
        soon(*texts.open_uris)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        if uri in waiting:
            waiting.pop(uri).cancel()
        users = texts.users(uri)
        texts.forget(uri)
        texts.read_anew()
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        soon(*users)

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        texts.configure(params.initialization_options)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(params: lsp.DidChangeConfigurationParams) -> None:
        texts.configure(params.settings)


def forget_notifications(server: LanguageServer) -> None:
    """Drop what came of notifications: pygls 2 keeps it for good, a kilobyte of each edit."""
    kept = server.protocol._request_futures
    for number in [number for number, future in kept.items() if future.done()]:
        kept.pop(number, None)


def _asking(server: LanguageServer, texts: Texts) -> None:
    """What is known of a text: hints, figures on hover, the outline, colours, folding."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        document = await _document(server, texts, params.text_document.uri)
        first, last = params.range.start.line + 1, params.range.end.line + 1
        return [
            protocol.as_inlay(hint, document, texts.show_costs)
            for hint in document.hints
            if first <= hint.line <= last
        ]

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        document = await _document(server, texts, params.text_document.uri)
        general = server.client_capabilities.general
        shows_images = general and general.markdown and general.markdown.parser in IMAGE_PARSERS
        drawing = miniature.as_image if shows_images else miniature.as_line
        found = figures.hover(document, offset_of(document.source, params.position), drawing)
        if found is None:
            return None
        text, span = found
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), range_of(span))

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        document = await _document(server, texts, params.text_document.uri)
        return [protocol.as_symbol(entry) for entry in outline.outline(document.parsed)]

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folding(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
        document = await _document(server, texts, params.text_document.uri)
        return [lsp.FoldingRange(first - 1, last - 1) for first, last in outline.folds(document.parsed)]

    @server.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, protocol.LEGEND)
    async def colours(params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
        document = await _document(server, texts, params.text_document.uri)
        return lsp.SemanticTokens(protocol.semantic_tokens(document))


def _names(server: LanguageServer, texts: Texts) -> None:
    """Where names come from, and where they are used."""

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: lsp.DefinitionParams) -> list[lsp.Location] | None:
        document, found = await _under(server, texts, params.text_document.uri, params.position)
        if found is None or found.symbol.home == symbols.LANGUAGE:
            return None
        source, span = await asyncio.to_thread(_defined, texts.session, document, found.symbol)
        uri = protocol.uri_of(source, params.text_document.uri)
        return [lsp.Location(uri, range_of(span))] if span else None

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        own = params.text_document.uri
        document, found = await _under(server, texts, own, params.position)
        related = await _family(server, texts, document)
        everywhere = renaming.references(related, found.symbol) if found else []
        return [
            lsp.Location(protocol.uri_of(one.span.source, own), range_of(one.span))
            for one in everywhere
            if params.context.include_declaration or not one.defines
        ]

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlights(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
        document, found = await _under(server, texts, params.text_document.uri, params.position)
        point(texts, params.text_document.uri, document, params.position.line + 1)
        if found is None:
            return []
        near = words.occurrences(document.analysis.module)
        return [lsp.DocumentHighlight(range_of(one.span)) for one in near if one.symbol == found.symbol]


def _renaming(server: LanguageServer, texts: Texts) -> None:
    """Other names, which are told where they would change what a spec means."""

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def may_rename(params: lsp.PrepareRenameParams) -> lsp.Range | None:
        _, found = await _under(server, texts, params.text_document.uri, params.position)
        return None if found is None or found.symbol.home == symbols.LANGUAGE else range_of(found.span)

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        document, found = await _under(server, texts, params.text_document.uri, params.position)
        if found is None:
            return None
        related = await _family(server, texts, document)
        make = partial(renaming.rename, texts.session, related, found.symbol, params.new_name)
        try:
            edits = await asyncio.to_thread(make)
        except Refused as refused:
            server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, str(refused)))
            return None
        return protocol.workspace_edit(edits, params.text_document.uri)


async def _under(
    server: LanguageServer, texts: Texts, uri: str, place: lsp.Position
) -> tuple[Document, symbols.Occurrence | None]:
    """A text, and the name at a place of it."""
    document = await _document(server, texts, uri)
    found = words.occurrences(document.analysis.module)
    return document, words.at(found, offset_of(document.source, place))


async def _family(server: LanguageServer, texts: Texts, document: Document) -> list[Module]:
    """The files that may share names with a text."""
    folders = [Path(path) for uri in server.workspace.folders if (path := to_fs_path(uri))]
    return await asyncio.to_thread(renaming.family, texts.session, document.source, folders)


def _defined(session: Session, document: Document, symbol: symbols.Symbol) -> tuple[Source, Span | None]:
    """Where a symbol gets its meaning."""
    module = document.analysis.module
    if symbol.home != symbols.home_of(module.source):
        path = Path(symbol.home)
        text = session.texts.get(symbol.home)
        text = path.read_text(encoding="utf-8") if text is None else text
        module, _ = session.load(Source(path.name, text, path))
    for one in words.occurrences(module):
        if one.defines and one.symbol == symbol:
            return module.source, one.span
    return module.source, None


def _writing(server: LanguageServer, texts: Texts) -> None:
    """What helps to write: completion, signatures, layout, edits that mend."""

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["(", ",", "=", " "])
    )
    async def complete(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        document = await _document(server, texts, params.text_document.uri)
        offset = offset_of(document.source, params.position)
        found = completion.offers(document.analysis.module, offset)
        return [protocol.as_item(offer, number) for number, offer in enumerate(found)]

    @server.feature(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, lsp.SignatureHelpOptions(trigger_characters=["(", ","]))
    async def help(params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
        document = await _document(server, texts, params.text_document.uri)
        found = signatures.signature(document.analysis.module, offset_of(document.source, params.position))
        if found is None:
            return None
        arguments = [lsp.ParameterInformation(one.written, one.doc or None) for one in found.arguments]
        return lsp.SignatureHelp([lsp.SignatureInformation(found.text, None, arguments)], 0, found.active)

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    async def layout(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        document = await _document(server, texts, params.text_document.uri)
        text = format_text(document.parsed)
        if text == document.source.text:
            return []
        return [lsp.TextEdit(range_of(Span(document.source, 0, len(document.source.text))), text)]

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.RefactorRewrite]),
    )
    async def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        document = await _document(server, texts, uri)
        first, last = params.range.start.line, params.range.end.line
        return [
            *_cures(document, uri, first, last),
            *_marks(document, uri, first, last),
            *_previews(document, uri, first, last),
        ]


def _cures(document: Document, uri: str, first: int, last: int) -> Iterable[lsp.CodeAction]:
    """The edits of the mistakes on some lines."""
    for told in telling.told(document.analysis, uri):
        if told.shown.range.start.line <= last and told.shown.range.end.line >= first:
            for mistake, edits in told.cures:
                place = mistake.span.source if mistake.span is not None else document.source
                title = mistake.help or mistake.message
                yield lsp.CodeAction(
                    title if place is document.source else f"{place.name}: {title}",
                    lsp.CodeActionKind.QuickFix,
                    [told.shown],
                    is_preferred=True,
                    edit=protocol.workspace_edit(edits, uri),
                )


def _marks(document: Document, uri: str, first: int, last: int) -> Iterable[lsp.CodeAction]:
    """For each line with a hint: the action that states its shape."""
    for hint in document.hints:
        if hint.mark and first <= hint.line - 1 <= last:
            edit = Edit(Span(document.source, hint.offset, hint.offset), hint.mark)
            title = f"state this shape:{hint.mark}"
            yield lsp.CodeAction(
                title, lsp.CodeActionKind.RefactorRewrite, edit=protocol.workspace_edit([edit], uri)
            )


def _previews(document: Document, uri: str, first: int, last: int) -> Iterable[lsp.CodeAction]:
    """On the first line of a net: the action that draws it."""
    for entry in outline.outline(document.parsed):
        if entry.kind == "net" and first <= entry.span.line - 1 <= last:
            title = f"draw {entry.name} beside the text"
            command = lsp.Command(title, PREVIEW, arguments=[uri, entry.span.line - 1, True])
            yield lsp.CodeAction(title, lsp.CodeActionKind.Empty, command=command)


def _drawing(server: LanguageServer, texts: Texts) -> None:
    """The preview: opened by a command, it follows the text and the cursor."""

    @server.command(PREVIEW)
    async def preview(uri: str, line: int, outside: bool) -> str:
        """The address of the drawing of the net at a line (from 0); `outside` opens it in a browser."""
        loop = asyncio.get_running_loop()

        def clicked(line: int) -> None:
            place = lsp.Position(line - 1, 0)
            shown = lsp.ShowDocumentParams(
                texts.previewed, take_focus=True, selection=lsp.Range(place, place)
            )
            loop.call_soon_threadsafe(server.window_show_document, shown)

        document = await _document(server, texts, uri)
        if texts.preview is None:
            texts.preview = Preview(clicked)
        texts.previewed = uri
        point(texts, uri, document, line + 1)
        show(texts, uri, document)
        if outside:
            server.window_show_document(lsp.ShowDocumentParams(texts.preview.address, external=True))
        return texts.preview.address

    @server.feature("cnnspec/cursor")
    async def cursor(params: Any) -> None:
        document = await _document(server, texts, params.uri)
        point(texts, params.uri, document, int(params.line) + 1)

    @server.feature(lsp.SHUTDOWN)
    def shutdown(params: None) -> None:
        if texts.preview is not None:
            texts.preview.close()


def show(texts: Texts, uri: str, document: Document) -> None:
    """Draw the net that the preview shows, as it is now."""
    nets = {net.graph.name: net for net in document.nets}
    if texts.preview is not None and uri == texts.previewed and nets:
        net = nets.get(texts.shown) or next(iter(nets.values()))
        texts.preview.show(net.graph)


def point(texts: Texts, uri: str, document: Document, line: int) -> None:
    """Mark a line (from 1) in the preview, and draw the net that it is of."""
    if texts.preview is None or uri != texts.previewed:
        return
    for entry in outline.outline(document.parsed):
        if entry.kind == "net" and entry.span.line <= line <= entry.span.end_line:
            texts.shown = entry.name
            show(texts, uri, document)
    texts.preview.point(line)
