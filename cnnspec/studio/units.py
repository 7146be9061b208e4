"""Places in a text as a browser counts them: in UTF-16 units, of which a character beyond U+FFFF has two."""

from __future__ import annotations

from bisect import bisect_left

from cnnspec.source import Source

LAST_SINGLE = "\uffff"


class Units:
    """Turns offsets of a text into those of a browser, and back."""

    def __init__(self, source: Source) -> None:
        text = source.text
        wide = not text.isascii() and max(text) > LAST_SINGLE
        self._pairs = [at for at, character in enumerate(text) if character > LAST_SINGLE] if wide else []
        self._length = len(text)

    def of(self, offset: int) -> int:
        """An offset of the text, in units."""
        return offset + bisect_left(self._pairs, offset)

    def offset(self, units: int) -> int:
        """The offset at a number of units; the end of the text where it has fewer."""
        found = units
        for number, pair in enumerate(self._pairs):
            if pair + number >= units:
                break
            found = units - number - 1
        return min(max(found, 0), self._length)
