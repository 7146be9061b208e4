"""The spine is straight, and shortcuts run beside it: in frames, over no box, apart from each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from random_specs import specs

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render.beside import Area, segments, strikes
from cnnspec.render.bypass import with_bypasses
from cnnspec.render.dot import dot_source
from cnnspec.render.fit import laid_out
from cnnspec.render.layout import Layout, lay_out
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.plan import DrawingPlan, make_plan

ZOO = [
    "resnet20", "resnet50", "densenet121", "convnext_tiny", "mobilenetv3_large", "vit_base_16", "swin_tiny",
    "seresnet50", "nfnet_f0", "googlenet", "segnet", "yolov8n", "retinanet_resnet50", "shufflenetv2_x1_0",
]  # fmt: skip
WAYS: list[dict[str, object]] = [
    {"depth": 3},
    {"depth": 99},
    {"depth": 99, "direction": "LR"},
    {"view": "layers"},
]
RESIDUAL = """
net N {
    input 8x16x16
    residual { conv(8, 3) -> relu -> conv(8, 3) }
    relu
    head { gap -> flatten -> linear(10) }
}
"""


def check(graph: Graph, options: dict[str, object]) -> None:
    """The boxes that all values pass stand in line; new ways of shortcuts run over no box."""
    plan = make_plan(graph, DrawingOptions(**options))  # type: ignore[arg-type]
    if plan.gridded or plan.rows:
        return
    before = lay_out(dot_source(plan))
    after = with_bypasses(plan, before)
    assert after.boxes == before.boxes and after.routes.keys() == before.routes.keys()
    along = 0 if plan.direction == "TB" else 1
    links = {(link.source, link.target) for link in plan.links}
    for pair in pairwise(plan.spine):
        if pair in links:
            assert after.boxes[pair[0]][along] == pytest.approx(after.boxes[pair[1]][along], abs=0.6), pair
    for ends, route in after.routes.items():
        if route != before.routes[ends]:
            lines = [*segments(route.points), (route.points[-1], route.tip)]
            others = [area(plan, after, number) for number in plan.boxes if number not in ends]
            assert not any(strikes(line, box) for line in lines for box in others), ends
            assert holds(plan, after, ends, lines), ends


def area(plan: DrawingPlan, layout: Layout, number: int) -> Area:
    (x, y), box = layout.boxes[number], plan.boxes[number]
    return Area(x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)


def holds(plan: DrawingPlan, layout: Layout, ends: tuple[int, int], lines: list) -> bool:
    """Whether frames around both ends of an edge are around the whole of it, and the picture is."""
    if any(x > layout.width + 0.5 or y > layout.height + 0.5 for line in lines for x, y in line):
        return False
    for number, frame in layout.frames.items():
        if all(is_within(plan, end, number) for end in ends):
            right, bottom = frame.x + frame.width, frame.y + frame.height
            if not all(frame.x < x < right and frame.y < y < bottom for line in lines for x, y in line):
                return False
    return True


def is_within(plan: DrawingPlan, number: int, around: int) -> bool:
    while number > around:
        number = plan.scene.parents[number]
    return number == around


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("name", ZOO)
def test_spines_are_straight_and_shortcuts_beside_them(name: str, options: dict[str, object]):
    check(cnnspec.zoo(name).ir, options)


@settings(
    max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(specs())
def test_spines_and_shortcuts_of_random_nets(spec: str):
    for options in WAYS:
        try:
            check(cnnspec.loads(spec).ir, options)
        except RenderError:
            continue


def opened(spec: str, **options: object) -> tuple[DrawingPlan, Layout]:
    plan = make_plan(cnnspec.loads(spec).ir, DrawingOptions(depth=99, **options))  # type: ignore[arg-type]
    return plan, laid_out(plan)


def test_a_shortcut_leaves_the_arrow_into_its_block_and_enters_its_join():
    plan, layout = opened(RESIDUAL)
    (skip,) = [link for link in plan.links if link.skip]
    route = layout.routes[skip.source, skip.target]
    (x, y), (u, v) = layout.boxes[skip.source], layout.boxes[skip.target]
    first = next(link.target for link in plan.links if link.source == skip.source and not link.skip)
    assert route.points[0][0] == x and y < route.points[0][1] < area(plan, layout, first).top
    assert route.tip == pytest.approx((u + plan.boxes[skip.target].width / 2, v))
    assert max(x for x, _ in route.points) == pytest.approx(area(plan, layout, first).right + 8)


def test_a_shortcut_with_a_layer_runs_through_it():
    plan, layout = opened(
        RESIDUAL.replace("residual {", "residual(shortcut=project) {").replace("-> conv(8", "-> conv(16")
    )
    into, out = [link for link in plan.links if link.skip]
    assert set(plan.boxes) - set(plan.spine) == {into.target}
    assert into.target == out.source
    (x, _), box = layout.boxes[into.target], area(plan, layout, into.target)
    assert layout.routes[into.source, into.target].tip == pytest.approx((x, box.top))
    assert layout.routes[out.source, out.target].points[0] == pytest.approx((x, box.bottom))


def test_shortcuts_within_each_other_keep_apart():
    body = "residual { residual { conv(8, 3) -> conv(8, 3) } -> conv(8, 3) }"
    plan, layout = opened(RESIDUAL.replace("residual { conv(8, 3) -> relu -> conv(8, 3) }", body))
    lanes = [
        max(x for x, _ in layout.routes[link.source, link.target].points) for link in plan.links if link.skip
    ]
    assert len(lanes) == 2 and abs(lanes[0] - lanes[1]) >= 8


def test_heads_beside_each_other_are_not_on_the_spine():
    plan = make_plan(cnnspec.zoo("onet").ir, DrawingOptions())
    assert [plan.scene.items[box].label for box in plan.spine][-1] == "last"


@pytest.mark.parametrize("name", ["googlenet", "fcn_resnet50"])
def test_heads_for_training_open_no_gap_in_what_they_stand_beside(name: str):
    """They are taller than the boxes beside them, and lie on none."""
    plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions())
    layout = laid_out(plan)
    aside = set(plan.boxes) & plan.scene.training
    assert aside and max(plan.boxes[box].height for box in aside) > 60
    for parent in {plan.scene.parents[box] for box in plan.spine}:
        column = [box for box in plan.spine if plan.scene.parents[box] == parent]
        areas = [(layout.boxes[box][1], plan.boxes[box].height / 2) for box in column]
        gaps = [v - high - y - low for (y, low), (v, high) in pairwise(areas)]
        assert all(gap == pytest.approx(plan.rank_gap, abs=1) for gap in gaps)
    for box in aside:
        (x, y), shown = layout.boxes[box], plan.boxes[box]
        for other in plan.boxes.keys() - {box}:
            (u, v), beside = layout.boxes[other], plan.boxes[other]
            apart = abs(x - u) >= (shown.width + beside.width) / 2
            assert apart or abs(y - v) >= (shown.height + beside.height) / 2
