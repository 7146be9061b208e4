"""Checkpoints as training leaves them: weights beside other things, wrapped and prefixed, made plain.

epoch      9
optimizer  ...
model      module.conv.weight, module.conv.bias    gives   conv.weight, conv.bias
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnnspec.backends.safetensors import WeightsError

WRAPPERS = frozenset(("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"))
"""What torch.compile, FSDP and activation checkpointing put into the names of what they wrap."""
COUNTERS = frozenset(("num_batches_tracked", "n_averaged"))
"""Scalars that training counts in, and inference does not use."""
NOT_WEIGHTS = ("optim", "sched", "scaler", "rng", "hyper", "loss", "metric")
"""How the names of what is no net begin in checkpoints."""
MOST_PARTS = 6


def state_of(weights: Any) -> Any:
    """The tensors of a module or program, or what was given as it is."""
    return weights.state_dict() if callable(getattr(weights, "state_dict", None)) else weights


def is_counter(key: str) -> bool:
    """Whether a key is one of torch's counters of batches."""
    return key.rpartition(".")[2] in COUNTERS


def flat_tensors(given: Any, source: str = "the checkpoint", part: str | None = None) -> dict[str, Any]:
    """The tensors of a checkpoint by plain names, in its order; counters are left out.

    `given` is a mapping, wrapped or not, or what has a `state_dict`. Where it has weights in several places,
    `part` names one. Raises WeightsError where there are none, or several and no part named.
    """
    given = state_of(given)
    if not isinstance(given, Mapping):
        raise WeightsError(f"{source} holds no tensors by name, but a {type(given).__name__}")
    found = dict(given) if part is None and _is_plain(given) else _only_part(given, source, part)
    return _plain_names({key: value for key, value in found.items() if not is_counter(key)})


def _is_plain(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping is nothing but tensors by name, or plain numbers in lists."""
    return all(
        isinstance(key, str) and (_is_tensor(value) or isinstance(value, (list, tuple, float)))
        for key, value in given.items()
    )


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _only_part(given: Mapping[Any, Any], source: str, part: str | None) -> dict[str, Any]:
    """The tensors of the one part that has weights, or of the one that is named."""
    parts = dict(_parts(given))
    if part is not None:
        if part not in parts:
            told = f"; it has {_listed(parts)}" if parts else ""
            raise WeightsError(f"{source} has no weights under {part!r}{told}")
        return parts[part]
    if len(parts) > 1:
        # values that lie open beside a state dict are of training
        parts = {name: tensors for name, tensors in parts.items() if name}
    if len(parts) > 1:
        first = min(parts, key=len)
        raise WeightsError(
            f"{source} holds weights {len(parts)} times, as {_listed(parts)}: name one, as in FILE:{first} "
            f"on the command line, or with part={first!r} in Python"
        )
    if not parts:
        raise WeightsError(f"{source} holds no tensors by name")
    return next(iter(parts.values()))


def _listed(parts: Mapping[str, Mapping[str, Any]]) -> str:
    names = [f"{name or '(top)'} ({len(tensors)} tensors)" for name, tensors in parts.items()]
    more = [f"{len(names) - MOST_PARTS} more"] if len(names) > MOST_PARTS else []
    return ", ".join([*names[:MOST_PARTS], *more])


def _parts(given: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mappings in a checkpoint that hold tensors by name, by their paths, but for those of optimizers."""
    # each is looked at once, however often a file says it again
    seen: set[int] = set()
    waiting = [("", given)]
    while waiting:
        path, inner = waiting.pop()
        inner = state_of(inner)
        if not isinstance(inner, Mapping) or id(inner) in seen:
            continue
        seen.add(id(inner))
        own = {key: value for key, value in inner.items() if isinstance(key, str) and _is_tensor(value)}
        if any(value.shape for value in own.values()):
            yield path, own
        for key, value in list(inner.items())[::-1]:
            if isinstance(key, str) and not key.lower().startswith(NOT_WEIGHTS):
                waiting.append((f"{path}.{key}" if path else key, value))


def _plain_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """Names without what wrappers of torch put in, where they stay different without it."""
    names = {key: [part for part in key.split(".") if part not in WRAPPERS] for key in tensors}
    while names and all(len(parts) > 1 and parts[0] == "module" for parts in names.values()):
        names = {key: parts[1:] for key, parts in names.items()}
    plain = {key: ".".join(parts) for key, parts in names.items()}
    if len(set(plain.values())) < len(plain):
        return tensors
    return {plain[key]: value for key, value in tensors.items()}
