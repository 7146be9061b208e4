"""The page of the studio in headless Chromium, on the compiler of this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from browser import CHROMIUM, Browser

from cnnspec.source import Source
from cnnspec.studio.server import Studio

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.posix]

TEXT = """net Small(width=8) {
    input 3x32x32
    body {
        conv(width, 3) -> relu
        maxpool(4)
        conv(2 * width, 3)
    }
    head { flatten -> linear(10) }
}

net Other { input 3x8x8; conv(4, 3) }
"""
MODULES = "const load = (name) => import(new URL(name + '.js', document.baseURI));"
EDITOR = (
    f"{MODULES} const view = (await load('codemirror')).EditorView"
    ".findFromDOM(document.querySelector('.cm-editor'));"
)


class Page:
    """The studio in a browser, with its file."""

    def __init__(self, browser: Browser, studio: Studio) -> None:
        self.browser, self.studio = browser, studio

    def settled(self, steps: str) -> None:
        """Do something, and wait until the page shows what came of it."""
        before = self.browser.run("document.body.dataset.shown")
        self.browser.do(steps)
        self.browser.until(f"document.body.dataset.shown !== {json.dumps(before)}")

    def write(self, text: str) -> None:
        """Have this text in the editor."""
        whole = f"{{ from: 0, to: view.state.doc.length, insert: {json.dumps(text)} }}"
        self.settled(f"{EDITOR} view.dispatch({{ changes: {whole} }});")

    def place(self, offset: int, wait: bool = False) -> None:
        """Put the cursor at an offset; `wait` where another net stands there."""
        steps = f"{EDITOR} view.focus(); view.dispatch({{ selection: {{ anchor: {offset} }} }});"
        if wait:
            self.settled(steps)
        else:
            self.browser.do(steps)

    def choose(self, name: str, value: str) -> None:
        """Choose from a menu, and wait for what comes of it."""
        self.settled(
            f"const menu = document.getElementById({json.dumps(name)}); menu.value = {json.dumps(value)};"
            "menu.dispatchEvent(new Event('change'));"
        )

    def slide(self, name: str, value: int) -> None:
        """Move a slider, and wait for what comes of it."""
        self.settled(
            f"const field = document.querySelector('[aria-label={json.dumps(name)}]'); field.value = {value};"
            "field.dispatchEvent(new Event('input'));"
        )

    def text(self) -> str:
        return self.browser.do(f"{EDITOR} return view.state.doc.toString();")

    def show(self, view: str) -> None:
        self.settled(f"document.getElementById('tab-{view}').click()")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / "net.cnn"
    path.write_text(TEXT, encoding="utf-8")
    studio = Studio(Source("net.cnn", TEXT, path), None, path)
    browser.wrong.clear()
    browser.requests.clear()
    browser.resize(1400, 900)
    browser.open(studio.address)
    browser.until("document.body.dataset.shown")
    yield Page(browser, studio)
    assert browser.wrong == []
    foreign = [url for url in browser.requests if not url.startswith((studio.origin, "data:", "blob:"))]
    assert foreign == []
    browser.open("about:blank#")
    studio.close()


DRAWN = """[...document.getElementById('frame').contentDocument.querySelectorAll('.box')]
    .map((box) => box.getAttribute('aria-label').split(',')[0])"""
HINTS = "[...document.querySelectorAll('.hint')].map((hint) => hint.textContent)"
HEADING = "document.getElementById('heading').textContent"


def test_an_edit_changes_drawing_hints_and_heading(page: Page) -> None:
    assert page.browser.run(HEADING) == "Small (net.cnn): input 3x32x32 -> head 10"
    assert page.browser.run(HINTS) == ["8x32x32", "8x8x8", "16x8x8", "10"]
    page.write(TEXT.replace("conv(2 * width, 3)", "maxpool(2)"))
    assert page.browser.run(HINTS) == ["8x32x32", "8x8x8", "8x4x4", "10"]
    assert any("maxpool" in name for name in page.browser.run(DRAWN))


def test_a_mistake_is_told_and_mended(page: Page) -> None:
    page.write(TEXT.replace("relu", "rellu"))
    told = page.browser.run("document.getElementById('mistakes').innerText")
    assert "line 4" in told and "rellu" in told
    assert "as it last was" in page.browser.run(HEADING)
    page.settled("document.querySelector('#mistakes li button:last-child').click()")
    assert page.text() == TEXT
    assert page.browser.run("document.getElementById('mistakes').children.length") == 0


def test_a_net_is_written_from_nothing(browser: Browser, tmp_path: Path) -> None:
    """The cursor stays where one writes when the net is first known, lines in braces are indented, and the
    drawing stays whole while it grows.
    """
    path = tmp_path / "net.cnn"
    studio = Studio(Source("net.cnn", "", path), None, path)
    browser.open(studio.address)
    browser.until("document.body.dataset.shown")
    browser.run("document.querySelector('.cm-content').focus()")
    for line in ("net A {", "input 3x8x8", "conv(4, 3)"):
        browser.type(line)
        browser.press("Enter", 13)
    browser.until("document.getElementById('heading').textContent.startsWith('A (net.cnn)')")
    for line in ("body { relu -> conv(8, 3) }", "head { gap -> flatten -> linear(2) }"):
        browser.type(line)
        browser.press("Enter", 13)
    browser.type("}")
    written = browser.do(f"{EDITOR} return view.state.doc.toString();")
    start, end = "net A {\n    input 3x8x8\n    conv(4, 3)\n    body", "}\n}"
    assert (written[: len(start)], written[-len(end) :]) == (start, end)
    browser.until("document.getElementById('heading').textContent.endsWith('head 2')")
    frame = "document.getElementById('frame').contentDocument"
    browser.until(f"{frame}.querySelectorAll('.box').length > 3")
    low = (
        f"Math.max(...[...{frame}.querySelectorAll('.box')].map((box) => box.getBoundingClientRect().bottom))"
    )
    assert browser.run(f"{low} <= {frame}.getElementById('picture').getBoundingClientRect().bottom")
    browser.open("about:blank#")
    studio.close()


def test_keys_state_a_shape_and_lay_out(page: Page) -> None:
    page.place(TEXT.index("conv(2"))
    page.browser.press("Enter", 13, modifiers=1)
    page.browser.until(f"{HINTS}.length === 3")
    assert "conv(2 * width, 3) => 16x8x8" in page.text()


def test_random_edits_leave_no_mistake_standing(page: Page) -> None:
    """Pieces are taken out and put in, faster than they are read; the first text is then as it was."""
    random = Random(5)
    for _ in range(50):
        start = random.randrange(len(TEXT))
        end, text = start + random.randrange(9), random.choice(("", "(", "x7 "))
        change = f"{{ from: {start}, to: {end}, insert: {json.dumps(text)} }}"
        page.browser.do(
            f"{EDITOR} const {{ from, to, insert }} = {change}, length = view.state.doc.length;"
            "view.dispatch({ changes: { from: Math.min(from, length), to: Math.min(to, length), insert } });"
            f"await new Promise((next) => setTimeout(next, {random.choice((0, 30, 90))}));"
        )
    page.write(TEXT)
    page.browser.until(f"{HEADING} === 'Small (net.cnn): input 3x32x32 -> head 10'")
    assert page.browser.run("document.getElementById('mistakes').children.length") == 0
    assert page.browser.run(HINTS) == ["8x32x32", "8x8x8", "16x8x8", "10"]
    assert page.browser.run("document.getElementById('said').textContent") == ""


def test_the_keyboard_goes_through_the_views(page: Page) -> None:
    page.browser.do("document.getElementById('tab-drawing').focus()")
    for name in ("table", "costs", "memory", "compare", "drawing"):
        page.browser.press("ArrowRight", 39)
        page.browser.until(f"!document.getElementById('{name}').hidden")
        assert page.browser.run("document.activeElement.id") == f"tab-{name}"


def test_it_completes(page: Page) -> None:
    page.place(TEXT.index(" -> relu"))
    page.browser.type(" -> batch")
    page.browser.until("document.querySelector('.cm-tooltip-autocomplete li')")
    offered = page.browser.run("document.querySelector('.cm-tooltip-autocomplete').innerText")
    assert "batchnorm" in offered


def test_blocks_open_and_close_while_the_text_is_edited(page: Page) -> None:
    """The engine draws only what is shown: the rest is asked for when it is opened, of what was drawn."""
    block = "def two(n) { conv(n, 3) -> relu; conv(n, 1) -> tanh }\n"
    page.write(block + TEXT.replace("maxpool(4)", "two(6); two(4)"))
    inside = "document.getElementById('frame').contentWindow"

    def press(label: str) -> None:
        before = page.browser.run(f"{inside}.document.body.dataset.shown")
        box = f'[role="button"][aria-label^="{label}"] rect'
        page.browser.do(f"{inside}.document.querySelector({json.dumps(box)})"
                        f".dispatchEvent(new ({inside}.Event)('click', {{ bubbles: true }}));")  # fmt: skip
        page.browser.until(f"{inside}.document.body.dataset.shown !== {json.dumps(before)}")

    folded = page.browser.run(DRAWN)
    assert "two" in folded and not any("tanh" in name for name in folded)
    press("two")
    opened = page.browser.run(DRAWN)
    assert any("1x1 conv" in name for name in opened)
    page.write(block + TEXT.replace("maxpool(4)", "two(7); two(4)"))
    assert page.browser.run(DRAWN) == opened
    page.write(block + TEXT.replace("maxpool(4)", "two(7); twoo(4)"))
    page.browser.do(f"{inside}.document.getElementById('open-all').click()")
    page.browser.until(f"{DRAWN}.filter((name) => name.includes('1x1 conv')).length === 2")
    page.browser.do(f"{inside}.document.getElementById('close-all').click()")
    page.browser.until(f"{DRAWN}.includes('body')")
    assert page.browser.run("document.getElementById('said').textContent") == ""


def test_clicks_go_from_drawing_and_table_to_the_text_and_back(page: Page) -> None:
    line = "document.querySelector('.cm-activeLine').textContent.trim()"
    inside = "document.getElementById('frame').contentWindow"
    page.browser.do(f"{inside}.document.querySelector('.box[aria-label*=\"linear\"] rect')"
                    f".dispatchEvent(new ({inside}.Event)('click', {{ bubbles: true }}));")  # fmt: skip
    page.browser.until(f"{line}.startsWith('head')")
    page.show("table")
    page.browser.do(
        "[...document.querySelectorAll('#table tbody button')]"
        ".find((button) => button.innerText.trim() === 'relu').click()"
    )
    page.browser.until(f"{line}.startsWith('conv(width, 3)')")
    pointed = page.browser.run(
        "[...document.querySelectorAll('#table tr.pointed')].map((row) => row.cells[0].innerText.trim())"
    )
    assert pointed == ["conv1", "relu"]


def test_the_table_sorts_and_has_the_figures(page: Page) -> None:
    page.show("table")
    names = "[...document.querySelectorAll('#table tbody tr')].map((row) => row.cells[0].innerText.trim())"
    blocks = page.browser.run(names)
    press = "[...document.querySelectorAll('#table th button')].find((b) => b.innerText === 'params').click()"
    page.browser.do(press)
    assert page.browser.run(names)[:2] == ["head.linear", "body.conv2"]
    sort = "document.querySelector('#table th[aria-sort]').innerText"
    assert page.browser.run(sort) == "params"
    page.browser.do(press)
    assert page.browser.run(names) == blocks
    assert "11,642" in page.browser.run("document.querySelector('#table dl').innerText")


def test_costs_and_memory_are_shown(page: Page) -> None:
    page.show("costs")
    bars = page.browser.run("[...document.querySelectorAll('.bar')].map((bar) => bar.style.width)")
    assert "100%" in bars and "0%" in bars
    page.show("memory")
    assert page.browser.run("document.querySelector('#memory img').alt").startswith(
        "Memory over time of Small"
    )
    fused = page.browser.run("document.querySelectorAll('#memory tbody tr').length")
    page.settled("const plan = document.querySelector('#memory select'); plan.value = 'training';"
                 "plan.dispatchEvent(new Event('change'));")  # fmt: skip
    assert page.browser.run("document.querySelectorAll('#memory tbody tr').length") > fused


def test_parameters_and_sizes_are_set_by_fields_and_sliders(page: Page) -> None:
    page.slide("width, as a slider", 4)
    assert "4x32x32" in page.browser.run(HINTS)
    page.slide("size of input, as a slider", 20)
    assert page.browser.run(HEADING) == "Small (net.cnn): input 3x20x20 -> head 10"
    page.settled("document.querySelector('#parameters button').click()")
    assert page.browser.run(HINTS)[0] == "8x32x32"


def test_the_cursor_picks_the_net_and_the_menu_too(page: Page) -> None:
    page.place(TEXT.index("net Other") + 5, wait=True)
    assert page.browser.run(HEADING).startswith("Other")
    page.choose("net", "Small")
    assert page.browser.run(HEADING).startswith("Small")


def test_a_net_that_another_gives_stays_when_its_parts_are_looked_at(page: Page) -> None:
    text = TEXT.replace("width=8", "width") + "net Wide = Small(16)\n\nnet Twice = Other {}\n"
    page.write(text)
    inside = "document.getElementById('frame').contentWindow"
    line = "document.querySelector('.cm-activeLine').textContent.trim()"
    for net, part, written in (("Wide", "linear", "head"), ("Twice", "3x3 conv", "net Other")):
        page.choose("net", net)
        page.browser.until(f"{HEADING}.startsWith('{net}')")
        page.browser.do(f"{inside}.document.querySelector('.box[aria-label*=\"{part}\"] rect')"
                        f".dispatchEvent(new ({inside}.Event)('click', {{ bubbles: true }}));")  # fmt: skip
        page.browser.until(f"{line}.startsWith('{written}')")
        page.write(text := text + "# more\n")
        assert page.browser.run(HEADING).startswith(net)
    page.place(text.index("net Wide"), wait=True)
    page.place(text.index("maxpool"))
    page.write(text + "# still more\n")
    assert page.browser.run(HEADING).startswith("Wide")


def test_the_zoo_opens_and_an_undo_brings_the_text_back(page: Page) -> None:
    page.browser.until("document.querySelector('#zoo option[value=ResNet50]')")
    page.choose("zoo", "ResNet50")
    page.browser.until(f"{HEADING} === 'ResNet50 (resnet.cnn): input 3x224x224 -> head 1000'")
    assert page.browser.run("document.getElementById('file').textContent") == "resnet.cnn"


def test_variants_are_compared(page: Page) -> None:
    page.show("compare")
    page.browser.until("document.querySelector('#compare button')")
    page.settled("document.querySelector('#compare button').click()")
    page.browser.until("document.querySelectorAll('#compare tbody tr').length === 2")
    page.write(TEXT.replace("2 * width", "3 * width"))
    rows = "[...document.querySelectorAll('#compare tbody tr')].map((row) => row.cells[1].innerText)"
    page.browser.until(f"new Set({rows}).size === 2")


def test_the_file_is_saved_by_its_key(page: Page) -> None:
    assert page.studio.path is not None
    page.write(TEXT + "# more\n")
    assert page.browser.run("document.getElementById('file').textContent") == "net.cnn (not saved)"
    page.browser.do("document.querySelector('.cm-content').focus()")
    page.browser.press("s", 83, modifiers=2)
    page.browser.until("document.getElementById('said').textContent === 'wrote net.cnn'")
    assert page.studio.path.read_text(encoding="utf-8") == TEXT + "# more\n"


def test_a_link_holds_the_spec(page: Page) -> None:
    page.write(TEXT.replace("relu", "tanh"))
    page.browser.do("document.getElementById('link').click()")
    page.browser.until("location.hash.length > 20")
    address = page.browser.run("location.href")
    page.write(TEXT)
    page.browser.open("about:blank#")
    page.browser.open(address)
    page.browser.until("document.body.dataset.shown")
    assert page.text() == TEXT.replace("relu", "tanh")


@pytest.mark.parametrize(
    ("kind", "start"),
    [("cnn", "net Small"), ("svg", "<svg"), ("png", "\x89PNG"), ("pdf", "%PDF"), ("py", '"""Small')],
)
def test_it_saves(page: Page, kind: str, start: str) -> None:
    held = (
        "const kept = [], make = URL.createObjectURL;"
        "URL.createObjectURL = (blob) => { kept.push(blob); return make(blob); };"
    )
    head = page.browser.do(
        f"{held} {MODULES} const {{ saveAs }} = await load('saving'); const name = await saveAs('{kind}');"
        "const bytes = new Uint8Array(await kept.at(-1).arrayBuffer()).slice(0, 9);"
        "return [name, String.fromCharCode(...bytes)];"
    )
    assert head[0].startswith("saved as ") and head[0].endswith(f".{kind}") and head[1].startswith(start)


