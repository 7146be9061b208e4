"""Which activations write over the value that they take, in place of a map of their own.

    def unit(out) { conv(out, 3) -> batchnorm -> relu }         nn.ReLU(inplace=True)
    residual { unit(8) -> conv(8, 1) } -> relu                  nn.ReLU()

The first relu stands in one block with the batchnorm, whose value nothing else reads, and whose backward pass
reads what went into it, not what came out. The second would write over the value of a block, which a hook on
the block, or whoever takes it as a feature, may have kept. A call of which folding leaves one layer, as of a
conv and its batchnorm, is as that layer alone.
"""

from __future__ import annotations

from cnnspec.backends.torch.calls import Slot, TorchCall, TorchForm
from cnnspec.graph import Block, Graph, Node
from cnnspec.layers import activation as A
from cnnspec.layers import conv as C
from cnnspec.layers import dense as D
from cnnspec.layers import join as J
from cnnspec.layers import norm as N
from cnnspec.layers.base import Layer

ACTIVATIONS: tuple[type[Layer], ...] = (
    *(A.ReLU, A.ReLU6, A.LeakyReLU, A.ELU, A.SELU, A.SiLU, A.Mish, A.HardSwish, A.HardSigmoid),
)
"""Those that torch has in place; where their slope needs what they took, autograd keeps a copy."""
UNREAD: tuple[type[Layer], ...] = (
    *(C.Conv, C.TransposedConv, D.Linear, J.Add),
    *(N.BatchNorm, N.InstanceNorm, N.GroupNorm, N.LayerNorm),
)
"""Layers that give a new tensor, which their backward pass does not read."""


def with_place(form: TorchForm, graph: Graph, node: Node) -> TorchForm:
    """How an activation is written, with whether it works in place."""
    if not isinstance(node.layer, ACTIVATIONS):
        return form
    slot = Slot("inplace", may_overwrite(graph, node), False)
    return form._replace(module=_with(form.module, slot), function=_with(form.function, slot))


def _with(call: TorchCall | None, slot: Slot) -> TorchCall | None:
    return call and call._replace(slots=(*call.slots, slot))


def may_overwrite(graph: Graph, node: Node) -> bool:
    """Whether nothing but this node ever needs the value that it takes."""
    source = graph[node.inputs[0]]
    is_new = isinstance(source.layer, UNREAD) and not (
        isinstance(source.layer, J.Add) and len(source.inputs) < 2
    )
    is_alone = len(graph.consumers[source.name]) == 1 and source.name not in graph.outputs.values()
    return is_new and is_alone and beyond_folded_calls(source) is node.block


def beyond_folded_calls(node: Node) -> Block | None:
    """The block that a layer stands in, but for calls of defs of which folding has left that layer alone."""
    block: Block | None = node.block
    while block is not None and block.kind == "def" and len(block.children) == 1 and block.is_trimmed:
        block = block.parent
    return block
