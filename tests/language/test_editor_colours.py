"""Editors colour a spec as the language does: each of them gives every token of every spec its role."""

from __future__ import annotations

import ctypes
import json
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import ROOT

from cnnspec.colours import roles
from cnnspec.syntax.tokens import tokenize

EDITORS = ROOT / "editors"
MADE = runpy.run_path(str(ROOT / "docs" / "editor_colours.py"))
SPECS = [*sorted((ROOT / "specs").glob("*.cnn")), *sorted((ROOT / "tests" / "cases" / "ok").rglob("*.cnn"))]
ODD = """# é
net A(w=1_000) { input 3x?x?; a[0]: relu; b: stem { conv(w, 3x3) }; c[i][1 + 2]: gap
    | d: concat { | e: relu | x[2:n] } -> if w == 2 { none } else { "é" }
    def relu(head=1, from=true) { for i in 0..3 { relu * i -> range(2) }; training = relu }
"""
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in SPECS} | {"odd": ODD}


SIGNS = "()[]{},:;.?"
"""Signs that mean nothing by themselves: editors may colour them or not."""


def known(text: str) -> dict[int, str]:
    """The role of each token by its place; of a label with indices that of its word alone."""
    found, before = {}, ""
    for token, role in roles(tokenize(text)):
        if token.text not in SIGNS and not before == role == "label":
            found[token.start] = role
        before = role
    return found


RUN = """
import { cnn } from "./cnn.js";
const texts = JSON.parse(await new Response(process.stdin).text());
class Line {
  constructor(text) { [this.string, this.pos] = [text, 0]; }
  sol() { return this.pos === 0; }
  next() { return this.string[this.pos++]; }
  eatSpace() { return this.match(/^\\s+/) !== null; }
  match(pattern, consume = true) {
    const found = this.string.slice(this.pos).match(pattern);
    if (found && consume) this.pos += found[0].length;
    return found;
  }
}
const read = (text) => {
  const found = [], state = cnn.startState();
  text.split("\\n").forEach((content, number) => {
    const line = new Line(content);
    while (line.pos < content.length) found.push([number, line.pos, cnn.token(line, state)]);
  });
  return found;
};
const all = Object.entries(texts).map(([name, text]) => [name, read(text)]);
console.log(JSON.stringify(Object.fromEntries(all)));
"""
"""Reads texts as StreamLanguage of CodeMirror does."""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_codemirror_has_every_role(tmp_path: Path) -> None:
    (tmp_path / "cnn.js").write_text(
        (EDITORS / "codemirror" / "cnn.js").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "run.js").write_text(RUN, encoding="utf-8")
    done = subprocess.run(
        ["node", "run.js"], cwd=tmp_path, input=json.dumps(TEXTS), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    tags = MADE["CODEMIRROR_TAGS"]
    for name, found in json.loads(done.stdout).items():
        starts = [0]
        for line in TEXTS[name].split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        told = {starts[line] + at: tag for line, at, tag in found}
        expected = {place: tags[role] for place, role in known(TEXTS[name]).items()}
        assert {place: told.get(place) for place in expected} == expected, name


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The grammar, compiled as Helix, Zed and Neovim compile it."""
    tree_sitter = pytest.importorskip("tree_sitter")
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler here")
    library, sources = tmp_path_factory.mktemp("tree-sitter") / "cnn.so", EDITORS / "treesitter" / "src"
    subprocess.run(["cc", "-shared", "-fPIC", "-I", sources, "-o", library, sources / "parser.c"], check=True)
    function = ctypes.CDLL(str(library)).tree_sitter_cnn
    function.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return tree_sitter.Language(capsule(function(), b"tree_sitter.Language", None))


@pytest.mark.posix
@pytest.mark.parametrize("editor", ["treesitter", "helix"])
def test_tree_sitter_has_every_role_and_no_error(editor: str, language: Any) -> None:
    import tree_sitter

    query = tree_sitter.Query(
        language, (EDITORS / editor / "queries" / "highlights.scm").read_text(encoding="utf-8")
    )
    names = {role: captures[editor == "helix"] for role, captures in MADE["TREE_SITTER_CAPTURES"].items()}
    for name, text in TEXTS.items():
        data = text.encode()
        tree = tree_sitter.Parser(language).parse(data)
        assert tree.root_node.has_error == (name == "odd"), name  # whose net is not closed
        told = dict(captured(tree_sitter.QueryCursor(query), tree, data))
        expected = {place: names[role] for place, role in known(text).items() if role != "unknown"}
        assert {place: told.get(place) for place in expected} == expected, name


def captured(cursor: Any, tree: Any, data: bytes) -> Iterator[tuple[int, str]]:
    """The captures of a text by the place of their first character; each node has one."""
    seen: set[int] = set()
    for name, nodes in cursor.captures(tree.root_node).items():
        for node in nodes:
            assert node.start_byte not in seen, (name, node)
            seen.add(node.start_byte)
            yield len(data[: node.start_byte].decode()), name
