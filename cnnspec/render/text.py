"""Text in drawings: how wide it is, and how numbers and shapes are written.

Widths are those of Helvetica, Arial and Arimo, which share them; the fonts beside this file are Arimo.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from cnnspec.layers.base import Shape

FONT_FAMILY = "Helvetica, Arial, Arimo, 'Liberation Sans', sans-serif"

_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 "
    "556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 "
    "611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584"
)


@cache
def _widths(bold: bool) -> tuple[int, ...]:
    return tuple(map(int, (_BOLD if bold else _REGULAR).split()))


@lru_cache(maxsize=8192)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in points, at a font size in points."""
    table = _widths(bold)
    total = 0
    for char in text:
        code = ord(char)
        if 32 <= code < 127:
            total += table[code - 32]
        elif char == "·":
            total += 278
        elif char in "→…" or unicodedata.east_asian_width(char) in "WF":
            total += 1000
        else:
            total += 640
    return total * size / 1000


def shorten(text: str, width: float, size: float, bold: bool = False) -> str:
    """The text, or as much of it as fits a width in points, with an ellipsis."""
    if text_width(text, size, bold) <= width:
        return text
    end = len(text)
    while end > 0 and text_width(text[:end] + "…", size, bold) > width:
        end -= 1
    return text[:end].rstrip() + "…"


def wrap(pieces: list[str], sign: str, width: float, size: float, bold: bool = False) -> list[str]:
    """The pieces in lines of a width in points, with a sign between them; a line goes on with its sign.

    A piece that is too long for a line is broken at its blanks, and a word too long for one is cut.
    """
    lines: list[str] = []
    for place, piece in enumerate(pieces, 1):
        longer = lines[-1] + sign + piece if lines else piece
        end = sign.rstrip() if place < len(pieces) else ""
        if lines and text_width(longer + end, size, bold) <= width:
            lines[-1] = longer
            continue
        if lines:
            lines[-1] = (lines[-1] + sign).rstrip()
        if " " in piece and text_width(piece, size, bold) > width:
            lines.extend(wrap(piece.split(" "), " ", width, size, bold))
        else:
            lines.append(piece)
    return [shorten(line, width, size, bold) for line in lines]


def short_number(value: float) -> str:
    """A count in three significant digits: 950, 25.6M, 4.09G."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit * 0.9995:
            scaled = value / limit
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f}{unit}"
    return f"{value:.0f}"


def short_bytes(value: float) -> str:
    """A memory size in three significant digits, in powers of 1000 as tables have it: 97.5 MB."""
    for limit, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= limit * 0.9995:
            scaled = value / limit
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f} {unit}"
    return f"{value:.0f} B"


def show_shape(shape: Shape) -> str:
    """A shape as the language writes it: 64x56x56."""
    return "x".join(map(str, shape))
