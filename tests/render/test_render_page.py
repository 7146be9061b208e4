"""The interactive page in headless Chromium: it opens, blocks open and close, hovering tells, all is well."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import render_nets

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render import to_html
from cnnspec.render.fit import natural_layout
from cnnspec.render.options import DrawingOptions
from cnnspec.render.page_data import page_plans
from cnnspec.render.plan import make_plan

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

WATCH = """<script>
const wrong = [];
addEventListener("error", (event) => wrong.push(event.message));
addEventListener("unhandledrejection", (event) => wrong.push(String(event.reason)));
console.error = console.warn = (...words) => wrong.push(words.join(" "));
</script>"""

# Many turns, and much virtual time: it runs ahead while the browser compiles the layout engine in real time.
DRIVE = """<script>
const until = async (done) => {
  for (let turn = 0; turn < 100000 && !done(); turn++) await new Promise((next) => setTimeout(next, 20));
};
const settled = async (act) => {
  const before = document.body.dataset.shown;
  act();
  await until(() => document.body.dataset.shown !== before);
};
const part = (path) => items.findIndex((item) => item.path === path && !item.run);
const element = (path) => picture.querySelector(`[data-key="${part(path)}"]`);
const row = (path) => rows.querySelector(`[data-key="${part(path)}"]`);
const fire = (target, kind) => target.dispatchEvent(
  new PointerEvent(kind, { bubbles: true, button: 0, clientX: 400, clientY: 300 }));
