"""Do backends agree? One set of weights and inputs through each of them, and how far the results lie apart.

The relative difference of two tensors is the largest absolute one over the largest magnitude of the
reference: a value near zero does not count for more than it weighs. A gradient is held against a thousandth
of the net's largest gradient where its own are smaller: some, as of a bias before a batchnorm, are zero but
for rounding. So is what a norm makes of constants: `constants` says how far that may lie apart.
Not-a-number in the same place is agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

import numpy as np

from cnnspec.backends.base import BACKENDS, Options, TrainingStep, check_options, find
from cnnspec.backends.constants import Noise, behind_constants
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import (
    Array,
    Arrays,
    Trial,
    exposed,
    magnitude,
    nudged,
    run,
    seeded_grads,
    seeded_weights,
    still,
    train_once,
)
from cnnspec.backends.weights import declared
from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.layers.activation import HardSigmoid
from cnnspec.passes.fold_batchnorm import inference_part

TOLERANCES = {"float32": 1e-4, "float64": 1e-10}
"""The largest relative difference that counts as rounding."""

GRADIENT_TOLERANCE = 1e-8
"""That of gradients in float64: what norms of few values multiply is more than what a forward pass rounds."""

SINGLE_SLOPE_TOLERANCE = 1e-6
"""That of gradients through a hardsigmoid, whose slope, 1/6, torch takes in single precision in any dtype."""

GRADIENT_FLOOR = 1e-3
"""The share of the net's largest gradient that every gradient is held against at least."""


@dataclass(frozen=True)
class TensorDifference:
    """How far a backend's tensor lies from the reference's; infinite where a value of either is not a number.

    `kind` is output, training output, gradient or statistic; `name` is a head, a key of a weight or an input.
    """

    backend: str
    kind: str
    name: str
    absolute: float
    relative: float
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether it counts as rounding."""
        return self.relative <= self.tolerance


@dataclass(frozen=True)
class Verification:
    """What a comparison found.

    `departures` maps a backend that differs to the first layer, in the order of computation, whose value (or
    gradient, where all values agree) does. `skipped` maps a backend that did not run to the reason.
    `rounding` is how far the reference's own training step moves where what it is given moves by rounding:
    in the tensor, among those that differ in training, that moves most; None where all keep within the
    tolerance.
    """

    net: str
    reference: str
    dtype: str
    differences: tuple[TensorDifference, ...]
    departures: Mapping[str, TensorDifference]
    skipped: Mapping[str, str]
    rounding: TensorDifference | None = None

    @property
    def ok(self) -> bool:
        """Whether every difference is within the tolerance."""
        return not self.over

    @property
    def over(self) -> tuple[TensorDifference, ...]:
        """The differences beyond the tolerance."""
        return tuple(found for found in self.differences if not found.ok)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: differences that are infinite become null."""
        return {
            "net": self.net,
            "reference": self.reference,
            "dtype": self.dtype,
            "ok": self.ok,
            "differences": [_row(found) for found in self.differences],
            "departures": {backend: _row(found) for backend, found in self.departures.items()},
            "skipped": dict(self.skipped),
            "rounding": _row(self.rounding) if self.rounding else None,
        }

    def as_text(self) -> str:
        """A line for the worst tensor of each backend and kind, then what departs, and the verdict."""
        lines = [f"{self.net} in {self.dtype}, against {self.reference}"]
        groups: dict[tuple[str, str], list[TensorDifference]] = {}
        for found in self.differences:
            groups.setdefault((found.backend, found.kind), []).append(found)
        for (backend, kind), members in groups.items():
            worst = max(members, key=lambda found: found.relative)
            what = f"{kind}s ({len(members)})" if len(members) > 1 else kind
            lines.append(
                f"  {backend:<6} {what:<20} relative {worst.relative:8.2e} of {worst.tolerance:g}"
                f"  absolute {worst.absolute:8.2e}  {'at ' if len(members) > 1 else ''}{worst.name}"
            )
        lines += [f"  {backend:<6} skipped: {reason}" for backend, reason in self.skipped.items()]
        for backend, found in self.departures.items():
            lines.append(
                f"{backend} departs first at the {found.kind} of {found.name}: relative {found.relative:.2e}"
            )
        if self.rounding:
            lines.append(
                f"rounding alone moves the {self.rounding.kind} {self.rounding.name} of "
                f"{self.rounding.backend} by {self.rounding.relative:.2e}: norms over few values multiply "
                "it, a larger --batch or --input steadies them"
            )
        verdict = "all agree" if self.ok else f"{len(self.over)} of {len(self.differences)} tensors differ"
        return "\n".join([*lines, verdict])


