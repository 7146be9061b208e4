"""What each token of a spec is to who reads it: the roles that editors, notebooks and docs colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.values import BUILT_IN
from cnnspec.syntax.tokens import NUMBERS, STRINGS, WORDS, Token

WORD_ROLES: Mapping[str, tuple[str, ...]] = {
    "declaration": ("def", "share", "net", "use", "let", "from", "training"),
    "keyword": ("for", "in", "if", "else", "expect"),
    "logic": ("and", "or", "not"),
    "section": ("input", "stem", "body", "head"),
    "constant": ("true", "false", "none"),
}
"""The words of the language, by role."""
SPACE_LINES = frozenset(["space", "vary", "where"])
SPACE_WORDS = {"of": "space", "step": "vary", "log": "vary"}
"""Words of the language in spaces, names elsewhere: those that begin a line, others with that of theirs."""
ROLE_OF_WORD = {word: role for role, words in WORD_ROLES.items() for word in words}
OPERATORS = frozenset(["->", "=>", "==", "!=", "<=", ">=", "**", "//", "..", "<", ">", *"=|+-*/%"])
BEFORE_LABELS = frozenset(["NEWLINE", "END", "{", "|"])
VALUE_ENDS = NUMBERS | {"NAME", ")", "]"}


def roles(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Each token, ends of lines left out, with its role.

    A role is one of WORD_ROLES, or definition, label, argument, layer, function, name, number, text, comment,
    operator, punctuation, unknown.
    """
    labels, of_spaces = set(_labels(tokens)), set(_words_of_spaces(tokens))
    code = [number for number, token in enumerate(tokens) if token.kind not in ("NEWLINE", "COMMENT")]
    after = {number: tokens[following] for number, following in pairwise(code)}
    before: Token | None = None
    for number, token in enumerate(tokens):
        if token.kind == "COMMENT":
            yield token, "comment"
        elif token.kind != "NEWLINE":
            role = "label" if number in labels else "keyword" if number in of_spaces else ""
            yield token, role or _role(token, before, after.get(number))
            before = token


def _role(token: Token, before: Token | None, after: Token | None) -> str:
    if token.kind == "NAME":
        return _role_of_word(token.text, before.text if before else "", after.kind if after else "")
    if token.kind in WORDS or token.kind in ("OPEN_STRING", "UNKNOWN_NUMBER", "UNKNOWN_SIGN", "CHARACTER"):
        return "unknown"
    if token.kind in NUMBERS:
        return "number"
    if token.kind in STRINGS:
        return "text"
    return "operator" if token.kind in OPERATORS else "punctuation"


def _role_of_word(word: str, before: str, after: str) -> str:
    if before in ("def", "share", "net") or (before == "space" and after == "NAME"):
        return "definition"
    if word in ROLE_OF_WORD:
        return ROLE_OF_WORD[word]
    if after == "=":
        return "argument"
    if word in BUILT_IN:
        return "layer"
    return "function" if word in FUNCTIONS and after == "(" else "name"


def _labels(tokens: Sequence[Token]) -> Iterator[int]:
    """The numbers of the tokens that labels are made of: `skip`, and `[`, `i`, `]` of `skip[i]: ...`."""
    begins = True
    for number, token in enumerate(tokens):
        if begins and token.kind == "NAME":
            end = _after_indices(tokens, number + 1)
            if end < len(tokens) and tokens[end].kind == ":":
                yield from range(number, end)
        begins = token.kind in BEFORE_LABELS


def _after_indices(tokens: Sequence[Token], at: int) -> int:
    """The number of the token after indices in square brackets, of which none need be, on one line."""
    depth = 0
    while at < len(tokens) and (depth or tokens[at].kind == "[") and tokens[at].kind != "NEWLINE":
        depth += (tokens[at].kind == "[") - (tokens[at].kind == "]")
        at += 1
    return at


def _words_of_spaces(tokens: Sequence[Token]) -> Iterator[int]:
    """The numbers of the words that are the language's in spaces, and names elsewhere.

    `space`, `vary` and `where` begin a line, and a name or number follows; `of`, `step` and `log` follow a
    value on such a line, as they do nowhere else. In the braces of a space anything may follow `where`. One
    that is the whole text is a word.
    """
    line, before, depth, space = "", "", 0, 0
    is_whole = sum(token.kind not in ("NEWLINE", "COMMENT") for token in tokens) == 1
    for number, token in enumerate(tokens):
        depth += (token.kind == "{") - (token.kind == "}")
        space = 0 if token.kind == "}" and depth < space else space
        if token.kind in BEFORE_LABELS:
            line = before = ""
        elif token.kind != "COMMENT":
            after = tokens[number + 1].kind if number + 1 < len(tokens) else ""
            follows_it = after in NUMBERS | {"NAME"} or (0 < space <= depth and token.text == "where")
            begins = not before and token.text in SPACE_LINES and follows_it
            space = depth + 1 if begins and token.text == "space" else space
            line = token.text if begins else line
            follows = before in VALUE_ENDS and before != line and line == SPACE_WORDS.get(token.text)
            if begins or follows or (is_whole and token.text in (*SPACE_LINES, *SPACE_WORDS)):
                yield number
            before = line if begins else token.kind
