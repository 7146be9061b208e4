"""The cases in cases/ok: a small spec for each rule of the language and each layer, which says what it gives.

Beside shape marks and `expect`, a comment at the end of a line may state figures of the layers written there,
over all calls: `# params 896, macs 27_648`, `# buffers 8`, and `# names a b.c`, their names in order.
"""

import re

import pytest
from diagnose import compile_case, read
from folders import OK

from cnnspec.layers import REGISTRY
from cnnspec.pipeline import Compiled
from cnnspec.source import Source

CASES = sorted(path for folder in (OK, OK / "layers") for path in folder.glob("*.cnn"))
FACT = re.compile(r"(params|buffers|macs|names) ")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path):
    source = read(path)
    nets = compile_case(source)
    assert nets, "a case has at least one net"
    for line, facts in stated(source.text):
        for name, expected in facts:
            found = figure(name, line, nets)
            assert found == expected, f"{path.name}:{line}: {name} are {found}, the comment says {expected}"


def test_every_case_states_something():
    for path in CASES:
        text = path.read_text(encoding="utf-8")
        assert "expect " in text or "=>" in text or stated(text), f"{path.name} states nothing"


def test_every_layer_has_a_case_that_uses_it():
    for op in REGISTRY:
        path = OK / "layers" / f"{op}.cnn"
        assert path in CASES, f"{op} has no case"
        ops = {node.layer.op for net in compile_case(read(path)) for node in net.graph}
        assert op in ops or op == "identity", f"{path.name} does not use {op}"


@pytest.mark.parametrize(
    "wrong",
    [
        "conv(4, 3)  # params 113",
        "conv(4, 3)  # macs 7_000",
        "conv(4, 3)  # names conv1",
        "batchnorm   # buffers 0",
    ],
)
def test_a_wrong_comment_is_noticed(wrong):
    source = Source("case", f"net Wrong {{\n    input 3x8x8\n    {wrong}\n}}\n")
    ((line, [(name, expected)]),) = stated(source.text)
    assert figure(name, line, compile_case(source)) != expected


def stated(text: str) -> list[tuple[int, list[tuple[str, object]]]]:
    """The lines with stated figures, counted from 1, each with its figures by name."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        code, _, comment = line.partition("# ")
        if code.strip() and FACT.match(comment):
            found.append((number, [fact(part) for part in comment.split(", ")]))
    return found


def fact(text: str) -> tuple[str, object]:
    name, _, value = text.partition(" ")
    return name, value.split() if name == "names" else eval(value, {})


def figure(name: str, line: int, nets: tuple[Compiled, ...]) -> object:
    """What the layers written on a line come to, in the first net that has some there."""
    found = ([n for n in net.graph if n.span is not None and n.span.line == line] for net in nets)
    net, nodes = next(pair for pair in zip(nets, found, strict=True) if pair[1])
    if name == "names":
        return [node.name for node in nodes]
    return sum(getattr(net.costs.layers[node.name], name) for node in nodes)


def test_closed_nets_of_a_family_file():
    """A family is not compiled by itself, the nets given by it are."""
    nets = {net.graph.name for net in compile_case(read(OK / "net.cnn"))}
    assert {"Plain", "SmallFive", "Depthwise"} <= nets and "Family" not in nets
