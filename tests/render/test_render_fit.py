"""Pictures that fit: the width of a column, the size of text, rows, one block alone, names to open."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cross.judge import perform
from folders import ROOT
from test_render_drawing import texts

import cnnspec
from cnnspec.render import RenderError, render, to_bytes, to_svg
from cnnspec.render.dot import dot_source
from cnnspec.render.layout import lay_out
from cnnspec.render.options import DrawingOptions, read_options
from cnnspec.render.output import drawing
from cnnspec.render.plan import make_plan
from cnnspec.render.wrap import wrap_layout
from cnnspec.report.rows import rows

COLUMN, PAGE = "252pt", "504pt"
NETS = [
    "lenet5", "resnet50", "vgg16", "alexnet2012", "nin", "densenet121", "convnext_tiny", "regnetx_400mf",
    "resnext50_32x4d", "mobilenetv2", "googlenet", "fcn_resnet50", "unet2015", "nfnet_f0",
    "retinanet_resnet50",
]  # fmt: skip
TOO_SMALL = {
    COLUMN: {
        ("blocks", "mobilenetv2"), ("blocks", "googlenet"), ("blocks", "fcn_resnet50"),
        ("blocks", "unet2015"), ("blocks", "nfnet_f0"), ("blocks", "retinanet_resnet50"),
        ("volumes", "unet2015"), ("volumes", "retinanet_resnet50"),
    },
    PAGE: {("volumes", "unet2015")},
}  # fmt: skip
"""The pictures, of 30, whose text is smaller than 7 points in the width of a column, and of a page."""


def smallest(name: str, **choices: object) -> tuple[float, float, float]:
    """The size of the smallest text of a picture, and the sides of the picture, in points on the page."""
    picture = drawing(cnnspec.zoo(name).ir, read_options(choices))  # type: ignore[arg-type]
    size = min(text.size for text, _, _ in texts(picture)) * picture.scale
    return size, picture.width * picture.scale, picture.height * picture.scale


@pytest.mark.parametrize("width", [COLUMN, PAGE])
@pytest.mark.parametrize("view", ["blocks", "volumes"])
@pytest.mark.parametrize("name", NETS)
def test_pictures_fit_a_page_in_text_that_can_be_read(name: str, view: str, width: str):
    """Of 30 pictures 22 keep text of 7 points in a column, 29 on two: so says the cookbook."""
    size, wide, high = smallest(name, view=view, width=width)
    assert (size < 7 - 1e-6) == ((view, name) in TOO_SMALL[width])
    assert wide == pytest.approx(float(width[:-2])) and high <= 650.5


def test_the_cookbook_counts_the_pictures_that_fit():
    text = " ".join((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8").split())
    fit = {width: 2 * len(NETS) - len(small) for width, small in TOO_SMALL.items()}
    assert f"Of {2 * len(NETS)} pictures" in text
    assert (
        f"{fit[COLUMN]} keep text of 7 points or more in one column (252 pt), {fit[PAGE]} across two" in text
    )


def test_text_has_the_size_that_is_asked_for():
    size, wide, _ = smallest("resnet50", width="252pt", font_size="6pt")
    assert (size, wide) == pytest.approx((6, 252))
    size, _, _ = smallest("lenet5", font_size="5pt")
    assert size == pytest.approx(5)


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("rows", [2, 3, 5])
@pytest.mark.parametrize("name", ["resnet50", "googlenet", "retinanet_resnet50", "densenet121", "lenet5"])
def test_a_wrapped_drawing_holds_all_and_nothing_overlaps(name: str, rows: int, direction: str):
    plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions(direction=direction))
    sizes = {number: plan.outer_size(box) for number, box in plan.boxes.items()}
    layout = lay_out(dot_source(plan))
    wrapped = wrap_layout(layout, sizes, rows, direction)
    assert wrapped.boxes.keys() == layout.boxes.keys() and wrapped.routes.keys() == layout.routes.keys()
    assert set(wrapped.frames) | set(wrapped.continued) == set(layout.frames)
    for one, other in itertools.combinations(plan.boxes, 2):
        (x, y), (u, v) = wrapped.boxes[one], wrapped.boxes[other]
        (width, height), (wide, high) = sizes[one], sizes[other]
        assert abs(x - u) >= (width + wide) / 2 - 0.5 or abs(y - v) >= (height + high) / 2 - 0.5
    for number, (x, y) in wrapped.boxes.items():
        assert x - sizes[number][0] / 2 + 0.5 >= 0 and x + sizes[number][0] / 2 <= wrapped.width + 0.5
        assert y - sizes[number][1] / 2 + 0.5 >= 0 and y + sizes[number][1] / 2 <= wrapped.height + 0.5
    along = (wrapped.height, layout.height) if direction == "TB" else (wrapped.width, layout.width)
    assert along[0] < 0.8 * along[1]


def test_title_and_legend_can_be_left_out():
    graph = cnnspec.zoo("lenet5").ir
    whole, bare = to_svg(graph), to_svg(graph, title=False, legend=False)
    assert ">LeNet5</text>" in whole and ">conv</text>" in whole
    assert ">LeNet5</text>" not in bare and ">conv</text>" not in bare
    assert "<title>LeNet5</title>" in bare


def test_small_text_is_warned_of():
    graph = cnnspec.zoo("nfnet_f0").ir
    notes = to_bytes(graph, "svg", width="100pt").notes
    assert len(notes) == 1 and re.match(r"the smallest text is of \d\.\dpt: more --width", notes[0])
    assert to_bytes(cnnspec.zoo("lenet5").ir, "svg", width="252pt").notes == ()


@pytest.mark.parametrize("value", ["0pt", "3 furlongs", "-1", "1e9", "1/2in", True])
def test_a_length_that_is_none_is_refused(value: object):
    with pytest.raises(RenderError, match="width is a length such as 252pt, 84mm"):
        read_options({"width": value})  # type: ignore[typeddict-item]


def test_lengths_have_units():
    sizes = [read_options({"width": text}).width for text in (72, "72", "72pt", "1in", "25.4mm", "2.54 cm")]
    assert sizes == pytest.approx([72] * 6)


def test_a_block_is_drawn_alone_and_opened():
    graph = cnnspec.zoo("resnet50").ir
    for block in ("bottleneck", "body.layer1.0"):
        text = to_svg(graph, block=block)
        shown = re.findall(r">([^<]+)</text>", text)
        assert shown[:2] == ["bottleneck(width=64, stride=1)", "64x56x56 · 75.0k params · 231M MACs"]
        assert shown.count("conv_bn") == 3 and "input 64x56x56" in shown
    with pytest.raises(RenderError, match="no block of ResNet50 is called 'botleneck'; there are bottleneck"):
        to_svg(graph, block="botleneck")


@pytest.mark.parametrize("view", ["blocks", "layers", "volumes"])
def test_a_block_of_several_inputs_or_none_of_its_own_is_drawn_alone(view: str):
    graph = cnnspec.zoo("unet2015").ir
    for path in ("body", "head"):
        assert "<svg" in to_svg(graph, block=path, view=view)


@pytest.mark.parametrize(
    ("name", "expand", "opened"),
    [
        ("resnet50", "body.layer1.1-2", "body.layer1.1.residual.add"),
        ("resnet50", "layer2.0", "body.layer2.0.residual.add"),
        ("resnet50", "body.layer1.2.residual", "body.layer1.1.residual.add"),
        ("convnext_tiny", "body.stage1", "body.stage1.0.residual.add"),
        ("convnext_tiny", "stage1", "body.stage1.0.residual.add"),
        ("googlenet", "a4", "body.a4.concat.concat"),
        ("resnet50", "bottleneck", "body.layer4.1.residual.add"),
    ],
)
def test_expand_takes_what_a_summary_prints(name: str, expand: str, opened: str):
    plan = make_plan(cnnspec.zoo(name).ir, DrawingOptions(expand=(expand,)))
    assert opened in [plan.scene.items[number].key for number in plan.boxes]
    assert plan.scene.notes == ()


@pytest.mark.parametrize(
    "name", ["densenet121", "convnext_tiny", "mobilenetv2", "retinanet_resnet50", "vgg16"]
)
def test_every_name_of_a_summary_can_be_expanded(name: str):
    net = cnnspec.zoo(name)
    for row in rows(net.compiled, 3):
        make_plan(net.ir, DrawingOptions(expand=(row.name,)))


def test_expand_says_where_it_changes_nothing():
    graph = cnnspec.zoo("vgg16").ir
    assert to_bytes(graph, "dot", expand=("body.block1",)).notes == (
        "--expand body.block1 changes nothing: it is open already",
    )
    notes = to_bytes(cnnspec.zoo("resnet50").ir, "mmd", expand=("stem.maxpool", "body.layer1.0")).notes
    assert notes == ("--expand stem.maxpool changes nothing: there is nothing in it to open",)


def test_the_command_writes_to_standard_output_and_names_files_after_nets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    done = perform(["render", "lenet5", "-o", "-", "--format", "svg"])
    assert done.code == 0 and done.text.startswith("<svg ") and done.text.endswith("</svg>\n")
    assert perform(["render", "lenet5"]).code == 0
    assert perform(["render", "lenet5", "--format", "png"]).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LeNet5.png", "LeNet5.svg"]


def test_png_says_its_dots_per_inch(tmp_path: Path):
    render(cnnspec.zoo("lenet5").ir, tmp_path / "net.png", width="252pt")
    data = (tmp_path / "net.png").read_bytes()
    place = data.index(b"pHYs") + 4
    dots, unit = int.from_bytes(data[place : place + 4]) * 0.0254, data[place + 8]
    assert unit == 1 and int.from_bytes(data[16:20]) / dots * 72 == pytest.approx(252, abs=1)


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="pdfinfo is not installed")
def test_pdf_has_the_width_that_is_asked_for_and_a_title(tmp_path: Path):
    render(cnnspec.zoo("resnet50").ir, tmp_path / "net.pdf", width="84mm")
    told = subprocess.run(
        ["pdfinfo", tmp_path / "net.pdf"], capture_output=True, check=True, text=True
    ).stdout
    assert re.search(r"Title: +ResNet50\n", told) and "anonymous" not in told
    assert re.search(r"Page size: +238\.1\d* x", told)


@pytest.mark.posix
def test_a_drawing_of_many_layers_says_on_a_terminal_that_it_takes_a_while(tmp_path: Path):
    (tmp_path / "a.cnn").write_text("net A { input 2x4x4; relu * 400 }")
    command = [sys.executable, "-m", "cnnspec", "render", "a.cnn", "-o", "a.mmd", "--view"]
    told = {}
    for view in ("layers", "blocks"):
        ours, theirs = os.openpty()
        subprocess.run([*command, view], cwd=tmp_path, stderr=theirs, check=True)
        os.close(theirs)
        told[view] = os.read(ours, 10_000).decode()
        os.close(ours)
    assert "drawing 401 layers, which takes a while" in told["layers"]
    assert "takes a while" not in told["blocks"]
    piped = subprocess.run([*command, "layers"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "takes a while" not in piped.stderr
