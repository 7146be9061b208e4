"""Honest times: warm passes, their median and spread; and the two numbers of a machine that predict them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from cnnspec.files import write_whole
from cnnspec.passes.roofline import Machine


class Timing(NamedTuple):
    """Seconds of passes after a warm-up: the median, the fastest and the slowest of so many."""

    median: float
    fastest: float
    slowest: float
    passes: int


def timed(run: Callable[[], Any], passes: int, clock: Callable[[], float] = perf_counter) -> Timing:
    """The times of a function after one call that does not count."""
    run()
    seconds = []
    for _ in range(passes):
        start = clock()
        run()
        seconds.append(clock() - start)
    return Timing(median(seconds), min(seconds), max(seconds), passes)


SIDE = 1024
"""Rows and columns of the matrices whose product is timed."""
BLOCK = 1 << 25
"""Floats that are copied: more than any cache holds."""


def measured() -> Machine:
    """The two numbers of this machine, by the fastest of a few matrix products and copies in numpy.

    On one thread the time is that which the process has its processor for: what else runs counts little.
    """
    from cnnspec.backends.numpy.inference.threads import default_threads

    threads = default_threads()
    clock = process_time if threads == 1 else perf_counter
    generator = np.random.default_rng(0)
    left, right = (generator.random((SIDE, SIDE), np.float32) for _ in range(2))
    product = timed(lambda: np.matmul(left, right), 10, clock)
    source = np.ones(BLOCK, np.float32)
    target = np.empty_like(source)
    copy = timed(lambda: np.copyto(target, source), 5, clock)
    return Machine(SIDE**3 / product.fastest, 2 * source.nbytes / copy.fastest, threads)


def store() -> Path:
    """Where the numbers of this machine are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cnnspec" / "machine.json"


def remember(machine: Machine) -> Path:
    """Keep the numbers of this machine; gives the file."""
    path = store()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(machine), indent=2) + "\n")
    return path


def remembered() -> Machine:
    """The numbers of this machine as they are kept. Raises ValueError where there are none."""
    try:
        found = json.loads(store().read_text(encoding="utf-8"))
        return Machine(
            float(found["macs_per_second"]), float(found["bytes_per_second"]), int(found["threads"])
        )
    except (OSError, KeyError, TypeError, ValueError):
        raise ValueError("the numbers of this machine are not known: run `cnnspec machine` once") from None
