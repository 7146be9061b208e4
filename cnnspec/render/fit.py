"""Blocks and layers fitted to a page: how wide boxes are, and in how many columns they stand.

Text that is too small cannot be read in print. So of the ways to draw a net, the one is taken that shows its
text largest in the width that is asked for and on the height of a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.render.beside import Area, box_areas
from cnnspec.render.boxes import WIDEST
from cnnspec.render.bypass import with_bypasses
from cnnspec.render.canvas import Drawing
from cnnspec.render.dot import dot_source
from cnnspec.render.draw import picture
from cnnspec.render.layout import Layout, lay_out
from cnnspec.render.options import DrawingOptions
from cnnspec.render.place_grid import grid_layout
from cnnspec.render.plan import DrawingPlan, fill_plan, make_plan
from cnnspec.render.sheet import TEXT_SIZE, make_sheet
from cnnspec.render.wrap import wrap_layout

PAGE_HEIGHT = 650.0
"""The height of the text of a page, in points."""
TALL = 1000.0
"""A drawing taller than this, in points, is wrapped without being asked to."""
WIDE = 2.0
"""How much wider than high a grid is that stands upright without being asked to."""
MOST_ROWS = 6
BOX_WIDTHS = (WIDEST, 270.0, 215.0, 170.0, 132.0)
SMALL = 6.0
"""Text smaller than this, in points, is warned of."""
READABLE = 7.0
"""The size of the smallest text, in points, for which figures are left out."""


def draw_fitted(graph: Graph, options: DrawingOptions) -> Drawing:
    """The picture of a net, in the width that is asked for if any, else as large as it is."""
    plan = make_plan(graph, options)
    if options.width is None:
        plan, layout = natural_layout(plan)
        drawing = drawn(plan, layout, options.rows or natural_rows(plan, layout))
        return replace(drawing, scale=options.font_size / TEXT_SIZE) if options.font_size else drawing
    best: Drawing | None = None
    for plain, drawing in _ways(plan):
        if plain and best is not None and best.scale * TEXT_SIZE >= READABLE:
            break
        fitted = fit(drawing, options)
        if best is None or fitted.scale > best.scale + 1e-6:
            best = fitted
    assert best is not None
    return replace(best, notes=(*best.notes, *small_text(best, options)))


def small_text(drawing: Drawing, options: DrawingOptions, text: float = TEXT_SIZE) -> Iterator[str]:
    """A warning where the text is smaller than what can be read in print."""
    size = text * drawing.scale
    if size < SMALL and not options.font_size:
        yield f"the smallest text is of {size:.1f}pt: more --width, fewer blocks (--depth) or --rows help"


def natural_layout(plan: DrawingPlan) -> tuple[DrawingPlan, Layout]:
    """The layout of a drawing of which no width is asked: a grid much wider than high is turned."""
    layout = laid_out(plan)
    if plan.gridded and layout.width > WIDE * layout.height:
        plan = replace(plan, upright=True)
        layout = laid_out(plan)
    return plan, layout


def natural_rows(plan: DrawingPlan, layout: Layout) -> int:
    """In how many columns a drawing of blocks stands that no one has asked to wrap."""
    if plan.direction == "LR" or plan.options.view == "layers":
        return 1
    return min(3, 1 + int(layout.height // TALL))


def fit(drawing: Drawing, options: DrawingOptions, text: float = TEXT_SIZE) -> Drawing:
    """The drawing in the width that is asked for: never enlarged, no taller than a page, in the middle.

    A font size fixes the scale, but for what would not fit the width; `text` is the smallest of the drawing.
    """
    assert options.width is not None
    scale = min(1.0, options.width / drawing.width)
    if options.font_size:
        scale = min(options.font_size / text, options.width / drawing.width)
    else:
        scale = min(scale, PAGE_HEIGHT / drawing.height)
    width = options.width / scale
    return replace(drawing, width=width, shift=(width - drawing.width) / 2, scale=scale)


def _ways(plan: DrawingPlan) -> Iterator[tuple[bool, Drawing]]:
    """The ways to draw a plan, from wide boxes to narrow ones, from one column to many.

    Ways without figures come last, for where the others are too small to be read.
    """
    for plain in (False, True):
        for widest in BOX_WIDTHS:
            way = replace(plan, widest=widest, plain=plain)
            way = fill_plan(way, plan.boxes, sorted(plan.scene.opened))
            for side in (way, replace(way, upright=True)) if plan.gridded else (way,):
                layout = laid_out(side)
                for count in _counts(side):
                    yield plain, drawn(side, layout, count)


def laid_out(plan: DrawingPlan) -> Layout:
    """Where the boxes of a plan stand: on a grid, or as Graphviz has them, with straight shortcuts."""
    if plan.gridded:
        return grid_layout(plan)
    return with_bypasses(plan, _with_heads_aside(plan) or lay_out(dot_source(plan)))


def _with_heads_aside(plan: DrawingPlan) -> Layout | None:
    """The layout in which heads for training are low, so that they open no gap in what they stand beside.

    None where there are none, or where one would lie on something.
    """
    heads = [box for box in plan.boxes if box in plan.scene.training and plan.scene.items[box].kind == "head"]
    if not heads or plan.direction != "TB" or plan.options.view == "layers":
        return None
    low = min(box.height for box in plan.boxes.values() if not box.join)
    layout = lay_out(dot_source(plan, dict.fromkeys(heads, low)))
    # their upper sides stay where they are, with the arrows that end there
    down = {head: (plan.boxes[head].height - low) / 2 for head in heads}
    moved = {box: (x, y + down.get(box, 0.0)) for box, (x, y) in layout.boxes.items()}
    layout = replace(layout, boxes=moved)
    areas = dict(zip(plan.boxes, box_areas(plan, layout), strict=True))
    frames = [Area(f.x, f.y, f.x + f.width, f.y + f.height) for f in layout.frames.values()]
    for head in heads:
        others = [area for box, area in areas.items() if box != head] + frames
        if areas[head].bottom > layout.height or any(areas[head].meets(other) for other in others):
            return None
    return layout


def _counts(plan: DrawingPlan) -> Iterable[int]:
    """In how many columns to try to draw a plan."""
    if plan.gridded or plan.rows:
        return (1,)
    return (plan.options.rows,) if plan.options.rows else range(1, MOST_ROWS + 1)


def drawn(plan: DrawingPlan, layout: Layout, rows: int) -> Drawing:
    """The picture of a plan on its sheet, in some number of columns."""
    if rows > 1 and not plan.rows and not plan.gridded:
        sizes = {number: plan.outer_size(box) for number, box in plan.boxes.items()}
        layout = wrap_layout(layout, sizes, rows, plan.direction)
    return make_sheet(plan, picture(plan, layout), layout.width, layout.height)
