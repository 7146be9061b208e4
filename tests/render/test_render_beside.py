"""No arrow strikes text, no box lies on a title: in every view of the zoo, the cases and random nets."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from diagnose import compile_case, read
from hypothesis import HealthCheck, Phase, given, settings
from random_specs import specs

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render import RenderError
from cnnspec.render.beside import Area, EdgeLines, segments, strikes
from cnnspec.render.canvas import Curve, Drawing, Mark, MarkGroup, Point, Polygon, Rect, Text
from cnnspec.render.channels import GridEdge, GridSpot, find_courses
from cnnspec.render.options import DrawingOptions, read_options
from cnnspec.render.output import drawing
from cnnspec.render.place_grid import grid_layout
from cnnspec.render.plan import make_plan
from cnnspec.render.text import text_width

CASES = sorted((Path(__file__).parents[1] / "cases" / "ok").rglob("*.cnn"))
SCALES = sorted((Path(__file__).parent / "scales").glob("*.cnn"))
ZOO = [
    "resnet50", "googlenet", "densenet121", "unet2015", "retinanet_resnet50", "convnext_tiny", "fcn_resnet50",
    "vgg16", "nin", "alexnet2012", "lenet5", "resnet20", "yolov8n",
]  # fmt: skip
LONG = ["hrnet_w18", "nfnet_f0", "regnetx_400mf", "mobilenetv2"]
"""The largest, and long chains of stages, as resnet50 and convnext_tiny are: by `make slow`."""
PYRAMIDS = ["retinanet_resnet50", "hrnet_w18", "yolov8n"]
VIEWS = [
    {},
    {"direction": "LR"},
    {"direction": "LR", "rows": 3},
    {"rows": 3},
    {"width": 252},
    {"depth": 2},
    {"view": "layers"},
    {"view": "volumes"},
    {"view": "volumes", "width": 252},
]


def struck(picture: Drawing) -> list[str]:
    """The texts that an arrow runs through; the height of a capital is 0.72 of the size of the font."""
    found: list[tuple[str, Area]] = []
    lines: list[tuple[Point, Point]] = []

    def visit(marks: tuple[Mark, ...], dx: float, dy: float, edge: bool) -> None:
        for mark in marks:
            if isinstance(mark, MarkGroup):
                visit(mark.marks, dx + mark.x, dy + mark.y, edge or mark.kind == "edge")
            elif isinstance(mark, Text):
                width = text_width(mark.text, mark.size, mark.bold)
                x = dx + mark.x - {"start": 0.0, "middle": width / 2, "end": width}[mark.anchor]
                y = dy + mark.y
                found.append((mark.text, Area(x, y - 0.72 * mark.size, x + width, y)))
            elif edge and isinstance(mark, Curve | Polygon):
                lines.extend(moved(mark, dx, dy))

    visit(picture.marks, 0.0, 0.0, False)
    every = EdgeLines(lines)
    return [text for text, area in found if next(every.in_area(area), None) is not None]


def moved(mark: Curve | Polygon, dx: float, dy: float) -> list[tuple[Point, Point]]:
    """The lines of a curve, or of the outline of an arrow's head."""
    points = tuple((x + dx, y + dy) for x, y in mark.points)
    if isinstance(mark, Curve) and mark.bezier:
        return segments(points)
    return list(pairwise((*points, points[0]) if isinstance(mark, Polygon) else points))


def covered(picture: Drawing) -> list[str]:
    """The titles of frames that a box lies on."""
    found: list[tuple[str, Area]] = []
    boxes: list[Area] = []

    def visit(marks: tuple[Mark, ...], dx: float, dy: float, kind: str) -> None:
        for mark in marks:
            if isinstance(mark, MarkGroup):
                visit(mark.marks, dx + mark.x, dy + mark.y, mark.kind or kind)
            elif isinstance(mark, Text) and kind == "frame-title":
                x, y, width = dx + mark.x, dy + mark.y, text_width(mark.text, mark.size, mark.bold)
                found.append((mark.text, Area(x, y - 0.72 * mark.size, x + width, y)))
            elif isinstance(mark, Rect) and kind == "box":
                x, y = dx + mark.x, dy + mark.y
                boxes.append(Area(x, y, x + mark.width, y + mark.height))

    visit(picture.marks, 0.0, 0.0, "")
    return [text for text, area in found if any(area.meets(box) for box in boxes)]


def pictures(graph: Graph, views: list[dict[str, object]]) -> None:
    for view in views:
        try:
            picture = drawing(graph, read_options(view))  # type: ignore[arg-type]
        except RenderError:
            continue
        assert struck(picture) == [] == covered(picture), view


