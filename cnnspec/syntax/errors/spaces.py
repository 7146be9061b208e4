"""Syntax errors in spaces: their head, `vary` and `where`."""

from __future__ import annotations

import re

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.records import dataclass
from cnnspec.source import Span
from cnnspec.syntax.errors.habits import LOOK_AHEAD, LOOK_BACK, written
from cnnspec.syntax.errors.unexpected import Answer, GiveUp, Replace, Unexpected
from cnnspec.syntax.statements import statement_start
from cnnspec.syntax.tokens import ENDS, added


@dataclass(frozen=True)
class SpaceSlip:
    """What tokens look like where the parser stops in a space, and what is said of it.

    `here` is matched on the tokens from there on, `after` on the end of those before it, `first` on the token
    that begins the statement. In message and cure `{0}` is what `here` matched. Where `by` is given, that
    word stands in the place of the first `count` tokens, and reading goes on.
    """

    here: str
    message: str
    cure: str
    after: str = ""
    first: str = "vary"
    count: int = 1
    by: str = ""

    def fits(self, error: Unexpected, before: str, after: str) -> re.Match[str] | None:
        """The match of `here`, where the rest fits as well."""
        first = re.fullmatch(self.first, error.first.text)
        return re.match(self.here, after) if first and re.search(rf"(?:{self.after})\Z", before) else None


VARIED = r"vary \w+( *\[[^\]]*\])?"
RANGED = VARIED + r" in .+"
NAMED = r"space \w+"
ONE_LINE = "a range is written vary depth in 12..28, a choice vary group in [8, 16]"
NO_ARGUMENTS = "choose from one value, as in vary classes in [10], or name the net: net Ten = NET(classes=10)"
SPACE_SLIPS = (
    # the head
    SpaceSlip(r"=|:|in\b", "a space is `of` a net, not `{0}` it", "write `of`", NAMED, "space", 1, "of"),
    SpaceSlip(r"\{", "a space says whose values it ranges over", "write space NAME of NET", NAMED, "space"),
    SpaceSlip(r"\w+", "`of` is missing before the net", "write `of`", NAMED, "space", 0, "of"),
    SpaceSlip(r"\(", "a space gives its net no arguments", NO_ARGUMENTS, r"of \w+", "space"),
    # what stands in the braces
    SpaceSlip(r"expect\b", "`expect` states facts of one net", "write `where`", "", "expect", 1, "where"),
    SpaceSlip(
        r"\w+(?= *(\[[^\]]*\])? *in\b)", "`{0}` is not said to vary", "write `vary`", "", ".*", 0, "vary"
    ),
    SpaceSlip(
        r"[\w.]+ *([<>]=?|[=!]=)", "a condition begins with `where`", "write `where`", "", ".*", 0, "where"
    ),
    SpaceSlip(r"\S+", "a space holds lines of `vary` and `where`, not `{0}`", ONE_LINE, r"[{};\n]|^", ".*"),
    # vary
    SpaceSlip(r"=|:", "`{0}` gives one value, and this is to vary", "write `in`", VARIED, by="in"),
    SpaceSlip(r"from\b", "`from` begins no range", "write `in`", VARIED, by="in"),
    SpaceSlip(r"[\d(\[]", "`in` is missing before the values", "write `in`", VARIED, count=0, by="in"),
    SpaceSlip(r",", "one line of `vary` is about one parameter", "write a line for each of them", VARIED),
    SpaceSlip(r"to\b|\.\.\.|:|,", "`{0}` makes no range", "write `..`", RANGED, by=".."),
    SpaceSlip(r"by\b", "`by` begins no step", "write `step`", r"\.\. *\S+", by="step"),
    SpaceSlip(r"step\b", "`step` stands before `log`", "write a..b step n log", r"\blog"),
    SpaceSlip(r"(step|log)\b", "`{0}` goes with a range", "write a..b {0}", RANGED),
    SpaceSlip(r"[=:]", "`step` is a word of its own", "leave the sign out: step 8", r"\bstep"),
    # where
    SpaceSlip(r"=", "`=` compares nothing", "write `==`", "", "where", 1, "=="),
)


def spaces(error: Unexpected) -> Answer | None:
    """What is wrong with the head of a space, or with a line in its braces."""
    if error.in_brackets or not (_is_head(error) or _is_inside(error)):
        return None
    before = written(error.tokens[max(error.first_at, error.at - LOOK_BACK) : error.at])
    after = written(error.tokens[error.at : error.at + LOOK_AHEAD])
    for slip in SPACE_SLIPS:
        if error.found.kind not in (*ENDS, "}") and (match := slip.fits(error, before, after)):
            return _answer(error, slip, match)
    return None


def _is_head(error: Unexpected) -> bool:
    """Whether this stands in the head of a space."""
    return not error.opened and error.first.text == "space" and error.at > error.first_at


def _is_inside(error: Unexpected) -> bool:
    """Whether this stands in the braces of a space, at the top of a file."""
    if len(error.opened) != 1:
        return False
    return error.tokens[statement_start(error.tokens, error.opened[0], ())].text == "space"


def _answer(error: Unexpected, slip: SpaceSlip, match: re.Match[str]) -> Answer:
    cure = Cure(slip.cure.format(match.group()))
    repair: GiveUp | Replace = GiveUp(blocks=False)
    if slip.by:
        start = error.found.start
        end = error.tokens[error.at + slip.count - 1].end if slip.count else start
        cure = Cure(slip.cure, (Edit(Span(error.source, start, end), slip.by + " " * (not slip.count)),))
        repair = Replace(slip.count, (added(slip.by, start),))
    return Answer(error.cured("syntax", slip.message.format(match.group()), cure), repair)
