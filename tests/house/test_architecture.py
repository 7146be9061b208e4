"""Imports go down only, those for types too; files, functions and names of classes keep to their bounds."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from folders import ROOT

FLOORS = """
typed caching
named_tuples records docstrings
source limits garbage
diagnostics
files
syntax layers
graph
elaborate passes
pipeline spec_files blocks_list basis
space moving
session given
backends render report format colours
highlight
difference
importing
live
api
zoo_list comparing foreign sampling
searching solving
studio
cli
"""
FLOOR = {room: number for number, rooms in enumerate(FLOORS.split("\n")) for room in rooms.split()}
HOMES = {
    "lark": "cnnspec/syntax/generate.py",
    "networkx": "cnnspec/graph.py",
    "numpy": (
        "backends",
        "cnnspec/importing",
        *(f"cnnspec/space/{name}.py" for name in ("coordinates", "vectorized", "surrogate", "solver")),
    ),
    "threadpoolctl": "backends/numpy",
    "torch": ("backends/torch", "cnnspec/importing"),
    "onnx": "backends/onnx",
    "onnxruntime": "backends/onnx",
    "google": "backends/onnx",
    "PIL": "backends",
    "graphviz": "cnnspec/render",
    "wasmtime": "cnnspec/render",
    "resvg_py": "cnnspec/render",
    "reportlab": "cnnspec/render",
    "fontTools": "cnnspec/render",
    "click": "cnnspec/cli",
    "pygments": "cnnspec/highlight.py",
    "pygls": "cnnspec/live",
    "lsprotocol": "cnnspec/live",
    "optuna": "cnnspec/space",
    "dask": "cnnspec/space",
    "distributed": "cnnspec/space",
}
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("cnnspec", "backends")
    for path in (ROOT / folder).rglob("*.py")
    if not path.relative_to(ROOT).is_relative_to("cnnspec/backends")
)


MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60


@cache
def syntax_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    """The dotted name of a file: backends/numpy/__init__.py is cnnspec.backends.numpy."""
    parts = path.with_suffix("").parts
    return ".".join((*(() if parts[0] == "cnnspec" else ("cnnspec",)), *parts)).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree: ast.AST, types: bool) -> Iterator[str]:
    """The modules that a file imports, as dotted names; with `types` those for type checkers too."""
    for node in ast.iter_child_nodes(tree):
        if is_for_types(node) and not types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, types)


def files_imported(path: Path) -> set[str]:
    """The modules of the house that a file imports."""
    found = set()
    for name in imports(syntax_of(path), types=True):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {"", "cnnspec", module_of(path)}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_down(path):
    room = module_of(path).split(".")[1:2]
    for name in files_imported(path):
        below = name.split(".")[1]
        if room and room[0] in FLOOR and below != room[0]:
            assert FLOOR[below] < FLOOR[room[0]], f"{path} imports {name}, which is not below {room[0]}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_libraries_stay_at_home(path):
    for name in imports(syntax_of(path), types=False):
        library = name.split(".")[0]
        if library != "cnnspec" and library not in sys.stdlib_module_names:
            assert library in HOMES, f"{path} imports {library}: say in HOMES where it belongs"
            homes = HOMES[library] if isinstance(HOMES[library], tuple) else (HOMES[library],)
            assert any(map(path.is_relative_to, homes)), f"{path} imports {library} outside {homes}"


def test_no_files_import_each_other_in_a_circle():
    sorter = TopologicalSorter({module_of(path): files_imported(path) for path in FILES})
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_rooms_of_elaborate_import_those_before_them():
    """The order is that of the docstring, which names each room in a line of its own."""
    home = Path("cnnspec/elaborate")
    order = re.findall(r"^    (\w+)/? +\S", ast.get_docstring(syntax_of(home / "__init__.py")) or "", re.M)
    inside = [path for path in FILES if home in path.parents and path != home / "__init__.py"]
    assert set(order) == {module_of(path).split(".")[2] for path in inside}
    for path in inside:
        number = order.index(module_of(path).split(".")[2])
        used = {name.split(".")[2] for name in files_imported(path) if name.startswith("cnnspec.elaborate.")}
        assert used <= set(order[: number + 1]), f"{path} imports a room that comes after its own"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_and_functions_keep_to_their_bounds(path):
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES_OF_A_FILE, f"{path} has {lines} lines"
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_LINES_OF_A_FUNCTION, f"{node.name} in {path} has {length} lines"


WRITTEN_MODULES = "backends/torch/helpers"
"""The modules of torch that are written for layers, and are called as those are."""


def test_names_of_classes_mean_one_thing():
    homes: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.walk(syntax_of(path)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path.as_posix())
    shared = {name: paths for name, paths in homes.items() if len(paths) > 1}
    of_layers = {name for name, paths in shared.items() if is_layer_and_module(paths)}
    assert {name: paths for name, paths in shared.items() if name not in of_layers} == {}
    assert of_layers


def is_layer_and_module(paths: list[str]) -> bool:
    """Whether a class is that of a layer, and one module of torch for it."""
    modules = [path for path in paths if path.startswith(WRITTEN_MODULES)]
    return len(paths) == 2 and len(modules) == 1 and any(path.startswith("cnnspec/layers") for path in paths)


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
    "lark",
    "asyncio",
    "optuna",
    "distributed",
]


CHECK = """
from cnnspec.cli.main import execute
assert execute(["check", "specs/resnet.cnn"]) == 0
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
