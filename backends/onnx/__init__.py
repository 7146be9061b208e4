"""The ONNX backend: a model straight from the graph, without torch, and what runs it in onnxruntime."""

from cnnspec.backends.onnx.model import OPSET, export, model
from cnnspec.backends.onnx.program import Program, compile

__all__ = ["OPSET", "Program", "compile", "export", "model"]
