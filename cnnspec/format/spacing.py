"""Spaces: how parts of a statement stand on one line."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.format.entries import CLOSING, BracedBlock, Comment, Entry, Group, Part, Statement, Word
from cnnspec.syntax.tokens import NUMBERS, STRINGS, WORDS

KEYWORDS = frozenset(("and", "or", "not", "in", "if", "else", "for", "let", "expect", "use", "from"))


def is_flat(parts: Sequence[Part]) -> bool:
    """Whether parts can stand on one line: no comments, and no block that is written over several lines."""
    stack = list(parts)
    while stack:
        part = stack.pop()
        if isinstance(part, Comment):
            return False
        if isinstance(part, Group):
            stack += part.parts
        elif isinstance(part, BracedBlock):
            if not part.inline:
                return False
            for entry in part.entries:
                if not isinstance(entry, Statement):
                    return False
                stack += entry.parts
    return True


def flat(parts: Sequence[Part], before: Part | None = None, within: str = "{") -> str:
    """Parts on one line; a space comes first where one belongs between `before` and them."""
    pieces: list[str] = []
    glued = before is None
    used = isinstance(parts[0], Word) and parts[0].text == "use" if parts else False
    for part in parts:
        if not glued and (_spaced(before, part, within) or (used and isinstance(part, Group))):
            pieces.append(" ")
        pieces.append(_flat_part(part, before))
        glued = isinstance(part, Word) and _glues(part, before, within)
        before = part
    return "".join(pieces)


def _flat_part(part: Part, before: Part | None) -> str:
    if isinstance(part, Group):
        inner = part.parts[:-1] if drops_comma(part, before) else part.parts
        return part.opening + flat(inner, None, part.opening) + CLOSING[part.opening]
    if isinstance(part, BracedBlock):
        return _flat_block(part.entries)
    return part.text


def _flat_block(entries: tuple[Entry, ...]) -> str:
    inner: list[str] = []
    for entry in entries:
        if isinstance(entry, Statement):
            inner.append(flat(entry.parts))
    between = " " if inner and inner[0].startswith("|") else "; "
    return "{ " + between.join(inner) + " }" if inner else "{}"


def drops_comma(group: Group, before: Part | None) -> bool:
    """Whether a group ends in a comma that says nothing; in `(a,)` it makes a list."""
    commas = sum(is_sign(part, ",") for part in group.parts)
    ends_in_one = bool(group.parts) and is_sign(group.parts[-1], ",")
    return ends_in_one and (group.opening == "[" or commas > 1 or is_operand(before))


def is_sign(part: Part | None, *signs: str) -> bool:
    """Whether a part is one of some signs."""
    return isinstance(part, Word) and part.kind in signs


def is_operand(part: Part | None) -> bool:
    """Whether a part is a value, or ends one, so that a bracket after it is a call or an index."""
    if isinstance(part, Word):
        return part.kind in NUMBERS | STRINGS or (part.kind in WORDS and part.text not in KEYWORDS)
    return isinstance(part, Group)


def _spaced(before: Part | None, part: Part, within: str) -> bool:
    """Whether a space stands between two parts of which the first does not glue."""
    if isinstance(part, Group):
        is_input = isinstance(before, Word) and before.text == "input" and part.opening == "("
        return is_input or not is_operand(before)
    if is_sign(part, ","):
        return False
    if is_sign(part, "."):
        return isinstance(before, Word) and before.kind in NUMBERS
    if is_sign(part, ":", "**", ".."):
        return False
    return not (is_sign(part, "=") and within == "(")


def _glues(token: Word, before: Part | None, within: str) -> bool:
    """Whether no space stands after a token."""
    if is_sign(token, "+", "-"):
        return not (is_operand(before) or isinstance(before, BracedBlock))
    if is_sign(token, "="):
        return within == "("
    return is_sign(token, "**", ".", "..") or (is_sign(token, ":") and within == "[")
