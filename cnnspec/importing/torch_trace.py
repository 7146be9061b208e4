"""A torch module as layers with their inputs: traced by torch.fx, every shape worked out on the meta device.

Tracing runs the module's `forward` with stand-ins for values, so that its code is executed; no weight is read
and nothing is computed. Each stand-in knows its shape, so that code which asks for one (`x.shape[0]`, padding
that depends on the size) has its answer while it is traced; code that asks for a value is refused.
"""

from __future__ import annotations

import copy
import inspect
import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate

from cnnspec.importing.schedules import scheduled
from cnnspec.importing.tidied import tidied
from cnnspec.importing.torch_functions import FUNCTIONS
from cnnspec.importing.torch_layers import drop_rate
from cnnspec.importing.torch_norms import KnownNorm, known_norm
from cnnspec.importing.torch_reader import BATCH, TorchReader
from cnnspec.importing.torch_scopes import without_forms
from cnnspec.importing.torch_written import is_written
from cnnspec.importing.traced import ImportRefused, Traced
from cnnspec.layers.base import Shape


def trace(module: nn.Module, *shapes: Shape, name: str = "") -> Traced:
    """The layers of a module, for inputs of these shapes (per sample).

    The module is traced as it is, in training or in inference. Raises ImportRefused where its flow depends on
    the data, or where something in it has no layer.
    """
    name = name or type(module).__name__
    if fx.Tracer().is_leaf_module(module, ""):
        module = nn.Sequential(module)
    norms = _norms()
    try:
        tracer = _ShapeTracer(_without_values(module), shapes, norms)
        traced = tracer.trace(module, concrete_args=_left_out(module, len(shapes)))
    except Exception as error:
        raise ImportRefused(f"torch.fx cannot trace {name}: {error}") from error
    graph = fx.GraphModule(module, traced)
    found = TorchReader(module, graph, shapes, name, FUNCTIONS, norms).read()
    return tidied(scheduled(replace(found, steps=without_forms(found.steps))))


def _left_out(module: nn.Module, inputs: int) -> dict[str, None]:
    """What forward takes besides its inputs and is None by default, such as a mask: it asks whether it is."""
    taken = list(inspect.signature(module.forward).parameters.values())[inputs:]
    return {one.name: None for one in taken if one.default is None}


Norms = Callable[[nn.Module], KnownNorm | None]


def _norms() -> Norms:
    """What finds the norm that a module is, each module once."""
    found: dict[int, KnownNorm | None] = {}

    def norm_of(module: nn.Module) -> KnownNorm | None:
        if id(module) not in found:
            found[id(module)] = known_norm(module)
        return found[id(module)]

    return norm_of


class _SizedProxy(fx.Proxy):
    """A stand-in that knows the shape of its value."""

    @property
    def shape(self) -> Any:
        value = self.node.meta["value"]
        return value.shape if isinstance(value, torch.Tensor) else fx.Proxy.__getattr__(self, "shape")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self._in_place(operator.iadd, other)

    def __isub__(self, other: Any) -> fx.Proxy:
        return self._in_place(operator.isub, other)

    def __imul__(self, other: Any) -> fx.Proxy:
        return self._in_place(operator.imul, other)

    def _in_place(self, operation: Any, other: Any) -> fx.Proxy:
        """`x += y` as what it is: torch.fx would write x + y, and forget who else has x."""
        return self.tracer.create_proxy("call_function", operation, (self, other), {})

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return int(self.node.meta["value"].numel())


class _ShapeTracer(fx.Tracer):
    """Traces a module and notes on each node what it gives, on the meta device."""

    def __init__(self, running: nn.Module, shapes: tuple[Shape, ...], norms: Norms) -> None:
        super().__init__()
        self.running, self.shapes = running, iter(shapes)
        self.norms = norms
        self.own = {id(module) for module in running.modules()}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if drop_rate(m) is not None or is_written(m) or self.norms(m) is not None:
            return True
        return super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        """A module of the net as a node, or traced; one within a layer that runs on the meta device, run."""
        return (
            forward(*args, **kwargs) if id(m) in self.own else super().call_module(m, forward, args, kwargs)
        )

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _SizedProxy(node, self)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        made = super().create_node(*args, **kwargs)
        made.meta["value"] = self._value(made) if made.op != "output" else None
        return made

    def _value(self, node: fx.Node) -> Any:
        if node.op == "placeholder":
            sizes = next(self.shapes, None)
            default = node.args[0] if node.args else None
            return default if sizes is None else torch.empty(BATCH, *sizes, device="meta")
        if node.op == "get_attr":
            return _on_meta(self._tensor(str(node.target)))
        args, kwargs = map(_values, (node.args, node.kwargs))
        if node.op == "call_module":
            return self.running.get_submodule(str(node.target)).forward(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        return node.target(*args, **kwargs) if callable(node.target) else None

    def _tensor(self, path: str) -> Any:
        """A tensor of the module; a constant of its code is known to its root alone."""
        known = self.running if not path.startswith("_tensor_constant") else self.root
        return operator.attrgetter(path)(known)

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        value, items = obj.node.meta.get("value"), cast(Any, obj)
        if isinstance(value, (tuple, list, torch.Tensor)):
            return iter([items[number] for number in range(len(value))])
        return super().iter(obj)

    def to_bool(self, obj: fx.Proxy) -> bool:
        value = obj.node.meta.get("value")
        return super().to_bool(obj) if isinstance(value, torch.Tensor) else bool(value)


def _without_values(module: nn.Module) -> nn.Module:
    """A copy of a module on the meta device, made without copying what it holds."""
    tensors = [*module.parameters(), *module.buffers()]
    return copy.deepcopy(module, {id(tensor): _on_meta(tensor) for tensor in tensors})


def _values(given: Any) -> Any:
    """Arguments of a node, with the values of nodes in place of them."""
    return map_aggregate(given, lambda one: one.meta["value"] if isinstance(one, fx.Node) else _on_meta(one))


def _on_meta(value: Any) -> Any:
    if isinstance(value, nn.Parameter):
        return nn.Parameter(value.detach().to("meta"), value.requires_grad)
    return value.to("meta") if isinstance(value, torch.Tensor) else value
