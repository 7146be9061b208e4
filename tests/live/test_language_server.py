"""The server as an editor meets it: a process, spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest
from editor import Editor, at, talk
from folders import SPECS
from lsprotocol import types as lsp

from cnnspec.live import completion, figures, outline, signatures, symbols, words
from cnnspec.live.document import Document, read
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.syntax.tokens import tokenize

TEXT = """\
def block(out, stride=1) { conv(out, 3, stride, bias=false) -> batchnorm -> relu }

net A {
    input 3x32x32
    block(8)
    block(16, stride=2)
    gap -> flatten -> linear(10)
}
"""


def test_diagnostics_hints_and_cures_while_one_writes(tmp_path: Path) -> None:
    async def conversation(editor: Editor) -> None:
        assert [one.code for one in await editor.open(TEXT)] == ["small-field"]
        good = await editor.hints()
        assert good == {1: "8x32x32, 16x16x16", 5: "8x32x32", 6: "16x16x16", 7: "10"}
        wrong = TEXT.replace("block(8)", "blok(8)")
        (mistake, *_) = await editor.write(wrong)
        assert mistake.code == "unknown-block" and mistake.severity == lsp.DiagnosticSeverity.Error
        assert mistake.range == lsp.Range(lsp.Position(4, 4), lsp.Position(4, 8))
        assert {line: text for line, text in good.items() if line != 5}.items() <= (
            await editor.hints()
        ).items()
        context = lsp.CodeActionContext([mistake])
        params = lsp.CodeActionParams(editor.text_document, mistake.range, context)
        actions = await editor.client.text_document_code_action_async(params)
        assert actions
        action = actions[0]
        assert isinstance(action, lsp.CodeAction) and action.edit and action.edit.changes
        (edit,) = action.edit.changes[editor.uri]
        assert (edit.range, edit.new_text) == (mistake.range, "block")
        assert [one.code for one in await editor.write(TEXT)] == ["small-field"]
        assert await editor.hints() == good

    talk(tmp_path / "a.cnn", conversation)


def test_what_an_editor_asks(tmp_path: Path) -> None:
    async def conversation(editor: Editor) -> None:
        client, text = editor.client, editor.text_document
        await editor.open(TEXT)
        hover = await client.text_document_hover_async(lsp.HoverParams(text, at(TEXT, "    block")))
        assert hover and "| A | 1 | 8x32x32 |" in str(hover.contents)
        assert "![3x32x32 -> conv 8x32x32 -> batchnorm -> relu](data:image/svg+xml;" in str(hover.contents)
        place = at(TEXT, "    block")
        definition = await client.text_document_definition_async(lsp.DefinitionParams(text, place))
        place_of = definition[0] if isinstance(definition, Sequence) else definition
        assert isinstance(place_of, lsp.Location) and place_of.range.start == lsp.Position(0, 4)
        context = lsp.ReferenceContext(include_declaration=True)
        params = lsp.ReferenceParams(context, text, place)
        assert len(await client.text_document_references_async(params) or ()) == 3
        renamed = await client.text_document_rename_async(lsp.RenameParams(text, place, "unit"))
        assert renamed and renamed.changes and len(renamed.changes[editor.uri]) == 3
        entries = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(text))
        assert [entry.name for entry in entries or ()] == ["block", "A"]
        folds = await client.text_document_folding_range_async(lsp.FoldingRangeParams(text))
        assert [(fold.start_line, fold.end_line) for fold in folds or ()] == [(2, 7)]
        tokens = await client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(text))
        assert tokens and tuple(tokens.data[:10]) == (0, 0, 3, 4, 0, 0, 4, 5, 0, 0)
        signature = await client.text_document_signature_help_async(
            lsp.SignatureHelpParams(text, at(TEXT, "block(16, "))
        )
        assert signature and signature.signatures[0].label == "block(out, stride=1)"
        options = lsp.FormattingOptions(4, True)
        layout = await client.text_document_formatting_async(lsp.DocumentFormattingParams(text, options))
        assert not layout
        offers = await client.text_document_completion_async(lsp.CompletionParams(text, at(TEXT, "16, ")))
        assert isinstance(offers, list) and offers[0].label == "stride="

    talk(tmp_path / "a.cnn", conversation)


def test_names_of_the_language_and_names_that_are_taken(tmp_path: Path) -> None:
    async def conversation(editor: Editor) -> None:
        client, text = editor.client, editor.text_document
        await editor.open(TEXT)
        layer, block, nothing = at(TEXT, "{ conv"), at(TEXT, "    block"), lsp.Position(2, 0)
        hover = await client.text_document_hover_async(lsp.HoverParams(text, nothing))
        signature = await client.text_document_signature_help_async(lsp.SignatureHelpParams(text, nothing))
        assert hover is None and signature is None
        assert await client.text_document_definition_async(lsp.DefinitionParams(text, layer)) is None
        marked = await client.text_document_document_highlight_async(lsp.DocumentHighlightParams(text, block))
        assert [one.range.start for one in marked or ()] == [
            lsp.Position(0, 4), lsp.Position(4, 4), lsp.Position(5, 4)
        ]  # fmt: skip
        assert not await client.text_document_document_highlight_async(
            lsp.DocumentHighlightParams(text, nothing)
        )
        word = lsp.Range(lsp.Position(4, 4), lsp.Position(4, 9))
        assert await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(text, block)) == word
        assert await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(text, layer)) is None
        assert await client.text_document_rename_async(lsp.RenameParams(text, nothing, "unit")) is None
        assert await client.text_document_rename_async(lsp.RenameParams(text, block, "relu")) is None
        (message,) = client.messages
        assert message.type == lsp.MessageType.Error and "something else" in message.message

    talk(tmp_path / "a.cnn", conversation)


def test_edits_that_an_editor_offers(tmp_path: Path) -> None:
    untidy = TEXT.replace("    block(8)", "    block( 8 )")

    async def conversation(editor: Editor) -> None:
        client, text = editor.client, editor.text_document
        await editor.open(untidy)
        options = lsp.FormattingOptions(4, True)
        edits = await client.text_document_formatting_async(lsp.DocumentFormattingParams(text, options))
        (layout,) = edits or [None]
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(8, 0))
        assert layout == lsp.TextEdit(whole, TEXT)
        lines = lsp.Range(lsp.Position(2, 0), lsp.Position(4, 0))
        params = lsp.CodeActionParams(text, lines, lsp.CodeActionContext([]))
        found = await client.text_document_code_action_async(params)
        mark, draw = found or [None, None]
        assert mark and draw
        assert [mark.title, draw.title] == ["state this shape: => 8x32x32", "draw A beside the text"]
        assert isinstance(mark, lsp.CodeAction) and mark.edit and mark.edit.changes
        (edit,) = mark.edit.changes[editor.uri]
        assert (edit.range.start, edit.new_text) == (at(untidy, "block( 8 )"), " => 8x32x32")

    talk(tmp_path / "a.cnn", conversation)


def test_costs_are_hinted_where_the_settings_say_so(tmp_path: Path) -> None:
    async def conversation(editor: Editor) -> None:
        await editor.open(TEXT)
        assert (await editor.hints())[7] == "10"
        for settings in ({"showCosts": True}, {"cnnspec": {"showCosts": True}}):
            editor.client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))
            assert (await editor.hints())[7] == "10  170 params, 160 MACs"
            editor.client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(None))
            assert (await editor.hints())[7] == "10"

    talk(tmp_path / "a.cnn", conversation)


def test_a_file_that_is_saved_or_closed_is_read_from_disk_again(tmp_path: Path) -> None:
    blocks = tmp_path / "blocks.cnn"
    blocks.write_text("def block(out) { conv(out, 3) }\n", encoding="utf-8")
    text = 'use "blocks.cnn" (block)\nnet A { input 3x8x8; block(4) }\n'

    async def conversation(editor: Editor) -> None:
        client, other = editor.client, editor.beside(blocks)
        assert await editor.open(text) == []
        # one that another program writes is seen when anything is saved
        blocks.write_text("def block(out, more) { conv(out, more) }\n", encoding="utf-8")
        client.text_document_did_save(lsp.DidSaveTextDocumentParams(editor.text_document))
        await editor.told_of("argument-missing")
        # one that is open hides what is on disk, until it is closed
        await other.open("def block(out) { conv(out, 3) }\n")
        await editor.told_of()
        client.text_document_did_close(lsp.DidCloseTextDocumentParams(other.text_document))
        await editor.told_of("argument-missing")

    talk(tmp_path / "a.cnn", conversation)


def test_columns_are_counted_in_utf16(tmp_path: Path) -> None:
    text = "net A {\n    input 4  # 🙂 é\n    relu -> rellu\n}\n# 🙂\n"

    async def conversation(editor: Editor) -> None:
        (mistake,) = await editor.open(text.replace("relu -> rellu", '"🙂" -> relu'))
        assert mistake.range.start.line == 2
        (mistake,) = await editor.write(text)
        assert mistake.range == lsp.Range(lsp.Position(2, 12), lsp.Position(2, 17))

    talk(tmp_path / "a.cnn", conversation)


def test_files_that_use_each_other(tmp_path: Path) -> None:
    blocks = tmp_path / "blocks.cnn"
    blocks.write_text("def block(out) { conv(out, 3) }\n", encoding="utf-8")
    text = 'use "blocks.cnn" (block)\nnet A { input 3x8x8; block(4) }\n'

    async def conversation(editor: Editor) -> None:
        await editor.open(text)
        other = editor.beside(blocks)
        place = at(text, "; block")
        params = lsp.DefinitionParams(editor.text_document, place)
        found = await editor.client.text_document_definition_async(params)
        assert isinstance(found, Sequence) and getattr(found[0], "uri", "") == other.uri
        await other.open("def block(width, more) { conv(width, 3) }\n")
        assert "argument-missing" in {one.code for one in await editor.write(text + "\n")}

    talk(tmp_path / "a.cnn", conversation)


def test_the_preview_opens_and_follows(tmp_path: Path) -> None:
    async def conversation(editor: Editor) -> None:
        await editor.open(TEXT)
        params = lsp.ExecuteCommandParams("cnnspec.preview", [editor.uri, 1, False])
        address = await editor.client.workspace_execute_command_async(params)
        assert isinstance(address, str) and address.startswith("http://127.0.0.1:")
        reading = await asyncio.to_thread(fetch, address)
        assert "<title>A" in reading

    talk(tmp_path / "a.cnn", conversation)


def test_the_preview_shows_the_net_of_the_cursor_and_a_click_its_line(tmp_path: Path) -> None:
    text = TEXT + "net B { input 4; linear(2) }\n"

    async def conversation(editor: Editor) -> None:
        client = editor.client
        await editor.open(text)
        params = lsp.ExecuteCommandParams("cnnspec.preview", [editor.uri, 2, True])
        address = await client.workspace_execute_command_async(params)
        (page,) = client.shown_documents
        assert isinstance(address, str)
        assert (page.uri, page.external) == (address, True)
        assert "<title>A" in await asyncio.to_thread(fetch, address)
        client.protocol.notify("cnnspec/cursor", {"uri": editor.uri, "line": 8})
        await editor.hints()
        assert "<title>B" in await asyncio.to_thread(fetch, address)
        await asyncio.to_thread(fetch, f"{address}show", b"5")
        await editor.hints()
        *_, clicked = client.shown_documents
        assert (clicked.uri, clicked.take_focus) == (editor.uri, True)
        assert clicked.selection == lsp.Range(lsp.Position(4, 0), lsp.Position(4, 0))

    talk(tmp_path / "a.cnn", conversation)


def fetch(address: str, sent: bytes | None = None) -> str:
    with urlopen(address, sent, timeout=600) as answer:
        return answer.read().decode()


def test_random_deletions_of_tokens_bring_no_crash() -> None:
    delete_tokens(20, random.Random(1))


@pytest.mark.slow
def test_a_thousand_random_deletions() -> None:
    delete_tokens(1_000, random.Random(2))


def delete_tokens(count: int, generator: random.Random) -> None:
    """Delete tokens of specs of the zoo, three in a row of each, and ask everything after each."""
    paths, session = sorted(SPECS.glob("*.cnn")), Session()
    for _ in range(-(-count // 3)):
        path = generator.choice(paths)
        text = path.read_text(encoding="utf-8")
        document = read(session, Source(path.name, text, path.resolve()))
        for _ in range(3):
            token = generator.choice(tokenize(text))
            text = text[: token.start] + text[token.end :]
            document = read(session, Source(path.name, text, path.resolve()), document)
            ask_everything(document, generator.randrange(len(text) + 1))


def ask_everything(document: Document, offset: int) -> None:
    """Everything that an editor asks, at one place."""
    module = document.analysis.module
    completion.offers(module, offset)
    signatures.signature(module, offset)
    figures.hover(document, offset)
    outline.outline(document.parsed)
    outline.folds(document.parsed)
    for hint in document.hints:
        assert document.source.position(hint.offset)[0] == hint.line and hint.text
    for found in words.occurrences(module):
        assert found.span.text == found.symbol.name or found.symbol.home == symbols.LANGUAGE
