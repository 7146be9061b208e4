"""The engine answers with what the command line says, as strict JSON, whatever it is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from random import Random
from typing import Any

import pytest

from cnnspec import zoo
from cnnspec.render import to_html
from cnnspec.report import as_dict
from cnnspec.source import Source
from cnnspec.spec_files import zoo_nets
from cnnspec.studio.engine import Engine
from cnnspec.studio.units import Units

SMALL = """net Small(width=8, deep=true) {
    input 3x32x32
    body {
        conv(width, 3) -> relu  => 8x32x32
        if deep { conv(2 * width, 3) }
    }
    head { gap -> flatten -> linear(10) }
}
"""
FILES = {path: name for path, name in reversed(zoo_nets().values())}
NETS = [
    name if name in FILES.values() else pytest.param(name, marks=pytest.mark.slow)
    for _, name in zoo_nets().values()
]
"""All nets of the zoo; those that are not the first of their file are for the long tests."""


def not_json(constant: str) -> None:
    pytest.fail(f"{constant} is no JSON")


def ask(engine: Engine, question: str, **request: Any) -> Any:
    answer = engine.answer(json.dumps({"ask": question, **request}))
    return json.loads(answer, parse_constant=not_json)


@cache
def engine_of(file: str) -> Engine:
    return Engine()


@pytest.mark.parametrize("name", NETS)
def test_its_figures_are_those_of_the_command_line(name: str) -> None:
    shipped = ask(Engine(), "spec", name=name)
    engine = engine_of(shipped["file"])
    found = ask(engine, "read", **shipped, views=["table", "memory"])
    if found["shown"] is None:
        assert {d["code"] for d in found["diagnostics"]} == {"net-open"}
        return
    told = as_dict(zoo(name).compiled)
    table = found["shown"]["table"]
    columns = [column["name"] for column in table["columns"]]
    layers = [dict(zip(columns, row["values"], strict=True)) for row in table["layers"]]
    assert [(r["layer"], r["output"], r["params"], r["macs"], r["live"], r["kept"]) for r in layers] == [
        (r["name"], r["output"], r["params"], r["macs"], r["live_bytes"], r["kept_bytes"])
        for r in told["layers"]
    ]
    assert [(i["name"], i["shape"]) for i in found["shown"]["inputs"]] == [
        *map(tuple, told["inputs"].items())
    ]
    steps = found["shown"]["memory"]["steps"]["rows"]
    assert max(row["values"][3] for row in steps) == told["device"]["float32"]["peak_bytes"]


def test_a_drawing_is_what_the_page_of_the_command_line_holds() -> None:
    drawn = ask(Engine(), "read", **ask(Engine(), "spec", name="lenet5"), views=["drawing"])["shown"][
        "drawing"
    ]
    page = to_html(zoo("lenet5").ir)
    held = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert {name: drawn[name] for name in held if name != "layout"} == {
        name: value for name, value in held.items() if name != "layout"
    }


@pytest.mark.parametrize(
    ("opened", "closed"),
    [([], []), (["body.layer2", "body.layer2.0", "body.layer2.0.residual"], ["head"])],
    ids=["as a page opens", "as its reader has it"],
)
def test_of_a_drawing_only_what_is_shown_has_boxes(opened: list[str], closed: list[str]) -> None:
    """The page asks so after every edit: what is folded away has its place in the tree alone."""
    shipped = ask(Engine(), "spec", name="resnet18")
    engine, standing = Engine(), {"title": "ResNet18", "opened": opened, "closed": closed}
    whole = ask(engine, "drawing", **shipped)
    part = ask(engine, "drawing", **shipped, standing=standing)
    read = ask(engine, "read", **shipped, standing=standing, views=["drawing"])["shown"]["drawing"]
    assert part == read and part["links"] == whole["links"]
    paths = [item["path"] for item in part["items"]]
    boxes = {path for path, item in zip(paths, part["items"], strict=True) if "box" in item}
    assert ("body.layer2.0.residual.add" in boxes, "head" in boxes) == (bool(opened), bool(closed))
    assert "body.layer3.0.residual.add" in paths and "body.layer3.0.residual.add" not in boxes
    looks = {"box", "width", "frame"}  # boxes are as wide as the widest that is shown
    for found, item in zip(part["items"], whole["items"], strict=True):
        assert {name: item[name] for name in found if name not in looks} == {
            name: value for name, value in found.items() if name not in looks
        }


def test_a_text_has_colours_mistakes_and_hints() -> None:
    text = SMALL.replace("relu  =>", "rellu  =>")
    found = ask(Engine(), "read", text=text)
    assert [(text[start:end], role) for start, end, role in found["tokens"]][:3] == [
        ("net", "declaration"), ("Small", "definition"), ("width", "argument"),
    ]  # fmt: skip
    (mistake,) = [d for d in found["diagnostics"] if d["severity"] == "error"]
    (edit,) = mistake["edits"]
    assert (mistake["code"], mistake["line"]) == ("unknown-block", 4)
    mended = text[: edit["from"]] + edit["insert"] + text[edit["to"] :]
    assert mended == SMALL
    (first, *_) = ask(Engine(), "read", text=SMALL)["hints"]
    assert (first["line"], first["text"], first["mark"]) == (5, "16x32x32", " => 16x32x32")


def test_parameters_and_inputs_are_set_as_on_the_command_line() -> None:
    found = ask(
        Engine(), "read", text=SMALL.replace("  => 8x32x32", ""),
        parameters={"width": "4", "deep": "false"}, inputs={"input": [3, 20, 20]}, views=["table"],
    )  # fmt: skip
    assert [(p["name"], p["written"], p["set"], p["kind"]) for p in found["parameters"]] == [
        ("width", "8", "4", "integer"), ("deep", "true", "false", "flag"),
    ]  # fmt: skip
    assert found["shown"]["heading"] == "Small (net.cnn): input 3x20x20 -> head 10"
    assert ["params", "162"] in found["shown"]["table"]["totals"]


@pytest.mark.parametrize(
    ("request_", "net"),
    [({}, "B"), ({"line": 4}, "C"), ({"net": "A", "parameters": {"n": "2"}}, "A"), ({"net": "None"}, "B")],
    ids=["the first that is closed", "at the cursor", "by name", "one that is gone"],
)
def test_which_net_is_meant(request_: dict[str, Any], net: str) -> None:
    text = (
        "net A(n) { input 3x8x8; conv(n, 3) }\nnet B { input 3x8x8; relu }\n\nnet C { input 3x8x8; tanh }\n"
    )
    found = ask(Engine(), "read", text=text, **request_)
    assert found["net"] == net and found["shown"]
    assert [(entry["name"], entry["first"], entry["open_names"]) for entry in found["nets"]] == [
        ("A", 1, ["n"]), ("B", 2, []), ("C", 4, []),
    ]  # fmt: skip


def test_a_net_given_by_another_shows_what_it_gives() -> None:
    text = "net A(n, m=1) { input 3x8x8; conv(n, 3) -> conv(m, 3) }\nnet B = A(4)\n"
    found = ask(Engine(), "read", text=text, net="B")
    assert [(p["name"], p["written"]) for p in found["parameters"]] == [("n", "4"), ("m", "1")]


def test_mistakes_of_other_nets_are_asked_for() -> None:
    text = "net A { input 3x8x8; relu }\nnet B { input 3x8x8; rellu }\n"
    engine = Engine()
    assert ask(engine, "read", text=text, net="A")["diagnostics"] == []
    assert [d["line"] for d in ask(engine, "mistakes", text=text)["diagnostics"]] == [2]


def test_it_completes_says_and_lays_out() -> None:
    engine = Engine()
    offers = ask(engine, "complete", text=SMALL, offset=SMALL.index("conv(2") + 5)["offers"]
    assert "kernel=" in [offer["text"] for offer in offers]
    said = ask(engine, "hover", text=SMALL, offset=SMALL.index("conv(2"))
    assert "conv(out, kernel" in said["said"] and said["from"] == SMALL.index("conv(2")
    assert ask(engine, "hover", text=SMALL, offset=0) == {"said": ""}
    assert ask(engine, "format", text=SMALL.replace("    ", " "))["text"] == SMALL


def test_it_writes_torch_and_pdf() -> None:
    engine = Engine()
    assert "class Small(nn.Module):" in ask(engine, "python", text=SMALL)["text"]
    assert ask(engine, "pdf", text=SMALL)["base64"].startswith("JVBERi")
    assert ask(engine, "python", text=SMALL.replace("relu", "rellu"))["refused"].startswith("unknown-block")


def test_variants_stand_beside_each_other() -> None:
    wide = {"label": "wide", "text": SMALL.replace("  => 8x32x32", ""), "parameters": {"width": "16"}}
    broken = {"label": "broken", "text": "net Net { conv(3, 3) }"}
    found = ask(Engine(), "compare", variants=[{"label": "small", "text": SMALL}, wide, broken, *[wide] * 5])
    names = [column["name"] for column in found["columns"]]
    rows = [dict(zip(names, row["values"], strict=True)) for row in found["rows"]]
    assert [row["net"] for row in rows] == ["small", "wide", "broken", "wide"]
    assert rows[0]["params"] == 1562 and rows[1]["params"] == 5418 and rows[2]["params"] is None
    assert rows[2]["note"].startswith("flow-start")


@pytest.mark.parametrize(
    "request_",
    [
        "no json", "[]", "{}", '{"ask": "nothing"}', '{"ask": "read", "text": 7, "inputs": 3}',
        '{"ask": "read", "inputs": {"input": ["x"]}, "text": ""}', '{"ask": "spec", "name": "nothing"}',
        '{"ask": "compare"}', '{"ask": "read", "text": "net A { input 3x8x8 }", "inputs": {"input": [0]}}',
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(request_: str) -> None:
    assert list(json.loads(Engine().answer(request_))) == ["refused"]


def test_random_edits_are_answered() -> None:
    """Pieces of a text are taken out and doubled: each state has an answer, the first text the same again."""
    random, engine = Random(3), Engine()
    first = ask(engine, "read", text=SMALL, views=["table"])
    text = SMALL
    for _ in range(50):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.randrange(12))
        text = text[:start] + random.choice(("", text[start:end] * 2, "(", "\n", "é𝛼")) + text[end:]
        found = ask(engine, "read", text=text, views=["table", "memory", "drawing"], line=3)
        assert "refused" not in found
        length = len(text.encode("utf-16-le")) // 2
        assert all(0 <= one["from"] <= one["to"] <= length for one in found["diagnostics"])
        ask(engine, "mistakes", text=text)
    assert ask(engine, "read", text=SMALL, views=["table"]) == first


def test_it_needs_no_library() -> None:
    """What answers in a browser has Python alone: no library for drawing, arrays or graphs is loaded."""
    code = """
import json, sys
from cnnspec.studio.engine import Engine
text = "net Net { input 3x8x8; conv(4, 3) }"
for question in ("read", "mistakes", "complete", "hover", "format", "python"):
    request = {"ask": question, "text": text, "views": ["drawing", "table", "memory"]}
    assert "refused" not in json.loads(Engine().answer(json.dumps(request))), question
print(sorted({name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - set(sys.argv[1:])))
"""
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*{name.split('.')[0] for name in sys.modules})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    command = [sys.executable, "-c", code, *bare.stdout.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "['cnnspec']\n"


def test_places_are_counted_as_browsers_do() -> None:
    text = "a𝛼b𝛽c"
    units = Units(Source("a", text))
    assert [units.of(at) for at in range(6)] == [0, 1, 3, 4, 6, 7]
    assert [units.offset(units.of(at)) for at in range(6)] == list(range(6))
    assert units.offset(99) == 5
