"""Where statements begin and end among the tokens of a text, whatever stands there."""

from __future__ import annotations

from cnnspec.syntax.tokens import CLOSES, ENDS, OPENS, Token
from cnnspec.typed import Sequence

WITHOUT_BLOCKS = frozenset(["let", "use", "input", "expect", "vary", "where"])
WITH_BLOCKS = frozenset(["def", "share", "net", "space", "stem", "body", "head", "for", "if"])
ITEMS = ("def", "share", "net", "space", "use", "let")
"""What the items of a file begin with."""
AT_MARGIN = ("def", "share", "net", "space", "use")
"""What at the margin begins an item of its own, whatever braces are open."""
NEVER_IN_BODIES = ("def", "net", "use")
"""What at the margin begins an item of its own for sure: a share may stand in a body."""


def braces_match(text: str, tokens: list[Token]) -> bool:
    """Whether the braces of each item match."""
    depth = 0
    for number, (kind, word, start, _) in enumerate(tokens):
        if kind == "{":
            depth += 1
        elif kind == "}":
            depth -= 1
            if depth < 0:
                return False
        elif depth and text[start - 1 : start] in ("", "\n") and _begins_item(word, tokens, number):
            return False
    return depth == 0


def _begins_item(word: str, tokens: Sequence[Token], number: int) -> bool:
    return word in NEVER_IN_BODIES or (word == "space" and begins_space(tokens[number : number + 3]))


def begins_space(tokens: Sequence[Token]) -> bool:
    """Whether tokens begin with the head of a space: the word is a name elsewhere."""
    return len(tokens) > 2 and tokens[0].text == "space" and tokens[2].text == "of"


def statement_start(tokens: Sequence[Token], at: int, opened: Sequence[int]) -> int:
    """The number of the token that begins the statement around one, by the brackets that are open there."""
    block = next((number for number in reversed(opened) if tokens[number].kind == "{"), -1)
    inside = [number for number in opened if number > block]
    at = inside[0] if inside else at
    braces = brackets = 0
    while at > block + 1:
        before = tokens[at - 1]
        if before.kind in ("{", "}"):
            braces += 1 if before.kind == "}" else -1
        elif not braces:
            brackets += (before.kind in CLOSES) - (before.kind in OPENS)
            if brackets <= 0 and (before.kind == "END" or before.kind == "|"):
                break
        at -= 1
    return at


def statement_end(text: str, tokens: Sequence[Token], at: int, opened: Sequence[int]) -> int:
    """The number of the token that ends the statement around one; with brackets left open, its line does."""
    kinds = [tokens[number].kind for number in opened]
    outside = kinds.count("{")
    braces = outside
    for number in range(at, len(tokens)):
        kind = tokens[number].kind
        is_plain = not kinds or kinds[-1] == "{"
        if braces == outside and kind == "}":
            return number if is_plain else line_end(text, tokens, at)
        if braces == outside and is_plain and (kind in ENDS or kind == "|"):
            return number
        braces += (kind == "{") - (kind == "}" and braces > 0)
        _step(kinds, kind)
    return line_end(text, tokens, at)


def _step(opened: list[str], kind: str) -> None:
    """Open or close a bracket; a brace closes what is open within it as well."""
    if kind in OPENS:
        opened.append(kind)
    elif kind in CLOSES:
        while kind == "}" and opened and opened[-1] != "{":
            opened.pop()
        if opened and opened[-1] == CLOSES[kind]:
            opened.pop()


def line_end(text: str, tokens: Sequence[Token], at: int) -> int:
    """The number of the first token after the line of one, or of the brace on it that ends the block."""
    end = text.find("\n", tokens[at].start)
    end = end if end >= 0 else len(text)
    while tokens[at].kind not in ("$END", "}") and tokens[at].start < end:
        at += 1
    return at


def next_item(text: str, tokens: Sequence[Token], at: int) -> int:
    """Where a definition without a block ends: after the lines that are indented, and a brace."""
    end = at
    for number in range(at, len(tokens)):
        token = tokens[number]
        if token.kind not in ENDS:
            if token.kind != "}" and text[token.start - 1 : token.start] == "\n":
                break
            end = number + 1
    return end


def first_block(tokens: Sequence[Token], at: int, end: int) -> int:
    """The number of the brace that opens the first block in a stretch; its end where braces do not match."""
    depth, found = 0, end
    for number in range(at, end):
        kind = tokens[number].kind
        if kind == "{":
            found = min(found, number)
            depth += 1
        elif kind == "}":
            depth -= 1
            if depth < 0:
                return end
    return found if depth == 0 else end


def indent(text: str, offset: int) -> int:
    """How far the line of an offset is indented."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return len(line) - len(line.lstrip())


def first_on_line(text: str, offset: int) -> bool:
    """Whether nothing but blanks stands before an offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()
