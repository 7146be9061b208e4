"""The interactive page: the tree of blocks, a drawing of every box, the first layout, and Graphviz itself.

Everything is in the one file: nothing is fetched, and it works from a disk.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from cnnspec.graph import Graph
from cnnspec.render.beside import EdgeLines, place_words
from cnnspec.render.canvas import Point
from cnnspec.render.embedded import program
from cnnspec.render.fit import natural_layout
from cnnspec.render.layout import Route
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.page_data import legend_source, page_data, page_plans, style_source
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.sheet import subtitle_of
from cnnspec.render.svg import clean_raw


def page_source(graph: Graph, options: DrawingOptions) -> str:
    """The whole page. Raises RenderError for the volumes view, which has no blocks to open."""
    if options.view == "volumes":
        raise RenderError("the volumes view has no html form: it is drawn as svg, png or pdf")
    plan, shown = page_plans(graph, options)
    return _filled(
        TITLE=escape(clean_raw(graph.name)),
        SUBTITLE=escape(subtitle_of(plan)),
        COLORS=style_source(plan.theme),
        LEGEND=legend_source(plan),
        DATA=_script_safe({**page_data(plan), "layout": _layout(shown)}),
    )


def frame_source() -> str:
    """The page without a net, to stand within another that gives it nets: `take` of its script draws one."""
    empty = {"TITLE": "", "SUBTITLE": "", "COLORS": "", "LEGEND": "", "DATA": "null"}
    return _filled(**empty).replace("<body>", '<body class="framed">')


def _filled(**parts: str) -> str:
    """The page with its parts in their places."""
    parts["STYLE"] = _asset("page.css")
    parts["ENGINE"] = _engine()
    parts["SCRIPT"] = "\n".join(map(_asset, ("layout.js", "page.js", "actions.js", "following.js")))
    pieces = re.split("@([A-Z]+)@", _asset("page.html"))
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _layout(plan: DrawingPlan) -> dict[str, Any]:
    """The layout of a drawing as the script of the page keeps it."""
    plan, layout = natural_layout(plan)
    words = {(link.source, link.target): plan.words_on(link) for link in plan.links}
    return {
        "width": layout.width,
        "height": layout.height,
        "boxes": layout.boxes,
        "frames": {
            number: (frame.x, frame.y, frame.width, frame.height) for number, frame in layout.frames.items()
        },
        "routes": {
            f"{source}-{target}": {
                "points": route.points,
                "tip": route.tip,
                "label": route.label or _label(words.get((source, target), ""), route),
            }
            for (source, target), route in layout.routes.items()
        },
    }


def _label(words: str, route: Route) -> Point | None:
    """The middle of the words on an edge for which the layout has kept no place: beside it."""
    return place_words(words, route, EdgeLines(()), ()) if words else None


def _script_safe(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (files("cnnspec.render") / "web" / name).read_text(encoding="utf-8").rstrip("\n")


@cache
def _engine() -> str:
    """Graphviz for WebAssembly, packed and in base64."""
    return base64.b64encode(gzip.compress(program().read_bytes(), 9, mtime=0)).decode()