def test_a_drawing_is_printed_on_one_page_of_its_size(page: Page) -> None:
    """What the studio without a server saves as PDF, which only the browser can write there."""
    width, height, source = page.browser.do(
        f"{MODULES} const drawing = await (await load('drawing')).svg();"
        "const { width, height } = new DOMParser().parseFromString(drawing, 'image/svg+xml').documentElement"
        ".attributes; return [parseFloat(width.value), parseFloat(height.value),"
        "(await load('printing')).printPage(drawing, 'Small.pdf')];"
    )
    page.browser.open(f"data:text/html;charset=utf-8,{quote(source)}")
    printed = page.browser.print()
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1 and b"/FontFile2" in printed
    sides = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert [[float(side) for side in page] for page in sides] == [pytest.approx((width, height), abs=2)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["drawing", "table", "costs", "memory", "compare"])
def test_axe_finds_nothing_serious(page: Page, scheme: str, view: str) -> None:
    source = Path(pytest.importorskip("axe_core_python").__file__).parent / "axe.min.js"
    page.write(TEXT.replace("relu", "rellu") if view == "drawing" else TEXT)
    if page.browser.run("document.documentElement.dataset.theme") != scheme:
        page.settled("document.getElementById('theme').click()")
    if view != "drawing":
        page.show(view)
    page.browser.run(source.read_text(encoding="utf-8") + "; 0")
    found = page.browser.do(
        "const told = await axe.run(document, { resultTypes: ['violations'], iframes: false });"
        "return told.violations.filter((one) => ['serious', 'critical'].includes(one.impact))"
        ".map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html)]);"
    )
    assert found == []


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.browser.resize(390, 800)
    for view in ("table", "costs", "memory", "drawing"):
        page.show(view)
        wide = page.browser.run(
            "[...document.querySelectorAll('header *, main, main > *, #parameters *, [role=tabpanel]')]"
            ".filter((one) => one.getBoundingClientRect().right > innerWidth + 1)"
            ".map((one) => one.id || one.tagName)"
        )
        assert wide == [] and page.browser.run("document.documentElement.scrollWidth") <= 390, view
