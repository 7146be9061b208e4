"""Braces that are missing or too many: the indentation of a text tells which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span
from cnnspec.syntax.lines import ITEMS, Place, items, places_of
from cnnspec.syntax.mend import BROKEN, Mended
from cnnspec.syntax.pieces import WITH_BLOCKS, WITHOUT_BLOCKS, Piece

FLAT = -1
"""The column of a block whose lines are indented no deeper than it: indentation says nothing of it."""
MAX_DEPTH = 200
MAX_BRACES = 25
MAX_LENGTH = 2**17
"""Longer texts are not looked through."""
CONTINUING = ("->", "=>", "|", "else")
HEADERS = (*WITH_BLOCKS, "else")
NOT_BEFORE = ("{", "}", "def", "share", "net", "for", "in", "if", "from")
"""What no brace follows at once."""


@dataclass(frozen=True)
class Open:
    """A bracket that is open: its place, the indentation of its line or FLAT, and whether arms are in it."""

    number: int
    text: str
    column: int
    arms: bool = False


def balance(source: Source, mended: Mended) -> tuple[Mended, list[Diagnostic]]:
    """The text with as many braces closed as opened, and what is said of those that were wrong.

    A definition at the margin is in no other one, so each is looked at by itself.
    """
    found: list[Diagnostic] = []
    places = places_of(mended.text) if len(mended.text) <= MAX_LENGTH else []
    for stretch in items(places):
        extra, unclosed = _unmatched(places[stretch.start : stretch.stop])
        if (extra or unclosed) and len(found) < MAX_BRACES:
            scan = Scan(source, mended, places, stretch, extra, unclosed)
            scan.run()
            mended = scan.mended
            found += scan.found
    return mended, found


def _unmatched(places: list[Place]) -> tuple[int, int]:
    """How many braces close nothing, and how many are not closed."""
    extra = depth = 0
    for place in places:
        if place.piece.text == "{":
            depth += 1
        elif place.piece.text == "}":
            extra, depth = (extra, depth - 1) if depth else (extra + 1, 0)
    return extra, depth


@dataclass
class Scan:
    """One way through a stretch: `extra` closing and `unclosed` opening braces are still to be found."""

    source: Source
    mended: Mended
    places: list[Place]
    stretch: range
    extra: int
    unclosed: int
    open: list[Open] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    cut: int = FLAT
    """The column of the last statement whose parentheses stay open: its brace may be missing with them."""

    def run(self) -> None:
        """Go over all pieces. Brackets that are nested too deep are the parser's to report."""
        for number in self.stretch:
            place = self.places[number]
            if place.first_on_line and number > self.stretch.start:
                self._line(number, place)
            if place.piece.text == "{":
                self._opening(number, place)
            elif place.piece.text == "}":
                self._closing(number, place)
            elif place.piece.text in ("(", "["):
                self.open.append(Open(number, place.piece.text, place.column))
            elif place.piece.text in (")", "]") and self.open and self.open[-1].text != "{":
                self.open.pop()
            elif place.piece.text == "|":
                self._arm(number, place)
            if len(self.open) > MAX_DEPTH or len(self.found) > MAX_BRACES:
                return
        while self.unclosed and self.open:
            block = self.open.pop()
            if block.text == "{":
                self._close(block, self._line_end(self.stretch.stop - 1))

    def _line(self, number: int, place: Place) -> None:
        """What the indentation of a line says of the braces before it."""
        while self.open and self.open[-1].text != "{" and place.column <= self.open[-1].column:
            self.cut = self.open.pop().column
        if self.open and self.open[-1].text != "{":
            return
        while self.unclosed and self.open and self._ends(self.open[-1], place):
            self._end_block(self.open.pop(), number, place)
        before = self.places[number - 1]
        column = self.places[before.statement].column
        begins = place.piece.text not in (*CONTINUING, "}") and before.piece.text != "{"
        if self.extra and begins and place.column > column:
            end = self._line_end(number - 1)
            self._open(number, end, column)
            at = Piece("end", "", end, end + 1)
            self._say_missing(before.piece, at, "write `{` at the end of the line")

    def _ends(self, block: Open, place: Place) -> bool:
        """Whether a block should have ended before a line."""
        if block.column == FLAT or (block.arms and place.piece.text == "|") or self._holds_nothing(place):
            return False
        if place.piece.text == "}":
            return block.column > place.column and any(o.column == place.column for o in self.open[:-1])
        return block.column >= place.column

    def _end_block(self, block: Open, number: int, place: Place) -> None:
        """End a block before a line: its brace is not closed, or is one too many."""
        opening = self.places[block.number]
        if number > block.number + 1:
            goes_on = place.piece.text in CONTINUING
            self._close(block, place.piece.start if goes_on else self._line_end(number - 1))
        elif self._word(opening) in HEADERS and block.column == place.column:
            self.open.append(replace(block, column=FLAT))
        else:
            self._erase_opening(opening.piece)

    def _opening(self, number: int, place: Place) -> None:
        if self.unclosed and self._begins_none(number, place):
            self._erase_opening(place.piece)
            return
        is_flat = bool(self.open) and self.open[-1].column == FLAT
        self.open.append(Open(number, "{", FLAT if is_flat else place.column, self._has_arms(number + 1)))

    def _begins_none(self, number: int, place: Place) -> bool:
        """Whether no block can begin with this brace, by what stands before and after it on its line."""
        before = "" if place.first_on_line else self.places[number - 1].piece.text
        after = self.places[number + 1].piece if number + 1 < place.below else None
        at_top = not self.open and self._word(place) not in ITEMS
        return (
            (place.enclosed or at_top or before in NOT_BEFORE or self._word(place) in WITHOUT_BLOCKS)
            or (after is not None and after.kind == "sign" and after.text not in ("|", BROKEN))
            or self._holds_nothing(place)
        )

    def _holds_nothing(self, place: Place) -> bool:
        """Whether a brace is alone on its line, and the next line is not indented deeper."""
        after = self.places[place.below] if place.below < len(self.places) else None
        alone = place.piece.text == "{" and place.first_on_line and self.places[place.below - 1] is place
        return alone and (after is None or after.column <= place.column)

    def _closing(self, number: int, place: Place) -> None:
        if self.extra and (place.enclosed or self._ends_none(number, place)):
            self._erase_closing(place.piece)
            return
        while self.open and self.open[-1].text != "{":
            self.open.pop()
        if self.extra and not self.open and place.column == self.cut:
            self.extra -= 1
            self.mended = self.mended.erase(place.piece.start, place.piece.end)
        elif self.extra and (not self.open or self._goes_on(self.open[-1], place)):
            self._erase_closing(place.piece)
        elif self.open:
            self.open.pop()

    def _ends_none(self, number: int, place: Place) -> bool:
        """Whether no block can end with this brace, by what stands after it on its line."""
        if number + 1 == place.below:
            return False
        after = self.places[number + 1].piece
        at_once = not self.mended.text[place.piece.end : after.start].strip()
        return at_once and after.text not in (*CONTINUING, "}", "*")

    def _goes_on(self, block: Open, place: Place) -> bool:
        """Whether the lines after a brace are in the block that it would end."""
        if block.column == FLAT:
            return False
        if place.first_on_line and place.column > block.column:
            return True
        if place.below == len(self.places):
            return False
        line = self.places[place.below]
        if line.piece.text == "}":
            began_before = self.places[block.number].below < place.below
            return not place.first_on_line and began_before and line.column == block.column
        return line.column > block.column and line.piece.text not in CONTINUING

    def _arm(self, number: int, place: Place) -> None:
        """An arm that stands in no join."""
        inside = self.open[-1] if self.open else None
        if self.extra and inside is not None and inside.text == "{" and not inside.arms:
            before, column = self.places[number - 1].piece, self.places[place.statement].column
            self._open(number, place.piece.start, column)
            self._say_missing(before, before, "write `{` after it")

    def _line_end(self, number: int) -> int:
        """The end of the line of a place, or of the text."""
        end = self.mended.text.find("\n", self.places[number].piece.end)
        return end if end >= 0 and number + 1 < len(self.places) else len(self.mended.text)

    def _has_arms(self, number: int) -> bool:
        return number < len(self.places) and self.places[number].piece.text == "|"

    def _word(self, place: Place) -> str:
        """What the statement of a place begins with."""
        return self.places[place.statement].piece.text

    def _open(self, number: int, offset: int, column: int) -> None:
        self.extra -= 1
        self.open.append(Open(number, "{", column, self._has_arms(number)))
        self.mended = self.mended.open(offset)

    def _say_missing(self, before: Piece, at: Piece, cure: str) -> None:
        self._say("syntax", at.start, at.end, f"a block is missing after `{before.text}`", cure)

    def _close(self, block: Open, offset: int) -> None:
        self.unclosed -= 1
        self.mended = self.mended.close(offset)
        piece = self.places[block.number].piece
        self._say("unclosed", piece.start, piece.end, "`{` is not closed", "write `}`", "opened here")

    def _erase_opening(self, piece: Piece) -> None:
        self.unclosed -= 1
        self.mended = self.mended.erase(piece.start, piece.end)
        message = "`{` is not closed, and no block begins here"
        self._say("unclosed", piece.start, piece.end, message, "remove it")

    def _erase_closing(self, piece: Piece) -> None:
        self.extra -= 1
        self.mended = self.mended.erase(piece.start, piece.end)
        braces = [o for o in self.open if o.text == "{"]
        if braces:
            line = Span(self.source, self.places[braces[-1].number].piece.start, piece.end).line
            message = f"this brace ends what line {line} begins, which goes on after it"
            cure = "remove it, or the text after it is in the wrong place"
        else:
            message, cure = "`}` closes nothing", "remove it"
        self._say("unopened", piece.start, piece.end, message, cure)

    def _say(self, code: str, start: int, end: int, message: str, cure: str, label: str = "") -> None:
        self.found.append(Diagnostic(code, "error", message, Span(self.source, start, end), label, cure))
