"""The interactive page in headless Chromium: it opens, blocks open and close, hovering tells, all is well."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import render_nets

import cnnspec
from cnnspec.graph import Graph
from cnnspec.render import to_html

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


def drive(graph: Graph, steps: str, tmp_path: Path, **options: Any) -> Any:
    """What the steps, run in the page, return; fails on any error that the page reports."""
    page = to_html(graph, **options).replace("<body>", "<body>" + WATCH)
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", DRIVE.replace("@STEPS@", steps) + "</body>"), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,900", "--virtual-time-budget=9000000",
        "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in done.stderr, done.stderr
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.S)
    assert told, done.stderr
    found = json.loads(told[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
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
