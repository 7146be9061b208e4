"""Braces that are missing or too many: the indentation of a text tells which.

In each item of a file, from a `def`, `share`, `net` or `use` at the margin to the next, braces are counted.
Where they do not match, a stack of the open ones is held against the indentation of each line:

    net A {               open: net 0
        stem {            open: net 0, stem 4
            conv(8, 3)
        body {            column 4 ends what is open at 4 or deeper: stem is not closed, and one `}` is added
            conv(8, 3)    at the end of the line before
        }
    }

and with one too many, a line that is deeper than the block around it says which brace was wrong:

    stem {                open: stem 4
        conv(8, 3) }      closes stem, but the next line is deeper than it: this `}` is one too many
        relu
    }

Only as many braces are added or left out as do not match.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.records import dataclass, field, replace
from cnnspec.source import Source, Span
from cnnspec.syntax.lines import Indented, indented, items
from cnnspec.syntax.statements import AT_MARGIN, WITH_BLOCKS, WITHOUT_BLOCKS
from cnnspec.syntax.tokens import ENDS, NUMBERS, STRINGS, WORDS, Token, added

FLAT = -1
"""The column of a block whose lines are indented no deeper than it: indentation says nothing of it."""
MAX_DEPTH = 200
MAX_BRACES = 200
"""How many wrong braces of one text are looked for."""
HEADERS = WITH_BLOCKS | WITHOUT_BLOCKS | {"else"}
CONTINUING = ("->", "=>", "|", "else")
NOT_BEFORE = ("{", "}", "def", "share", "net", "for", "in", "if", "from")
"""What no brace follows at once."""
BEFORE_OR_IN_BLOCKS = WORDS | NUMBERS | STRINGS | frozenset("()[]{}|")
"""What may stand after a brace on its line, though it be wrong there."""


@dataclass(frozen=True)
class OpenBracket:
    """A bracket that is open: its place, the indentation of its line or FLAT, and whether arms are in it."""

    number: int
    kind: str
    column: int
    arms: bool = False


def balance(source: Source, tokens: list[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens with as many braces closed as opened, and what is said of those that were wrong."""
    places = indented(source.text, tokens)
    found: list[Diagnostic] = []
    left_out: set[int] = set()
    opening: set[int] = set()
    closing: dict[int, int] = {}
    # each definition by itself, so that a brace lost in one net is not found in the next
    for stretch in items(places):
        extra, unclosed = _unmatched(places[stretch.start : stretch.stop])
        if (extra or unclosed) and len(found) < MAX_BRACES:
            scan = Scan(source, places, stretch, extra, unclosed)
            scan.run()
            found += scan.found
            left_out |= scan.left_out
            opening |= scan.opening
            closing |= scan.closing
    if not found and not left_out:
        return tokens, found
    return list(_mended(tokens, left_out, opening, closing)), found


def _mended(
    tokens: list[Token], left_out: set[int], opening: set[int], closing: dict[int, int]
) -> Iterator[Token]:
    """The tokens without those left out, with a brace opened, or so many closed, before others."""
    for number, token in enumerate(tokens):
        if count := closing.get(number):
            yield from [added("}", token.start)] * count
            if token.kind not in ENDS and token.text not in ("}", *CONTINUING):
                yield added("END", token.start)
        if number in opening:
            yield added("{", token.start)
        if number not in left_out:
            yield token


def _unmatched(places: list[Indented]) -> tuple[int, int]:
    """How many braces close nothing, and how many are not closed."""
    extra = depth = 0
    for place in places:
        if place.token.kind == "{":
            depth += 1
        elif place.token.kind == "}":
            extra, depth = (extra, depth - 1) if depth else (extra + 1, 0)
    return extra, depth


