"""Colours for .cnn text: a Pygments lexer, registered with the package, so that notebooks and docs find it.

Pygments itself is no dependency: whatever highlights has it. editors/vscode holds the same rules for editors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from cnnspec.colours import roles
from cnnspec.syntax.tokens import tokenize

COLOURS = {
    "declaration": Keyword.Declaration,
    "keyword": Keyword,
    "logic": Operator.Word,
    "section": Keyword.Namespace,
    "constant": Keyword.Constant,
    "definition": Name.Class,
    "label": Name.Label,
    "argument": Name.Attribute,
    "layer": Name.Builtin,
    "function": Name.Function,
    "name": Name,
    "number": Number,
    "text": String,
    "comment": Comment.Single,
    "operator": Operator,
    "punctuation": Punctuation,
    "unknown": Error,
}


class CnnLexer(Lexer):
    """Highlights specs of the .cnn language."""

    name = "cnnspec"
    url = "https://pypi.org/project/cnnspec/"
    aliases: ClassVar[Sequence[str]] = ["cnn", "cnnspec"]
    filenames: ClassVar[Sequence[str]] = ["*.cnn"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-cnnspec"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """The tokens of a text with their colours, and the blanks between them."""
        end = 0
        for token, role in roles(tokenize(text)):
            if token.start > end:
                yield end, Whitespace, text[end : token.start]
            yield token.start, COLOURS[role], token.text
            end = token.end
        if end < len(text):
            yield end, Whitespace, text[end:]
