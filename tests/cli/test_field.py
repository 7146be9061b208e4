"""`cnnspec field` and `net.field`: against the input gradient, behind gates, as numbers and as a picture."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import cnnspec
from cnnspec.backends.effective import BORDER, MARK, SHADE
from cnnspec.cli.main import execute

GATED = """
def se(r) { mul { | identity | gap -> conv(channels // r, 1) -> relu -> conv(channels * r, 1) -> sigmoid } }
net Gated {
    input 3x40x40
    c: conv(8, 3, stride=2) -> relu
    s: se(2)
    d: conv(8, 3, stride=2) -> relu
    gap -> flatten -> linear(4)
}
"""
PLAIN = "net Plain { input 2x33x29; a: conv(4, 5, stride=2); b: conv(3, 3, dilation=2, pad=valid) }"


@pytest.mark.parametrize("at", [(0, 0), (5, 4), (8, 7)])
def test_the_box_is_where_the_gradient_is(at: tuple[int, int]) -> None:
    net = cnnspec.loads(PLAIN)
    box = net.field("b", at).box
    assert box is not None
    (top, bottom), (left, right) = box
    strength = net.effective_field("b", at)
    rows, columns = np.nonzero(strength.any(1))[0], np.nonzero(strength.any(0))[0]
    # the box reaches into the margin, the gradient does not
    assert (rows[0], rows[-1]) == (max(top, 0), min(bottom, 32))
    assert (columns[0], columns[-1]) == (max(left, 0), min(right, 28))
    assert strength.shape == (33, 29) and strength.max() == 1


def test_a_gate_lets_the_whole_input_in_beside_the_path() -> None:
    net = cnnspec.loads(GATED)
    before, behind = net.field("c"), net.field("d")
    assert before.field is not None and behind.field is not None
    assert before.field.size == (3, 3) and not before.sees_all
    assert behind.field.size == (7, 7) and behind.sees_all
    assert net.effective_field("d").astype(bool).mean() > 0.9
    rows = {row["layer"]: row["field"] for row in net.table(9)}
    assert rows["c"] == "3" and rows["d"] == "7 +all" and rows["gap"] == "-"
    layers = {layer["name"]: layer for layer in net.as_dict()["layers"]}
    assert layers["d.conv"]["receptive_field"] is None and layers["d.conv"]["field_along_path"] == [7, 7]
    assert "7 +all" in str(cnnspec.compare([net], columns=["field"]))


def test_names_and_positions_that_there_are_not() -> None:
    net = cnnspec.loads(PLAIN)
    assert net.field("b").layer == "b" and net.field().at == (6, 5)
    for name, at in (("c", None), ("b", (13, 0)), ("b", (0,)), ("b", (-1, 0))):
        with pytest.raises(ValueError):
            net.field(name, at)


def test_a_picture_from_python(tmp_path) -> None:
    net, path = cnnspec.loads(PLAIN), tmp_path / "field.png"
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((33, 29, 3), 77, np.uint8)).save(photo)
    net.draw_field(path, "b", (5, 4), over=photo)
    plain = np.asarray(Image.open(path))
    net.draw_field(path, "b", (5, 4), effective=True, over=photo, seed=1)
    drawn = np.asarray(Image.open(path))
    assert plain.shape == drawn.shape == (33 * 13, 29 * 13, 3)
    assert (plain[0, 0] == 77).all() and (drawn[0, 0] == 77).all() and (plain != drawn).any()
    with pytest.raises(ValueError, match="png"):
        net.draw_field(tmp_path / "field.svg", "b")
    with pytest.raises(ValueError, match="images"):
        cnnspec.loads("net V { input 2x9; conv(2, 3) }").draw_field(path)


def test_a_field_without_a_photograph_is_shaded_on_the_grid_of_pixels(tmp_path) -> None:
    net, path = cnnspec.zoo("lenet5"), tmp_path / "field.png"
    net.draw_field(path, "body.s4", (1, 2))
    picture = np.asarray(Image.open(path))
    # 32x32 pixels of 14 each, and a border for their numbers
    assert picture.shape == (32 * 14 + 2 * BORDER, 32 * 14 + 2 * BORDER, 3)
    frame = np.argwhere((picture == MARK).all(-1)) - BORDER
    shaded = np.argwhere((picture == SHADE).all(-1)) - BORDER
    # rows 4 to 19, columns 8 to 23
    assert frame.min(0).tolist() == [4 * 14, 8 * 14] and frame.max(0).tolist() == [20 * 14 - 1, 24 * 14 - 1]
    assert (shaded > frame.min(0)).all() and (shaded < frame.max(0)).all() and len(shaded) > 14 * 14 * 200
    # what of a field lies outside is cut off, and the bounds are written below the grid
    net = cnnspec.loads("net N { input 3x7x7; conv(4, 3) -> conv(4, 3) -> conv(4, 3) -> conv(4, 3) }")
    net.draw_field(path)
    picture = np.asarray(Image.open(path))
    edges = np.argwhere((picture == MARK).all(-1)) - BORDER
    assert edges.min() == 0 and edges.max() == 7 * 64 - 1
    assert (picture[-BORDER + 2 :] < 150).any()


def test_the_command(capsys, tmp_path) -> None:
    out = tmp_path / "field.png"
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((50, 60, 3), 128, np.uint8)).save(photo)
    assert execute(["field", "lenet5", "body.s4", "--at", "1,2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["size"], found["box"]) == ([16, 16], [[4, 19], [8, 23]])
    assert (
        execute(["field", "resnet20", "body.layer1", "--effective", "--over", str(photo), "-o", str(out)])
        == 0
    )
    picture = np.asarray(Image.open(out))
    assert picture.shape == (448, 448, 3)
    assert (picture == (213, 94, 0)).all(-1).any()
    assert execute(["field", "resnet20", "--over", str(photo)]) == 2


def test_the_drawn_field():
    """What opens effective.py: the ways from each pixel to the value, through three convs of ones."""
    net = cnnspec.loads("net A { input 1x9; conv(1, 3, bias=false) * 3 }")
    ones = {key: np.ones_like(value) for key, value in net.to_numpy(seed=0).state_dict().items()}
    strength = net.effective_field("conv.2", (4,), weights=ones)
    assert np.round(strength * 7).astype(int).tolist() == [0, 1, 3, 6, 7, 6, 3, 1, 0]
