"""From a graph to a file: every format, by the suffix of its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Unpack

from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.render.canvas import Drawing
from cnnspec.render.dot import dot_source
from cnnspec.render.draw_volumes import draw_volumes
from cnnspec.render.fit import draw_fitted
from cnnspec.render.mermaid import mermaid_source
from cnnspec.render.one_block import only_block
from cnnspec.render.options import Choices, DrawingOptions, RenderError, read_options
from cnnspec.render.page import page_source
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.svg import svg_source

FORMATS = ("svg", "png", "pdf", "dot", "html", "mmd")


def render(
    graph: Graph, path: str | os.PathLike[str], *, format: str | None = None, **choices: Unpack[Choices]
) -> tuple[str, ...]:
    """Write the diagram of a net to a file: whole, or not at all. Returns what there is to say about it.

    `format` is one of svg, png, pdf, dot, html and mmd; by default the suffix of the path says. The other
    arguments are told at `DrawingOptions`.
    Raises RenderError where that cannot be drawn, and OSError where the file cannot be written.
    """
    kind = format or Path(path).suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        found = f"not {kind!r}" if kind else f"and {Path(path).name} has no suffix that says which"
        raise RenderError(f"a diagram is written as one of {', '.join(FORMATS)}, {found}")
    rendered = encode(graph, read_options(choices), kind)
    write_whole(Path(path), rendered.data)
    return rendered.notes


class Rendered(NamedTuple):
    """The bytes of a file, and what there is to say about them: options that changed nothing, small text."""

    data: bytes
    notes: tuple[str, ...]


def to_bytes(graph: Graph, format: str, **choices: Unpack[Choices]) -> Rendered:
    """The diagram as the bytes of a file; arguments as for `render`."""
    if format not in FORMATS:
        raise RenderError(f"a diagram is written as one of {', '.join(FORMATS)}, not {format!r}")
    return encode(graph, read_options(choices), format)


def to_svg(graph: Graph, **choices: Unpack[Choices]) -> str:
    """The diagram as SVG; arguments as for `render`."""
    options = read_options(choices)
    return _svg(drawing(graph, options), options)


def to_dot(graph: Graph, **choices: Unpack[Choices]) -> str:
    """The diagram as DOT, for Graphviz; arguments as for `render`."""
    return dot_source(_plan(graph, read_options(choices), "dot"))


def to_mermaid(graph: Graph, **choices: Unpack[Choices]) -> str:
    """The diagram as Mermaid, for Markdown pages; arguments as for `render`."""
    return mermaid_source(_plan(graph, read_options(choices), "mmd"))


def to_html(graph: Graph, **choices: Unpack[Choices]) -> str:
    """The diagram as one interactive page; arguments as for `render`."""
    return _page(_plan(graph, read_options(choices), "html"))


def drawing(graph: Graph, options: DrawingOptions) -> Drawing:
    """The picture of a graph."""
    graph, options = only_block(graph, options)
    return draw_volumes(graph, options) if options.view == "volumes" else draw_fitted(graph, options)


def _plan(graph: Graph, options: DrawingOptions, kind: str) -> DrawingPlan:
    graph, options = only_block(graph, options)
    if options.view == "volumes":
        raise RenderError(f"the volumes view has no {kind} form: it is drawn as svg, png or pdf")
    return make_plan(graph, options)


def encode(graph: Graph, options: DrawingOptions, kind: str) -> Rendered:
    """The bytes of a file of some format. Raises RenderError where the net cannot be drawn so."""
    if kind in TEXTS:
        plan = _plan(graph, options, kind)
        return Rendered(TEXTS[kind](plan).encode(), plan.scene.notes)
    picture = drawing(graph, options)
    if kind == "pdf":
        from cnnspec.render.pdf import to_pdf

        return Rendered(to_pdf(picture), picture.notes)
    if kind == "svg":
        return Rendered(_svg(picture, options).encode(), picture.notes)
    from cnnspec.render.raster import to_png

    data = to_png(svg_source(picture), picture.width * picture.scale, picture.height * picture.scale)
    return Rendered(data, picture.notes)


def _svg(picture: Drawing, options: DrawingOptions) -> str:
    if not options.embed_font:
        return svg_source(picture)
    from cnnspec.render.embed_font import font_style

    return svg_source(picture, font_style(picture))


def _page(plan: DrawingPlan) -> str:
    return page_source(plan.graph, plan.options)


TEXTS = {"dot": dot_source, "mmd": mermaid_source, "html": _page}
