"""Files: SVG, PNG, PDF, DOT, Mermaid and the page; hostile names; with Graphviz's dot and without."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import render_nets
from fontTools.ttLib import TTFont
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render import dot, embedded, layout, mermaid, output, svg, to_svg
from cnnspec.render.options import RenderError

HOSTILE = "</title><script>alert(1)</script>\"'\\]; n1 -> n2 <b>&amp; ]]> @DATA@ \x00\x1b é 网"


def hostile() -> Graph:
    """A net in which every name and title is an attack on whatever shows it."""
    graph = render_nets.googlenet()
    for block in graph.root.walk():
        block.title = HOSTILE
    return replace(graph, name=HOSTILE)


@pytest.mark.parametrize("kind", output.FORMATS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_format_is_written_the_same_each_time(tmp_path: Path, kind: str, theme: str):
    graph = cnnspec.zoo("resnet18").ir
    one, other = tmp_path / f"one.{kind}", tmp_path / f"other.{kind}"
    output.render(graph, one, theme=theme)
    output.render(graph, other, theme=theme)
    assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one.{kind}", f"other.{kind}"]


def test_png_has_the_size_of_the_svg(tmp_path: Path):
    graph = cnnspec.zoo("lenet5").ir
    output.render(graph, tmp_path / "net.png")
    data = (tmp_path / "net.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    root = ElementTree.fromstring(output.to_svg(graph))
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    assert (width, height) == pytest.approx((wide * 8 / 3, high * 8 / 3), abs=2)


def test_pdf_holds_text_in_embedded_fonts(tmp_path: Path):
    output.render(cnnspec.zoo("lenet5").ir, tmp_path / "net.pdf")
    data = (tmp_path / "net.pdf").read_bytes()
    assert data.startswith(b"%PDF-1.")
    assert re.search(rb"/FontName /[A-Z]{6}\+Arimo", data)
    assert b"/FontFile2" in data and b"/ToUnicode" in data
    assert b"/BaseFont /Helvetica" not in data


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_text_of_a_pdf_can_be_copied(tmp_path: Path):
    output.render(cnnspec.zoo("resnet50").ir, tmp_path / "net.pdf")
    text = subprocess.run(
        ["pdftotext", str(tmp_path / "net.pdf"), "-"], capture_output=True, check=True, text=True
    ).stdout
    assert "bottleneck x5" in text and "25.6M params" in text


@pytest.mark.parametrize("view", ["blocks", "layers", "volumes"])
def test_hostile_names_stay_text_in_svg(view: str):
    root = ElementTree.fromstring(output.to_svg(hostile(), view=view))
    allowed = {"svg", "title", "desc", "rect", "circle", "path", "polygon", "g", "text"}
    assert {element.tag.partition("}")[2] for element in root.iter()} <= allowed
    shown = "".join(element.text or "" for element in root.iter() if element.tag.endswith("}text"))
    assert "<script>" in shown


def test_hostile_names_stay_text_in_dot():
    source = output.to_dot(hostile())
    placed = layout.lay_out(source)
    assert set(placed.boxes) == {int(number) for number in re.findall(r"^\t+n(\d+) \[", source, re.M)}


def test_hostile_names_stay_text_in_mermaid():
    for line in output.to_mermaid(hostile()).splitlines():
        assert line.count('"') in (0, 2)
        assert "<script" not in line and ";" not in re.sub(r"#\d+;", "", line)


def test_hostile_names_stay_text_in_the_page():
    page = output.to_html(hostile())
    assert page.count("<script") == page.count("</script>") == 3
    assert "<script>alert" not in page
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert any("alert(1)" in item["title"] for item in data["items"])
    for item in data["items"][1:]:
        ElementTree.fromstring(f"<g>{item['box']}</g>")


@given(st.text())
def test_any_text_can_stand_in_svg(text: str):
    element = ElementTree.fromstring(f'<text note="{svg.clean(text)}">{svg.clean(text)}</text>')
    plain = svg.NOT_XML.sub("\ufffd", text)
    assert element.text == plain or (not plain and element.text is None)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=100))
@example("\n" + "a" * 100)
def test_any_text_can_stand_in_dot(text: str):
    placed = layout.lay_out(f"digraph {{ n1 [label={_quoted(text)}] n2 n1 -> n2 }}")
    assert set(placed.boxes) == {1, 2}


def _quoted(text: str) -> str:
    import graphviz

    graph = graphviz.Digraph()
    graph.node("n1", label=dot.quote(text))
    return graph.body[0].partition("label=")[2].rpartition("]")[0]


@given(st.text())
def test_any_text_can_stand_in_mermaid(text: str):
    assert not set(mermaid.quote(text)) & set('"<>&`\n')


def test_the_embedded_dot_is_used_where_there_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    placed = layout.lay_out("digraph { n1 -> n2 }")
    assert set(placed.boxes) == {1, 2} and set(placed.routes) == {(1, 2)}


def test_a_dot_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    with pytest.raises(RenderError, match="dot failed: broken"):
        layout.lay_out("digraph { n1 }")


def test_a_graph_that_dot_refuses_is_reported():
    with pytest.raises(RenderError, match="embedded Graphviz"):
        embedded.run_embedded("digraph {")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path):
    with pytest.raises(OSError):
        output.render(render_nets.resnet((1,)), tmp_path / "missing" / "net.svg")
    assert list(tmp_path.iterdir()) == []


def test_the_page_needs_nothing_from_outside():
    page = output.to_html(cnnspec.zoo("resnet18").ir)
    links = set(re.findall(r"""(?:src|href)=["']?([^"' >]+)""", page))
    assert links == {"data:,"}
    assert "http" not in re.sub(r"http://www.w3.org/\S*|https://graphviz.org", "", page)


def test_volumes_have_no_page_and_no_dot(tmp_path: Path):
    for kind in ("html", "dot", "mmd"):
        with pytest.raises(RenderError, match="the volumes view has no"):
            output.render(render_nets.resnet((1,)), tmp_path / f"net.{kind}", view="volumes")


def test_a_notebook_shows_the_diagram():
    net = cnnspec.zoo("lenet5")
    assert net._repr_svg_().startswith("<svg ")
    assert "<svg " in net._repr_html_()


def test_the_text_of_a_drawing_is_that_of_its_file(tmp_path):
    net = cnnspec.zoo("lenet5")
    net.render(tmp_path / "net.svg", view="volumes", theme="dark")
    text = net.svg(view="volumes", theme="dark")
    assert text == (tmp_path / "net.svg").read_text(encoding="utf-8") != net.svg()
    with pytest.raises(ValueError, match="view"):
        net.svg(view="nothing")  # type: ignore[arg-type]


def test_fonts_are_subsets_with_what_drawings_need():
    from cnnspec.render.raster import FONT_FILES

    for path in FONT_FILES.values():
        assert path.stat().st_size < 64_000
        assert zlib.crc32(path.read_bytes())


def test_an_svg_brings_its_letters_if_asked():
    """The fonts in it are Arimo with the glyphs that the drawing uses, and no other."""
    graph = cnnspec.zoo("lenet5").ir
    plain, text = to_svg(graph), to_svg(graph, embed_font=True)
    assert "@font-face" not in plain and text == to_svg(graph, embed_font=True)
    assert len(plain) < len(text) < len(plain) + 16_000
    letters = {letter for word in re.findall(r">([^<]+)</text>", plain) for letter in html.unescape(word)}
    fonts = re.findall(r"font-weight:(\w+);src:url\(data:font/woff;base64,([^)]+)\)", text)
    assert [weight for weight, _ in fonts] == ["normal", "bold"]
    held = [set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap() or ()) for _, data in fonts]
    assert set().union(*held) == set(map(ord, letters))


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("memory", ["4.10 kB", "38.3 kB", "193 kB"]),
        ("receptive_field", ["sees 5x5", "sees 6x6", "sees 32x32"]),
    ],
)
def test_boxes_tell_the_figure_that_colours_them(measure: str, words: list[str]):
    shown = re.findall(r">([^<]+)</text>", to_svg(cnnspec.zoo("lenet5").ir, color_by=measure))
    assert set(words) <= set(shown)
