"""From AST to graph: what settings change, whose weights are whose, what a legal graph is."""

import re

import pytest
from folders import ROOT

import cnnspec
from cnnspec.graph import Graph
from cnnspec.passes.verify import verify
from cnnspec.session import Session
from cnnspec.source import Source, Span

SPECS = sorted([*ROOT.glob("specs/*.cnn"), *ROOT.glob("tests/cases/ok/**/*.cnn")])

FAMILY = """
def conv_act(out, kernel, act=relu) { conv(out, kernel) -> act }

net Family(block, widths, size=16, classes=10, act=relu, pad=0) {
    input (3, size, size)
    for width in widths { block(width, 3) }
    act
    head { gap -> flatten -> linear(classes) }
}
net Member = Family(conv, [4, 8])
net Other = Member(classes=5) { expect output == 5 }
"""


def codes(text: str, **settings) -> list[str]:
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads(text, **settings)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_parameters_are_set_from_outside():
    net = cnnspec.loads(FAMILY, "Member", classes=7, size=32)
    assert net.outputs == {"head": (7,)} and net.inputs == {"input": (3, 32, 32)}


def test_what_is_set_wins_over_what_a_net_gives():
    assert cnnspec.loads(FAMILY, "Other").outputs == {"head": (5,)}
    assert len(cnnspec.loads(FAMILY, "Member", widths=[4, 4, 4]).ir) == 1 + 3 + 1 + 3


def test_a_text_from_outside_is_an_expression():
    net = cnnspec.loads(
        FAMILY, "Family", block="conv_act", widths="[2**i for i in range(3)]", act="gelu", classes="2 * 3"
    )
    ops = [node.layer.op for node in net.ir]
    assert ops == ["input", *["conv", "relu"] * 3, "gelu", "gap", "flatten", "linear"]
    assert net.outputs == {"head": (6,)}


def test_what_is_set_from_outside_can_be_wrong():
    assert codes(FAMILY, net="Member", clases=3) == ["unknown-parameter"]
    assert codes(FAMILY, net="Member", classes="3 +") == ["syntax"]
    assert codes(FAMILY, net="Member", classes="three") == ["unknown-name"]
    assert codes(FAMILY, net="Member", classes="none") == ["argument-value"]


def test_an_open_family_names_its_nets():
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads(FAMILY, "Family")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "net-open" and "Member" in diagnostic.help


def test_inputs_are_given_from_outside():
    net = cnnspec.loads(FAMILY, "Member", inputs={"input": (1, 20, 24)})
    assert net.ir["conv1"].shape == (4, 20, 24)
    assert codes(FAMILY, net="Member", inputs={"image": (1, 2, 2)}) == ["unknown-input"]


@pytest.mark.parametrize(
    ("given", "cure"),
    [((20, 24), "did you mean 1x20x24?"), ((1, 20, 24, 2), "give 3 sizes, as in 1x8x8")],
)
def test_an_input_from_outside_keeps_its_rank(given, cure):
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads("net A { input 1x8x8; relu }", inputs={"input": given})
    (mistake,) = caught.value.diagnostics
    assert (mistake.code, mistake.help) == ("input-shape", cure)


def test_marks_hold_for_the_inputs_as_written():
    text = "net A { input 3x8x8; conv(4, 3) => 4x8x8 }"
    assert cnnspec.loads(text, inputs={"input": (3, 9, 9)}).outputs == {"output": (4, 9, 9)}


def weights_of(net: cnnspec.Net) -> dict[str, str]:
    return {node.name: node.weights_of for node in net.ir if node.weights_of != node.name}


def test_calls_of_a_share_use_the_weights_of_the_first():
    net = cnnspec.loads("share s { conv(3, 3) -> relu }\nnet A { input 3x8x8; s; conv(3, 1); s; s * 2 }")
    assert weights_of(net) == {name: "s1.conv" for name in ("s2.conv", "s3.0.conv", "s3.1.conv")}
    assert net.params == 84 + 12 and net.macs == 64 * (4 * 81 + 9)


def test_a_share_that_calls_itself_has_one_set_of_weights():
    net = cnnspec.loads(
        "share s(n) { conv(3, 1); if n > 0 { s(n - 1) }; conv(3, 3) }\nnet A { input 3x8x8; s(2); s(1) }"
    )
    assert net.params == 12 + 84
    assert set(weights_of(net).values()) == {"s1.conv1", "s1.s.s.conv2"}


@pytest.mark.parametrize(
    "calls",
    ["s(3); conv(4, 1); s(3)", "s(3); s(4)", "s(3, deep=false); s(3)"],
    ids=["channels in", "channels out", "more layers"],
)
def test_calls_that_cannot_share_are_an_error(calls):
    share = "share s(out, deep=true) { conv(out, 1); if deep { conv(3, 1) } }"
    assert codes(f"{share}\nnet A {{ input 3x8x8; {calls} }}") == ["share-shape"]


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        ("p[1]: relu; p1: relu", "p1"),
        ("y[1, 2]: relu; y1[2]: relu", "y1_2"),
        ("a: relu; a: relu", "a"),
        ("a[0]: relu; a: relu", "a"),
        ("p1: relu; head p[1] { relu }", "p1"),
    ],
)
def test_two_labels_never_make_one_name(statements, name):
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads(f"net A {{ input 3x8x8; {statements} }}")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "label-twice" and name in diagnostic.message


