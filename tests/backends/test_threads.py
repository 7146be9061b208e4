"""BLAS keeps to one thread while nets run, and gets its threads back when the last is done."""

from __future__ import annotations

from threading import Barrier, Thread

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from cnnspec.backends.numpy.inference.threads import BlasLock


def threads() -> int:
    """How many threads numpy's BLAS uses."""
    np.matmul(np.ones((2, 2)), np.ones((2, 2)))
    found = ThreadpoolController().select(user_api="blas").info()
    return max((library["num_threads"] for library in found), default=1)


def two_threads() -> threadpool_limits:
    return threadpool_limits(limits=2, user_api="blas")


@pytest.fixture
def lock() -> BlasLock:
    lock = BlasLock()
    if not lock.libraries:
        pytest.skip("numpy's BLAS is none whose threads can be set")
    return lock


def test_one_thread_inside_and_as_before_outside(lock: BlasLock) -> None:
    with two_threads():
        assert threads() == 2
        with lock, lock:
            assert threads() == 1
        assert threads() == 2


def test_an_error_gives_the_threads_back(lock: BlasLock) -> None:
    with two_threads():
        with pytest.raises(ValueError, match="inside"), lock:
            raise ValueError("inside")
        assert threads() == 2


def test_who_leaves_first_leaves_the_others_alone(lock: BlasLock) -> None:
    first, last = Barrier(2), Barrier(2)

    def other() -> None:
        with lock:
            first.wait()
        last.wait()

    with two_threads():
        thread = Thread(target=other)
        thread.start()
        with lock:
            first.wait()
            last.wait()
            assert threads() == 1
        assert threads() == 2
        thread.join()
