"""Programs: a graph bound to its weights, run forward and backward by the table of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cnnspec.backends.arrays import as_array
from cnnspec.backends.numpy.inference.plan import lay_out
from cnnspec.backends.numpy.inference.runner import Runner
from cnnspec.backends.numpy.inference.threads import default_threads
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.numpy.learning import parts
from cnnspec.backends.numpy.learning.memory import Pool
from cnnspec.backends.numpy.rules import Settings, keyword_names, known, rule_of
from cnnspec.backends.steps import Step, settle, steps
from cnnspec.backends.weights import WeightsError, by_key, declared, fitting, initialize
from cnnspec.diagnostics import InvalidValue
from cnnspec.given import count
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.passes.buffers import Timeline
from cnnspec.passes.shapes import misfit

Outputs = Any
"""The array of a net with one output, or a dict of arrays by head."""


class Record(NamedTuple):
    """What the backward pass needs of a step that ran."""

    step: Step
    inputs: tuple[Array, ...]
    settings: Settings


def compile(
    graph: Graph,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    dtype: DTypeLike = np.float32,
    scheme: str = "default",
    threads: int | None = None,
    reference: bool = False,
) -> Program:
    """A program that runs a net in numpy, in float32 or float64.

    Without `weights` they are drawn from the seed by the scheme (see `weights.initialize`). `threads` are
    those of float32 inference and of training, by default one a processor; training gives the same bits with
    any number of them. With `reference` the plain kernels of `kernels/` run, a formula each, in one thread
    but for BLAS, whose matrix products add in an order of its own: equality with it is up to rounding. Raises
    CompileError for a layer without a rule, WeightsError for weights that do not fit.
    """
    program = Program(graph, known_dtype(dtype), seed, threads, reference)
    if weights is None:
        program.take(initialize(graph, seed, scheme))
    else:
        program.load(weights)
    return program


def known_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype that something names. Raises InvalidValue for one that the backend does not run in."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found not in (np.float32, np.float64):
        raise InvalidValue(f"the numpy backend runs in float32 and float64, not {found or dtype}")
    return found


def planned_memory(graph: Graph, batch: int = 1) -> Timeline:
    """The memory of float32 inference over time, as the backend plans it; no weight is made."""
    return Program(graph, np.dtype(np.float32), 0, 1).memory(batch)


class Program:
    """A net ready to run: `program(x)` is inference, `forward` and `backward` train.

    Arrays are (batch, channels, *spatial); the batch is free, and so is the image size where the net allows
    it. A net with several inputs takes a dict or keyword arguments. A net with one output gives the array,
    one with several a dict by head; training heads run in training only.
    """

    def __init__(
        self,
        graph: Graph,
        dtype: np.dtype[Any],
        seed: int = 0,
        threads: int | None = None,
        reference: bool = False,
    ):
        self.graph, self.dtype, self.reference = graph, dtype, reference
        self.rng = np.random.default_rng(count("a seed", seed, 0))
        self.tensors: dict[str, Array] = {}
        self._steps = tuple(steps(graph, known, "numpy"))
        self._bound: dict[tuple[bool, tuple[Shape, ...]], tuple[tuple[Step, Settings], ...]] = {}
        self._inference = [step for step in self._steps if step.node in graph.inference_nodes]
        self._runner = Runner(self._inference, self._heads(training=False), threads or default_threads())
        self._tape: list[Record] | None = None
        self._pool = Pool()
        self._pooled: tuple[Shape, ...] = ()
        self._given: dict[str, Shape] = {}
        self._training = False

    def memory(self, batch: int = 1) -> Timeline:
        """The memory of an inference over time, exactly as it is planned for a batch of at most 8.

        Larger batches run in parts. No weight is read, so the program needs none yet.
        """
        inputs = {name: self.graph[name].shape for name in self.graph.inputs}
        heads = self._heads(training=False)
        return lay_out(self._inference, self._blanks(), inputs, heads, batch).memory.timeline

    def _blanks(self) -> dict[str, Array]:
        """Tensors of the shapes of the weights, that take no memory."""
        one = np.ones((), np.float32)
        return {key: np.broadcast_to(one, weight.shape) for key, weight, _ in declared(self.graph)}

    def load(self, tensors: Mapping[str, Any]) -> None:
        """Take the weights from a mapping of arrays or torch tensors, all of them, by key.

        Raises WeightsError, saying which tensors do not fit.
        """
        arrays = fitting(self.graph, tensors)
        self.take({key: np.array(array, self.dtype) for key, array in arrays.items()})

    def take(self, arrays: Mapping[str, Array]) -> None:
        """Take over arrays that fit and that nobody else keeps, without a copy where the type is right."""
        self.tensors = {key: array.astype(self.dtype, copy=False) for key, array in arrays.items()}
        self._runner.reset()

    def state_dict(self) -> dict[str, Array]:
        """A copy of all weights and running statistics, by key."""
        return {key: array.copy() for key, array in self.tensors.items()}

    def update(self, tensors: Mapping[str, Array]) -> None:
        """Replace some weights by arrays of the same shapes, as an optimizer does. Raises WeightsError."""
        arrays = {key: as_array(tensor) for key, tensor in by_key(tensors).items()}
        for key, array in arrays.items():
            if key not in self.tensors:
                raise WeightsError(f"{self.graph.name} has no weight {key}")
            if array.shape != self.tensors[key].shape:
                raise WeightsError(f"{key} has the shape {self.tensors[key].shape}, not {array.shape}")
            if array.dtype.kind != "f":
                raise WeightsError(f"{key} is given {array.dtype}, weights are floating-point numbers")
        for key, array in arrays.items():
            self.tensors[key][...] = array
        self._runner.reset()

    @property
    def trainable(self) -> tuple[str, ...]:
        """The keys of the weights that training changes: all but running statistics."""
        return tuple(key for key, weight, _ in declared(self.graph) if not weight.buffer)

    def __call__(self, x: ArrayLike | Mapping[str, ArrayLike] | None = None, **inputs: ArrayLike) -> Outputs:
        """Inference, in float32 by the fast kernels, unless the program is a reference.

        Raises ValueError for inputs that do not fit the net.
        """
        arrays = self._inputs(x, inputs)
        if self.dtype == np.float32 and not self.reference:
            self._bind(tuple(array.shape[1:] for array in arrays.values()), training=False)
            outputs = self._runner.run(self.tensors, arrays)
            return next(iter(outputs.values())) if len(outputs) == 1 else outputs
        values = self._run(arrays, training=False, keep=frozenset(self.graph.outputs.values()))
        return self._outputs(values, training=False)

    def trace(
        self, x: ArrayLike | Mapping[str, ArrayLike] | None = None, **inputs: ArrayLike
    ) -> dict[str, Array]:
        """The value of every node in inference, by name."""
        values = self._run(self._inputs(x, inputs), training=False, keep=None)
        return {name: values[name] for name in self.graph.nodes if name in values}

    def forward(
        self,
        x: ArrayLike | Mapping[str, ArrayLike] | None = None,
        *,
        training: bool = True,
        **inputs: ArrayLike,
    ) -> Outputs:
        """Run the net and remember what `backward` needs.

        Training draws dropout and moves running statistics.
        """
        self._tape, self._training = [], training
        if training:
            self._runner.reset()
        arrays = self._inputs(x, inputs)
        pooled = tuple([array.shape for array in arrays.values()])
        if pooled != self._pooled:
            # other shapes would leave the memory of these unused
            self._pool, self._pooled = Pool(), pooled
        values = self._run(arrays, training, keep=None, tape=self._tape)
        self._given = {head: values[name].shape for head, name in self._heads(training).items()}
        return self._outputs(values, training)

    def backward(
        self, grads: ArrayLike | Mapping[str, ArrayLike], *, inputs: bool = True
    ) -> dict[str, Array]:
        """The gradients of the last `forward`, of weights by key and of inputs by name.

        `grads` are those of the outputs, in the form `forward` gave them; a head left out counts as zero.
        Without `inputs` only those of weights are found, which is all that training needs and takes less.
        """
        if self._tape is None:
            raise InvalidValue("backward needs a forward before it")
        pending, result = self._gradients_of_heads(grads), {}
        sought = self._sought(inputs)
        for step, sources, settings in reversed(self._tape):
            grad = pending.pop(step.value, None)
            if grad is None or step.value not in sought:
                continue
            keys = keyword_names(step)
            weights = {name: self.tensors[key] for name, key in keys.items()}
            if self.reference:
                into, gradients = rule_of(step.layer).backward(grad, *sources, **weights, **settings)
            else:
                first = sought.isdisjoint(step.inputs)
                into, gradients = parts.backward(
                    step, grad, sources, weights, settings, self._runner.threads, self._pool, not first
                )
            for name, value in zip(step.inputs, into, strict=bool(into)):
                if name in sought:
                    accumulate(pending, name, value)
            for name, value in gradients.items():
                accumulate(result, keys[name], value)
        return result | {name: pending[name] for name in self.graph.inputs if name in pending}

    def _gradients_of_heads(self, grads: ArrayLike | Mapping[str, ArrayLike]) -> dict[str, Array]:
        """The gradients of the outputs by value. Raises InvalidValue for those that do not fit."""
        heads = self._heads(self._training)
        given = grads if isinstance(grads, Mapping) else dict.fromkeys(heads, grads)
        if unknown := [head for head in given if head not in heads]:
            raise InvalidValue(f"there is no head {unknown[0]!r}: there are {', '.join(heads)}")
        pending: dict[str, Array] = {}
        for head, grad in given.items():
            array = as_array(grad)
            if array.dtype.kind != "f" or array.shape != self._given[head]:
                wanted = f"floating-point numbers of shape {self._given[head]}"
                raise InvalidValue(
                    f"the gradient of {head} is {array.dtype} of shape {array.shape}, not {wanted}"
                )
            accumulate(pending, heads[head], array.astype(self.dtype, copy=False))
        return pending

    def _sought(self, inputs: bool) -> set[str]:
        """The values whose gradients lead to a weight, or to an input where these are asked for."""
        sought, trainable = set(self.graph.inputs if inputs else ()), set(self.trainable)
        for step in self._steps:
            if not trainable.isdisjoint(step.weights.values()) or not sought.isdisjoint(step.inputs):
                sought.add(step.value)
        return sought

    def _heads(self, training: bool) -> dict[str, str]:
        """The heads that run, with the values they end in."""
        hidden = frozenset() if training else self.graph.training_heads
        return {head: name for head, name in self.graph.outputs.items() if head not in hidden}

    def _outputs(self, values: dict[str, Array], training: bool) -> Outputs:
        outputs = {head: values[name] for head, name in self._heads(training).items()}
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _inputs(self, x: Any, named: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """The inputs by name, as arrays of the program's type, checked for rank, channels and batch."""
        names = self.graph.inputs
        if x is not None:
            named = {**(x if isinstance(x, Mapping) else {names[0]: x}), **named}
        if set(named) != set(names):
            raise InvalidValue(
                f"{self.graph.name} takes the inputs {', '.join(names)}, given: {', '.join(named) or 'none'}"
            )
        given = {name: as_array(named[name]) for name in names}
        for name, array in given.items():
            if array.dtype.kind not in "biuf":
                raise InvalidValue(f"input `{name}` needs an array of numbers, got one of {array.dtype}")
        arrays = {name: np.asarray(array, self.dtype) for name, array in given.items()}
        for name, array in arrays.items():
            shape = self.graph[name].shape
            fixed = 2 if len(shape) > 1 else len(shape) + 1
            if array.ndim != len(shape) + 1 or array.shape[1:fixed] != shape[: fixed - 1]:
                wanted = ", ".join(map(str, shape))
                raise InvalidValue(f"input `{name}` needs an array of shape (N, {wanted}), got {array.shape}")
        batches = {name: len(array) for name, array in arrays.items()}
        if len(set(batches.values())) > 1 or not min(batches.values()):
            raise InvalidValue(f"the inputs need one batch size of at least 1, got {batches}")
        return arrays

    def _bind(self, shapes: tuple[Shape, ...], training: bool) -> tuple[tuple[Step, Settings], ...]:
        """Every step that runs, with its settings for inputs of these shapes.

        Raises ValueError where the net does not fit them.
        """
        if (training, shapes) not in self._bound:
            self._bound = {(training, shapes): tuple(self._fit(shapes, training))}
        return self._bound[training, shapes]

    def _fit(self, shapes: tuple[Shape, ...], training: bool) -> Iterator[tuple[Step, Settings]]:
        """Infer the shape of every value, and give each step its settings."""
        inferred = dict(zip(self.graph.inputs, shapes, strict=True))
        if reason := misfit(self.graph if training else self.graph.inference(), inferred):
            raise InvalidValue(reason)
        runs = self.graph.live_nodes if training else self.graph.inference_nodes
        for step in self._steps:
            if step.node in runs:
                step = settle(step, [inferred[name] for name in step.inputs])
                inferred[step.value] = step.layer.infer(*step.shapes)
                yield step, rule_of(step.layer).settings(step.layer, *step.shapes)

    def _run(
        self,
        values: dict[str, Array],
        training: bool,
        keep: frozenset[str] | None,
        tape: list[Record] | None = None,
    ) -> dict[str, Array]:
        """The values of all steps; with `keep`, the others go as soon as their last user has run."""
        chosen = list(self._bind(tuple(values[name].shape[1:] for name in self.graph.inputs), training))
        # training heads come last, as in torch: a batchnorm that is shared moves its statistics at each call
        chosen.sort(key=lambda pair: pair[0].node not in self.graph.inference_nodes)
        last = {name: i for i, (step, _) in enumerate(chosen) for name in step.inputs}
        for i, (step, settings) in enumerate(chosen):
            inputs = tuple(values[name] for name in step.inputs)
            if training:
                settings = settings | self._training_settings(step, inputs[0].shape)
            weights = {name: self.tensors[key] for name, key in keyword_names(step).items()}
            if tape is None or self.reference:
                values[step.value] = rule_of(step.layer).forward(*inputs, **weights, **settings)
            else:
                threads = self._runner.threads
                values[step.value] = parts.forward(step, inputs, weights, settings, threads, self._pool)
            if tape is not None:
                tape.append(Record(step, inputs, settings))
            if keep is not None:
                for name in set(step.inputs):
                    if last[name] == i and name not in keep:
                        del values[name]
        return values

    def _training_settings(self, step: Step, shape: Shape) -> Settings:
        rule = rule_of(step.layer)
        if rule.noise is not None:
            return {"noise": rule.noise(step.layer, shape, self.rng).astype(self.dtype)}
        if rule.modal and prod(shape) // shape[1] < 2:
            raise InvalidValue(f"{step.node} cannot train on a single value per channel: use a larger batch")
        return {"training": True} if rule.modal else {}


def accumulate(grads: dict[str, Array], name: str, grad: Array) -> None:
    """Add a gradient to what is there under a name."""
    grads[name] = grads[name] + grad if name in grads else grad
