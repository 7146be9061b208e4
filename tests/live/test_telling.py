"""Mistakes of a file are told in the texts that use it: at its name, and at the call that met them."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor, talk
from lsprotocol import types as lsp

from cnnspec.live.telling import Told, told
from cnnspec.session import Session
from cnnspec.source import Source

BLOCKS = "def block(out) { conv(out, 3) -> relu }\n"
TEXT = 'use "blocks.cnn" (block)\nnet A { input 3x8x8; block(4) }\n'
WRONG = BLOCKS.replace("3)", "3, strid=2)")


def of_text(folder: Path, text: str, **files: str) -> list[Told]:
    """What is told of a text `a.cnn` beside others."""
    for name, written in files.items():
        (folder / f"{name}.cnn").write_text(written, encoding="utf-8")
    path = folder / "a.cnn"
    return told(Session().check(Source("a.cnn", text, path)), path.as_uri())


def lines(found: list[Told]) -> dict[int, str]:
    """What is shown, by line counted from 1."""
    return {one.shown.range.start.line + 1: one.shown.message for one in found}


def test_a_mistake_of_a_file_stands_at_its_name_and_at_the_call(tmp_path: Path) -> None:
    found = of_text(tmp_path, TEXT, blocks=WRONG)
    assert lines(found) == {
        1: "blocks.cnn has 1 error: `conv` has no parameter `strid` (line 1)",
        2: "`conv` has no parameter `strid` (in blocks.cnn:1:31)\nhelp: did you mean `stride`?",
    }
    for one in found:
        assert one.shown.severity == lsp.DiagnosticSeverity.Error
        (related, *_) = one.shown.related_information or [None]
        assert related
        assert related.location.uri == (tmp_path / "blocks.cnn").as_uri()
        assert related.location.range == lsp.Range(lsp.Position(0, 30), lsp.Position(0, 37))
        ((_, (edit,)),) = one.cures
        assert (edit.span.source.name, edit.text) == ("blocks.cnn", "stride")


def test_a_file_behind_a_file_stands_where_the_way_to_it_begins(tmp_path: Path) -> None:
    wrong = "def inner(out) { conv(out, ) -> }\ndef more { relu(3 }\n"
    (told,) = of_text(
        tmp_path, TEXT, blocks='use "inner.cnn" (inner)\ndef block(out) { conv(out, 3) }\n', inner=wrong
    )
    assert told.shown.range.start.line == 0 and told.shown.message.startswith("inner.cnn has 2 errors: ")
    assert len(told.shown.related_information or ()) == 2


def test_a_block_of_the_library_is_wrong_where_it_is_called(tmp_path: Path) -> None:
    text = "use std (conv_bn_relu)\nnet A {\n    input 12\n    conv_bn_relu(4, 3)\n}\n"
    (told,) = of_text(tmp_path, text)
    assert told.shown.code == "shape-rank" and told.shown.range.start == lsp.Position(3, 4)
    assert not list(told.cures)


@pytest.mark.parametrize("way", ["written", "closed"])
def test_a_text_is_told_when_a_file_that_it_uses_changes(tmp_path: Path, way: str) -> None:
    blocks = tmp_path / "blocks.cnn"
    blocks.write_text(WRONG if way == "closed" else BLOCKS, encoding="utf-8")

    async def conversation(editor: Editor) -> None:
        other = editor.beside(blocks)
        assert await other.open(BLOCKS) == []
        assert await editor.open(TEXT) == []
        if way == "written":
            await other.write(WRONG)
        else:
            editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(other.text_document))
        await editor.told_of(None, "argument-name")
        if way == "written":
            await other.write(BLOCKS)
            await editor.told_of()

    talk(tmp_path / "a.cnn", conversation)