def test_a_label_called_shortcut_and_the_shortcut():
    net = cnnspec.loads(
        "net A { input 3x8x8; residual(shortcut=project) { shortcut: conv(4, 3); conv1: relu; conv(4, 1) } }"
    )
    assert list(net.ir.nodes)[1:] == [
        "residual.shortcut",
        "residual.conv1",
        "residual.conv",
        "residual.shortcut1.conv",
        "residual.shortcut1.batchnorm",
        "residual.add",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("input a 3; input b 4", "net-output"),
        ("input a 3; input b 4; linear(3)", "flow-start"),
        ("input 3; l: linear(3); head x from l, training { relu }", "net-output"),
        ("let n = 3", "net-input"),
    ],
)
def test_a_net_has_inputs_and_an_output(body, code):
    assert code in codes(f"net A {{ {body} }}")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_graphs_are_legal_and_names_unique(path):
    for net in Session().check(Source(path.name, path.read_text(encoding="utf-8"), path)).nets:
        verify(net.graph)


def nested(opening: str, closing: str, depth: int) -> str:
    return f"net A {{ input 3x8x8\n{opening * depth} relu {closing * depth} }}"


@pytest.mark.parametrize(
    ("opening", "closing", "depth"),
    [
        ("{ ", " }", 190),
        ("if true { ", " }", 190),
        ("for i in [1] { ", " }", 190),
        ("residual { ", " }", 190),
        ("concat { | ", " }", 95),
        ("add { | identity | ", " }", 95),
        ("dense(1) { ", " }", 20),
        ("{ relu } * 1; ", "", 300),
    ],
)
def test_nesting_up_to_the_bound(opening, closing, depth):
    assert len(cnnspec.loads(nested(opening, closing, depth)).ir) > 1


@pytest.mark.parametrize("opening", ["{ ", "residual { ", "concat { | ", "for i in [1] { "])
def test_nesting_over_the_bound(opening):
    assert "bound-nesting" in codes(nested(opening, " }", 250))


def test_recursion_up_to_the_bound():
    text = "def f(n) { relu; if n > 0 { f(n - 1) } }\nnet A { input 3; f(95) }"
    assert len(cnnspec.loads(text).ir) == 1 + 96
    assert codes(text.replace("95", "10_000")) == ["bound-nesting"]


def test_expressions_up_to_the_bound():
    ones = " + ".join(["1"] * 20_000)
    deep = "(" * 150 + "3" + ")" * 150
    net = cnnspec.loads(f"net A {{ input 3; linear({ones}); linear({deep}) }}")
    assert net.ir["linear1"].shape == (20_000,) and net.outputs == {"output": (3,)}


def test_source_text_of_a_spec_may_have_any_line_ends():
    text = "net A {\r\n    input 3x8x8  # c\r\n    conv(4,\r\n 3)\r\n    -> relu\r\n}\r\n"
    assert list(cnnspec.loads(text).ir.nodes) == ["input", "conv", "relu"]
    analysis = Session().check(Source("empty", ""))
    assert analysis.nets == () and analysis.has_errors


ALIKE = """
share tower { conv(channels, 3) -> relu }
def block(width, op=relu) {
    a: conv(width, 1)
    residual(shortcut=project) { conv(width, 3) -> op }
    concat(a, prev)
}
def twice(width) { block(width); block(width, gelu) }
def nothing {}
net A {
    input 8x16x16
    twice(4); twice(4); block(4) * 3; nothing; nothing * 2
    layer: { twice(8); twice(8) * 2 }
    tower; block(8); tower; block(8)
}
net Same { input 8x16x16; block(4) * 2; twice(8); deep: { block(8) }; deep.block.a -> twice(4) }
net Small { input 8x8x8; block(4) * 2; twice(8) }
"""


@pytest.mark.parametrize("path", [None, *SPECS], ids=lambda path: path.stem if path else "alike")
def test_calls_that_are_alike_are_as_if_walked_each(path, monkeypatch):
    """A call with equal arguments is copied; walking it gives the same graph."""

    source = Source("alike", path.read_text(encoding="utf-8") if path else ALIKE, path)
    copied = [drawn(net.graph) for net in Session().check(source).nets]
    monkeypatch.setattr("cnnspec.elaborate.calls.defined.call_key", lambda *_: None)
    assert copied == [drawn(net.graph) for net in Session().check(source).nets]
    assert copied or not re.search("^net", source.text, re.MULTILINE)


def drawn(graph: Graph) -> tuple[object, ...]:
    """All that there is to see of a graph: its nodes and the tree of blocks."""
    nodes = [(*node[:4], node.block.path, place(node.span), node.weights_of) for node in graph]
    blocks = [
        (block.kind, block.path, block.index, place(block.span), block.describe(), len(block.children))
        for block in graph.root.walk()
    ]
    return nodes, blocks, graph.outputs, graph.inputs


def place(span: Span | None) -> str | None:
    return span.place if span else None
