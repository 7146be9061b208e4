"""The colours of drawings: three themes, a colour for each family of layers, and the scale of heat maps.

Family colours are tints of the palette of Okabe and Ito 2008, "Color universal design", which readers with
any common form of colour blindness can tell apart; the print theme does with greys. Heat maps use the blues
of Harrower and Brewer 2003, "ColorBrewer.org", and on dark ground cividis (Nunez et al. 2018, "Optimizing
colormaps with consideration for color vision deficiency").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cnnspec.layers.base import Layer


class Paint(NamedTuple):
    """The fill and the outline of a box."""

    fill: str
    stroke: str


@dataclass(frozen=True)
class Theme:
    """The colours of a drawing, by what they are for."""

    name: str
    background: str
    text: str
    muted: str
    edge: str
    skip: str
    cluster: Paint
    training: Paint
    families: dict[str, Paint]
    skip_line: float = 1.4
    """The width of skip connections, in points: what has no colour of its own is thicker."""

    def paint(self, family: str) -> Paint:
        """The colours of a family of layers, or of a block."""
        return self.families.get(family, self.families["block"])


FAMILIES = (
    *("input", "conv", "pool", "norm", "activation", "dense", "attention"),
    *("scaling", "shape", "join", "block"),
)


def paint_family(layer: Layer) -> str:
    """The family whose colour a layer has: what is no linear map is not coloured as one.

    A layer of a family without a colour is seen by its traits; one made of several has that of a block.
    """
    if layer.family in FAMILIES and (layer.family != "dense" or layer.weighted):
        return layer.family
    if layer.weighted:
        return "dense"
    if layer.moves:
        return "shape"
    return "scaling" if layer.follows else "block"


def _families(*paints: tuple[str, str]) -> dict[str, Paint]:
    return {family: Paint(*paint) for family, paint in zip(FAMILIES, paints, strict=True)}


LIGHT = Theme(
    "light", "#ffffff", "#1b1f24", "#57606a", "#57606a", "#b3441c",
    Paint("#f6f8fa", "#c3cad2"), Paint("#ffffff", "#8c959f"),
    _families(
        ("#eceff2", "#57606a"), ("#cfe3f4", "#0072b2"), ("#fbdcc8", "#d55e00"), ("#fbf2bf", "#a89200"),
        ("#cdebdf", "#009e73"), ("#f2d7e6", "#b4578f"), ("#e3dcf5", "#6a4fb3"),
        ("#ece9e4", "#8a7f6d"),
        ("#dff2fc", "#3a9bd0"), ("#ffffff", "#57606a"), ("#e3e9f6", "#4a63a8"),
    ),
)  # fmt: skip

DARK = Theme(
    "dark", "#0d1117", "#e6edf3", "#a3adb8", "#8b949e", "#ff9b6a",
    Paint("#161b22", "#606b78"), Paint("#0d1117", "#8b949e"),
    _families(
        ("#2a3038", "#a3adb8"), ("#0f3a57", "#56b4e9"), ("#57290c", "#ff9b52"), ("#4a430d", "#e9d84a"),
        ("#0b4535", "#2fcf9f"), ("#50263f", "#e59cc6"), ("#382c5c", "#b9a5f0"),
        ("#35322c", "#bfb39d"),
        ("#123e50", "#8fd3f4"), ("#0d1117", "#a3adb8"), ("#27324f", "#93a9e6"),
    ),
)  # fmt: skip

PRINT = Theme(
    "print", "#ffffff", "#000000", "#262626", "#555555", "#000000",
    Paint("#ffffff", "#888888"), Paint("#ffffff", "#555555"),
    _families(
        ("#ffffff", "#000000"), ("#d9d9d9", "#000000"), ("#a8a8a8", "#000000"), ("#f4f4f4", "#666666"),
        ("#ffffff", "#666666"), ("#bfbfbf", "#000000"), ("#d0d0d0", "#000000"),
        ("#fafafa", "#777777"),
        ("#ececec", "#444444"), ("#ffffff", "#000000"), ("#e6e6e6", "#000000"),
    ),
    skip_line=2.0,
)  # fmt: skip

THEMES = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}

SCALES = {
    "light": (
        "#f7fbff",
        "#deebf7",
        "#c6dbef",
        "#9ecae1",
        "#6baed6",
        "#4292c6",
        "#2171b5",
        "#08519c",
        "#08306b",
    ),
    "dark": (
        "#00224e",
        "#123570",
        "#3b496c",
        "#575d6d",
        "#707173",
        "#8a8678",
        "#a59c74",
        "#c3b369",
        "#fee838",
    ),
    "print": ("#f5f5f5", "#dddddd", "#c4c4c4", "#ababab", "#919191", "#777777", "#5e5e5e", "#444444"),
}
"""The colours of heat maps, from nothing to the most, as steps of even weight to the eye."""


def heat_color(theme: Theme, share: float) -> str:
    """The colour of a share of the largest value, from 0 to 1: what is nearest to the ground is little."""
    scale = SCALES[theme.name]
    place = min(max(share, 0.0), 1.0) * (len(scale) - 1)
    index = min(int(place), len(scale) - 2)
    low, high = _channels(scale[index]), _channels(scale[index + 1])
    mixed = (round(a + (b - a) * (place - index)) for a, b in zip(low, high, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def ink_on(color: str) -> str:
    """Black or white, whichever is read better on a colour (relative luminance of WCAG 2.1)."""
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
