"""Mutation testing: is a changed constant or operator in our own rules noticed by a test?

    python benchmarks/mutate.py [FILE...] [--every N]

Each function of cnnspec/layers and cnnspec/passes is changed in one place at a time, in a process of its
own, and the tests of its rules run against it (those against torch left out: they are slow). A change that no
test notices is printed: it wants a test, or is no change of meaning. benchmarks/mutation.md holds the score.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 60
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


class Mutant(NamedTuple):
    """A function with one change: its file, its path within that, where and what is changed, its new code."""

    file: Path
    function: str
    line: int
    change: str
    code: CodeType


def mutants(file: Path) -> Iterator[Mutant]:
    """All changes of the functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for function, node in functions(tree):
        for number, place in enumerate(ast.walk(node)):
            for change in changes(place):
                altered = copy.deepcopy(tree)
                target = list(ast.walk(dict(functions(altered))[function]))[number]
                before = ast.unparse(place) if isinstance(place, ast.expr) else type(place).__name__
                change(target)
                module = compile(ast.fix_missing_locations(altered), str(file), "exec")
                line = getattr(place, "lineno", node.lineno)
                yield Mutant(file, function, line, before, find(module, function))


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions and methods of a file, by their path."""
    for item in tree.body:
        if isinstance(item, ast.FunctionDef):
            yield item.name, item
        elif isinstance(item, ast.ClassDef):
            yield from ((f"{item.name}.{m.name}", m) for m in item.body if isinstance(m, ast.FunctionDef))


def changes(node: ast.AST) -> Iterator[Any]:
    """What can be changed at a node, as functions that do it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda n: setattr(n, "value", not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in SWAPS:
        yield lambda n: setattr(n, "op", SWAPS[type(n.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield lambda n: n.ops.__setitem__(0, SWAPS[type(n.ops[0])]())
    elif isinstance(node, ast.Name) and node.id in ("min", "max", "ceil", "floor"):
        swapped = {"min": "max", "max": "min", "ceil": "floor", "floor": "ceil"}[node.id]
        yield lambda n: setattr(n, "id", swapped)


def find(module: CodeType, path: str) -> CodeType:
    """The code of a function within that of its module."""
    code = module
    for name in path.split("."):
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


def is_noticed(mutant: Mutant, tests: list[str]) -> bool:
    """Whether a test fails with the mutant in place, in a process of its own; a hang counts as well."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        target: Any = importlib.import_module(module_of(mutant.file))
        for name in mutant.function.split("."):
            target = vars(target)[name]
        target = getattr(target, "__func__", getattr(target, "fget", target))
        getattr(target, "__wrapped__", target).__code__ = mutant.code
        signal.alarm(SECONDS)
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def tests_for(file: Path) -> list[str]:
    """The tests of a file, its own first."""
    names = [f"test_layers_{file.stem}.py", f"test_{file.stem}.py"]
    if file.parent.name == "layers":
        names += [
            "test_layers_base.py",
            "test_layers_errors.py",
            "test_layers_conv.py",
            "test_layers_pool.py",
        ]
    if file.stem.startswith("lint"):
        names += ["test_diagnostics_cases.py"]
    paths = [ROOT / "tests" / name for name in (*names, "test_passes.py")]
    return list(dict.fromkeys(str(path) for path in paths if path.exists()))


def main() -> None:
    """Try the mutants and print those that live, and the score."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=1, help="try one mutant of so many")
    given = parser.parse_args()
    folders = (ROOT / "cnnspec" / "layers", ROOT / "cnnspec" / "passes")
    files = [f.resolve() for f in given.files] or sorted(f for d in folders for f in d.glob("[a-z]*.py"))
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    for file in files:
        tried = list(mutants(file))[:: given.every]
        alive = [m for m in tried if not is_noticed(m, tests_for(file))]
        print(f"{file.relative_to(ROOT)}: {len(tried) - len(alive)} of {len(tried)} noticed", flush=True)
        for mutant in alive:
            print(f"    {mutant.function}, line {mutant.line}: {mutant.change}", flush=True)


if __name__ == "__main__":
    main()
