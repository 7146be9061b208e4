"""An editor with a text open in a server, which is a process spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from lsprotocol import types as lsp
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

Talk = Callable[["Editor"], Awaitable[None]]

Holds = Callable[[lsp.PublishDiagnosticsParams], bool]


class Published:
    """What a server has told of texts, by their addresses, the last of each; and a wait for news."""

    def __init__(self) -> None:
        self.last: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.news = asyncio.Event()

    def take(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.last[params.uri] = params
        self.news.set()

    async def until(
        self, holds: Callable[[lsp.PublishDiagnosticsParams], bool], uri: str
    ) -> list[lsp.Diagnostic]:
        """What is told of a text once something holds of it."""
        while uri not in self.last or not holds(self.last[uri]):
            self.news.clear()
            await self.news.wait()
        return list(self.last[uri].diagnostics)


class Editor:
    """An editor with one text open in a server."""

    def __init__(self, client: LanguageClient, published: Published, path: Path) -> None:
        self.client, self.published = client, published
        self.uri, self.version = path.as_uri(), 0

    def beside(self, path: Path) -> Editor:
        """Another text in the same editor."""
        return Editor(self.client, self.published, path)

    async def open(self, text: str) -> list[lsp.Diagnostic]:
        item = lsp.TextDocumentItem(self.uri, "cnn", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.told()

    async def write(self, text: str) -> list[lsp.Diagnostic]:
        self.version += 1
        item = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(item, [change]))
        return await self.told()

    async def told(self) -> list[lsp.Diagnostic]:
        """What is wrong with the text as it is now."""
        return await self.published.until(lambda found: found.version == self.version, self.uri)

    async def told_of(self, *codes: str | None) -> None:
        """Wait until the text has mistakes of these codes, in its order."""

        def holds(found: lsp.PublishDiagnosticsParams) -> bool:
            return [one.code for one in found.diagnostics] == list(codes)

        await self.published.until(holds, self.uri)

    @property
    def text_document(self) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri)

    async def hints(self) -> dict[int, str]:
        """The hints by line, counted from 1."""
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(10_000, 0))
        params = lsp.InlayHintParams(self.text_document, whole)
        found = await self.client.text_document_inlay_hint_async(params)
        return {hint.position.line + 1: str(hint.label) for hint in found or ()}


def at(text: str, marked: str) -> lsp.Position:
    """The position behind the first place of some words."""
    offset = text.index(marked) + len(marked)
    line = text[:offset].count("\n")
    return lsp.Position(line, offset - (text[:offset].rfind("\n") + 1))


def talk(path: Path, conversation: Talk) -> None:
    """Start a server, have a conversation with it, and end it."""

    async def whole() -> None:
        client = LanguageClient(converter_factory=default_converter)
        published = Published()

        def take(client: LanguageClient, params: lsp.PublishDiagnosticsParams) -> None:
            published.take(params)

        told = {lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: take}
        register_lsp_features(client, {**DEFAULT_CLIENT_FEATURES, **told})
        client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)(lambda params: None)
        await client.start_io(sys.executable, "-m", "cnnspec", "lsp")
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.workspace is not None
        capabilities.workspace.inlay_hint = lsp.InlayHintWorkspaceClientCapabilities(refresh_support=True)
        root = path.parent.as_uri()
        params = lsp.InitializeParams(capabilities, root_uri=root)
        await client.initialize_session(params)
        await conversation(Editor(client, published, path))
        await client.shutdown_session()
        await client.stop()

    asyncio.run(whole())
