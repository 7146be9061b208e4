"""From a graph to a file: every format, by the suffix of its name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.render.canvas import Drawing
from cnnspec.render.dot import dot_source
from cnnspec.render.draw import draw
from cnnspec.render.draw_volumes import draw_volumes
from cnnspec.render.layout import lay_out
from cnnspec.render.mermaid import mermaid_source
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.page import page_source
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.svg import svg_source

FORMATS = ("svg", "png", "pdf", "dot", "html", "mmd")


def render(
    graph: Graph,
    path: str | os.PathLike[str],
    *,
    view: str = "blocks",
    depth: int | None = None,
    expand: Iterable[str] = (),
    direction: str = "TB",
    color_by: str | None = None,
    theme: str = "light",
    format: str | None = None,
) -> None:
    """Write the diagram of a net to a file: whole, or not at all.

    `format` is one of svg, png, pdf, dot, html and mmd; by default the suffix of the path says. `view` is
    blocks, layers or volumes; `depth` the levels of blocks that are opened; `expand` the paths of others;
    `direction` TB or LR (volumes always run to the right); `color_by` params, macs, memory or
    receptive_field; `theme` light, dark or print.
    Raises RenderError where that cannot be drawn, and OSError where the file cannot be written.
    """
    kind = format or Path(path).suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        found = f"not {kind!r}" if kind else f"and {Path(path).name} has no suffix that says which"
        raise RenderError(f"a diagram is written as one of {', '.join(FORMATS)}, {found}")
    options = DrawingOptions(view, depth, tuple(expand), direction, color_by, theme)
    write_whole(Path(path), _encode(graph, options, kind))


def to_svg(
    graph: Graph,
    *,
    view: str = "blocks",
    depth: int | None = None,
    expand: Iterable[str] = (),
    direction: str = "TB",
    color_by: str | None = None,
    theme: str = "light",
) -> str:
    """The diagram as SVG; arguments as for `render`."""
    options = DrawingOptions(view, depth, tuple(expand), direction, color_by, theme)
    return svg_source(drawing(graph, options))


def to_dot(
    graph: Graph, *, view: str = "blocks", depth: int | None = None, expand: Iterable[str] = ()
) -> str:
    """The diagram as DOT, for Graphviz; arguments as for `render`."""
    return dot_source(_plan(graph, DrawingOptions(view, depth, tuple(expand)), "dot"))


def to_mermaid(
    graph: Graph, *, view: str = "blocks", depth: int | None = None, expand: Iterable[str] = ()
) -> str:
    """The diagram as Mermaid, for Markdown pages; arguments as for `render`."""
    return mermaid_source(_plan(graph, DrawingOptions(view, depth, tuple(expand)), "mmd"))


def to_html(
    graph: Graph, *, depth: int | None = None, expand: Iterable[str] = (), theme: str = "light"
) -> str:
    """The diagram as one interactive page; arguments as for `render`."""
    return page_source(graph, DrawingOptions("blocks", depth, tuple(expand), theme=theme))


def drawing(graph: Graph, options: DrawingOptions) -> Drawing:
    """The picture of a graph."""
    if options.view == "volumes":
        return draw_volumes(graph, options)
    plan = make_plan(graph, options)
    return draw(plan, lay_out(dot_source(plan)))


def _plan(graph: Graph, options: DrawingOptions, kind: str) -> DrawingPlan:
    if options.view == "volumes":
        raise RenderError(f"the volumes view has no {kind} form: it is drawn as svg, png or pdf")
    return make_plan(graph, options)


def _encode(graph: Graph, options: DrawingOptions, kind: str) -> bytes:
    """The bytes of a file of some format."""
    if kind == "dot":
        return dot_source(_plan(graph, options, kind)).encode()
    if kind == "mmd":
        return mermaid_source(_plan(graph, options, kind)).encode()
    if kind == "html":
        return page_source(graph, options).encode()
    picture = drawing(graph, options)
    if kind == "pdf":
        from cnnspec.render.pdf import to_pdf

        return to_pdf(picture)
    svg = svg_source(picture)
    if kind == "svg":
        return svg.encode()
    from cnnspec.render.raster import to_png

    return to_png(svg, picture.width, picture.height)
