"""What a backend is, and the table of those there are.

A backend is a folder with a table of rules and a module `backend.py`, whose `BACKEND` says what it is called,
which files it writes and how a net is loaded, run, written and trained. The command line, `verify`, `Net.to`
and the tests of packaging read `BACKENDS` and nothing else, so a further backend is a folder and a line here.
Looking one up imports neither numpy nor torch nor onnx: its functions do when they are called.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from cnnspec.diagnostics import InvalidValue, Refused
from cnnspec.graph import Graph
from cnnspec.records import dataclass

BACKENDS: dict[str, str] = {
    "numpy": "cnnspec.backends.numpy.backend",
    "torch": "cnnspec.backends.torch.backend",
    "onnx": "cnnspec.backends.onnx.backend",
}
"""The module of each backend, in the order in which they are taken: as the reference of a comparison, and as
the one that writes a file where several write its kind."""

Arrays = Mapping[str, Any]
"""Arrays by name: weights by key, inputs by the name of the input, outputs by head."""


class CompileError(Refused):
    """A backend cannot take a net: it has no rule for a layer, say, and the layer does not decompose."""


@dataclass(frozen=True)
class Options:
    """How a net is lowered; a backend that does not take an option gets its default.

    `dtype` is the type of weights and values, `init` how weights start that source draws (a scheme of
    `weights.SCHEMES`), `spec` what source says it comes from, `channels_last` lays maps out as NHWC,
    `open_size` leaves the size of the inputs open in a file that has one otherwise, `opset` is the version of
    the operators of a file that says one; None is the backend's own. `reference` runs the plain kernels, a
    formula each, in the place of the fast ones.
    """

    dtype: str = "float32"
    init: str = "default"
    spec: str = ""
    channels_last: bool = False
    open_size: bool = False
    opset: int | None = None
    reference: bool = False


class Lowering(TypedDict, total=False):
    """The keyword arguments of `Net.to`; their meaning is that of the fields of Options."""

    dtype: str
    init: str
    spec: str
    channels_last: bool
    open_size: bool
    opset: int | None
    reference: bool


class TrainingStep(NamedTuple):
    """One step of training: outputs by head, gradients by weight and by input, running statistics by key."""

    outputs: Arrays
    gradients: Arrays
    statistics: Arrays


Runner = Callable[[Arrays], dict[str, Any]]
"""The net in inference: takes arrays by input, (batch, channels, *spatial), and gives arrays by head."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Backend:
    """A backend. Its functions raise CompileError for a net that it cannot take, WeightsError for weights
    that do not fit, and ImportError where one of its `libraries` is not installed.

    - `name`: what it is called on the command line, and its folder.
    - `load(graph, weights, options)`: the net with its weights, as the backend's own object.
    - `run(graph, weights, options)`: the net in inference, as a function of arrays.
    - `source(graph, weights, options)`: the contents of a file, whole or in pieces; None where there are no
      files.
    - `train(graph, weights, inputs, grads, dtype)`: one forward pass in training, and the backward pass from
      the gradients of the heads; None where it does not train.
    - `scripts(graph, options)`: texts by the names of files that train what `source` writes, as the module
      `model` beside them; None where it writes none.
    - `suffixes`: of the files that `source` makes; `keeps_weights` says whether they hold the weights.
    - `extra`, `libraries`: what `pip install 'cnnspec[extra]'` brings for it, by names of modules; an empty
      extra is the plain installation.
    - `dtypes`: the types that it runs in. `takes`: what it has of the options that not all backends have.
      `writes`: the options that stand in its files, where these do not keep the weights.
    - `threads()`: how many threads a net runs on.
    """

    name: str
    load: Callable[[Graph, Arrays, Options], Any]
    run: Callable[[Graph, Arrays, Options], Runner]
    source: Callable[[Graph, Arrays, Options], str | bytes | Iterable[bytes | memoryview]] | None = None
    train: Callable[[Graph, Arrays, Arrays, Arrays, str], TrainingStep] | None = None
    scripts: Callable[[Graph, Options], dict[str, str]] | None = None
    suffixes: tuple[str, ...] = ()
    keeps_weights: bool = False
    extra: str = ""
    libraries: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ("float32",)
    takes: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    threads: Callable[[], int] = processors

    @property
    def is_installed(self) -> bool:
        """Whether its libraries are there; none is imported."""
        return all(find_spec(library) is not None for library in self.libraries)


def find(name: str) -> Backend:
    """The backend of a name. Raises ValueError, with the names there are."""
    if name not in BACKENDS:
        raise InvalidValue(f"no backend is called {name!r}: there are {', '.join(BACKENDS)}")
    return import_module(BACKENDS[name]).BACKEND


def every() -> tuple[Backend, ...]:
    """All backends, in the order of the table."""
    return tuple(map(find, BACKENDS))


def writer(path: Path) -> Backend:
    """The first backend that writes files of this suffix. Raises ValueError, with the suffixes there are."""
    for backend in every():
        if path.suffix.lower() in backend.suffixes:
            return backend
    kinds = ", ".join(f"{suffix} ({' or '.join(names)})" for suffix, names in suffixes().items())
    raise InvalidValue(f"no backend writes {path.name}: a file ends in {kinds}")


def suffixes() -> dict[str, list[str]]:
    """The suffixes of the files that backends write, each with the names of those that do."""
    found: dict[str, list[str]] = {}
    for backend in every():
        for suffix in backend.suffixes:
            found.setdefault(suffix, []).append(backend.name)
    return found


def extras() -> dict[str, str]:
    """The libraries that the plain installation lacks, each with the extra that brings it."""
    return {library: backend.extra for backend in every() if backend.extra for library in backend.libraries}


TAKEN_BY_SOME = ("channels_last", "open_size", "opset", "reference")
"""The options that only some backends have."""


def check_options(backend: Backend, options: Options, writing: bool = False) -> None:
    """Raise ValueError for an option that a backend does not take, or that its files do not hold."""
    if options.dtype not in backend.dtypes:
        others = " or ".join(other.name for other in every() if options.dtype in other.dtypes)
        kinds = " and ".join(backend.dtypes)
        cure = f": {others} does" if others else ""
        raise InvalidValue(f"the {backend.name} backend runs in {kinds}, not {options.dtype}{cure}")
    for option in fields(options):
        if getattr(options, option.name) == option.default or option.name == "spec":
            continue
        if option.name in TAKEN_BY_SOME and option.name not in backend.takes:
            takers = " and ".join(other.name for other in every() if option.name in other.takes)
            raise InvalidValue(f"{option.name} is for {takers or 'no backend'}, not for {backend.name}")
        if writing and not backend.keeps_weights and option.name not in backend.writes:
            raise InvalidValue(f"the file that {backend.name} writes leaves {option.name} to whoever runs it")


def by_head(graph: Graph, outputs: Any, training: bool = False) -> dict[str, Any]:
    """What a net gave, by head: one with a single output gives the value itself, in place of a mapping."""
    if isinstance(outputs, Mapping):
        return dict(outputs)
    heads = [head for head in graph.outputs if training or head not in graph.training_heads]
    return {heads[0]: outputs}
