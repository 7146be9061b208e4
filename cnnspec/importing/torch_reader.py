"""Goes through a graph of torch.fx node by node, and gathers layers, their inputs and their weights."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any, NamedTuple, cast

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate

from cnnspec.importing.torch_layers import ACTIVATIONS, MODULES, PADS, drop_rate, need_channels
from cnnspec.importing.torch_norms import KnownNorm
from cnnspec.importing.torch_scopes import scopes_of
from cnnspec.importing.torch_written import extent_of, written_layer
from cnnspec.importing.traced import ImportRefused, Traced, TracedLayer
from cnnspec.importing.windows import NoLayer, taken_in
from cnnspec.layers import activation, conv, dense, norm
from cnnspec.layers.base import Layer, LayerError, Shape
from cnnspec.layers.window import Margins

BATCH = 2
"""How many samples the shapes are worked out for: the first axis of every value."""
LAST = "channels last"
POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)


Rules = Mapping[str, Callable[..., Any]]


class Flowing(NamedTuple):
    """A value in terms of the language: the step that gives it, and how torch holds it there.

    `layout` is LAST for channels last, `groups N` and `shuffled N` on the way through a channel shuffle.
    `margins` were added to it for the window that follows.
    """

    step: str
    layout: str = ""
    margins: Margins = ()


class TorchReader:
    """Reads one graph; `functions` are the rules of torch's functions and methods, by name."""

    def __init__(
        self,
        module: nn.Module,
        graph: fx.GraphModule,
        shapes: Sequence[Shape],
        name: str,
        functions: Rules,
        norms: Callable[[nn.Module], KnownNorm | None],
    ) -> None:
        self.module, self.graph, self.name, self.functions = module, graph, name, functions
        self.inputs = {}
        self.steps: dict[str, TracedLayer] = {}
        self.flowing: dict[fx.Node, Any] = {}
        self.refused: dict[str, list[str]] = {}
        self.weights: dict[tuple[int, int, int], str] = {}
        self.norms = norms
        names = [node for node in graph.graph.nodes if node.op == "placeholder"]
        for node, sizes in zip(names, shapes, strict=False):
            title = "input" if len(shapes) == 1 else node.name
            self.inputs[title] = tuple(sizes)
            self.flowing[node] = Flowing(title)
        # what forward takes besides has its default
        self.flowing.update((node, node.meta["value"]) for node in names[len(shapes) :])

    def read(self) -> Traced:
        given: list[Any] = []
        heads: tuple[str, ...] = ()
        for node in self.graph.graph.nodes:
            if node.op == "output":
                result = self.value(node.args[0])
                given = flat(result)
                heads = tuple(map(str, result)) if isinstance(result, dict) else ()
            elif node.op != "placeholder" and node not in self.flowing:
                self.visit(node)
        if self.refused:
            lines = [f"{what}: {_places(where)}" for what, where in self.refused.items()]
            raise ImportRefused(f"{self.name} has what the language cannot say: {'; '.join(lines)}")
        outputs = tuple(value.step for value in given if isinstance(value, Flowing) and not value.layout)
        if len(outputs) < len(given):
            raise ImportRefused(f"{self.name} gives what is no value of a layer with its channels first")
        steps = tuple(_live(self.steps, outputs))
        if not steps:
            raise ImportRefused(f"{self.name} has no layer")
        return Traced(self.name, self.inputs, steps, outputs, heads if len(heads) == len(outputs) else ())

    def visit(self, node: fx.Node) -> None:
        """Note what a node is; nothing where it only asks for a shape."""
        try:
            if node.op == "call_module":
                self.flowing[node] = self.call_module(node)
            elif node.op == "get_attr":
                self.flowing[node] = _attribute(self.module, str(node.target))
            elif not self._has_tensor(node):
                self.flowing[node] = node.meta["value"]
            else:
                self.flowing[node] = self.call(node)
            if is_in_place(node, self.graph):
                self._changed(node)
        except (NoLayer, LayerError) as error:
            what = self._title(node) + (f" ({error})" if str(error) else "")
            self.refused.setdefault(what, []).append(self._place(node))
            self.flowing[node] = Flowing(self._first(node))

    def _changed(self, node: fx.Node) -> None:
        """What is changed in place is the new value wherever it is read from now on, under any name."""
        made = self.flowing[node]
        source = self.value(node.args[0] if node.args else node.kwargs.get("input"))
        if not (isinstance(made, Flowing) and isinstance(source, Flowing)) or made.step == source.step:
            return
        for other, value in self.flowing.items():
            if isinstance(value, Flowing) and value.step == source.step:
                self.flowing[other] = value._replace(step=made.step)

    def _title(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return type(self.graph.get_submodule(str(node.target))).__name__
        return function_name(node)

    def _place(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return str(node.target)
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        return stack[-1][0] if stack else "forward"

    def _first(self, node: fx.Node) -> str:
        """Some value that flows into a node, so that reading can go on after what is refused."""
        values = [self.flowing[arg] for arg in node.all_input_nodes if isinstance(self.flowing[arg], Flowing)]
        return values[0].step if values else next(iter(self.inputs))

    @staticmethod
    def _has_tensor(node: fx.Node) -> bool:
        return any(isinstance(value, torch.Tensor) for value in flat(node.meta.get("value")))

    def value(self, argument: Any) -> Any:
        """An argument of a node: flowing values, tensors of the module, and plain values as they are."""
        return map_aggregate(
            argument, lambda inner: self.flowing[inner] if isinstance(inner, fx.Node) else inner
        )

    # ---- steps

    def step(
        self, node: fx.Node, layer: Layer, *inputs: str, weights: dict[str, Any] | None = None
    ) -> Flowing:
        """Add a layer. Raises NoLayer where the shape is not what torch gives."""
        result = node.meta["value"]
        if not isinstance(result, torch.Tensor):
            raise NoLayer("that gives several values")
        sizes = tuple(result.shape[1:])
        given = [self.shape_of(name) for name in inputs]
        try:
            inferred = layer.infer(*given)
        except Exception as error:
            raise NoLayer(str(error)) from error
        if inferred != sizes:
            raise NoLayer(f"gives {sizes}, `{layer.op}` gives {inferred}")
        return self.add(node, layer, inferred, inputs, weights or {})

    def add(
        self, node: fx.Node, layer: Layer, sizes: Shape, inputs: Sequence[str], weights: dict[str, Any]
    ) -> Flowing:
        scopes, segment = scopes_of(node)
        owner = self._owner(layer, weights)
        name = f"{'.'.join(scope.segment for scope in scopes)}.{segment}".lstrip(".")
        while name in self.steps or name in self.inputs:
            name += "_"
        self.weights.update((_storage(tensor), name) for tensor in weights.values() if not owner)
        given = {} if owner else weights
        self.steps[name] = TracedLayer(name, layer, tuple(inputs), sizes, scopes, given, owner)
        return Flowing(name)

    def _owner(self, layer: Layer, weights: Mapping[str, Any]) -> str:
        """The layer that has these weights already; empty where they are new. Raises NoLayer."""
        found = [self.weights.get(_storage(tensor), "") for tensor in weights.values()]
        owner = next(filter(None, found), "")
        if owner and (set(found) != {owner} or self.steps[owner].layer != layer):
            raise NoLayer(f"the weights of {owner} once more, in another layer")
        return owner

    def constant(self, node: fx.Node, tensor: Any, beside: Flowing) -> Flowing:
        """A learned tensor, the same for every sample, as a value beside another one. Raises NoLayer."""
        is_learned = isinstance(tensor, torch.Tensor) and tensor.requires_grad
        if not is_learned or (tensor.shape[0] != 1 and (tensor.shape[0], tensor.stride(0)) != (BATCH, 0)):
            raise NoLayer("with a constant")
        one = tensor[0]
        one = one.movedim(-1, 0) if beside.layout == LAST else one
        layer = dense.LearnedConstant(extent_of(one.shape))
        made = self.add(node, layer, tuple(one.shape), (beside.step,), {"weight": one})
        return made._replace(layout=beside.layout)

    def shape_of(self, name: str) -> Shape:
        """The shape of a layer's output, or of an input."""
        return self.steps[name].shape if name in self.steps else self.inputs[name]

    def call_module(self, node: fx.Node) -> Flowing:
        module = self.graph.get_submodule(str(node.target))
        given = flat([self.value(node.args), self.value(node.kwargs)])
        if len(given) > 1:
            return self.functions["max_unpool2d"](self, node, *given)
        if not isinstance(given[0], Flowing):
            raise NoLayer("of a constant")
        source = given[0]
        weights = {name: tensor for name, tensor in module.state_dict(keep_vars=True).items()}
        weights.pop("num_batches_tracked", None)
        if (rate := drop_rate(module)) is not None:
            given = (self.shape_of(source.step), (source.step,), {})
            return self.add(node, dense.DropPath(rate), *given)._replace(layout=source.layout)
        if (known := self.norms(module)) is not None:
            if known.last != (source.layout == LAST) or source.margins:
                raise NoLayer("with its channels elsewhere")
            sizes = self.shape_of(source.step)
            made = self.add(node, known.layer, sizes, (source.step,), weights)
            return made._replace(layout=source.layout)
        if (written := written_layer(module, self.shape_of(source.step))) is not None:
            if source.layout or source.margins:
                raise NoLayer("with channels last")
            return self.step(node, written, source.step, weights=weights)
        if isinstance(module, POOLS) and module.return_indices:
            m = module
            windows = m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode
            return self.functions["max_pool2d"](self, node, source, *windows)
        if isinstance(module, PADS):
            return self.functions["pad"](self, node, source, module.padding, value=module.value)
        if isinstance(module, nn.LayerNorm):
            return self.layernorm(node, source, module.normalized_shape, module.eps, weights)
        if source.layout == LAST:
            return self._on_last(node, module, source, weights)
        rule = MODULES.get(type(module)) or next(
            (rule for kind, rule in MODULES.items() if isinstance(module, kind)), None
        )
        if rule is None:
            raise NoLayer
        layer = rule(module)
        sizes = self.shape_of(source.step)
        if isinstance(layer, dense.Identity):
            return source
        if isinstance(layer, (activation.Softmax, activation.LogSoftmax)):
            need_channels(getattr(module, "dim", 1), len(sizes))
        if source.margins and isinstance(layer, (conv.Conv, conv.DepthwiseConv)):
            stride, dilation = layer.stride, layer.dilation
            pad = taken_in(source.margins, module.padding, layer.kernel, stride, dilation, sizes)
            layer = replace(layer, pad=pad)
        return self.step(node, layer, source.step, weights=weights)

    def _on_last(self, node: fx.Node, module: nn.Module, source: Flowing, weights: dict[str, Any]) -> Flowing:
        """A module on a map with its channels last: a linear layer is there a convolution of 1x1.

        On a sequence it is itself.
        """
        sizes = self.shape_of(source.step)
        layer: Layer
        if isinstance(module, nn.Linear) and len(sizes) == 2:
            layer, given = dense.Linear(module.out_features, module.bias is not None), weights
        elif isinstance(module, nn.Linear):
            ones = (1,) * (len(sizes) - 1)
            kernels = {"weight": weights["weight"].reshape(*weights["weight"].shape, *ones)}
            layer = conv.Conv(module.out_features, 1, bias=module.bias is not None)
            bias = {"bias": weights["bias"]} if "bias" in weights else {}
            given = {**kernels, **bias}
        elif (rule := MODULES.get(type(module))) and rule(module).elementwise:
            layer, given = rule(module), weights
        elif isinstance(module, (nn.Identity, nn.Dropout)):
            layer, given = MODULES[type(module)](module), {}
        else:
            raise NoLayer("with channels last")
        if isinstance(layer, dense.Identity):
            return source
        return self.add(node, layer, layer.infer(sizes), (source.step,), given)._replace(layout=LAST)

    def layernorm(
        self, node: fx.Node, source: Flowing, over: Sequence[int], eps: float, weights: dict[str, Any]
    ) -> Flowing:
        sizes = self.shape_of(source.step)
        affine = bool(weights)
        if tuple(over) == sizes and not source.layout:
            layer = norm.LayerNorm("all", eps, affine)
        elif tuple(over) == sizes[:1] and (source.layout or len(sizes) == 1):
            layer = (
                norm.LayerNorm("channels", eps, affine)
                if len(sizes) > 1
                else norm.LayerNorm("all", eps, affine)
            )
        else:
            raise NoLayer(f"over {tuple(over)} of {sizes}")
        return self.add(node, layer, sizes, (source.step,), weights)._replace(layout=source.layout)

    # ---- functions and methods

    def call(self, node: fx.Node) -> Any:
        name, args, kwargs = function_name(node), self.value(node.args), self.value(node.kwargs)
        if not any(isinstance(value, Flowing) for value in flat([args, kwargs])):
            return _computed(node, args, kwargs)
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        if (rule := self.functions.get(name)) is not None:
            _need_place(rule, self, node, *args, **kwargs)
            return rule(self, node, *args, **kwargs)
        if name in ACTIVATIONS:
            return self.activation(node, ACTIVATIONS[name], *args, **kwargs)
        raise NoLayer

    def activation(
        self, node: fx.Node, kind: Callable[..., Layer], source: Any, *args: Any, **kwargs: Any
    ) -> Flowing:
        _need_place(kind, *args, **kwargs)
        layer = kind(*args, **kwargs)
        if isinstance(layer, dense.Identity):
            return source
        if source.layout and (layer.elementwise or layer.noisy):
            made = self.add(node, layer, self.shape_of(source.step), (source.step,), {})
            return made._replace(layout=source.layout)
        if source.layout:
            raise NoLayer(f"with {source.layout}")
        return self.step(node, layer, source.step)


def _need_place(rule: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Refuse arguments of torch for which a rule has no place. Raises NoLayer."""
    try:
        signature(rule).bind(*args, **kwargs)
    except TypeError as error:
        raise NoLayer(str(error)) from None


def flat(value: Any) -> list[Any]:
    """The values of a result: one, or those of a tuple, list or dict."""
    if isinstance(value, Flowing) or not isinstance(value, (tuple, list, dict)):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return [inner for item in items for inner in flat(item)]


def _computed(node: fx.Node, args: Any, kwargs: Any) -> Any:
    """What torch makes of tensors of the module alone."""
    if node.op == "call_method":
        return getattr(args[0], str(node.target))(*args[1:], **kwargs)
    return node.target(*args, **kwargs) if callable(node.target) else None


def is_in_place(node: fx.Node, graph: fx.GraphModule) -> bool:
    """Whether a node changes the value that it takes: `x.mul_(2)`, `x += y`, a ReLU with `inplace`."""
    if node.op == "call_module":
        return bool(getattr(graph.get_submodule(str(node.target)), "inplace", False))
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    if name.endswith("_") or name in ("iadd", "isub", "imul", "itruediv") or node.kwargs.get("inplace"):
        return True
    if node.op != "call_function" or True not in node.args:
        return False
    try:
        given = signature(cast(Any, node.target)).bind(*node.args, **node.kwargs).arguments
    except (TypeError, ValueError):
        return False
    return given.get("inplace") is True


def _storage(tensor: Any) -> tuple[int, int, int]:
    """What a weight is of: equal for a parameter and the same in another shape."""
    whole = tensor if tensor._base is None else tensor._base
    return id(whole), tensor.storage_offset(), tensor.numel()


def _places(where: list[str]) -> str:
    shown = ", ".join(dict.fromkeys(where[:3]))
    return f"{shown} and {len(where) - 3} more places" if len(where) > 3 else shown


def _attribute(module: nn.Module, path: str) -> Any:
    return operator.attrgetter(path)(module)


def function_name(node: fx.Node) -> str:
    if node.op == "call_method":
        return str(node.target).removesuffix("_")
    return getattr(node.target, "__name__", str(node.target)).removeprefix("_").removesuffix("_")


def _live(steps: dict[str, TracedLayer], outputs: Sequence[str]) -> list[TracedLayer]:
    """The steps that an output needs, in order: what inference leaves out is traced, and goes nowhere."""
    needed = set(outputs)
    for step in reversed(steps.values()):
        if step.name in needed:
            needed.update(step.inputs)
    return [step for step in steps.values() if step.name in needed]
