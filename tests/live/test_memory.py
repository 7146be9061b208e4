"""Five thousand edits of a text that is open leave the memory of the server where it was."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from cnnspec.live.language_server import forget_notifications, make_server
from cnnspec.live.protocol import as_inlay
from cnnspec.live.telling import told
from cnnspec.live.texts import Texts
from cnnspec.syntax.tokens import tokenize

TEXT = """\
def block(out, stride=1) { conv(out, 3, stride) -> relu }
net A(classes=4) {
    input 3x8x8
    block(4) * 2
    block(8, stride=2)
    gap -> flatten -> linear(classes)
}
net B = A(classes=5) { expect params > 3 }
"""


def edited(generator: random.Random) -> str:
    """The text with a token gone, or written twice."""
    token = generator.choice(tokenize(TEXT))
    return TEXT[: token.start] + generator.choice(["", f"{token.text} {token.text}"]) + TEXT[token.end :]


async def edit(texts: Texts, uri: str, generator: random.Random, count: int) -> int:
    """Edit the text so often, asking what an editor asks after each; gives the bytes that are in use then."""
    for text in [*(edited(generator) for _ in range(count - 1)), TEXT]:
        document = await texts.reading(uri, text)
        told(document.analysis, uri)
        for hint in document.hints:
            as_inlay(hint, document, show_costs=True)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def grown(uri: str, count: int) -> list[int]:
    """The bytes in use after a first tenth of edits, and after the rest."""

    async def both() -> list[int]:
        texts, generator = Texts(), random.Random(3)
        return [await edit(texts, uri, generator, part) for part in (count // 10, count - count // 10)]

    tracemalloc.start()
    try:
        return asyncio.run(both())
    finally:
        tracemalloc.stop()


def test_what_came_of_notifications_is_not_kept() -> None:
    server = make_server()
    notification = lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier("file:///a.cnn"))

    async def close() -> int:
        server.protocol._handle_notification(lsp.TEXT_DOCUMENT_DID_CLOSE, notification)
        return len(server.protocol._request_futures)

    assert asyncio.run(close()) > 0
    forget_notifications(server)
    assert server.protocol._request_futures == {}


def test_edits_leave_memory_where_it_was(tmp_path: Path) -> None:
    first, then = grown((tmp_path / "a.cnn").as_uri(), 60)
    assert then < first + 200_000


@pytest.mark.slow
def test_five_thousand_edits_leave_memory_where_it_was(tmp_path: Path) -> None:
    first, then = grown((tmp_path / "a.cnn").as_uri(), 5_000)
    assert then < first + 100_000
