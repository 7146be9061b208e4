"""Drawings of whole nets: nothing overlaps, no text is cut, a page is enough, and the same each time."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import render_nets

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render import RenderError, render, to_dot, to_mermaid, to_svg
from cnnspec.render.boxes import ARM_HEIGHT, ARMS_ROW, MARGIN, Box
from cnnspec.render.canvas import Curve, Drawing, Mark, MarkGroup, Polygon, Text
from cnnspec.render.dot import dot_source
from cnnspec.render.draw_boxes import comb_marks
from cnnspec.render.draw_volumes import ARCS
from cnnspec.render.layout import Layout, lay_out
from cnnspec.render.legend import ARC_WORDS
from cnnspec.render.options import DrawingOptions
from cnnspec.render.output import drawing
from cnnspec.render.place_volumes import levels_of
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.solids import make_scale, make_solid
from cnnspec.render.text import text_width
from cnnspec.render.volumes import make_volumes, pieces_of

SVG = "{http://www.w3.org/2000/svg}"
PAGE = ["resnet50", "googlenet", "densenet121", "unet"]
ZOO = [
    *PAGE,
    "resnet152",
    "vgg16",
    "mobilenetv2",
    "retinanet_resnet50",
    "nfnet_f0",
    "convnext_tiny",
    "lenet5",
]


def laid_out(graph: Graph, **options: object) -> tuple[DrawingPlan, Layout]:
    plan = make_plan(graph, DrawingOptions(**options))  # type: ignore[arg-type]
    return plan, lay_out(dot_source(plan))


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_boxes_do_not_overlap(name: str, direction: str):
    plan, layout = laid_out(cnnspec.zoo(name).ir, direction=direction)
    for one, other in itertools.combinations(plan.boxes, 2):
        (x, y), (u, v) = layout.boxes[one], layout.boxes[other]
        (width, height), (wide, high) = plan.outer_size(plan.boxes[one]), plan.outer_size(plan.boxes[other])
        assert abs(x - u) >= (width + wide) / 2 - 0.5 or abs(y - v) >= (height + high) / 2 - 0.5


@pytest.mark.parametrize("name", ZOO)
def test_no_text_leaves_its_box(name: str):
    for depth in (None, 0, 20):
        plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions(depth=depth))
        for box in plan.boxes.values():
            assert all(row.width + 2 * MARGIN <= box.width + 0.01 for row in box.rows), box


@pytest.mark.parametrize("name", ZOO)
def test_no_text_leaves_the_picture(name: str):
    for view in ("blocks", "volumes"):
        picture = drawing(cnnspec.zoo(name).ir, DrawingOptions(view=view))
        for text, x, y in texts(picture):
            width = text_width(text.text, text.size, text.bold)
            start = x - {"start": 0, "middle": width / 2, "end": width}[text.anchor]
            assert start >= -0.5 and start + width <= picture.width + 0.5, text
            assert 0 <= y <= picture.height, text


def texts(picture: Drawing) -> list[tuple[Text, float, float]]:
    """All texts of a picture with their places."""
    found: list[tuple[Text, float, float]] = []

    def visit(marks: tuple[Mark, ...], dx: float, dy: float) -> None:
        for mark in marks:
            if isinstance(mark, MarkGroup):
                visit(mark.marks, dx + mark.x, dy + mark.y)
            elif isinstance(mark, Text):
                found.append((mark, dx + mark.x, dy + mark.y))

    visit(picture.marks, 0, 0)
    return found


@pytest.mark.parametrize("name", PAGE)
def test_one_page_is_enough_and_can_be_read(name: str):
    """On the text of a page (6.5 by 9 inches), the smallest type is of 5.5 points at least."""
    picture = drawing(cnnspec.zoo(name).ir, DrawingOptions(width=468))
    assert picture.scale * picture.height <= 650.5
    assert picture.scale * min(text.size for text, _, _ in texts(picture)) >= 5.5


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "resnet50", "unet"])
def test_labels_of_volumes_do_not_overlap(name: str):
    picture = drawing(cnnspec.zoo(name).ir, DrawingOptions(view="volumes"))
    spans: dict[float, list[tuple[float, float]]] = {}
    for text, x, y in texts(picture):
        if text.anchor == "middle":
            half = text_width(text.text, text.size, text.bold) / 2
            spans.setdefault(round(y, 1), []).append((x - half, x + half))
    for row in spans.values():
        row.sort()
        assert all(before[1] < after[0] for before, after in itertools.pairwise(row))


@pytest.mark.parametrize("width", [None, 504, 360, 252])
def test_words_of_arrows_lie_on_no_volume(width: float | None):
    picture = drawing(cnnspec.zoo("unet2015").ir, DrawingOptions(view="volumes", width=width))
    drawn = list(groups_in(picture.marks))
    edges = [mark for group in drawn if group.kind == "edge" for mark in group.marks]
    words = [mark for mark in edges if isinstance(mark, Text)]
    volumes = [corner for group in drawn if group.kind == "volume" for corner in corners(group)]
    assert len(words) == 4 and len(volumes) > 10
    for text in words:
        half = text_width(text.text, text.size) / 2
        for left, top, right, bottom in volumes:
            is_beside = text.x + half <= left or text.x - half >= right
            assert is_beside or text.y <= top or text.y - 0.72 * text.size >= bottom


def groups_in(marks: Iterable[Mark]) -> Iterator[MarkGroup]:
    for mark in marks:
        if isinstance(mark, MarkGroup):
            yield mark
            yield from groups_in(mark.marks)


def corners(group: MarkGroup) -> list[tuple[float, float, float, float]]:
    """The left, top, right and bottom of each face of a volume."""
    points = [mark.points for mark in group.marks if isinstance(mark, Polygon)]
    return [
        (min(x for x, _ in face), min(y for _, y in face), max(x for x, _ in face), max(y for _, y in face))
        for face in points
    ]


def test_a_u_net_stands_as_a_u():
    plan, layout = laid_out(render_nets.unet())
    crossing = [link for link in plan.links if link.skip]
    assert len(crossing) == 4
    for link in crossing:
        (x, y), (u, v) = layout.boxes[link.source], layout.boxes[link.target]
        assert y == pytest.approx(v, abs=0.5)
        assert x < u
    columns = {round(layout.boxes[number][0]) for number in plan.boxes}
    assert len(columns) == 2


def test_a_block_says_its_shapes_and_figures():
    plan, _ = laid_out(cnnspec.zoo("resnet50").ir)
    box = box_of(plan, "body.layer3.1")
    assert [(row.text, row.detail, row.right) for row in box.rows] == [
        ("bottleneck x5", "1x1, 256 → 3x3, 256 → 1x1, 1024", ""),
        ("1024x14x14", "", "5.59M params · 1.09G MACs"),
    ]
    assert box.sign == "residual"


def test_a_block_names_its_attention():
    """Its window or grid, its heads, and its shift; with linear layers alone it would read as an MLP."""
    net = """
    def block(heads, window=none, grid=none, shift=0) {
        residual { layernorm(over=channels) -> attention(heads, window=window, grid=grid, shift=shift) }
        residual { layernorm(over=channels) -> conv(16, 1) -> gelu -> conv(8, 1) }
    }
    net N { input 8x12x12; block(2); block(1, window=3); block(1, window=3, shift=1); block(2, grid=4) }
    """
    plan, _ = laid_out(cnnspec.loads(net).ir)
    details = [box.rows[0].detail for box in plan.boxes.values()]
    assert details[1:] == [
        f"{attention} → 1x1, 16 → 1x1, 8"
        for attention in (
            "attention, 2 heads",
            "3x3 attention, 1 head",
            "3x3 attention, 1 head, shift 1",
            "4x4 grid attention, 2 heads",
        )
    ]
    wider = cnnspec.loads("net N { input 8x6; attention(2, out=12) -> relu }")
    (_, box) = laid_out(wider.ir)[0].boxes.values()
    assert box.rows[0].text == "attention, 12, 2 heads"


def test_a_layer_that_another_is_told_of_is_not_written_into_its_box():
    """What max_unpool undoes is a box of its own, with its label."""
    net = cnnspec.loads("net N { input 3x8x8; p: maxpool(2, ceil=true); conv(3, 1); max_unpool(of=p) }")
    plan = make_plan(net.ir, DrawingOptions(view="layers"))
    assert [box.rows[0].text for box in plan.boxes.values()][1:] == [
        "2x2 maxpool, /2",
        "1x1 conv, 3",
        "max_unpool",
    ]


def box_of(plan: DrawingPlan, key: str) -> Box:
    return next(box for number, box in plan.boxes.items() if plan.scene.items[number].key == key)


def test_no_line_leads_into_a_parameter():
    """A class token is put before the tokens, an embedding added to them: a value goes into the other arm."""
    plan = make_plan(cnnspec.zoo("vit_base_16").ir, DrawingOptions())
    rows = [row for box in plan.boxes.values() for row in box.rows if row.arms]
    assert [[(arm.words, arm.fed) for arm in row.arms] for row in rows] == [
        [("parameter 768x1", False), ("", True)],
        [("", True), ("parameter 768x197", False)],
    ]
    lines = [mark for row in rows for mark in comb_marks(row, plan.theme, plan.theme.edge)]
    tops = [min(y for _, y in mark.points) for mark in lines if isinstance(mark, Curve)]
    over = (ARMS_ROW - ARM_HEIGHT) / 2 - 3
    assert tops.count(over) == 2, "one line from above into each comb, no bar"


def test_training_heads_are_told_apart():
    plan, _ = laid_out(cnnspec.zoo("googlenet").ir)
    box = box_of(plan, "aux1")
    assert box.dashed and box.rows[1].text == "training only"
    assert not box_of(plan, "head.linear").dashed


@pytest.mark.parametrize("view", ["blocks", "layers", "volumes"])
@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_svg_is_the_same_each_time_with_text_as_text(view: str, theme: str):
    graph = cnnspec.zoo("resnet18").ir
    first = to_svg(graph, view=view, theme=theme)
    assert first == to_svg(graph, view=view, theme=theme)
    root = ElementTree.fromstring(first)
    words = {element.text for element in root.iter(f"{SVG}text")}
    assert {"ResNet18", "3x224x224 · 11.7M params · 1.81G MACs"} <= words


@pytest.mark.parametrize("measure", ["params", "macs", "memory", "receptive_field"])
def test_heat_maps_colour_boxes_and_show_a_scale(measure: str):
    graph = cnnspec.zoo("alexnet").ir
    plan = make_plan(graph, DrawingOptions(color_by=measure))
    assert plan.scale is not None and plan.scale > 0
    assert set(plan.colors) == set(plan.boxes)
    assert len(set(plan.colors.values())) > 2
    assert to_svg(graph, color_by=measure) != to_svg(graph)


def test_the_largest_linear_layer_is_the_hottest():
    plan = make_plan(cnnspec.zoo("vgg16").ir, DrawingOptions(color_by="params"))
    hottest = box_of(plan, "head.group.0.linear+")
    assert hottest.rows[0].text == "linear, 4096 x2"
    assert plan.scale == 25088 * 4096 + 4096


def test_dot_and_mermaid_have_every_box_and_link():
    graph = render_nets.resnet((2, 2))
    plan = make_plan(graph, DrawingOptions())
    dot, mermaid = to_dot(graph), to_mermaid(graph)
    for number in plan.boxes:
        assert f"\tn{number} [" in dot
        assert f" n{number}[" in mermaid
    assert dot.count("->") == mermaid.count("-->") == len(plan.links)


def test_a_view_that_takes_too_long_says_so():
    graph = render_nets.resnet((80, 80, 80, 80))
    with pytest.raises(RenderError, match=r"3,2\d\d layers.*use --view blocks"):
        to_svg(graph, view="layers")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": "spiral"}, "view is one of blocks, layers, volumes, not 'spiral'"),
        ({"theme": "neon"}, "theme is one of light, dark, print"),
        ({"direction": "UP"}, "direction is one of TB, LR"),
        ({"color_by": "price"}, "color_by is one of params, macs, memory, receptive_field"),
        ({"depth": -1}, "depth counts levels"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], message: str):
    with pytest.raises(RenderError, match=message):
        to_svg(render_nets.resnet((1,)), **options)  # type: ignore[arg-type]


def test_the_format_is_that_of_the_suffix(tmp_path: Path):
    with pytest.raises(RenderError, match="html, mmd, and net has no suffix that says which"):
        render(cnnspec.zoo("lenet5").ir, tmp_path / "net")
    with pytest.raises(RenderError, match="one of svg, png, pdf, dot, html, mmd, not 'gif'"):
        render(render_nets.resnet((1,)), tmp_path / "net.gif")
    assert list(tmp_path.iterdir()) == []


def test_volumes_are_the_maps_of_the_paper():
    """LeCun et al. 1998, figure 2; Ronneberger et al. 2015, figure 1: the sizes of every map, and levels."""
    lenet = make_volumes(make_plan(cnnspec.zoo("lenet5").ir, DrawingOptions(view="volumes")))
    assert [volume.shape for volume in lenet] == [
        (1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,), (10,),
    ]  # fmt: skip
    unet = make_volumes(make_plan(cnnspec.zoo("unet2015").ir, DrawingOptions(view="volumes")))
    assert [volume.shape for volume in unet[7:12]] == [
        (512, 64, 64), (512, 32, 32), (1024, 28, 28), (1024, 56, 56), (512, 52, 52),
    ]  # fmt: skip
    assert [channels for channels, _ in unet[10].parts] == [512, 512]
    assert levels_of(unet) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0, 0]


def test_words_under_volumes_break_between_pieces():
    assert pieces_of("3x3 conv, 384, 2 groups + adaptive_avgpool 7") == [
        "3x3 conv,", "384,", "2 groups", "+", "adaptive_avgpool 7",
    ]  # fmt: skip
    assert pieces_of("inverted_residual x2 + upsample by 2") == [
        "inverted_residual", "x2", "+", "upsample", "by 2",
    ]  # fmt: skip
    for name in ZOO:
        for volume in make_volumes(make_plan(cnnspec.zoo(name).ir, DrawingOptions(view="volumes"))):
            for line in volume.lines[1:]:
                assert not re.match(r"\d+$|groups|heads", line), volume.lines


@pytest.mark.parametrize("name", ["resnet50", "mobilenetv2", "densenet121", "lenet5", "efficientnet_b0"])
def test_the_legend_of_volumes_explains_the_arcs_that_are_drawn(name: str):
    plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions(view="volumes"))
    drawn = {volume.sign for volume in make_volumes(plan)} & set(ARCS)
    words = {text.text for text, _, _ in texts(drawing(plan.graph, plan.options))}
    assert {sign for sign, said in ARC_WORDS.items() if said in words} == drawn


def test_solids_are_to_scale():
    scale = make_scale([(64, 56, 56), (128, 28, 28), (1000,), (500,)])
    wide, narrow = make_solid((64, 56, 56), scale), make_solid((128, 28, 28), scale)
    assert wide.height == 2 * narrow.height and wide.slant_x == 2 * narrow.slant_x
    assert narrow.width == 2 * wide.width
    assert make_solid((1000,), scale).height == 2 * make_solid((500,), scale).height


def test_an_arc_stands_for_a_sum():
    """Of MobileNetV2's blocks, only those that keep their shape have a shortcut."""
    plan = make_plan(cnnspec.zoo("mobilenetv2").ir, DrawingOptions())
    arcs = [box.sign for box in plan.boxes.values() if box.rows[0].text.startswith("inverted_residual")]
    assert arcs == ["", *("", "residual") * 5, ""]


