"""Imports go down only, libraries stay in their rooms, and nothing is loaded that a check does not need."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from folders import ROOT

FLOORS = """
source limits garbage
diagnostics
files
syntax layers
graph
elaborate passes
pipeline spec_files
session given
backends render report format highlight
difference
api
zoo_list
cli
"""
FLOOR = {room: number for number, rooms in enumerate(FLOORS.split("\n")) for room in rooms.split()}
HOMES = {
    "lark": "cnnspec/syntax",
    "networkx": "cnnspec/graph.py",
    "numpy": "backends",
    "threadpoolctl": "backends/numpy",
    "torch": "backends/torch",
    "onnx": "backends/onnx",
    "onnxruntime": "backends/onnx",
    "PIL": "backends",
    "graphviz": "cnnspec/render",
    "wasmtime": "cnnspec/render",
    "resvg_py": "cnnspec/render",
    "reportlab": "cnnspec/render",
    "click": "cnnspec/cli",
    "rich": "cnnspec/cli",
    "pygments": "cnnspec/highlight.py",
}
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("cnnspec", "backends")
    for path in (ROOT / folder).rglob("*.py")
    if not path.relative_to(ROOT).is_relative_to("cnnspec/backends")
)


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, as dotted names; those for type checkers alone left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_down_and_libraries_stay_at_home(path):
    room = (path.parts[1] if path.parts[0] == "cnnspec" else path.parts[0]).removesuffix(".py")
    for name in imports(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        library, *inner = name.split(".")
        if library == "cnnspec" and room in FLOOR and inner[0] in FLOOR:
            down = inner[0] == room or FLOOR[inner[0]] < FLOOR[room]
            assert down, f"{path} imports cnnspec.{inner[0]}, which is not below {room}"
        elif library != "cnnspec" and library not in sys.stdlib_module_names:
            assert library in HOMES, f"{path} imports {library}: say in HOMES where it belongs"
            assert path.is_relative_to(HOMES[library]), f"{path} imports {library} outside {HOMES[library]}"


def test_every_room_has_a_floor():
    rooms = {path.parts[1].removesuffix(".py") for path in FILES if path.parts[0] == "cnnspec"}
    assert rooms - set(FLOOR) == {"__init__", "__main__"}


HEAVY = [
    "torch",
    "onnx",
    "onnxruntime",
    "numpy",
    "networkx",
    "graphviz",
    "PIL",
    "wasmtime",
    "rich",
    "asyncio",
]


CHECK = """
import sys
from cnnspec.cli import main
sys.argv = ["cnnspec", "check", "specs/resnet.cnn"]
try:
    main()
except SystemExit as done:
    assert not done.code
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import cnnspec",
        "import cnnspec; cnnspec.zoo('resnet18').params",
        CHECK,
    ],
    ids=["import", "load", "check"],
)
def test_a_check_loads_nothing_that_it_does_not_need(statement):
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(set(sys.modules) & set({HEAVY}))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
