"""Threads: blocks of numpy work shared out to a team, while BLAS itself keeps to one thread."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

Block = Callable[[], None]

SETTERS = ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads")


@cache
def blas_controls() -> tuple[Any, Any] | None:
    """The functions of the loaded BLAS that set and get its number of threads; None where it has none."""
    for module in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        # what numpy's own module is linked with is found through that module
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is None or file.endswith(".py"):
            continue
        library = ctypes.CDLL(file)
        for setter in SETTERS:
            if hasattr(library, setter):
                return library[setter], library[setter.replace("set", "get", 1)]
    return None


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS to the calling thread for a while, where that can be."""
    controls = blas_controls()
    if controls is None:
        yield
        return
    setter, getter = controls
    before = getter()
    if before == 1:
        yield
        return
    setter(1)
    try:
        yield
    finally:
        setter(before)


def default_threads() -> int:
    """As many threads as this process may use processors, or OMP_NUM_THREADS where that is set."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Team:
    """A few threads that wait for work; the caller is one of them."""

    def __init__(self, size: int):
        self.size = size
        self.lock = Lock()
        self.orders: list[SimpleQueue[Any]] = [SimpleQueue() for _ in range(size - 1)]
        self.answers: SimpleQueue[BaseException | None] = SimpleQueue()
        for order in self.orders:
            Thread(target=self._serve, args=(order,), daemon=True, name="cnnspec-numpy").start()

    def _serve(self, orders: SimpleQueue[Any]) -> None:
        while True:
            work = orders.get()
            try:
                drain(work)
            except BaseException as error:  # handed to the caller, who raises it
                self.answers.put(error)
            else:
                self.answers.put(None)

    def run(self, blocks: Iterable[Block]) -> None:
        """Run all blocks, each once, on whichever thread is free; raises the first error of any."""
        work = iter(blocks)
        if self.size == 1:
            drain(work)
            return
        with self.lock:
            for order in self.orders:
                order.put(work)
            try:
                drain(work)
            finally:
                errors = [self.answers.get() for _ in self.orders]
        for error in errors:
            if error is not None:
                raise error


def drain(work: Iterator[Block]) -> None:
    """Run blocks until none is left; several threads may drain one list iterator."""
    for block in work:
        block()


@cache
def team(size: int) -> Team:
    """The team of this size, made once."""
    return Team(size)


if hasattr(os, "register_at_fork"):
    # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=team.cache_clear)