def test_a_stage_of_equal_blocks_keeps_its_label_in_blocks_and_not_in_volumes():
    plan = make_plan(cnnspec.zoo("resnet18").ir, DrawingOptions())
    assert [box.rows[0].right for box in plan.boxes.values() if box.rows[0].right] == ["layer1"]
    words = [
        volume.words
        for volume in make_volumes(make_plan(cnnspec.zoo("resnet18").ir, DrawingOptions(view="volumes")))
    ]
    assert words[2:6] == ["3x3 maxpool, /2 + basic x2", *["basic x2"] * 3]


@pytest.mark.parametrize("name", [*ZOO, "fcn_resnet50", "regnetx_400mf"])
def test_no_inside_words_are_drawn(name: str):
    """Kinds of blocks that the language has no word for, and arguments that no paper writes."""
    for depth in (None, 0, 2, 99):
        plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions(depth=depth))
        titles = [title.partition(" · ")[0] for title in plan.titles.values()]
        lines = [row.text + " " + row.detail for box in plan.boxes.values() for row in box.rows]
        for words in (*titles, *lines):
            assert not {"group", "arm", "eps", "momentum"} & set(re.split(r"[^a-z]+", words)), words
            assert "eps=" not in words and "over=" not in words


def test_a_scale_is_not_coloured_as_a_linear_layer():
    graph = cnnspec.loads(
        "net N { input 8x16x16; scale(2) -> layerscale(0.1); maxpool(2) -> dropout; flatten }"
    ).ir
    plan = make_plan(graph, DrawingOptions(view="layers"))
    families = [box.family for box in plan.boxes.values()]
    assert families == ["input", "scaling", "scaling", "pool", "scaling", "shape"]
