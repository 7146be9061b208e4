"""Threads: blocks of numpy work shared out to a team, while BLAS itself keeps to one thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from threadpoolctl import ThreadpoolController

from cnnspec.backends.quiet import quiet

Block = Callable[[], None]


class BlasLock:
    """Keeps BLAS to the calling thread while any net runs: the first to come sets it, the last sets it back.

    It holds for the whole process, so another thread's products run on one processor in that time.
    """

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0
        self.libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self.before: list[int] = []

    def __enter__(self) -> None:
        with self.lock:
            if not self.users:
                self.before = [library.num_threads for library in self.libraries]
                self.use([1] * len(self.before))
            self.users += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                self.use(self.before)

    def use(self, counts: list[int]) -> None:
        """Give each library a number of threads."""
        for library, count in zip(self.libraries, counts, strict=True):
            # threadpoolctl lets the first thread that sets OpenBLAS be the only one, until it gives that up;
            # here the one that sets it back may be another
            give_up = getattr(library, "clear_controlling_thread", lambda force: None)
            give_up(force=True)
            library.set_num_threads(count)
            give_up(force=True)


@cache
def single_threaded_blas() -> BlasLock:
    """The lock of this process."""
    return BlasLock()


def default_threads() -> int:
    """As many threads as this process may use processors, or OMP_NUM_THREADS where that is set."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
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
    with quiet():
        for block in work:
            block()


@cache
def team(size: int) -> Team:
    """The team of this size, made once."""
    return Team(size)


if hasattr(os, "register_at_fork"):
    # a child process has none of its parent's threads, nor those that were running a net
    os.register_at_fork(after_in_child=team.cache_clear)
    os.register_at_fork(after_in_child=single_threaded_blas.cache_clear)
