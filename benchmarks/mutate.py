"""Mutation testing: is a changed constant or operator in our own rules noticed by a test?

    python benchmarks/mutate.py [FILE...] [--every N]

Each file of cnnspec/layers and cnnspec/passes is changed in one place at a time, in a process of its own, and
the tests of its rules run against it (those against torch left out: they are slow). A change that no test
notices is printed: it wants a test, or is no change of meaning. benchmarks/mutation.md holds the score.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import signal
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import hypothesis.strategies  # noqa: F401  (here once, and not again in every process)
import lark  # noqa: F401
import networkx  # noqa: F401
import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 120
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.USub: ast.UAdd,
}
GUARDS = ("strict", "frozen", "eq", "frozen_default")
"""Arguments that only forbid something, and change nothing where nobody does it."""
NAMES = {"min": "max", "max": "min", "ceil": "floor", "floor": "ceil", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """A file with one change: what stood where, and the code of the whole."""

    file: Path
    line: int
    before: str
    code: CodeType


def mutants(file: Path) -> Iterator[Mutant]:
    """All changes of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guards = {id(k.value) for k in ast.walk(tree) if isinstance(k, ast.keyword) and k.arg in GUARDS}
    line = 0
    for number, place in enumerate(ast.walk(tree)):
        line = getattr(place, "lineno", line)
        for change in changes(place) if id(place) not in guards else ():
            altered = copy.deepcopy(tree)
            change(next(node for n, node in enumerate(ast.walk(altered)) if n == number))
            code = compile(ast.fix_missing_locations(altered), str(file), "exec")
            yield Mutant(file, line, ast.unparse(place), code)


def changes(node: ast.AST) -> Iterator[Callable[[Any], None]]:
    """What can be changed at a node, as functions that do it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda n: setattr(n, "value", not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.UnaryOp)) and type(node.op) in SWAPS:
        yield lambda n: setattr(n, "op", SWAPS[type(n.op)]())
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            swapped = SWAPS[type(operator)]()
            yield lambda n, place=place, swapped=swapped: n.ops.__setitem__(place, swapped)
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield lambda n: setattr(n, "id", NAMES[n.id])
    if isinstance(node, (ast.If, ast.IfExp)):
        yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))


def is_noticed(mutant: Mutant, tests: list[str]) -> bool:
    """Whether a test fails with the mutant in place, in a process of its own; a hang counts as well."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.alarm(SECONDS)
        os._exit(run(mutant, tests))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def run(mutant: Mutant, tests: list[str]) -> int:
    """How the tests end with the mutant in the place of its file."""
    name = ".".join(mutant.file.relative_to(ROOT).with_suffix("").parts)
    plain: Any = SourceFileLoader.get_code
    changed: Any = lambda loader, module: mutant.code if module == name else plain(loader, module)  # noqa: E731
    SourceFileLoader.get_code = changed
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *tests]))


def tests_for(file: Path) -> list[list[str]]:
    """The tests of a file, its own first, and those that are run where they notice nothing."""
    if file.parent.name == "layers":
        own = {"manual": "docs_generated", "window": "layers_conv"}.get(file.stem, f"layers_{file.stem}")
        families = ("base", "errors", "conv", "pool", "norm", "shape", "join", "activation", "dense")
        names = [[own], [f"layers_{family}" for family in families] + ["passes", "receptive_field"]]
    else:
        of_their_own = ("fold_batchnorm", "lint", "receptive_field", "stages")
        own = "lint" if file.stem == "lint_syntax" else file.stem if file.stem in of_their_own else "passes"
        names = [[own]]
        names += [["diagnostics_cases", "diagnostics_pages"]] if file.stem.startswith("lint") else []
    groups = [[ROOT / "tests" / f"test_{name}.py" for name in group] for group in names]
    return [[str(path) for path in paths if path.exists()] for paths in groups]


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
        groups = [tests for tests in tests_for(file) if tests]
        untouched = Mutant(file, 0, "", compile(file.read_text(encoding="utf-8"), str(file), "exec"))
        if any(is_noticed(untouched, tests) for tests in groups):
            sys.exit(f"the tests of {file.relative_to(ROOT)} fail as it is")
        tried = list(mutants(file))[:: given.every]
        alive = [m for m in tried if not any(is_noticed(m, tests) for tests in groups)]
        print(f"{file.relative_to(ROOT)}: {len(tried) - len(alive)} of {len(tried)} noticed", flush=True)
        for mutant in alive:
            print(f"    line {mutant.line}: {mutant.before}", flush=True)


if __name__ == "__main__":
    main()
