"""Names from a spec or of its file never become code: in Python source, in tables, in drawings."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cnnspec
from cnnspec.api import Net

FILE = "x\n\"\"\"'''<script>alert(1)<\\input{y}--> %s; import os; os.abort() #.cnn"
LABELS = (
    "self",
    "torch",
    "nn",
    "np",
    "forward",
    "print",
    "exit",
    "class",
    "lambda",
    "_",
    "__init__",
    "__class__",
)


@pytest.fixture
def net(tmp_path: Path) -> Net:
    """A net in a file with a hostile name, whose labels are words that generated code uses itself."""
    body = "\n".join(f"    {label}: conv(4, 3)" for label in LABELS)
    path = tmp_path / FILE
    path.write_text(f"net A {{\n    input 3x8x8\n{body}\n}}\n", encoding="utf-8")
    return cnnspec.load(path)


def test_numpy_source_is_nothing_but_the_net(net: Net) -> None:
    from cnnspec.backends.numpy.writer import source

    text = source(net.ir)
    assert "os.abort" not in names(text)
    plain = source(cnnspec.loads("net A { input 3x8x8; conv(4, 3) }").ir)
    assert kinds(text) == kinds(plain)


def test_torch_source_is_nothing_but_the_net(net: Net) -> None:
    pytest.importorskip("torch")
    from cnnspec.backends.torch.writer import source

    text = source(net.ir, spec=FILE)
    assert "os.abort" not in names(text)
    assert "import os" not in [line.strip() for line in text.splitlines()]
    compile(text, "net.py", "exec")


def names(text: str) -> set[str]:
    """What a source calls and imports."""
    return {
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Attribute, ast.alias))
    }


def kinds(text: str) -> set[str]:
    """The kinds of statements that a source has at its top."""
    return {type(node).__name__ for node in ast.parse(text).body}


def test_drawings_hold_names_as_text(net: Net, tmp_path: Path) -> None:
    for kind in ("svg", "html", "dot", "mmd"):
        net.render(tmp_path / f"net.{kind}", view="layers")
    svg = (tmp_path / "net.svg").read_text(encoding="utf-8")
    assert all("script" not in element.tag for element in ElementTree.fromstring(svg).iter())
    assert "<script>alert" not in (tmp_path / "net.html").read_text(encoding="utf-8")
    dot = (tmp_path / "net.dot").read_text(encoding="utf-8")
    assert "script" not in re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot)
    assert "script" not in re.sub(r'"[^"]*"', '""', (tmp_path / "net.mmd").read_text(encoding="utf-8"))


def test_tables_hold_names_as_text(net: Net, capsys: pytest.CaptureFixture[str]) -> None:
    assert "<script>" not in net._repr_html_()
    net.summary(form="latex")
    assert "\\input{y}" not in capsys.readouterr().out


def test_a_text_of_a_spec_reaches_no_argument() -> None:
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads('net A { input 3x8x8; conv(4, 3, pad="same); import os; (") }')
    assert [d.code for d in caught.value.diagnostics] == ["argument-value"]
