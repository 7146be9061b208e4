"""A net as a torch module: the source that `source` writes, executed."""

from __future__ import annotations

import builtins
import hashlib
import linecache
import sys
import weakref
from collections.abc import Callable, Mapping
from functools import partialmethod
from types import ModuleType
from typing import Any, SupportsIndex

import torch

from cnnspec.backends import CompileError
from cnnspec.backends import weights as starts
from cnnspec.backends.arrays import as_array
from cnnspec.backends.torch.sizes import say_what_does_not_fit
from cnnspec.backends.torch.writer import source
from cnnspec.backends.weights import fitting
from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph

DTYPES = ("float32", "float64", "bfloat16", "float16")


def compile(
    graph: Graph,
    *,
    seed: int | None = None,
    weights: Mapping[str, Any] | None = None,
    init: str = "default",
    dtype: str = "float32",
    channels_last: bool = False,
    fold_batchnorm: bool = False,
) -> torch.nn.Module:
    """The net as a module in training mode, made by executing its source.

    Its weights are those given, by key; or with `seed` those that every backend draws from it by the scheme
    `init`; else what torch itself draws. `fold_batchnorm` makes a net for inference, its batch norms folded
    into the layers before them. Raises WeightsError where weights do not fit, CompileError for a layer that
    torch lacks, InvalidValue for another dtype or scheme.
    """
    if dtype not in DTYPES:
        raise InvalidValue(f"the torch backend runs in {', '.join(DTYPES)}, not {dtype}")
    if init not in starts.SCHEMES:
        schemes = ", ".join(starts.SCHEMES)
        raise InvalidValue(f"no initialization is called {init!r}: use one of {schemes}")
    if fold_batchnorm and weights is None and seed is None:
        seed = 0
    if weights is None and seed is not None:
        weights = starts.initialize(graph, seed, init)
    if fold_batchnorm:
        from cnnspec.passes.fold_batchnorm import fold_batchnorm as fold

        assert weights is not None
        graph, weights = fold(graph, fitting(graph, weights))
    text = source(graph, init=init, dtype=dtype, channels_last=channels_last)
    made = execute(text, graph.name)
    say_what_does_not_fit(made, graph)
    if weights is not None:
        load(made, graph, weights)
    return made


class GeneratedModule(ModuleType):
    """Stands in sys.modules for generated source, so that its classes can be pickled and copied.

    It holds none of them: with the last instance and the last class, the source goes too.

        sys.modules[name] . . (weak) . . > the net's class -> forward -> names of the source -> all classes
    """

    def __init__(self, name: str, net: str, made: type[torch.nn.Module]) -> None:
        super().__init__(name, f"The generated source of {net}.")
        self.__file__ = f"<{name}>"
        self.made = weakref.ref(made)
        weakref.finalize(made, _forget, name).atexit = False

    def __getattr__(self, name: str) -> Any:
        made = self.made()
        if made is None or name not in made.forward.__globals__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return made.forward.__globals__[name]


def execute(text: str, net: str) -> torch.nn.Module:
    """Run generated source and make its last class."""
    return classes_of(text, net)[-1]()


def classes_of(text: str, net: str) -> list[type[torch.nn.Module]]:
    """Run generated source, once in a process as long as its net's class is used; gives its classes.

    The text goes into linecache, so that tracebacks show its lines and torch.jit finds them.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    name = f"cnnspec_generated_{digest}"
    known = sys.modules.get(name)
    made = known.made() if isinstance(known, GeneratedModule) else None
    if made is not None:
        return _classes(made.forward.__globals__)
    file = f"<{name}>"
    names: dict[str, Any] = {"__name__": name, "__file__": file}
    # as a file of its own is read: the __future__ of this one would make texts of its annotations
    exec(builtins.compile(text, file, "exec", dont_inherit=True), names)
    found = _classes(names)
    for kind in found:
        kind.__reduce_ex__ = partialmethod(_reduce, text, net)  # type: ignore[assignment]
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[name] = GeneratedModule(name, net, found[-1])
    return found


def _classes(names: Mapping[str, Any]) -> list[type[torch.nn.Module]]:
    """The classes that a source defines, the net's last."""
    return [
        value for value in names.values() if isinstance(value, type) and value.__module__ == names["__name__"]
    ]


def _reduce(module: torch.nn.Module, text: str, net: str, protocol: SupportsIndex) -> str | tuple[Any, ...]:
    """How a module of generated source is pickled: with the source, which another process lacks."""
    kind = type(module)
    if kind not in classes_of(text, net):
        # a subclass of someone's own is found where they have it
        return object.__reduce_ex__(module, protocol)
    return remake, (text, net, kind.__name__), module.__getstate__()


def remake(text: str, net: str, name: str) -> torch.nn.Module:
    """An empty module of a class of generated source, for pickle to fill."""
    kind = next(kind for kind in classes_of(text, net) if kind.__name__ == name)
    return kind.__new__(kind)


def _forget(name: str) -> None:
    """Take a generated source away, whose classes have gone."""
    found = sys.modules.get(name)
    if isinstance(found, GeneratedModule) and found.made() is None:
        del sys.modules[name]
        linecache.cache.pop(f"<{name}>", None)


def load(module: torch.nn.Module, graph: Graph, weights: Mapping[str, Any]) -> None:
    """Give a module of this graph its weights, by key. Raises WeightsError, saying which do not fit."""
    tensors = {key: torch.as_tensor(array) for key, array in fitting(graph, weights).items()}
    # torch counts batches, which other backends do not
    module.load_state_dict(tensors, strict=False)


def runner(
    graph: Graph, weights: Mapping[str, Any], *, dtype: str = "float32", channels_last: bool = False
) -> Callable[[Mapping[str, Any]], Any]:
    """The net in inference as a function of arrays by input name; gives an array, or arrays by head name."""
    module = compile(graph, weights=weights, dtype=dtype, channels_last=channels_last).eval()
    kind = getattr(torch, dtype)

    def run(values: Mapping[str, Any]) -> Any:
        tensors = [torch.as_tensor(as_array(values[name])).to(kind) for name in graph.inputs]
        with torch.inference_mode():
            try:
                result = module(*tensors)
            except (NotImplementedError, RuntimeError) as error:
                if "not implemented for" not in str(error):
                    raise
                first = str(error).partition("\n")[0]
                told = f"torch cannot run {graph.name} in {dtype} on this processor: {first}; float32 can"
                raise CompileError(told) from error
        if isinstance(result, dict):
            return {head: as_array(value) for head, value in result.items()}
        return as_array(result)

    return run
