"""The ONNX backend: a model straight from the graph, without torch, and what runs it in onnxruntime.

Read in this order:

- emit.py: what rules write with, nodes and constants of an ONNX graph; opsets.py: as sets 13 to 17 have them;
- formula.py: the nodes of an elementwise layer, from its formula;
- rules.py: the table from each layer to the nodes that it is; conv.py, pool.py, norm.py, activation.py,
  attention.py and shape.py: the rules that are more than one node;
- builder.py: a graph and its weights as a model, and as a file; framing.py: its bytes, without a copy of the
  weights; open_sizes.py: which axes it can leave open; program.py: a model run in onnxruntime;
- backend.py: what the table of backends says of it;
- reading.py, external.py: a file as data, within bounds, with the tensors that it keeps beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.backends.lazy import lazy

if TYPE_CHECKING:
    from cnnspec.backends.onnx.builder import OPSET, export, model
    from cnnspec.backends.onnx.program import OnnxProgram, compile

__all__ = ["OPSET", "OnnxProgram", "compile", "export", "model"]

HERE = "cnnspec.backends.onnx"
__getattr__ = lazy(
    HERE,
    {
        **dict.fromkeys(("OPSET", "export", "model"), f"{HERE}.builder"),
        **dict.fromkeys(("OnnxProgram", "compile"), f"{HERE}.program"),
    },
)
