"""A net as a torch module: the source that `source` writes, executed."""

from __future__ import annotations

import builtins
import hashlib
import linecache
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch

from cnnspec.backends import CompileError
from cnnspec.backends import weights as starts
from cnnspec.backends.arrays import as_array
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
    if weights is not None:
        load(made, graph, weights)
    return made


def execute(text: str, net: str) -> torch.nn.Module:
    """Run generated source and make its last class.

    The text goes into linecache, so that tracebacks show its lines and torch.jit finds them.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    name = f"cnnspec_generated_{digest}"
    if name not in sys.modules:
        module = ModuleType(name, f"The generated source of {net}.")
        file = f"<{name}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        module.__file__ = file
        # in sys.modules, so that its classes can be pickled and copied
        sys.modules[name] = module
        exec(builtins.compile(text, file, "exec"), module.__dict__)
    found = vars(sys.modules[name])
    last = next(value for value in reversed(list(found.values())) if isinstance(value, type))
    return last()


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