@dataclass()
class Scan:
    """One way through a stretch: `extra` closing and `unclosed` opening braces are still to be found."""

    source: Source
    places: list[Indented]
    stretch: range
    extra: int
    unclosed: int
    open: list[OpenBracket] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    opening: set[int] = field(default_factory=set)
    closing: dict[int, int] = field(default_factory=dict)
    cut: int = FLAT
    """The column of the last statement whose parentheses stay open: its brace may be missing with them."""

    def run(self) -> None:
        """Go over all tokens. Brackets that are nested too deep are the parser's to report."""
        for number in self.stretch:
            place = self.places[number]
            if place.first_on_line and number > self.stretch.start:
                self._line(number, place)
            if place.token.kind == "{":
                self._opening(number, place)
            elif place.token.kind == "}":
                self._closing(number, place)
            elif place.token.kind in ("(", "["):
                self.open.append(OpenBracket(number, place.token.kind, place.column))
            elif place.token.kind in (")", "]") and self.open and self.open[-1].kind != "{":
                self.open.pop()
            elif place.token.kind == "|":
                self._arm(number, place)
            if len(self.open) > MAX_DEPTH or len(self.found) > MAX_BRACES:
                return
        # what no line has ended ends with the stretch, inner blocks first
        while self.unclosed and self.open:
            block = self.open.pop()
            if block.kind == "{":
                self._close(block, self.places[self.stretch.stop - 1].number + 1)

    def _line(self, number: int, place: Indented) -> None:
        """What the indentation of a line says of the braces before it."""
        # a line that is not indented deeper than an open parenthesis is not in it: it was forgotten
        while self.open and self.open[-1].kind != "{" and place.column <= self.open[-1].column:
            self.cut = self.open.pop().column
        if self.open and self.open[-1].kind != "{":
            return
        # As many braces are added as the stretch lacks and no more: where braces match, indentation is a
        # matter of taste, and says nothing.
        while self.unclosed and self.open and self._ends(self.open[-1], place):
            self._end_block(self.open.pop(), number, place)
        before = self.places[number - 1]
        column = self.places[before.statement].column
        begins = place.token.text not in (*CONTINUING, "}") and before.token.text != "{"
        if self.extra and begins and place.column > column:
            self._open(number, before.number + 1, column)
            end = self.source.text.find("\n", before.token.end)
            self._say_missing(before.token, end, end + 1, "write `{` at the end of the line")

    def _ends(self, block: OpenBracket, place: Indented) -> bool:
        """Whether a block should have ended before a line."""
        if block.column == FLAT or (block.arms and place.token.kind == "|") or self._holds_nothing(place):
            return False
        if place.token.kind == "}":
            return block.column > place.column and any(o.column == place.column for o in self.open[:-1])
        return block.column >= place.column

    def _end_block(self, block: OpenBracket, number: int, place: Indented) -> None:
        """End a block before a line: its brace is not closed, or is one too many."""
        opening = self.places[block.number]
        if number > block.number + 1:
            goes_on = place.token.text in CONTINUING
            self._close(block, place.number if goes_on else self.places[number - 1].number + 1)
        elif self._word(opening) in HEADERS and block.column == place.column:
            # nothing in this definition is indented: from here on columns say nothing of its blocks
            self.open.append(replace(block, column=FLAT))
        else:
            self._leave_out_opening(opening)

    def _opening(self, number: int, place: Indented) -> None:
        if self.unclosed and self._begins_none(number, place):
            self._leave_out_opening(place)
            return
        is_flat = bool(self.open) and self.open[-1].column == FLAT
        self.open.append(
            OpenBracket(number, "{", FLAT if is_flat else place.column, self._has_arms(number + 1))
        )

    def _begins_none(self, number: int, place: Indented) -> bool:
        """Whether no block can begin with this brace, by what stands before and after it on its line."""
        before = "" if place.first_on_line else self.places[number - 1].token.text
        after = self.places[number + 1].token if number + 1 < place.below else None
        at_top = not self.open and self._word(place) not in AT_MARGIN
        return (
            (place.enclosed or at_top or before in NOT_BEFORE or self._word(place) in WITHOUT_BLOCKS)
            or (after is not None and after.kind not in BEFORE_OR_IN_BLOCKS)
            or self._holds_nothing(place)
        )

    def _holds_nothing(self, place: Indented) -> bool:
        """Whether a brace is alone on its line, and the next line is not indented deeper."""
        after = self.places[place.below] if place.below < len(self.places) else None
        alone = place.token.kind == "{" and place.first_on_line and self.places[place.below - 1] is place
        return alone and (after is None or after.column <= place.column)

    def _closing(self, number: int, place: Indented) -> None:
        if self.extra and (place.enclosed or self._ends_none(number, place)):
            self._leave_out_closing(place)
            return
        while self.open and self.open[-1].kind != "{":
            self.open.pop()
        if self.extra and not self.open and place.column == self.cut:
            self.extra -= 1
            self.left_out.add(place.number)
        elif self.extra and (not self.open or self._goes_on(self.open[-1], place)):
            self._leave_out_closing(place)
        elif self.open:
            self.open.pop()

    def _ends_none(self, number: int, place: Indented) -> bool:
        """Whether no block can end with this brace, by what stands after it on its line."""
        if number + 1 == place.below:
            return False
        after = self.places[number + 1]
        at_once = after.number == place.number + 1
        return at_once and after.token.text not in (*CONTINUING, "}", "*")

    def _goes_on(self, block: OpenBracket, place: Indented) -> bool:
        """Whether the lines after a brace are in the block that it would end."""
        if block.column == FLAT:
            return False
        if place.first_on_line and place.column > block.column:
            return True
        if place.below == len(self.places):
            return False
        line = self.places[place.below]
        if line.token.text == "}":
            began_before = self.places[block.number].below < place.below
            return not place.first_on_line and began_before and line.column == block.column
        return line.column > block.column and line.token.text not in CONTINUING

    def _arm(self, number: int, place: Indented) -> None:
        """An arm that stands in no join."""
        inside = self.open[-1] if self.open else None
        if self.extra and inside is not None and inside.kind == "{" and not inside.arms:
            before, column = self.places[number - 1].token, self.places[place.statement].column
            self._open(number, place.number, column)
            self._say_missing(before, before.start, before.end, "write `{` after it")

    def _has_arms(self, number: int) -> bool:
        return number < len(self.places) and self.places[number].token.text == "|"

    def _word(self, place: Indented) -> str:
        """What the statement of a place begins with."""
        return self.places[place.statement].token.text

    def _open(self, number: int, before: int, column: int) -> None:
        self.extra -= 1
        self.open.append(OpenBracket(number, "{", column, self._has_arms(number)))
        self.opening.add(before)

    def _say_missing(self, before: Token, start: int, end: int, cure: str) -> None:
        self._say("syntax", start, end, f"a block is missing after `{before.text}`", cure)

    def _close(self, block: OpenBracket, before: int) -> None:
        self.unclosed -= 1
        self.closing[before] = self.closing.get(before, 0) + 1
        brace = self.places[block.number].token
        self._say("unclosed", brace.start, brace.end, "`{` is not closed", "write `}`", "opened here")

    def _leave_out_opening(self, place: Indented) -> None:
        self.unclosed -= 1
        self.left_out.add(place.number)
        message = "`{` is not closed, and no block begins here"
        self._say("unclosed", place.token.start, place.token.end, message, "remove it")

    def _leave_out_closing(self, place: Indented) -> None:
        self.extra -= 1
        self.left_out.add(place.number)
        start, end = place.token.start, place.token.end
        braces = [o for o in self.open if o.kind == "{"]
        if braces:
            line = Span(self.source, self.places[braces[-1].number].token.start, end).line
            message = f"this brace ends what line {line} begins, which goes on after it"
            cure = "remove it, or the text after it is in the wrong place"
        else:
            message, cure = "`}` closes nothing", "remove it"
        self._say("unopened", start, end, message, cure)

    def _say(self, code: str, start: int, end: int, message: str, cure: str, label: str = "") -> None:
        self.found.append(Diagnostic(code, "error", message, Span(self.source, start, end), label, cure))