const boxes = () => picture.querySelectorAll(".box").length;
(async () => {
  const told = document.createElement("pre");
  told.id = "told";
  let answer = null;
  try {
    await until(() => document.body.dataset.shown);
    answer = await (async () => { @STEPS@ })();
  } catch (error) {
    wrong.push(String(error));
  }
  told.textContent = JSON.stringify({ answer, wrong });
  document.body.appendChild(told);
})();
</script>"""


def drive(
    graph: Graph, steps: str, tmp_path: Path, size: str = "1400,900", script: str = "", **options: Any
) -> Any:
    """What the steps, run in the page, return; fails on any error that the page reports."""
    page = to_html(graph, **options).replace("<body>", "<body>" + WATCH + script)
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", DRIVE.replace("@STEPS@", steps) + "</body>"), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}", "--virtual-time-budget=9000000",
        "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert "CONSOLE" not in done.stderr, done.stderr
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.S)
    assert told, done.stderr
    found = json.loads(unescape(told[1]))
    assert found["wrong"] == []
    return found["answer"]


def test_a_block_opens_and_closes(tmp_path: Path):
    steps = """
    const counts = [boxes()];
    await settled(() => fire(element("body.layer2.0"), "click"));
    counts.push(boxes());
    await settled(() => fire(element("body.layer2.0").querySelector("rect"), "click"));
    counts.push(boxes());
    await settled(() => fire(row("body"), "click"));
    counts.push(boxes());
    return counts;
    """
    assert drive(cnnspec.zoo("resnet50").ir, steps, tmp_path) == [13, 18, 13, 6]


def test_hovering_tells_and_highlights_on_both_sides(tmp_path: Path):
    steps = """
    fire(element("body.layer1.0"), "pointermove");
    const note = document.getElementById("note");
    return [note.hidden, note.innerText, row("body.layer1.0").classList.contains("chosen")];
    """
    hidden, note, chosen = drive(cnnspec.zoo("resnet50").ir, steps, tmp_path)
    assert not hidden and chosen
    for words in ("body.layer1.0", "64x56x56 → 256x56x56", "75,008 params", "receptive field", "resnet.cnn:"):
        assert words in note


def test_zoom_and_pan_move_the_view(tmp_path: Path):
    steps = """
    const views = [view.width];
    document.getElementById("closer").click();
    views.push(view.width);
    const before = view.x;
    fire(picture, "pointerdown");
    dispatchEvent(new PointerEvent("pointermove", { clientX: 500, clientY: 300 }));
    dispatchEvent(new PointerEvent("pointerup"));
    views.push(view.x < before);
    document.getElementById("fit").click();
    views.push(view.width);
    return views;
    """
    fitted, closer, moved, again = drive(cnnspec.zoo("lenet5").ir, steps, tmp_path)
    assert closer == pytest.approx(0.8 * fitted) and moved and again == pytest.approx(fitted)


def test_everything_opens_and_closes_in_a_dark_page(tmp_path: Path):
    steps = """
    await settled(() => document.getElementById("open-all").click());
    const all = boxes();
    await settled(() => document.getElementById("close-all").click());
    return [all, boxes(), data.items.filter((item) => !item.children.length).length];
    """
    opened, closed, leaves = drive(cnnspec.zoo("googlenet").ir, steps, tmp_path, theme="dark")
    assert opened == leaves and closed == 6


def test_a_u_stays_a_u_when_a_block_opens(tmp_path: Path):
    steps = """
    await settled(() => fire(element("body.skip0.double_conv"), "click"));
    const layout = layouts.get(document.body.dataset.shown);
    return [...shownLinks(visible().owner).values()].filter((link) => link.skip)
      .map((link) => Math.abs(layout.boxes[link.source][1] - layout.boxes[link.target][1]));
    """
    levels = drive(render_nets.unet(), steps, tmp_path)
    assert len(levels) == 4 and max(levels) < 1


def test_a_search_finds_opens_and_brings_into_view(tmp_path: Path):
    steps = """
    const query = document.getElementById("query");
    query.value = "layer3.1.residual.conv_bn2";
    query.dispatchEvent(new Event("input"));
    const counted = document.getElementById("found").textContent;
    await settled(() => query.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })));
    const shown = picture.querySelector(".chosen").getBoundingClientRect();
    const stage = document.getElementById("stage").getBoundingClientRect();
    const inside = shown.top >= stage.top && shown.bottom <= stage.bottom && shown.left >= stage.left;
    return [counted, document.getElementById("found").textContent, inside];
    """
    counted, place, inside = drive(cnnspec.zoo("resnet50").ir, steps, tmp_path)
    assert re.fullmatch(r"\d+ found", counted) and place.startswith("1 of ") and inside


def test_the_keyboard_walks_opens_and_closes(tmp_path: Path):
    steps = """
    const press = (key) => document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    element("body.layer1.0").focus();
    const before = document.activeElement.getAttribute("aria-expanded");
    await settled(() => press("Enter"));
    const kept = document.activeElement.dataset.key === String(part("body.layer1.0"));
    const after = document.activeElement.getAttribute("aria-expanded");
    press("ArrowDown");
    const next = items[Number(document.activeElement.dataset.key)].path;
    document.activeElement.blur();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
    const { activeElement } = document;
    return [before, after, kept, next, activeElement.id, activeElement.getAttribute("aria-label")];
    """
    before, after, kept, following, focused, label = drive(cnnspec.zoo("resnet50").ir, steps, tmp_path)
    assert (before, after, kept) == ("false", "true", True)
    assert following.startswith("body.layer1.0.") and focused == "query" and label == "Find a block or layer"


def test_an_opened_block_is_in_view_and_its_note_goes(tmp_path: Path):
    steps = """
    for (let turn = 0; turn < 6; turn++) document.getElementById("closer").click();
    const seen = [];
    for (const path of ["body.layer4.0", "body.layer1.0"]) {
      fire(element(path), "pointermove");
      await settled(() => fire(element(path), "click"));
      const [x, y, width, height] = spot(part(path));
      const below = x + width <= view.x + view.width && y + height <= view.y + view.height;
      seen.push(x >= view.x && y >= view.y && below);
    }
    return [seen, document.getElementById("note").hidden];
    """
    assert drive(cnnspec.zoo("resnet50").ir, steps, tmp_path) == [[True, True], True]


def test_the_drawing_is_saved_as_svg(tmp_path: Path):
    steps = """
    await settled(() => fire(element("body.layer2.0"), "click"));
    return savedSvg();
    """
    root = ElementTree.fromstring(drive(cnnspec.zoo("resnet50").ir, steps, tmp_path))
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.attrib["width"].endswith("pt")
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "conv_bn" in words and not any("tabindex" in element.attrib for element in root.iter())


def test_on_a_phone_nothing_is_wider_than_the_screen(tmp_path: Path):
    steps = """
    const wide = [...document.querySelectorAll("header *, main, aside, footer, #stage")]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.tagName);
    const stage = document.getElementById("stage").getBoundingClientRect();
    return [innerWidth, document.documentElement.scrollWidth, wide, stage.height > 300];
    """
    width, scrolled, wide, tall = drive(cnnspec.zoo("googlenet").ir, steps, tmp_path, size="500,900")
    assert width <= 760 and scrolled <= width and wide == [] and tall


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(theme: str, tmp_path: Path):
    source = Path(pytest.importorskip("axe_core_python").__file__).parent / "axe.min.js"
    steps = """
    const told = await axe.run(document, { resultTypes: ["violations"] });
    return told.violations.filter((found) => ["serious", "critical"].includes(found.impact))
      .map((found) => [found.id, found.nodes.slice(0, 3).map((node) => node.html)]);
    """
    script = "<script>" + source.read_text(encoding="utf-8") + "</script>"
    assert drive(cnnspec.zoo("googlenet").ir, steps, tmp_path, theme=theme, script=script) == []


def test_the_table_is_sorted_by_cost_and_back(tmp_path: Path):
    steps = """
    const names = () => [...rows.querySelectorAll("tr")].map((row) => items[row.dataset.key].path);
    const spec = names(), button = document.querySelector('[data-sort="params"]');
    button.click();
    const costs = names(), head = button.closest("th").getAttribute("aria-sort");
    button.click();
    return [spec, costs, head, names(), button.closest("th").hasAttribute("aria-sort")];
    """
    spec, costs, head, again, left = drive(cnnspec.zoo("vgg16").ir, steps, tmp_path)
    assert head == "descending" and not left and again == spec
    top = [path for path in costs if "." not in path]
    assert sorted(costs) == sorted(spec) and top == ["head", "body", "input"]


def test_boxes_are_coloured_by_what_the_reader_chooses(tmp_path: Path):
    steps = """
    const fill = (path) => element(path).querySelector(":scope > rect").getAttribute("fill");
    const colour = document.getElementById("colour"), scale = document.getElementById("scale");
    const before = fill("body.layer4.1");
    colour.value = "params";
    colour.dispatchEvent(new Event("change"));
    await until(() => fill("body.layer4.1") !== before);
    const heat = ["body.layer4.0", "body.layer1.0", "body.layer4.1"].map(fill), words = scale.innerText;
    colour.value = "";
    colour.dispatchEvent(new Event("change"));
    await until(() => fill("body.layer4.1") === before);
    return [heat, words, scale.hidden];
    """
    heat, words, hidden = drive(cnnspec.zoo("resnet50").ir, steps, tmp_path)
    assert len(set(heat)) == 3 and heat[0] == "#08306b"
    assert words.startswith("parameters: 0") and words.endswith("6.04M") and hidden


def test_a_link_opens_its_block(tmp_path: Path):
    """The address names the block that was opened last; opened with it, the page shows that block in view."""
    steps = """
    location.hash = "#body.layer3.1";
    await until(() => spot(part("body.layer3.1")) && open.has(part("body.layer3.1")));
    await until(() => boxes() > 13);
    const [x, y, width, height] = spot(part("body.layer3.1"));
    const across = view.x <= x && x + width <= view.x + view.width;
    const inside = across && view.y <= y && y + height <= view.y + view.height;
    await settled(() => fire(element("body.layer2.0"), "click"));
    return [inside, location.hash];
    """
    inside, address = drive(cnnspec.zoo("resnet50").ir, steps, tmp_path)
    assert inside and address == "#body.layer2.0"


@pytest.mark.parametrize("name", ["retinanet_resnet50", "segnet", "hrnet_w18"])
def test_the_page_opens_with_the_layout_of_the_drawing(name: str):
    """Pyramids stand on their grid, shortcuts run beside the spine."""
    graph = cnnspec.zoo(name).ir
    text = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', to_html(graph), re.S)
    assert text
    found = json.loads(text[1])["layout"]
    _, shown = page_plans(graph, DrawingOptions())
    plan, layout = natural_layout(shown)
    assert {int(number): tuple(place) for number, place in found["boxes"].items()} == layout.boxes
    assert set(plan.boxes) == set(make_plan(graph, DrawingOptions()).boxes)
    for link in plan.links:
        route = found["routes"][f"{link.source}-{link.target}"]
        assert [tuple(point) for point in route["points"]] == list(
            layout.routes[link.source, link.target].points
        )
