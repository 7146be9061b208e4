"""The one lexer of the language: a text as tokens, comments and ends of lines among them.

It is stateless: what a token is depends on its characters alone. Words are words; that `for` begins a loop
here and `head` may be the name of an argument there, that sizes after `=>` are a shape mark:
the parser decides.

    conv(64, 3)   # half         NAME ( NUMBER , NUMBER ) COMMENT
        -> relu => 64x?x?        NEWLINE -> NAME => PATTERN

What the language does not have is a token as well, of a kind that the grammar does not know: UNKNOWN_WORD,
UNKNOWN_NUMBER, UNKNOWN_SIGN, OPEN_STRING and CHARACTER. So every text has tokens, and together with the
blanks between them they are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnnspec.named_tuples import NamedTuple


class Token(NamedTuple):
    """A stretch of a text. The kind of a sign is the sign itself; those of others are named in KINDS.

    Tokens that a text lacks and the parser adds have no length.
    """

    kind: str
    text: str
    start: int
    end: int


class TokenKind(NamedTuple):
    """A kind of tokens: its name in the grammar, what it looks like, and what it is."""

    name: str
    pattern: str
    meaning: str


SIGNS = (
    "->", "=>", "==", "!=", "<=", ">=", "**", "//", "..",
    *"()[]{},:=|<>+-*/%.?",
)  # fmt: skip
"""All signs of the language, the longer ones first; `;` ends a statement as the end of a line does."""
_ENDS = r"(?!\w|\.(?!\.))"
KINDS = (
    TokenKind("NAME", r"[A-Za-z_][A-Za-z0-9_]*+(?!\w)", "a name, or a word of the language"),
    TokenKind("NEWLINE", r"\n\s*", "the end of a line, with the blank lines after it and the indentation"),
    TokenKind("COMMENT", r"\#[^\n]*", "a comment, to the end of its line"),
    TokenKind("DIMS", rf"[0-9]+(?:x[0-9]+)+{_ENDS}", "dims: 3x3, 3x224x224"),
    TokenKind(
        "NUMBER",
        rf"[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[kKMGT]?{_ENDS}",
        "a number: 64, 1_000, 0.5, 1e-5, 4.2G",
    ),
    TokenKind("PATTERN", rf"(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+{_ENDS}", "dims with open ones: 64x?x?"),
    TokenKind("STRING", r'"[^"\\\n]*"', 'a text: "blocks.cnn"'),
    TokenKind("END", ";", "`;`, the end of a statement"),
    TokenKind("UNKNOWN_WORD", r"[^\W\d]\w*", "a word with letters that no name has"),
    TokenKind("UNKNOWN_NUMBER", r"[0-9](?:\w|\.(?=[0-9]))*", "what begins as a number and is none"),
    TokenKind("OPEN_STRING", r'"[^"\n]*"?', "a text that is not closed, or holds a backslash"),
    TokenKind("UNKNOWN_SIGN", r"&&|\|\||\.\.\.+", "signs of other languages"),
    TokenKind("SIGN", "|".join(map(re.escape, SIGNS)), "a sign"),
    TokenKind("CHARACTER", r"[^ \t\f\r]", "any other character"),
)
"""All kinds, in the order in which they are tried."""
TOKEN = re.compile(r"[ \t\f\r]*(?:" + "|".join(f"(?P<{k.name}>{k.pattern})" for k in KINDS) + ")")

RESERVED = frozenset(
    [
        "def",
        "share",
        "net",
        "use",
        "let",
        "for",
        "if",
        "else",
        "and",
        "or",
        "not",
        "true",
        "false",
        "none",
        "in",
        "stem",
        "body",
        "expect",
    ]
)
"""The words that name nothing else, wherever they stand. Other words of the grammar are names elsewhere."""
CONTINUING = frozenset(["->", "=>", "|", "||", "else"])
"""What goes on with the statement of the line before, where a line begins with it."""
CLOSES = {")": "(", "]": "[", "}": "{"}
OPENS = {opening: closing for closing, opening in CLOSES.items()}

WORDS = frozenset(["NAME", "UNKNOWN_WORD"])
NUMBERS = frozenset(["NUMBER", "DIMS", "PATTERN", "UNKNOWN_NUMBER"])
STRINGS = frozenset(["STRING", "OPEN_STRING"])
ENDS = frozenset(["END", "$END"])
"""The end of a statement, and that of the text."""


def tokenize(text: str) -> list[Token]:
    """All tokens of a text."""
    found: list[Token] = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        word = match[kind]
        end = match.end()
        if kind == "SIGN":
            kind = word
        found.append(Token(kind, word, end - len(word), end))
    return found


def added(kind: str, offset: int) -> Token:
    """A token that a text lacks, at an offset."""
    return Token(kind, ";" if kind == "END" else kind, offset, offset)


def statements_of(tokens: Iterable[Token], text: str) -> list[Token]:
    """The tokens that statements are made of, with END between them and $END behind them.

    Comments are left out, and the end of a line where the next one goes on.
    """
    found: list[Token] = []
    line_end: Token | None = None
    for token in tokens:
        kind = token.kind
        if kind == "NEWLINE":
            line_end = line_end or token
        elif kind != "COMMENT":
            if line_end is not None and token.text not in CONTINUING:
                found.append(line_end._replace(kind="END"))
            line_end = None
            found.append(token)
    if line_end is not None:
        found.append(line_end._replace(kind="END"))
    end = len(text.rstrip())
    found.append(Token("$END", "", end, end))
    return found
