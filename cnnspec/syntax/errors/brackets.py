"""Brackets that are not closed or close nothing, and blocks without their braces."""

from __future__ import annotations

from itertools import pairwise

from cnnspec.syntax.errors.unexpected import Answer, CloseBrackets, GiveUp, OpenBlock, Replace, Unexpected
from cnnspec.syntax.statements import first_on_line, indent
from cnnspec.syntax.tokens import CLOSES, ENDS, OPENS, WORDS, Token, added


def signs_in_brackets(error: Unexpected) -> Answer | None:
    """A sign that does not separate arguments."""
    if not error.in_brackets:
        return None
    if error.found.kind == ":" and error.before.kind in WORDS:
        if error.first.text in ("def", "share", "net"):
            message, cure = "a parameter has no type", "remove it; a default is written n=4"
            return Answer(error.say("syntax", message, help=cure))
        cure = f"write {error.before.text}=..."
        return Answer(error.say("syntax", "arguments are given with `=`, not with `:`", help=cure))
    if error.found.text == ";":
        message = "`;` ends a statement, and stands in brackets here"
        return Answer(error.say("syntax", message, help="write `,`"))
    return None


def brackets(error: Unexpected) -> Answer | None:
    """A bracket that is not closed, or closes nothing."""
    found = error.found
    if found.kind in ("(", "[") and not _is_closed(error):
        message = f"`{found.kind}` is not closed, and cannot stand here"
        return Answer(error.say("unclosed", message, help="remove it"), Replace(1))
    if error.in_brackets and error.innermost is not None:
        return _parenthesis(error, error.innermost)
    if found.kind in (")", "]") or (found.kind == "}" and not error.opened):
        diagnostic = error.say("unopened", f"`{found.kind}` closes nothing", help="remove it")
        return Answer(diagnostic, Replace(1))
    return None


def _is_closed(error: Unexpected) -> bool:
    """Whether the bracket that was found is closed on its line, and before a brace."""
    depth = 0
    for number in range(error.at, len(error.tokens)):
        kind = error.tokens[number].kind
        depth += (kind in ("(", "[")) - (kind in (")", "]"))
        if depth == 0 or kind in ENDS or kind in ("{", "}"):
            break
    return depth == 0


def _parenthesis(error: Unexpected, opening: Token) -> Answer | None:
    """A parenthesis or square bracket that is open where something stands that it cannot hold."""
    closing = OPENS[opening.kind]
    if error.found.kind in CLOSES and error.found.kind not in (closing, "}"):
        message = f"`{error.found.kind}` cannot close `{opening.kind}`"
        return Answer(
            error.say("unclosed", message, help=f"write `{closing}`"), _other_bracket(error, closing)
        )
    last = _last_inside(error)
    if last is None:
        return None
    diagnostic = error.say(
        "unclosed",
        f"`{opening.kind}` is not closed",
        opening,
        label="opened here",
        help=f"write `{closing}` after `{error.tokens[last].text}`",
    )
    return Answer(diagnostic, _closed_after(error, last))


def _other_bracket(error: Unexpected, closing: str) -> GiveUp | Replace:
    """What was found is left out where the right bracket follows; else that one stands here, or before it."""
    if _closes_later(error, error.at + 1):
        return Replace(1)
    around = error.tokens[error.opened[-2]].kind if len(error.opened) > 1 else ""
    count = 0 if around == CLOSES[error.found.kind] else 1
    return Replace(count, (added(closing, error.found.start),)) if closing in error.accepts else GiveUp()


def _closed_after(error: Unexpected, last: int) -> GiveUp | CloseBrackets:
    """The brackets of the statement closed after a token, where nothing after it on its line closes them."""
    between = range(last + 1, error.at)
    if any(error.tokens[number].kind not in ENDS for number in between):
        return GiveUp(last + 1)
    opening = error.innermost
    fits = opening is not None and OPENS[opening.kind] in error.accepts
    if fits and (between or not _closes_later(error, error.at)):
        return CloseBrackets(last + 1)
    return GiveUp(last + 1 if between else None)


def _closes_later(error: Unexpected, start: int) -> bool:
    """Whether a bracket that closes one from before stands on the line, from a token on."""
    depth = 0
    for number in range(start, len(error.tokens)):
        kind = error.tokens[number].kind
        depth += (kind in ("(", "[")) - (kind in (")", "]"))
        if depth < 0 or kind in ENDS:
            break
    return depth < 0


def _last_inside(error: Unexpected) -> int | None:
    """The token after which a bracket should have been closed; None where that is not what is wrong.

    A line that is indented no deeper than that of the bracket is not inside it.
    """
    text = error.source.text
    start = error.opened[-1]
    outer = indent(text, error.tokens[start].start)
    inside = [n for n in range(start, error.at + 1) if error.tokens[n].kind != "END"]
    for before, number in pairwise(inside):
        token = error.tokens[number]
        is_inside = not first_on_line(text, token.start) or indent(text, token.start) > outer
        if not is_inside and token.kind not in CLOSES:
            return before
    if error.found.kind in ("$END", "}", "{", "->", "=>") and {")", "]"} & error.accepts:
        return error.at - 1 if error.at - 1 > start else None
    return None


def no_block(error: Unexpected) -> Answer | None:
    """A header without its brace, where what follows is indented as its block."""
    found, text = error.found, error.source.text
    if found.kind != "END" or found.text == ";" or "{" not in error.accepts:
        return None
    if _indentation(found) <= indent(text, error.first.start):
        return None
    message = f"a block is missing after `{error.before.text}`"
    diagnostic = error.say("syntax", message, help="write `{` at the end of the line")
    return Answer(diagnostic, OpenBlock(_end_of_block(error)))


def _indentation(line_end: Token) -> int:
    """How far the line after the end of one is indented."""
    return len(line_end.text) - line_end.text.rfind("\n") - 1


def _end_of_block(error: Unexpected) -> int | None:
    """Where a block without braces ends, by its indentation; None where a brace ends it."""
    text, outer = error.source.text, indent(error.source.text, error.first.start)
    for number in range(error.at + 1, len(error.tokens)):
        before, token = error.tokens[number - 1], error.tokens[number]
        ends_before = before.kind == "END" and token.kind != "$END" and first_on_line(text, token.start)
        if ends_before and indent(text, token.start) <= outer:
            return None if token.kind == "}" else number - 1
    return len(error.tokens) - 1
