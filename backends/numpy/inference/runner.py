"""Running plans: a batch is cut into parts, each run by a plan of its size, several at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from threading import Lock
from typing import Any

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, split
from cnnspec.backends.numpy.inference.plan import Plan
from cnnspec.backends.numpy.inference.threads import single_threaded_blas, team
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.steps import Step
from cnnspec.layers.base import Shape
from cnnspec.layers.conv import Conv

LARGEST = 8
"""Images that one plan takes at once: more need more memory and gain no speed."""


class Runner:
    """Fast inference of a net: plans, made when first needed and kept for the last shape of the inputs."""

    def __init__(self, steps: Sequence[Step], heads: Mapping[str, str], threads: int):
        self.steps, self.heads, self.threads = steps, heads, threads
        self.shapes: dict[str, Shape] = {}
        self.idle: dict[tuple[int, int], list[Plan]] = {}
        self.derived: dict[str, Array] = {}
        self.planning = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy is made of: plans and locks are made anew where they are needed."""
        return {"steps": self.steps, "heads": self.heads, "threads": self.threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def reset(self) -> None:
        """Forget all plans, because weights have changed."""
        self.idle, self.derived = {}, {}

    def run(self, tensors: dict[str, Array], inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by head, for inputs that fit the net."""
        shapes = {name: x.shape[1:] for name, x in inputs.items()}
        if shapes != self.shapes:
            self.idle, self.shapes = {}, shapes
        arrange(self.steps, tensors)
        batch = len(next(iter(inputs.values())))
        apart = batch >= 2 * self.threads or batch % self.threads == 0
        parts = list(shares(batch, self.threads if apart else 1))
        results: dict[int, dict[str, Array]] = {}

        def block(part: slice) -> Block:
            def run() -> None:
                chosen = {name: x[part] for name, x in inputs.items()}
                results[part.start] = self._run_part(tensors, chosen, 1 if apart else self.threads)

            return run

        with single_threaded_blas():
            team(self.threads if apart else 1).run([block(part) for part in parts])
        if len(parts) == 1:
            return results[0]
        ordered = [results[part.start] for part in parts]
        return {head: np.concatenate([result[head] for result in ordered]) for head in self.heads}

    def _run_part(
        self, tensors: Mapping[str, Array], inputs: Mapping[str, Array], threads: int
    ) -> dict[str, Array]:
        batch = len(next(iter(inputs.values())))
        # one at a time: what a plan derives from weights is there for the next one
        with self.planning:
            idle = self.idle.setdefault((batch, threads), [])
            plan = (
                idle.pop()
                if idle
                else Plan(self.steps, tensors, self.shapes, self.heads, batch, threads, self.derived)
            )
        outputs = plan.run(inputs)
        idle.append(plan)
        return outputs


def shares(batch: int, count: int) -> Iterator[slice]:
    """Cut a batch into equal shares for `count` threads, and those into parts that a plan takes."""
    yield from split(batch, count * ceil(batch / (count * LARGEST)))


def arrange(steps: Sequence[Step], tensors: dict[str, Array]) -> None:
    """Store the kernels of convs with channels last, as the products need them, in place of the usual order.

    The arrays look the same; only their memory differs. So no weight is held twice.
    """
    for step in steps:
        key = step.weights.get("weight")
        if key is not None and isinstance(step.layer, Conv) and step.layer.groups == 1:
            last = np.moveaxis(tensors[key], 1, -1)
            if not last.flags.c_contiguous:
                tensors[key] = np.moveaxis(np.ascontiguousarray(last), -1, 1)
