"""A torch module as layers with their inputs: traced by torch.fx, every shape worked out on the meta device.

Tracing runs the module's `forward` with stand-ins for values, so that its code is executed; no weight is read
and nothing is computed. What is asked of shapes on the way (`x.shape[0]`, `view`) has its answer from the
second run, on meta tensors.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import fx, nn

from cnnspec.importing.torch_functions import FUNCTIONS
from cnnspec.importing.torch_reader import BATCH, TorchReader
from cnnspec.importing.traced import ImportRefused, Traced
from cnnspec.layers.base import Shape


def trace(module: nn.Module, *shapes: Shape, name: str = "") -> Traced:
    """The layers of a module, for inputs of these shapes (per sample).

    The module is traced as it is, in training or in inference. Raises ImportRefused where its flow depends on
    the data, or where something in it has no layer.
    """
    try:
        traced = fx.Tracer().trace(module)
    except Exception as error:
        raise ImportRefused(f"torch.fx cannot trace {type(module).__name__}: {error}") from error
    graph = fx.GraphModule(module, traced)
    _Shapes(copy.deepcopy(graph).to("meta"), graph).run(
        *(torch.empty(BATCH, *sizes, device="meta") for sizes in shapes)
    )
    return TorchReader(module, graph, shapes, name or type(module).__name__, FUNCTIONS).read()


class _Shapes(fx.Interpreter):
    """Runs a graph on the meta device, and notes what each node gives in the one that it is a copy of."""

    def __init__(self, running: fx.GraphModule, noted: fx.GraphModule) -> None:
        super().__init__(running)
        self.noted = dict(zip(running.graph.nodes, noted.graph.nodes, strict=True))

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        self.noted[n].meta["value"] = result
        return result
