"""Brackets that are not closed or close nothing, and blocks without their braces."""

from __future__ import annotations

import re
from itertools import pairwise

from cnnspec.diagnostics.cures import Cure, as_told, write_after
from cnnspec.diagnostics.report import Edit
from cnnspec.source import Span
from cnnspec.syntax.errors.rewriting import without_type
from cnnspec.syntax.errors.unexpected import Answer, CloseBrackets, GiveUp, OpenBlock, Replace, Unexpected
from cnnspec.syntax.statements import first_on_line, indent
from cnnspec.syntax.tokens import CLOSES, ENDS, OPENS, WORDS, Token, added


def signs_in_brackets(error: Unexpected) -> Answer | None:
    """A sign that does not separate arguments."""
    if not error.in_brackets:
        return None
    if error.found.kind == ":" and error.before.kind in WORDS:
        if error.first.text in ("def", "share", "net"):
            cure = Cure("remove it; a default is written n=4", without_type(error))
            return Answer(error.cured("syntax", "a parameter has no type", cure))
        cure = f"write {error.before.text}=..."
        edits = (Edit(error.span(error.found), "="),)
        message = "arguments are given with `=`, not with `:`"
        return Answer(error.cured("syntax", message, Cure(cure, edits)))
    if error.found.text == ";":
        message = "`;` ends a statement, and stands in brackets here"
        return Answer(error.cured("syntax", message, as_told(error.span(error.found), "write `,`")))
    return None


def brackets(error: Unexpected) -> Answer | None:
    """A bracket that is not closed, or closes nothing."""
    found = error.found
    if found.kind in ("(", "[") and not _is_closed(error):
        message = f"`{found.kind}` is not closed, and cannot stand here"
        return Answer(error.cured("unclosed", message, as_told(error.span(found), "remove it")), Replace(1))
    if error.in_brackets and error.innermost is not None:
        return _parenthesis(error, error.innermost)
    if found.kind in (")", "]") or (found.kind == "}" and not error.opened):
        diagnostic = error.cured("unopened", f"`{found.kind}` closes nothing", _removed(error))
        return Answer(diagnostic, Replace(1))
    return None


def _removed(error: Unexpected) -> Cure:
    """The cure of a bracket that closes nothing; after `conv3` it may be the one before it that lacks."""
    may_lack_opening = re.fullmatch(r"[A-Za-z_]+\d+", error.before.text) is not None
    return Cure("remove it") if may_lack_opening else as_told(error.span(error.found), "remove it")


def _edits(error: Unexpected, repair: GiveUp | Replace) -> tuple[Edit, ...]:
    """The edits that do what the parser does when it reads another bracket than the one that was found."""
    if not isinstance(repair, Replace) or not repair.by:
        return ()
    start = error.found.start
    span = error.span(error.found) if repair.count else Span(error.source, start, start)
    return (Edit(span, "".join(token.text for token in repair.by)),)


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
        repair = _other_bracket(error, closing)
        cure = Cure(f"write `{closing}`", _edits(error, repair))
        return Answer(error.cured("unclosed", message, cure), repair)
    last = _last_inside(error)
    if last is None:
        return None
    end = next(number for number in range(last, -1, -1) if error.tokens[number].kind not in ENDS)
    cure = write_after(error.span(error.tokens[end]), closing)
    message = f"`{opening.kind}` is not closed"
    diagnostic = error.cured("unclosed", message, cure, opening, label="opened here")
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
