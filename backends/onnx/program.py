"""Runs a model in onnxruntime, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import onnx
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from cnnspec.backends.arrays import as_array
from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.builder import ModelOptions, model
from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.passes.shapes import misfit

Array = NDArray[Any]
Outputs = Array | dict[str, Array]


def compile(
    graph: Graph,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    scheme: str = "default",
    **options: Unpack[ModelOptions],
) -> OnnxProgram:
    """A program that runs a net's ONNX model; options are those of `model`. Raises what `model` raises."""
    return OnnxProgram(model(graph, weights, seed=seed, scheme=scheme, **options), graph)


def _opset(made: onnx.ModelProto) -> int:
    return next(entry.version for entry in made.opset_import if not entry.domain)


class OnnxProgram:
    """A model ready to run: `program(x)` on arrays (batch, channels, *spatial), taken in the model's type.

    A net with several inputs takes a dict or keyword arguments; one with several heads gives a dict by head.
    """

    def __init__(self, made: onnx.ModelProto, graph: Graph | None = None):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        self.model, self.graph = made, graph
        kind = made.graph.input[0].type.tensor_type.elem_type
        self.dtype = onnx.helper.tensor_dtype_to_np_dtype(kind)
        try:
            self.session = onnxruntime.InferenceSession(
                made.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            if "opset" not in str(error).lower():
                raise
            told = f"onnxruntime {onnxruntime.__version__} does not run operator set {_opset(made)}"
            raise CompileError(f"{told}: a newer one does") from error

    def __call__(self, x: ArrayLike | Mapping[str, ArrayLike] | None = None, **inputs: ArrayLike) -> Outputs:
        """Inference. Raises ValueError for inputs that do not fit the model."""
        if x is not None:
            inputs = {**(x if isinstance(x, Mapping) else {self.session.get_inputs()[0].name: x}), **inputs}
        arrays = {name: as_array(value).astype(self.dtype, copy=False) for name, value in inputs.items()}
        self._check(arrays)
        heads = [output.name for output in self.session.get_outputs()]
        values = map(np.asarray, self.session.run(heads, arrays))
        outputs = dict(zip(heads, values, strict=True))
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _check(self, arrays: Mapping[str, Array]) -> None:
        """Raise InvalidValue for inputs whose shapes are not those of the model, or do not fit the net."""
        wanted = {entry.name: entry.shape for entry in self.session.get_inputs()}
        if set(arrays) != set(wanted):
            raise InvalidValue(
                f"the model takes the inputs {', '.join(wanted)}, given: {', '.join(arrays) or 'none'}"
            )
        for name, sizes in wanted.items():
            found = arrays[name].shape
            fixed = zip(found, sizes, strict=False)
            if len(found) != len(sizes) or any(isinstance(n, int) and have != n for have, n in fixed):
                told = ", ".join(map(str, ["N", *sizes[1:]]))
                raise InvalidValue(f"input `{name}` needs an array of shape ({told}), got {found}")
        shapes = {name: array.shape[1:] for name, array in arrays.items()}
        reason = misfit(self.graph.inference(), shapes) if self.graph is not None else ""
        if reason:
            raise InvalidValue(reason)