def _row(found: TensorDifference) -> dict[str, Any]:
    numbers = {
        name: value if isfinite(value) else None
        for name, value in (("absolute", found.absolute), ("relative", found.relative))
    }
    return {
        "backend": found.backend,
        "kind": found.kind,
        "name": found.name,
        **numbers,
        "tolerance": found.tolerance,
        "ok": found.ok,
    }


def verify(
    graph: Graph,
    backends: Sequence[str] = tuple(BACKENDS),
    *,
    seed: int = 0,
    dtype: str = "float32",
    train: bool = False,
    batch: int = 2,
    reference: bool = False,
) -> Verification:
    """Compare backends on one set of seeded weights and inputs; the first of the table is the reference.

    With `reference` its plain kernels are, a formula each, and its fast ones are compared too.

    With `train`, those that train also take one training step, and gradients and running statistics are
    compared: without dropout, from seeded gradients at the heads, and always in float64, since in float32 a
    relu whose input rounds to the other side of zero changes gradients by more than rounding. A batch
    norm over few values (maps of one pixel, batch of 2) multiplies rounding from layer to layer: `rounding`
    says so where it explains a difference. Give such nets a larger batch.

    Raises ValueError for unknown backends, fewer than two, or another dtype, and ImportError where a
    backend's library is not installed.
    """
    names, skipped = _chosen(backends, dtype)
    running = [name for name in names if name not in skipped]
    trainers = [name for name in running if _trains(name)]
    if reference and running:
        check_options(find(running[0]), Options(dtype, reference=True))
    elif len(running) < 2:
        raise InvalidValue(f"a comparison in {dtype} needs two backends, given: {', '.join(names) or 'none'}")
    if train and len(trainers) < 2:
        able = " and ".join(filter(_trains, BACKENDS))
        raise InvalidValue(f"a comparison of training needs {able}")
    weights, inputs = seeded_weights(graph, seed), random_inputs(graph, seed, batch)
    trial = Trial(still(graph), weights, inputs, dtype, seed, reference)
    differences, rounding = forward_differences(trial, running), None
    if train:
        training = training_differences(replace(trial, dtype="float64"), trainers)
        if not all(found.ok for found in training):
            rounding = explained(training, own_rounding(replace(trial, dtype="float64"), trainers[0]))
        differences += training
    compared = running if reference else running[1:]
    departures = {
        name: found for name in compared if (found := departure(trial, running[0], name, differences))
    }
    against = f"{running[0]} (plain kernels)" if reference else running[0]
    return Verification(graph.name, against, dtype, tuple(differences), departures, skipped, rounding)


def _trains(name: str) -> bool:
    """Whether a backend can take the training step of a comparison, which is in float64."""
    return find(name).train is not None and "float64" in find(name).dtypes


def _chosen(backends: Sequence[str], dtype: str) -> tuple[list[str], dict[str, str]]:
    """The backends in the order of the table, and why some of them cannot run in this type."""
    for name in backends:
        find(name)
    if dtype not in TOLERANCES:
        raise InvalidValue(f"backends are compared in float32 or float64, not {dtype}")
    names = [name for name in BACKENDS if name in backends]
    kinds = {name: find(name).dtypes for name in names}
    return names, {
        name: f"it runs in {' and '.join(known)} alone" for name, known in kinds.items() if dtype not in known
    }


def forward_differences(trial: Trial, names: Sequence[str], kind: str = "output") -> list[TensorDifference]:
    """The differences of every head in inference, of each backend from the first."""
    expected = run(trial, names[0], trial.plain)
    return [
        found
        for name in (names if trial.plain else names[1:])
        for found in differences(name, kind, expected, run(trial, name), TOLERANCES[trial.dtype])
    ]


