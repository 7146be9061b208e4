"""Weights: how they start, how they are stored, and whether they fit a net.

They are a flat mapping from `layer path + "." + weight` to arrays, in torch's names and layouts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.arrays import as_array
from cnnspec.backends.checkpoints import flat_tensors, is_counter, state_of
from cnnspec.backends.declared import declared, residual_end
from cnnspec.backends.safetensors import WeightsError
from cnnspec.backends.weight_files import read as load
from cnnspec.backends.weight_files import write as save
from cnnspec.diagnostics import InvalidValue
from cnnspec.given import count
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape, Weight

__all__ = [
    "SCHEMES",
    "Mismatch",
    "WeightsError",
    "check",
    "declared",
    "fitting",
    "initialize",
    "load",
    "save",
]

MOST_LINES = 20
"""How many tensors of one kind a message lists: a checkpoint of another net has thousands that do not fit."""

LEAST_COUNTED = 4
"""How many numbers a tensor must have to be taken for a count: a few may be learned and be 0 and 1."""
SCHEMES = ("default", "he", "xavier", "zero-gamma")


def initialize(graph: Graph, seed: int = 0, scheme: str = "default") -> dict[str, NDArray[np.float32]]:
    """The weights a net starts from, float32, each drawn from a stream of its own keyed by (seed, key).

    `default` is what each layer declares (torch's defaults); `he` is normal with variance 2 / fan_in (He et
    al. 2015, "Delving Deep into Rectifiers"); `xavier` is uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot
    and Bengio 2010), both with zero biases; `zero-gamma` is `he` with the last batchnorm of each residual at
    0 (Goyal et al. 2017, section 5.1). Raises ValueError for another scheme.
    """
    if scheme not in SCHEMES:
        raise InvalidValue(f"no initialization is called {scheme!r}: use one of {', '.join(SCHEMES)}")
    seed = count("a seed", seed, 0)
    ends = {residual_end(graph, node) for node in graph} if scheme == "zero-gamma" else set()
    silent = {f"{end}.weight" for end in ends}
    return {
        key: np.zeros(weight.shape, np.float32) if key in silent else _draw(key, weight, seed, scheme)
        for key, weight, _ in declared(graph)
    }


def started(graph: Graph, keys: Container[str]) -> dict[str, NDArray[np.float32]]:
    """The weights of these keys as `initialize` draws them from seed 0."""
    return {key: _draw(key, weight, 0, "default") for key, weight, _ in declared(graph) if key in keys}


def _draw(key: str, weight: Weight, seed: int, scheme: str) -> NDArray[np.float32]:
    if scheme == "default" or not weight.fan_in or weight.buffer:
        if weight.init.kind == "constant":
            return np.full(weight.shape, weight.init.value, np.float32)
        return _uniform(_stream(seed, key), weight.init.value, weight.shape)
    if weight.name == "bias":
        return np.zeros(weight.shape, np.float32)
    if scheme == "xavier":
        return _uniform(_stream(seed, key), sqrt(6 / (weight.fan_in + weight.fan_out)), weight.shape)
    values = _stream(seed, key).standard_normal(weight.shape, np.float32)
    values *= np.float32(sqrt(2 / weight.fan_in))
    return values


def _uniform(stream: np.random.Generator, bound: float, shape: Shape) -> NDArray[np.float32]:
    values = stream.random(shape, np.float32)
    values *= np.float32(2 * bound)
    values -= np.float32(bound)
    return values


def _stream(seed: int, key: str) -> np.random.Generator:
    """A generator that depends on the seed and the key alone, the same on every machine."""
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=32).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


@dataclass(frozen=True)
class Mismatch:
    """How tensors fail to fit a net; `shapes` maps a key to the expected and the given shape."""

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    shapes: tuple[tuple[str, Shape, Shape], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.shapes)

    def __str__(self) -> str:
        """A line a tensor that does not fit, the first few of each kind; empty when all do."""
        kinds = (
            [f"missing: {key}" for key in self.missing],
            [f"unexpected: {key}" for key in self.unexpected],
            [f"shape of {key}: expected {_dims(want)}, got {_dims(got)}" for key, want, got in self.shapes],
        )
        return "\n".join(_some(lines) for lines in kinds if lines)


def check(graph: Graph, tensors: Mapping[str, Any]) -> Mismatch:
    """Which tensors are missing, unexpected or of another shape; false when all fit.

    torch's `num_batches_tracked` counters are ignored.
    """
    expected = {key: weight.shape for key, weight, _ in declared(graph)}
    given = {key: tuple(np.shape(value)) for key, value in tensors.items() if not is_counter(key)}
    return Mismatch(
        missing=tuple(key for key in expected if key not in given),
        unexpected=tuple(key for key in given if key not in expected),
        shapes=tuple(
            (key, shape, given[key])
            for key, shape in expected.items()
            if key in given and given[key] != shape
        ),
    )


def by_key(tensors: Any) -> Mapping[str, Any]:
    """Weights as somebody gave them. Raises WeightsError for what is no mapping."""
    if not isinstance(tensors, Mapping):
        raise WeightsError(f"weights are tensors by key, as a state_dict has them, not {tensors!r:.40}")
    return tensors


def fitting(graph: Graph, given: Any) -> dict[str, NDArray[Any]]:
    """The weights of a net as arrays, by key in the order of its layers.

    `given` is a mapping, a module, or a checkpoint, as `checkpoints.flat_tensors` takes it. What training
    alone needs may be missing, all of it: it starts from seed 0. Raises WeightsError where tensors do not
    fit, and for any that holds something else than floating-point numbers: cast, they would be other weights.
    """
    found = given_weights(graph, given)
    every = list(declared(graph))
    if len(found) == len(every):
        return found
    return {key: found[key] if key in found else _draw(key, weight, 0, "default") for key, weight, _ in every}


def given_weights(graph: Graph, given: Any) -> dict[str, NDArray[Any]]:
    """The weights as `fitting` gives them, but for those that it draws. Raises WeightsError."""
    tensors = flat_tensors(by_key(state_of(given)), "what is given as weights")
    running = graph.inference()
    needed = {key for key, _, _ in declared(running)}
    of_training = {key for key, _, _ in declared(graph)} - needed
    used = graph if of_training & tensors.keys() else running
    if mismatch := check(used, tensors):
        raise WeightsError(f"the weights do not fit {graph.name}:\n{mismatch}")
    return floating(tensors, [key for key, _, _ in declared(used)])


def is_index(tensor: Any) -> bool:
    """Whether a tensor holds places or a mask, as attention in windows keeps them beside its weights."""
    return str(getattr(tensor, "dtype", "")).removeprefix("torch.") in ("int64", "int32", "bool")


def is_count(tensor: Any) -> bool:
    """Whether a tensor of floating-point numbers is 0, 1, 2 and so on, which nothing has learned.

    Detectors of boxes keep them beside their weights, to take the mean of a distribution of distances.
    """
    if not LEAST_COUNTED <= prod(tensor.shape) == max(tensor.shape, default=1):
        return False
    return bool(np.array_equal(as_array(tensor).ravel(), np.arange(prod(tensor.shape))))


def floating(tensors: Mapping[str, Any], keys: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The tensors of these keys as arrays. Raises WeightsError for any that is of no floating-point type."""
    arrays: dict[str, NDArray[Any]] = {}
    for key in keys:
        try:
            arrays[key] = as_array(tensors[key])
        except InvalidValue as error:
            raise WeightsError(f"{key}: {error}") from error
    wrong = [f"{key} holds {array.dtype}" for key, array in arrays.items() if array.dtype.kind != "f"]
    if wrong:
        raise WeightsError(
            f"weights are floating-point numbers, which others are not cast to:\n{_some(wrong)}"
        )
    return arrays


def _some(lines: Sequence[str]) -> str:
    """The first lines, and how many there are beyond them."""
    more = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"and {more:,} more"] if more > 0 else [])])


def _dims(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a scalar"
