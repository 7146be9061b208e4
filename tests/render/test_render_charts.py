"""Pictures of memory over time and of two figures: golden, and to scale."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

import cnnspec
from cnnspec.passes.buffers import BYTES, Timeline
from cnnspec.passes.training_memory import training_timeline
from cnnspec.render.canvas import Circle, Drawing, MarkGroup, Rect, Text
from cnnspec.render.charts import LEFT, memory_chart, scatter_chart
from cnnspec.render.svg import svg_source

SPEC = """
net Small {
    input 3x16x16
    a: conv(4, 3) -> batchnorm -> relu
    concat { | conv(4, 1) | conv(8, 3) -> relu }
    gap -> flatten -> linear(2)
}
"""


def plans() -> dict[str, Timeline]:
    net = cnnspec.loads(SPEC)
    return {
        "fused": net.memory(),
        "plain": net.memory("plain", batch=2),
        "training": training_timeline(net.ir, 2),
    }


@pytest.mark.parametrize("plan", ["fused", "plain", "training"])
def test_the_picture_of_memory_is_as_it_was(plan: str, golden: Callable[[str, str], None]) -> None:
    golden(f"memory_{plan}.svg", svg_source(memory_chart("Small", plans()[plan])))


def boxes(drawing: Drawing) -> dict[str, Rect]:
    return {
        mark.key: next(part for part in mark.marks if isinstance(part, Rect))
        for mark in drawing.marks
        if isinstance(mark, MarkGroup) and mark.kind == "buffer"
    }


@pytest.mark.parametrize("dtype", list(BYTES))
@pytest.mark.parametrize("plan", ["fused", "plain", "training"])
def test_every_buffer_is_a_box_to_scale_in_a_place_of_its_own(plan: str, dtype: str) -> None:
    timeline = plans()[plan]
    drawing = memory_chart("Small", timeline, dtype)
    found = boxes(drawing)
    assert found.keys() == {buffer.name for buffer in timeline.buffers}
    large = [buffer for buffer in timeline.buffers if found[buffer.name].height > 0.3]
    scales = {round(found[buffer.name].height / buffer.size, 6) for buffer in large}
    assert len(scales) == 1 and len(large) > 3
    for rect in found.values():
        assert rect.x >= LEFT and rect.x + rect.width <= drawing.width
        assert rect.y >= 0 and rect.y + rect.height <= drawing.height
    for one, other in combinations((found[buffer.name] for buffer in large), 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        up = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert min(across, up) < 1e-6
    words = " ".join(mark.text for mark in drawing.marks if isinstance(mark, Text))
    assert f"{plan} plan, {dtype}, peak" in words


NETS = [("LeNet", 61e3, 0.42e6), ("ResNet", 25.6e6, 4.09e9), ("ResNeXt", 25.0e6, 4.2e9), ("VGG", 138e6, 15e9)]


def test_a_chart_of_two_figures_is_as_it_was(golden: Callable[[str, str], None]) -> None:
    drawing = scatter_chart(NETS, "params", "MACs", (True, True))
    names = {mark.text: mark for mark in drawing.marks if isinstance(mark, Text)}
    assert {name for name, _, _ in NETS} <= names.keys()
    near = abs(names["ResNet"].y - names["ResNeXt"].y)
    assert near >= names["ResNet"].size  # neither name lies on the other
    golden("compare.svg", svg_source(drawing))


def test_an_axis_of_powers_bears_numbers_where_it_is_short_too() -> None:
    """Between 600k and 800k no 1, 2 or 5 times a power of ten lies."""
    drawing = scatter_chart([("a", 610e3, 0.2), ("b", 790e3, 0.1)], "MACs", "error", (True, False))
    below = [mark.text for mark in drawing.marks if isinstance(mark, Text) and mark.text.endswith("k")]
    assert below == ["600k", "700k", "800k"]


def test_groups_have_a_colour_each_and_a_legend() -> None:
    points = [("1", 1.0, 2.0), ("", 2.0, 1.0), ("3", 3.0, 3.0)]
    drawing = scatter_chart(points, "MACs", "error", (False, False), ("AnyNet", "RegNet", "AnyNet"))
    dots = [mark for mark in drawing.marks if isinstance(mark, Circle)]
    texts = [mark for mark in drawing.marks if isinstance(mark, Text)]
    assert [(dot.fill == dots[-2].fill) for dot in sorted(dots[:3], key=lambda dot: dot.x)] == [
        True,
        False,
        True,
    ]
    assert [mark.text for mark in texts[-2:]] == ["AnyNet", "RegNet"]
