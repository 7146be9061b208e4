"""Goes from the outputs of an ONNX file to its inputs, and gathers layers, their inputs and their weights.

    relu ── Reshape ── ReduceMean ── .. ── Add ── y          y: is it a groupnorm, from `relu` on?
                                                             relu: a node that is one layer

What a value may be is tried in order: the layers that are written as the operations before it, the largest
first, then the operation alone. Each asks for the values that it takes, whose shapes must be known before it.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from math import prod
from typing import Any, NamedTuple

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.reading import OnnxNet, OnnxNode, shortest
from cnnspec.importing.onnx_graph import OnnxGraph, walk
from cnnspec.importing.onnx_names import input_names, net_name, path_of, scopes_of, with_calls
from cnnspec.importing.onnx_patterns import Pattern, patterns
from cnnspec.importing.onnx_templates import check_arguments, match, template
from cnnspec.importing.traced import ImportRefused, Traced, TracedLayer
from cnnspec.importing.windows import NoLayer
from cnnspec.layers.base import Layer, LayerError, Shape
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Linear
from cnnspec.layers.following import FOLLOWING
from cnnspec.layers.pool import MaxPool, MaxUnpool

Rule = Callable[..., str]
"""rule(reader, node, value) gives the step that makes a value."""

BIASED = (Conv, DepthwiseConv, TransposedConv, Linear)
"""Layers that may have a bias, which some writers add in an operation of its own."""

CONSTANT = ""
"""The step of a value that turns out to be constant, once shapes are known."""


class Candidate(NamedTuple):
    """What a value may be: the values that it takes, and what adds it, or raises NoLayer."""

    takes: tuple[str, ...]
    add: Callable[[], str]


class OnnxReader:
    """Reads one file; `rules` are those of ONNX's operations, by name."""

    def __init__(
        self, net: OnnxNet, shapes: Mapping[str, Shape], rules: Mapping[str, Rule], name: str
    ) -> None:
        self.net, self.graph, self.rules = net, OnnxGraph(net), rules
        self.name = net_name(net.name, name)
        titles = input_names(shapes)
        self.inputs = {titles[name]: shape for name, shape in shapes.items()}
        self.steps: dict[str, TracedLayer] = {}
        self.places: dict[str, int] = {}
        self.written: dict[str, str] = {}
        self.steps_of: dict[str, str | None] = dict(titles)
        self.takes: dict[str, tuple[str, ...]] = {}
        self.refused: dict[str, tuple[str, str]] = {}
        self.taken: dict[str, str] = {}
        self.named: Counter[str] = Counter()

    def read(self) -> Traced:
        """The layers. Raises ImportRefused, with all operations that are none, and their nodes."""
        self._visit([name for name in self.net.outputs if name not in self.graph.constants])
        self._raise_refused()
        for step in self.steps.values():
            if step.weights_of and self.steps[step.weights_of].layer != step.layer:
                told = f"{self.name} has the weights of {step.weights_of} once more, in another layer"
                raise ImportRefused(f"{told}: {step.name}")
        outputs = tuple(self.steps_of[name] or "" for name in self.net.outputs)
        needed = self._needed(outputs)
        # by node, and of two layers of one node the first that was added first
        steps = sorted((step for step in self.steps.values() if step.name in needed), key=self._place)
        if not steps:
            raise ImportRefused(f"{self.name} has no layer")
        return Traced(
            self.name, self.inputs, with_calls(steps, self.written), outputs, tuple(self.net.outputs)
        )

    def _place(self, step: TracedLayer) -> int:
        return self.places[step.name]

    def _needed(self, outputs: tuple[str, ...]) -> AbstractSet[str]:
        """The steps that lead to the outputs."""
        found: set[str] = set()
        stack = list(outputs)
        while stack:
            name = stack.pop()
            if name in self.steps and name not in found:
                found.add(name)
                stack += self.steps[name].inputs
        return found

    def _visit(self, outputs: list[str]) -> None:
        """Find what each value is, the values before it first."""
        trying: dict[str, Iterator[Candidate]] = {}
        current: dict[str, Candidate | None] = {}
        stack = outputs
        while stack:
            value = stack[-1]
            if value in self.steps_of:
                stack.pop()
                continue
            if value not in trying:
                trying[value] = self._candidates(value)
                current[value] = next(trying[value], None)
            candidate = current[value]
            if candidate is None:
                self.steps_of[value] = None
                continue
            missing = [name for name in candidate.takes if name not in self.steps_of]
            if missing:
                stack += missing
            elif not self._add(value, candidate):
                current[value] = next(trying[value], None)

    def _add(self, value: str, candidate: Candidate) -> bool:
        self.takes[value] = candidate.takes
        if any(self.steps_of[name] is None for name in candidate.takes):
            return False
        try:
            self.steps_of[value] = candidate.add()
        except (NoLayer, LayerError, CompileError) as error:
            node = self.graph.makers[value]
            told = f"{node.op} ({error})" if str(error) else node.op
            self.refused[value] = (told, node.title)
            return False
        self.refused.pop(value, None)
        return True

    def _candidates(self, value: str) -> Iterator[Candidate]:
        node = self.graph.makers[value]
        for pattern in patterns().get(node.op, ()):
            found = match(pattern.template, self.graph, value)
            if found is not None:
                taken = tuple(found.values[name] for name in pattern.template.inputs)
                yield Candidate(taken, lambda p=pattern, t=taken: self._written(value, p, t))
        yield Candidate(self.graph.flowing(node), lambda: self._alone(node, value))

    def _alone(self, node: OnnxNode, value: str) -> str:
        """What an operation is by itself. Raises NoLayer."""
        if self.graph.compute(node):
            return CONSTANT
        if node.op == "Shape":
            self.graph.note_shape(node, self.shape(self.flowing(node)))
            return CONSTANT
        if node.op not in self.rules:
            raise NoLayer
        return self.rules[node.op](self, node, value)

    def _written(self, value: str, pattern: Pattern, taken: tuple[str, ...]) -> str:
        """A layer that is written as what leads to a value, to the last constant. Raises NoLayer."""
        if any(name in self.graph.constants for name in taken):
            raise NoLayer  # shapes are known by now, and what follows from them is no value of the net
        shapes = tuple(self.shape(name) for name in taken)
        found = match(pattern.template, self.graph, value)
        assert found is not None
        for layer in pattern.layers(found, shapes):
            try:
                made = pattern.write(layer, shapes)
            except (LayerError, CompileError, ValueError):
                continue
            whole = match(made, self.graph, value, exact=True)
            if whole is None:
                continue
            weights = {name: whole.values[tensor] for tensor, name in made.weights.items()}
            inputs = taken
            if isinstance(layer, FOLLOWING):
                layer, inputs, shapes = layer.settled(shapes[1]), taken[:1], shapes[:1]
            return self.add(self.graph.makers[value], layer, inputs, weights)
        raise NoLayer

    # ---- what rules ask and do

    def shape(self, value: str) -> Shape:
        """The shape of a value that flows, for one sample."""
        step = self.steps_of[value]
        assert step is not None
        return self.steps[step].shape if step in self.steps else self.inputs[step]

    def constant(self, node: OnnxNode, index: int) -> Any | None:
        """The array of an input; None where it is left out. Raises NoLayer where it flows."""
        if index >= len(node.inputs) or not node.inputs[index]:
            return None
        array = self.graph.constant(node.inputs[index])
        if array is None:
            raise NoLayer(f"with an input {index + 1} that flows")
        return array

    def integers(self, node: OnnxNode, index: int, attribute: str = "") -> tuple[int, ...] | None:
        """Whole numbers that are an input, or an attribute in older operator sets."""
        if attribute and attribute in node.attributes:
            return tuple(node.attributes[attribute])
        array = self.constant(node, index)
        if array is None:
            return None
        if array.dtype.kind not in "iu":
            raise NoLayer(f"with {array.dtype} as its input {index + 1}, not integers")
        return tuple(map(int, array.ravel()))

    def number(self, node: OnnxNode, index: int, attribute: str = "") -> float | None:
        """A number that is an input, or an attribute in older operator sets; None where it is left out."""
        if attribute and attribute in node.attributes:
            return node.attributes[attribute]
        array = self.constant(node, index)
        if array is None:
            return None
        if array.size != 1:
            raise NoLayer(f"with {array.size} values as its input {index + 1}, not one")
        return shortest(array.item())

    def flowing(self, node: OnnxNode, index: int = 0) -> str:
        """An input that is a value of the net. Raises NoLayer where it is a constant."""
        if index >= len(node.inputs) or not node.inputs[index] or node.inputs[index] in self.graph.constants:
            raise NoLayer("of a constant")
        return node.inputs[index]

    def step(self, value: str) -> str:
        """The step that gives a value."""
        found = self.steps_of[value]
        assert found is not None
        return found

    def turned(self, tensor: str, on: bool) -> str:
        """The name of a matrix, with rows and columns exchanged where that is asked."""
        if not on:
            return tensor
        name = f"{tensor}/turned"
        self.graph.constants[name] = self.graph.constants[tensor].T
        self.graph.roots[name] = self.graph.roots[tensor]
        return name

    def follow(self, node: OnnxNode, layer: Layer, before: str) -> str:
        """Add a second layer of a node, after one that is a step already."""
        shape = self.steps[before].shape
        return self._named(node, layer, (before,), layer.infer(shape), {}, {})

    def biased(self, value: str, tensor: str) -> str | None:
        """The convolution or linear layer that gives a value, with a bias that it lacked; None for others."""
        step = self.steps.get(self.step(value))
        plain = step is not None and isinstance(step.layer, BIASED) and not step.layer.bias
        if step is None or not plain or len(self.graph.readers[value]) > 1 or value in self.net.outputs:
            return None
        layer = dataclasses.replace(step.layer, bias=True)
        if step.weights_of:
            if self.taken.get(self.graph.roots[tensor]) != step.weights_of:
                return None
            self.steps[step.name] = dataclasses.replace(step, layer=layer)
            return step.name
        bias = self.graph.constants[tensor].reshape(step.shape[0])
        self.steps[step.name] = dataclasses.replace(step, layer=layer, weights={**step.weights, "bias": bias})
        self.taken[self.graph.roots[tensor]] = step.name
        return step.name

    def choose(self, node: OnnxNode, value: str, candidates: list[Layer], taken: str) -> Layer:
        """The layer, of some that all do what a node does, that it is named after, or written as."""
        shapes = (self.shape(taken),)
        said = [
            layer
            for layer in candidates
            if layer.op == path_of(node).rpartition(".")[2].rstrip("0123456789_")
        ]
        for layer in said or candidates:
            try:
                if match(template(layer, shapes), self.graph, value, exact=True):
                    return layer
            except (LayerError, CompileError):
                continue
        return (said or candidates)[0]

    def add(
        self, node: OnnxNode, layer: Layer, taken: tuple[str, ...], weights: Mapping[str, str] | None = None
    ) -> str:
        """Add a layer whose weights are these constants. Raises NoLayer, LayerError."""
        shapes = tuple(self.shape(name) for name in taken)
        check_arguments(layer)
        sizes = layer.infer(*shapes)
        expected = {weight.name: weight.shape for weight in layer.params(*shapes)}
        found = {}
        for name, tensor in (weights or {}).items():
            array = self.graph.constants.get(tensor)
            if array is None:
                raise NoLayer(f"with a {name} that flows")
            if array.size != prod(expected[name]):
                raise NoLayer(f"with a {name} of shape {list(array.shape)}, not {list(expected[name])}")
            found[name] = array if array.shape == expected[name] else array.reshape(expected[name])
        if found.keys() != expected.keys():
            raise NoLayer(f"without {', '.join(expected.keys() - found.keys())}")
        inputs = tuple(map(self.step, taken))
        if isinstance(layer, MaxUnpool):
            inputs = inputs[0], self._pool(layer, inputs[1])
        return self._named(node, layer, inputs, sizes, found, weights or {})

    def _pool(self, layer: MaxUnpool, source: str) -> str:
        """The pool of a value whose places a layer takes. Raises NoLayer."""
        sizes = self.steps[source].shape if source in self.steps else self.inputs[source]
        for step in self.steps.values():
            pool = step.layer if step.inputs == (source,) else None
            if isinstance(pool, MaxPool) and pool.slide(sizes) == layer.of.slide(sizes):
                return step.name
        raise NoLayer("of places that no pool gives")

    def _owner(
        self, layer: Layer, inputs: tuple[str, ...], found: Mapping[str, Any], weights: Mapping[str, str]
    ) -> str:
        """The layer that has these weights already; empty where they are new. Raises NoLayer.

        Writers keep equal vectors once: those of a norm are taken for one and the same only behind a layer
        whose kernel is.
        """
        owners = {name: self.taken.get(self.graph.roots[tensor], "") for name, tensor in weights.items()}
        kernels = {owners[name] for name in found if found[name].ndim > 1} - {""}
        owner = next(iter(kernels), "")
        if owner and (
            set(owners.values()) != {owner} or _unbiased(self.steps[owner].layer) != _unbiased(layer)
        ):
            raise NoLayer(f"the weights of {owner} once more, in another layer")
        other = next(iter(owners.values()), "")
        before = self.steps.get(inputs[0])
        vectors = bool(other) and set(owners.values()) == {other} and all(a.ndim < 2 for a in found.values())
        if vectors and before is not None and before.weights_of:
            follows = self.steps[other].inputs[0] == before.weights_of and self.steps[other].layer == layer
            return other if follows else ""
        return owner

    def _named(
        self,
        node: OnnxNode,
        layer: Layer,
        inputs: tuple[str, ...],
        sizes: Shape,
        found: Mapping[str, Any],
        weights: Mapping[str, str],
    ) -> str:
        scopes, segment = scopes_of(path_of(node), self.net.outputs)
        name = path = ".".join([*(scope.segment for scope in scopes), segment])
        self.named[name] += 1
        if self.named[name] > 1 or name in self.inputs:
            name = f"{name}_{self.named[name]}"
        while name in self.steps:
            name += "_"
        owner = self._owner(layer, inputs, found, weights)
        if not owner:
            self.taken.update((self.graph.roots[tensor], name) for tensor in weights.values())
        given = {} if owner else found
        self.steps[name] = TracedLayer(name, layer, inputs, sizes, scopes, given, owner)
        self.places[name], self.written[name] = node.place, path
        return name

    # ---- refusals

    def _raise_refused(self) -> None:
        """Raise ImportRefused for what the outputs need and is no layer, by operation, count and node."""
        told: dict[str, list[str]] = defaultdict(list)
        for value in walk(self.graph, self.takes):
            if value in self.refused:
                what, node = self.refused[value]
                told[what].append(node)
        constant = [name for name in self.net.outputs if name in self.graph.constants]
        if told:
            lines = [f"{what}: {_places(where)}" for what, where in sorted(told.items())]
            raise ImportRefused(f"{self.name} has what the language cannot say: {'; '.join(lines)}")
        if constant:
            raise ImportRefused(f"{self.name} gives a constant as {constant[0]!r}")


def _unbiased(layer: Layer) -> Layer:
    """A layer as it is when its node is read: a bias may be added after it."""
    return dataclasses.replace(layer, bias=False) if isinstance(layer, BIASED) else layer


def _places(where: list[str]) -> str:
    names = list(dict.fromkeys(where))
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more nodes" if len(names) > 3 else shown