def training_differences(trial: Trial, names: Sequence[str]) -> list[TensorDifference]:
    """The differences in one training step, of each backend from the first.

    Behind a norm of constants they are held against what rounding is there.
    """
    grads = seeded_grads(trial)
    steps = {name: train_once(trial, name, grads) for name in names}

    def compared(noise: Noise) -> list[TensorDifference]:
        return [
            found
            for name in names[1:]
            for found in _step_differences(trial.graph, name, steps[names[0]], steps[name], noise)
        ]

    found = compared(Noise())
    return found if all(one.ok for one in found) else compared(behind_constants(trial, names[0], grads))


def own_rounding(trial: Trial, name: str, seed: int = 0) -> list[TensorDifference]:
    """How far one training step of a backend moves where all that it is given moves by rounding.

    A difference of two backends that is not much more than this says nothing about either of them.
    """
    grads = seeded_grads(trial)
    moved = replace(trial, weights=nudged(trial.weights, seed), inputs=nudged(trial.inputs, seed))
    expected, got = train_once(trial, name, grads), train_once(moved, name, nudged(grads, seed))
    return list(_step_differences(trial.graph, name, expected, got, Noise()))


def explained(
    training: Sequence[TensorDifference], own: Sequence[TensorDifference]
) -> TensorDifference | None:
    """The farthest that rounding alone moves a tensor in which backends differ; None within the tolerance."""
    over = {(found.kind, found.name) for found in training if not found.ok}
    moved = [found for found in own if (found.kind, found.name) in over and not found.ok]
    return max(moved, key=lambda found: found.relative, default=None)


def _step_differences(
    graph: Graph, name: str, expected: TrainingStep, got: TrainingStep, noise: Noise
) -> Iterator[TensorDifference]:
    """The differences of one step; what is nothing but noise counts for no more than the tolerance."""
    order = [*graph.inputs, *(key for key, _, _ in declared(graph))]
    gradients = {name: expected.gradients[name] for name in order if name in expected.gradients}
    tolerance = TOLERANCES["float64"]
    single = any(isinstance(node.layer, HardSigmoid) for node in graph)
    of_gradients = SINGLE_SLOPE_TOLERANCE if single else GRADIENT_TOLERANCE
    of_values = noise.values / tolerance
    least = GRADIENT_FLOOR * max(map(magnitude, expected.gradients.values()), default=0.0)
    floor = max(least, noise.gradients / of_gradients)
    yield from differences(name, "training output", expected.outputs, got.outputs, tolerance, of_values)
    yield from differences(name, "gradient", gradients, got.gradients, of_gradients, floor)
    yield from differences(name, "statistic", expected.statistics, got.statistics, tolerance, of_values)


def differences(
    backend: str, kind: str, expected: Arrays, got: Arrays, tolerance: float, floor: float = 0.0
) -> list[TensorDifference]:
    """The differences of tensors by name; one that a side lacks is infinitely far."""
    names = [*expected, *(name for name in got if name not in expected)]
    return [
        TensorDifference(backend, kind, name, *compare(expected.get(name), got.get(name), floor), tolerance)
        for name in names
    ]


def compare(expected: Array | None, got: Array | None, floor: float = 0.0) -> tuple[float, float]:
    """The largest absolute difference, and that over the largest magnitude expected or the floor."""
    if expected is None or got is None or expected.shape != got.shape:
        return inf, inf
    same = expected == got
    with np.errstate(invalid="ignore"):
        distance = np.abs(np.subtract(expected, got, dtype=np.float64), where=~same, out=np.zeros(same.shape))
    absolute = float(np.nan_to_num(distance, nan=inf, posinf=inf).max(initial=0.0))
    scale = max(magnitude(expected), floor)
    return absolute, absolute / scale if scale else (inf if absolute else 0.0)


def departure(
    trial: Trial, reference: str, name: str, differences: Sequence[TensorDifference]
) -> TensorDifference | None:
    """Where a backend first leaves the reference, if any of its outputs, gradients or statistics does.

    Values are compared layer by layer, with every node made a head. If none departs, it is the first output
    or statistic that does, or else the gradient nearest to the end of the net.
    """
    over = [found for found in differences if found.backend == name and not found.ok]
    if not over:
        return None
    graph, weights = inference_part(trial.graph, trial.weights)
    traced = replace(trial, graph=exposed(graph), weights=weights)
    others = forward_differences(traced, (reference, name), "value")
    values = [found for found in others if found.backend == name and not found.ok]
    forward = [found for found in over if found.kind != "gradient"]
    return [*values, *forward, *reversed(over)][0]
