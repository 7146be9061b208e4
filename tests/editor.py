"""An editor with a text open in a server, which is a process spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from lsprotocol import types as lsp
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client

Talk = Callable[["Editor"], Awaitable[None]]


class Editor:
    """An editor with one text open in a server."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client, self.uri, self.version = client, path.as_uri(), 0

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
        while True:
            found = await self.client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            if found.uri == self.uri and found.version == self.version:
                return list(found.diagnostics)

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
        client = make_test_lsp_client()
        client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)(lambda params: None)
        await client.start_io(sys.executable, "-m", "cnnspec", "lsp")
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.workspace is not None
        capabilities.workspace.inlay_hint = lsp.InlayHintWorkspaceClientCapabilities(refresh_support=True)
        root = path.parent.as_uri()
        params = lsp.InitializeParams(capabilities, root_uri=root)
        await client.initialize_session(params)
        await conversation(Editor(client, path))
        await client.shutdown_session()
        await client.stop()

    asyncio.run(whole())