@pytest.mark.parametrize("name", [*ZOO, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_no_arrow_strikes_text_in_the_zoo(name: str):
    pictures(cnnspec.zoo(name).ir, VIEWS)


@pytest.mark.parametrize("path", SCALES, ids=lambda path: path.stem)
def test_no_arrow_strikes_text_in_nets_of_several_scales(path: Path):
    pictures(cnnspec.load(path).ir, [*VIEWS, {"depth": 99}, {"view": "volumes", "depth": 3}])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_arrow_strikes_text_in_the_cases(path: Path):
    for net in compile_case(read(path)):
        pictures(net.graph, [*VIEWS, {"depth": 99}])


@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(specs())
def test_no_arrow_strikes_text_in_random_nets(spec: str):
    pictures(cnnspec.loads(spec).ir, [*VIEWS, {"depth": 99}])


def test_an_arrow_through_text_is_found():
    text = Text(10, 10, "conv", 10, "#000000")
    arrow = MarkGroup((Curve(((0, 6), (40, 6)), "#000000"),), kind="edge")
    beside = MarkGroup((Curve(((0, 14), (40, 14)), "#000000"),), kind="edge")
    assert struck(Drawing(50, 20, (text, arrow), "#ffffff", "")) == ["conv"]
    assert struck(Drawing(50, 20, (text, beside), "#ffffff", "")) == []


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("net", [*SCALES, *PYRAMIDS], ids=str)
def test_edges_on_a_grid_run_over_no_box(net: str | Path, upright: bool):
    graph = cnnspec.load(net).ir if isinstance(net, Path) else cnnspec.zoo(net).ir
    plan = replace(make_plan(graph, DrawingOptions()), upright=upright)
    if not plan.gridded:
        return
    layout = grid_layout(plan)
    for (source, target), route in layout.routes.items():
        for number, box in plan.boxes.items():
            (x, y), inset = layout.boxes[number], 1.0
            half, tall = box.width / 2 - inset, box.height / 2 - inset
            inside = Area(x - half, y - tall, x + half, y + tall)
            lines = [*segments(route.points), (route.points[-1], route.tip)]
            assert number in (source, target) or not any(strikes(line, inside) for line in lines)


def test_nets_of_several_scales_stand_in_rows_by_size():
    plan = make_plan(cnnspec.zoo("retinanet_resnet50").ir, DrawingOptions())
    layout = grid_layout(plan)
    place = {plan.scene.items[number].label: layout.boxes[number] for number in plan.boxes}
    for level in (3, 4):
        assert place[f"merged{level}"][1] == pytest.approx(place[f"p{level}"][1])
        assert place[f"merged{level}"][0] == pytest.approx(place["merged5"][0])
    assert place["p3"][1] < place["p4"][1] < place["p5"][1] < place["p6"][1] < place["p7"][1]
    assert not make_plan(cnnspec.zoo("unet2015").ir, DrawingOptions()).gridded


def test_turns_of_several_maps_stand_in_a_frame_of_their_own():
    """Of the modules of an HRNet: nothing else is within the frame that says how often."""
    plan = make_plan(cnnspec.zoo("hrnet_w18").ir, DrawingOptions())
    for upright in (False, True):
        layout = grid_layout(replace(plan, upright=upright))
        turns = {n: plan.titles[n].partition(" ·")[0] for n in plan.titles if "repeat" in plan.titles[n]}
        assert list(turns.values()) == ["repeat x4", "repeat x3"]
        for number in turns:
            frame, inner = (
                layout.frames[number],
                range(number, number + len(list(plan.scene.items[number].walk()))),
            )
            inside = {
                box
                for box, (x, y) in layout.boxes.items()
                if 0 < x - frame.x < frame.width and 0 < y - frame.y < frame.height
            }
            assert inside == set(plan.boxes) & set(inner)


def test_what_is_joined_on_the_way_up_is_read_upwards():
    """Of YOLOv8's way up each level is a column: upsampling, concatenation with what was there, a block."""
    plan = make_plan(cnnspec.zoo("yolov8n").ir, DrawingOptions())
    layout = grid_layout(plan)
    for name in ("up", "p3"):
        (number,) = (n for n in plan.scene.opened if plan.scene.items[n].key == f"body.{name}")
        boxes = [layout.boxes[box] for box in plan.boxes if plan.scene.parents[box] == number]
        assert len({x for x, _ in boxes}) == 1
        assert [y for _, y in boxes] == sorted((y for _, y in boxes), reverse=True)


def test_edges_that_overlap_have_lanes_of_their_own():
    spots = {0: GridSpot(0, 0), 1: GridSpot(0, 1), 2: GridSpot(0, 2), 3: GridSpot(1, 0), 4: GridSpot(1, 2)}
    over, down, up = GridEdge(0, 2), GridEdge(0, 4), GridEdge(3, 2)
    courses = find_courses(spots, [over, down, up])
    assert courses.ways[over].kind == "round" and courses.ways[over].channel == 0
    assert courses.ways[down].kind == "bend"
    assert courses.ways[up].kind == "round" and courses.ways[up].channel == 1
    assert courses.lane(down, "gutter", 1) == courses.lane(over, "gutter", 1)
    assert courses.lane(up, "gutter", 2) != courses.lane(over, "gutter", 2)
    assert find_courses(spots, [GridEdge(0, 3)]).ways[GridEdge(0, 3)].kind == "fall"
