"""Colours for .cnn text: a Pygments lexer, registered with the package, so that notebooks and docs find it.

Pygments itself is no dependency: whatever highlights has it. editors/vscode holds the same rules for editors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, include, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.values import FORMS
from cnnspec.layers import REGISTRY

WORDS_OF_LOGIC = ("and", "or", "not")
DECLARATIONS = ("def", "share", "net", "use", "let", "from", "training")
KEYWORDS = ("for", "in", "if", "else", "expect")
SECTIONS = ("input", "stem", "body", "head")
CONSTANTS = ("true", "false", "none")
IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
DIMS = r"(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+(?![A-Za-z0-9_.])"
LABEL = rf"({IDENTIFIER})(\[[^\]\n]*\])?(:)"
NUMBER = r"[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[kKMGT]?(?![A-Za-z0-9_.])"


class CnnLexer(RegexLexer):
    """Highlights specs of the .cnn language."""

    name = "cnnspec"
    url = "https://github.com/cnnspec/cnnspec"
    aliases: ClassVar[Sequence[str]] = ["cnn", "cnnspec"]
    filenames: ClassVar[Sequence[str]] = ["*.cnn"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-cnnspec"]

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (rf"^([ \t]*){LABEL}", bygroups(Text.Whitespace, Name.Label, Name.Label, Punctuation)),
            (
                rf"([{{;|])([ \t]*){LABEL}",
                bygroups(Punctuation, Text.Whitespace, Name.Label, Name.Label, Punctuation),
            ),
            (r"\n", Text.Whitespace),
            (r"[ \t\r\f]+", Text.Whitespace),
            (r"#[^\n]*", Comment.Single),
            (
                rf"\b(def|share|net)([ \t]+)({IDENTIFIER})",
                bygroups(Keyword.Declaration, Text.Whitespace, Name.Class),
            ),
            include("expression"),
        ],
        "expression": [
            (words(DECLARATIONS, r"\b", r"\b"), Keyword.Declaration),
            (words(KEYWORDS, r"\b", r"\b"), Keyword),
            (words(WORDS_OF_LOGIC, r"\b", r"\b"), Operator.Word),
            (words(SECTIONS, r"\b", r"\b"), Keyword.Namespace),
            (words(CONSTANTS, r"\b", r"\b"), Keyword.Constant),
            (rf"({IDENTIFIER})([ \t]*)(=)(?!=|>)", bygroups(Name.Attribute, Text.Whitespace, Operator)),
            (words(tuple(REGISTRY) + tuple(FORMS), r"\b", r"\b"), Name.Builtin),
            (words(tuple(FUNCTIONS), r"\b", r"(?=\()"), Name.Function),
            (IDENTIFIER, Name),
            (DIMS, Number),
            (NUMBER, Number),
            (r'"[^"\\\n]*"', String),
            (r"->|=>|\*\*|//|[=!<>]=|[-+*/%<>=|]", Operator),
            (r"[(){}\[\],;:.?]", Punctuation),
        ],
    }
