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

from cnnspec.caching import cache
from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import TYPE_CHECKING, Iterable

if TYPE_CHECKING:
    import re


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


def _escaped(sign: str) -> str:
    """The pattern of a sign."""
    return "".join([f"\\{character}" if character in "()[]{}|*+?.-" else character for character in sign])


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
    TokenKind("SIGN", "|".join(map(_escaped, SIGNS)), "a sign"),
    TokenKind("CHARACTER", r"[^ \t\f\r]", "any other character"),
)
"""All kinds, in the order in which they are tried."""

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
    """All tokens of a text.

    Names, plain numbers, plain signs and ends of lines are found without the patterns, to load and compile
    which takes longer than to find the tokens of a file of a hundred lines; tests hold both ways equal.
    """
    found: list[Token] = []
    words, at, size = text.translate(BETWEEN_WORDS), 0, len(text)
    while at < size:
        first = text[at]
        if first in BLANKS:
            at += 1
            continue
        token = None
        if first in WORD_BEGINS:
            end = words.find(" ", at)
            end = end if end >= 0 else size
            token = _word(text[at:end], at, text[end : end + 1])
        elif first == "\n":
            token = _newline(text, at)
        elif first == "#":
            end = text.find("\n", at)
            end = end if end >= 0 else size
            token = Token("COMMENT", text[at:end], at, end)
        elif text[at : at + 2] in PAIRS:
            token = Token(text[at : at + 2], text[at : at + 2], at, at + 2)
        elif first in PLAIN_SIGNS:
            token = Token(first, first, at, at + 1)
        token = token or _by_pattern(text, at)
        found.append(token)
        at = token.end
    return found


BLANKS = " \t\f\r"
BETWEEN_WORDS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
WORD_BEGINS = frozenset(chr(code) for code in range(128) if code not in BETWEEN_WORDS)
PAIRS = frozenset(sign for sign in SIGNS if len(sign) == 2 and sign != "..")
PLAIN_SIGNS = frozenset("()[]{},:=<>+-*/%")
"""Signs that begin no other token; of `..`, `.`, `|` and `?` the patterns decide."""


def _word(word: str, at: int, after: str) -> Token | None:
    """The token of a stretch of letters, digits and _; None where the patterns must decide."""
    kind = ""
    if not word.isascii():
        return None
    if not word[0].isdecimal():
        kind = "NAME"
    # 0.5, 1e-5, 3x? go on with what is no letter
    elif after in (".", "?", "+", "-"):
        kind = "NUMBER" if word.isdecimal() and after in ("+", "-") else ""
    elif word.replace("_", "").isdecimal():
        kind = "NUMBER"
    elif all([part.isdecimal() for part in word.split("x")]):
        kind = "DIMS"
    return Token(kind, word, at, at + len(word)) if kind else None


def _newline(text: str, at: int) -> Token:
    """The end of a line, with all blanks after it."""
    end, step = at + 1, 100
    while blanks := len(piece := text[end : end + step]) - len(piece.lstrip()):
        end += blanks
        if blanks < step:
            break
    return Token("NEWLINE", text[at:end], at, end)


def _by_pattern(text: str, at: int) -> Token:
    """The token that begins at a character which is no blank, by the patterns of all kinds."""
    match = _pattern().match(text, at)
    assert match is not None and match.lastgroup is not None
    kind, word, end = match.lastgroup, match[match.lastgroup], match.end()
    return Token(word if kind == "SIGN" else kind, word, end - len(word), end)


@cache
def _pattern() -> re.Pattern[str]:
    import re

    return re.compile("|".join([f"(?P<{kind.name}>{kind.pattern})" for kind in KINDS]))


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


UNITS = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
MAX_DIGITS = 40


def number(text: str) -> int | float:
    """The value of a number token: `1_000`, `4.2G` (an integer where it is one), `1e-5`."""
    plain = text.replace("_", "")
    scale = UNITS.get(plain[-1], 1)
    if scale > 1:
        plain = plain[:-1]
    if "." not in plain and "e" not in plain.lower():
        return int(plain[:MAX_DIGITS]) * scale
    value = float(plain) * scale
    return int(value) if scale > 1 and value.is_integer() else value
