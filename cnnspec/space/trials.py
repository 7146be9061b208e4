"""One trial: `evaluate(net, trial)` of a file of the user's, and what came of it.

It may run in the process that searches or in one of a cluster: what goes there is a `Job`, and what
comes back a `TrialOutcome`.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from math import isnan
from pathlib import Path
from types import ModuleType
from typing import Any

from cnnspec.caching import lru_cache
from cnnspec.diagnostics import Refused
from cnnspec.records import dataclass, field, replace

Evaluate = Callable[[Any, "RunningTrial"], Any]
Told = Callable[[float, int], bool]
"""Takes a value and the step that it is of; whether the trial is to end there."""
MOST_SHOWN = 20
"""How many lines that a trial printed are shown where it fails."""
EXAMPLE = "def evaluate(net, trial): ..."


@dataclass(frozen=True)
class TrialCode:
    """A file with a function `evaluate`: its path, its text, and the folder that the search was started in.

    With `function`, that is called, which stands in the file.
    """

    path: str
    text: str
    folder: str
    function: Evaluate | None = None


@dataclass(frozen=True)
class Job:
    """A trial to run: its number, the net as `evaluate` takes it, and its parameters as specs write them."""

    number: int
    net: Any
    parameters: dict[str, Any]
    objectives: int
    verbose: bool = False


@dataclass(frozen=True)
class TrialOutcome:
    """What came of a trial: complete, pruned or failed, with the reason and, in `details`, the place.

    `fault` says that `evaluate` gave what is no result, or is not there: the next trial will fare no better.
    """

    state: str
    values: tuple[float, ...] = ()
    error: str = ""
    details: str = ""
    fault: bool = False
    seconds: float = 0.0
    attributes: dict[str, Any] = field(default_factory=dict)


class RunningTrial:
    """What `evaluate` is given beside the net: its number, its parameters, and who to report to."""

    def __init__(self, job: Job, tell: Told) -> None:
        self.number = job.number
        self.params = dict(job.parameters)
        self._tell = tell
        self._end = False
        self.attributes: dict[str, Any] = {}

    def report(self, value: float, step: int) -> None:
        """Tell how good the net is so far, after a step such as an epoch."""
        self._end = self._tell(float(value), int(step))

    def should_prune(self) -> bool:
        """Whether what was reported last is so bad that the trial had better end: by Optuna's pruner."""
        return self._end

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keep a number or a text with the trial, in the study."""
        self.attributes[key] = value


def read_code(evaluate: str | os.PathLike[str] | Evaluate) -> TrialCode:
    """A file with a function `evaluate`, which is not run, or such a function. Raises Refused, OSError."""
    if callable(evaluate):
        made = getattr(evaluate, "__code__", None)
        return TrialCode(made.co_filename if made else "", "", os.getcwd(), evaluate)
    path = Path(evaluate)
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, str(path))
    except SyntaxError as error:
        raise Refused(f"{path}:{error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise Refused(f"{path} is no Python: {error}") from error
    found = [node for node in tree.body if "evaluate" in _defined(node)]
    if not found:
        raise Refused(f"{path} has no function `evaluate`: write {EXAMPLE}")
    if isinstance(found[-1], ast.FunctionDef) and not _takes_two(found[-1].args):
        raise Refused(f"{path}:{found[-1].lineno}: `evaluate` takes a net and a trial: write {EXAMPLE}")
    return TrialCode(str(path.resolve()), text, os.getcwd())


def _defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module gives a meaning."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.stmt):
        yield from (
            name.id
            for name in ast.walk(node)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        )


def _takes_two(arguments: ast.arguments) -> bool:
    """Whether a function can be called with two values."""
    most = len(arguments.posonlyargs) + len(arguments.args)
    needed = most - len(arguments.defaults)
    unnamed = [
        one for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if not default
    ]
    return needed <= 2 and (most >= 2 or arguments.vararg is not None) and not unnamed


@lru_cache(maxsize=1)
def module_of(code: TrialCode) -> ModuleType:
    """The module of a file: run once in a process, with its folder on the path of modules."""
    for folder in (code.folder, os.path.dirname(code.path)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    module = ModuleType(f"cnnspec_search_{Path(code.path).stem}")
    module.__file__ = code.path
    sys.modules[module.__name__] = module
    exec(compile(code.text, code.path, "exec"), module.__dict__)
    return module


def evaluated(code: TrialCode, job: Job, tell: Told) -> TrialOutcome:
    """Run a trial. What its code prints is shown as it comes with `verbose`, or at its end where it fails."""
    from optuna import TrialPruned

    trial, start = RunningTrial(job, tell), time.perf_counter()
    printed = sys.stderr if job.verbose else io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            evaluate: Evaluate = code.function or module_of(code).evaluate
            result = evaluate(job.net, trial)
        outcome = _outcome(result, trial, job.objectives)
    except TrialPruned:
        outcome = TrialOutcome("pruned")
    except (Exception, SystemExit) as error:
        told = [] if job.verbose else printed.getvalue().splitlines()[-MOST_SHOWN:]  # type: ignore[union-attr]
        outcome = _failure(error, code, told)
    return replace(outcome, seconds=time.perf_counter() - start, attributes=trial.attributes)


def _outcome(result: Any, trial: RunningTrial, objectives: int) -> TrialOutcome:
    """What a result of `evaluate` means."""
    given = result if isinstance(result, (tuple, list)) else (result,)
    try:
        values = tuple([float(value) for value in given])
    except (TypeError, ValueError):
        return TrialOutcome(
            "failed", error=f"evaluate gave {result!r:.60}: it gives an error, or a tuple", fault=True
        )
    if len(values) != objectives:
        cure = "a --direction for each of them"
        error = f"evaluate gave {len(values)} values, and the search has {objectives}: it needs {cure}"
        return TrialOutcome("failed", error=error, fault=True)
    if any(map(isnan, values)):
        return TrialOutcome("failed", error="evaluate gave nan")
    return TrialOutcome("pruned" if trial.should_prune() else "complete", values)


def _failure(error: BaseException, code: TrialCode, told: list[str]) -> TrialOutcome:
    """What is told of an error of the user's code: its last line, and where it comes from."""
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_filename != code.path:
        place = place.tb_next
    lines = traceback.format_exception(type(error), error, place or error.__traceback__)
    last = traceback.format_exception_only(error)[-1].strip()
    where = f" ({code.path}:{place.tb_lineno})" if place is not None else ""
    started = place is not None and place.tb_frame.f_code.co_name != "<module>"
    return TrialOutcome(
        "failed",
        error=f"{last}{where}",
        details="\n".join([*told, "".join(lines).rstrip()]),
        fault=not started,
    )
