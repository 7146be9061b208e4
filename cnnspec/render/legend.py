"""The legend below a drawing: families, signs and joins that are in it, or the scale of a heat map."""

from __future__ import annotations

from cnnspec.render.boxes import SMALLER, Box
from cnnspec.render.canvas import Curve, Mark, MarkGroup, Rect, Text
from cnnspec.render.draw_boxes import join_marks
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.text import short_bytes, short_number, text_width
from cnnspec.render.theme import FAMILIES, Theme, heat_color

SIZE = 10.0
LINE = 15.0
SWATCH = 18.0
GAP = 14.0
JOIN_WORDS = {"+": "add", "x": "mul", "C": "concat", "max": "maximum"}
ARC_WORDS = {
    "residual": "residual inside",
    "projection": "residual with a layer in its shortcut",
    "dense": "dense inside: every layer sees all before it",
    "gate": "gate inside",
}
FAMILY_WORDS = {"scaling": "scale, dropout"}
MEASURE_WORDS = {
    "params": "parameters",
    "macs": "multiply-accumulates",
    "memory": "weights and outputs, fp32",
    "receptive_field": "receptive field, pixels",
}


def legend_marks(plan: DrawingPlan, width: float) -> tuple[list[Mark], float]:
    """The marks of the legend, from its top left corner, and its height."""
    marks: list[Mark] = []
    top = 0.0
    if plan.scale is not None:
        marks.extend(_scale(plan, width))
        top = 34.0
    x = 0.0
    for swatch, words in _entries(plan):
        needed = SWATCH + 5 + text_width(words, SIZE)
        if x and x + needed > width:
            x, top = 0.0, top + LINE
        marks.extend(_swatch(swatch, plan.theme, x, top + LINE / 2))
        marks.append(Text(x + SWATCH + 5, top + LINE / 2 + SIZE * 0.36, words, SIZE, plan.theme.muted))
        x += needed + GAP
    return marks, top + LINE


def _entries(plan: DrawingPlan) -> list[tuple[str, str]]:
    """What the legend explains: pairs of a swatch and its words."""
    boxes = plan.boxes.values()
    used = {box.family for box in boxes if not box.join} - {"input"}
    used |= {family for box in boxes for row in box.rows for arm in row.arms if (family := arm.family)}
    families = [
        (family, FAMILY_WORDS.get(family, family))
        for family in FAMILIES
        if family in used and plan.scale is None
    ]
    arcs = [
        (f"arc {sign}", words) for sign, words in ARC_WORDS.items() if any(box.sign == sign for box in boxes)
    ]
    skips = [("skip", "skip connection")] if any(link.skip for link in plan.links) else []
    if plan.options.view == "volumes":
        copied = [("C", "concatenated, what is copied left blank")]
        return families + copied * any(box.join == "C" for box in boxes) + arcs + skips
    joins = [
        (sign, words) for sign, words in JOIN_WORDS.items() if any(sign in signs_in(box) for box in boxes)
    ]
    training = [("training", "training only")] if plan.scene.training else []
    folded = any(plan.scene.items[number].times > 1 for number in (*plan.boxes, *plan.titles))
    return (
        families
        + joins
        + arcs
        + skips
        + training
        + [("times", "equal blocks in a row, figures of all")] * folded
    )


def signs_in(box: Box) -> set[str]:
    """The signs of joins that a box shows: its own, or those at the end of its arms."""
    return {box.join, *(row.join for row in box.rows)} - {""}


def _swatch(kind: str, theme: Theme, x: float, middle: float) -> list[Mark]:
    """What stands before the words: a box, a circle, a line."""
    if kind in JOIN_WORDS:
        return [MarkGroup(tuple(join_marks(kind, theme, SMALLER)), x + 9, middle)]
    if kind == "times":
        return [Text(x + 9, middle + SIZE * 0.36, "x3", SIZE, theme.text, True, "middle")]
    if kind.startswith("arc "):
        curve = ((x + 5, middle - 5), (x + 16, middle - 5), (x + 16, middle + 5), (x + 5, middle + 5))
        dash = (2.5, 1.8) if kind == "arc projection" else ()
        arc = Curve(curve, theme.skip, 1.3, bezier=True, dash=dash)
        gate = MarkGroup(tuple(join_marks("x", theme, 5.0)), x + 6, middle + 4)
        return [arc, *([gate] if kind == "arc gate" else [])]
    if kind == "skip":
        return [Curve(((x, middle), (x + SWATCH, middle)), theme.skip, theme.skip_line)]
    if kind == "training":
        return [
            Rect(x, middle - 5, SWATCH, 10, theme.training.fill, theme.training.stroke, radius=2, dash=(3, 2))
        ]
    paint = theme.paint(kind)
    return [Rect(x, middle - 5, SWATCH, 10, paint.fill, paint.stroke, radius=2)]


def show_measure(measure: str, value: float) -> str:
    """A figure as a legend writes it: memory in bytes."""
    return short_bytes(value) if measure == "memory" else short_number(value)


def _scale(plan: DrawingPlan, width: float) -> list[Mark]:
    """The colours of a heat map from nothing to the largest value."""
    theme, measure, largest = plan.theme, plan.options.color_by or "", plan.scale or 0.0
    length, steps = min(width, 240.0), 48
    words = MEASURE_WORDS[measure]
    marks: list[Mark] = [
        Rect(place * length / steps, 12, length / steps + 0.3, 9, heat_color(theme, place / (steps - 1)))
        for place in range(steps)
    ]
    marks.append(Rect(0, 12, length, 9, None, theme.edge, 0.6))
    marks.append(Text(0, 8, words, SIZE, theme.text, True))
    marks.append(Text(0, 30, "0", SIZE, theme.muted))
    marks.append(Text(length, 30, show_measure(measure, largest), SIZE, theme.muted, anchor="end"))
    return marks
