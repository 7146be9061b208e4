"""Trials spread over processes by Dask distributed: of this machine, or of a cluster that runs.

    here                                     a process of the cluster
    a job, sent to a process that is idle -> evaluate(net, trial)
    inbox: (number, value, step)          <- trial.report: an event
    the study is told, its pruner asked   -> whether to end: a queue of the trial
    inbox: its future is done             <- an outcome

A process runs one trial at a time. A job is bound to its process, so that where this dies no other runs it a
second time: the search marks the trial and hands its member out anew.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import dask.config
from distributed import Client, Future, LocalCluster, Queue, get_client, get_worker

from cnnspec.diagnostics import Refused
from cnnspec.space.driving import Driver
from cnnspec.space.trials import Job, TrialCode, TrialOutcome, evaluated

PATIENCE = 60.0
"""How many seconds are waited for the first process of a cluster, or for another after all have died."""
CONNECTING = 10.0
"""How many seconds a scheduler may take to answer."""
LOOKED = 1.0
"""After how many seconds without news it is looked which processes are there."""
ANSWER = 300.0
"""How many seconds a trial waits for the answer to a report."""


@contextlib.contextmanager
def cluster_of(workers: int, scheduler: str | None) -> Iterator[Client]:
    """A client of a cluster that runs, or of so many processes of this machine. Raises Refused.

    Dask has its processes give memory back whenever they can: training then waits for its pages most of the
    time, so that those of this machine keep what they have.
    """
    environment = dict(dask.config.get("distributed.nanny.pre-spawn-environ"))
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.nanny.pre-spawn-environ": environment,
    }
    with dask.config.set(settings), contextlib.ExitStack() as stack:
        cluster: Any = scheduler
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
            )
            stack.callback(close, cluster)
        else:
            check_answers(scheduler)
        client = Client(cluster, set_as_default=False)
        stack.callback(close, client)
        yield client


def close(opened: Client | LocalCluster) -> None:
    """Close a client or a cluster; on a machine that is too busy for that, they end with this process."""
    with contextlib.suppress(TimeoutError):
        opened.close()


def check_answers(scheduler: str) -> None:
    """Raise Refused where nothing takes connections at an address, which Dask would try for long."""
    parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=CONNECTING).close()
    except (OSError, ValueError) as error:
        cure = "start one with `dask scheduler`, and name it as in tcp://host:8786"
        raise Refused(f"no scheduler answers at {scheduler}: {cure}") from error


def run_there(driver: Driver, code: TrialCode, client: Client) -> None:
    """Run trials in the processes of a cluster. Raises Refused where it has none that can; KeyboardInterrupt,
    after giving up the trials that are run.
    """
    spread = Spread(driver, code, client)
    try:
        spread.run()
    finally:
        driver.lose_all("the search was interrupted")
        spread.close()


class Spread:
    """The trials that are run in a cluster, each by the process that runs it."""

    def __init__(self, driver: Driver, code: TrialCode, client: Client) -> None:
        self.driver = driver
        self.code = code
        self.client = client
        self.name = f"search-{uuid4().hex}"
        self.inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.futures: dict[int, Future] = {}
        self.busy: dict[str, int] = {}
        self.there: list[str] = []
        self.looked = self.seen = time.monotonic()
        client.subscribe_topic(self.name, lambda event: self.inbox.put(event[1]))

    def run(self) -> None:
        """Hand out jobs until there are no more, and all have ended."""
        self._look()
        while True:
            is_over = self._hand_out()
            if is_over and not self.busy:
                return
            with contextlib.suppress(queue.Empty):
                self._take(*self.inbox.get(timeout=LOOKED))
            if time.monotonic() - self.looked >= LOOKED:
                self._look()

    def _look(self) -> None:
        """See which processes there are, and give up the trials of those that have gone."""
        try:
            # not `scheduler_info`, which another look of the client, at fewer of them, may have overwritten
            assert self.client.scheduler is not None
            found: Any = self.client.sync(self.client.scheduler.identity, n_workers=-1)
            self.there = sorted(found["workers"])
        except OSError as error:
            raise Refused("the scheduler of the cluster has gone") from error
        self.looked = time.monotonic()
        self.seen = self.looked if self.there else self.seen
        for address in set(self.busy) - set(self.there):
            self._give_up(self.busy[address], "its process died")
        if self.looked - self.seen > PATIENCE:
            raise Refused(f"the cluster has no process, for {PATIENCE:.0f} s: start one with `dask worker`")

    def _hand_out(self) -> bool:
        """Give every idle process a job; whether there is none left."""
        for address in self.there:
            if address not in self.busy:
                job = self.driver.ask()
                if job is None:
                    return True
                self._send(job, address)
        return False

    def _send(self, job: Job, address: str) -> None:
        number = job.number
        future = self.client.submit(
            evaluate_there,
            self.code,
            job,
            self.name,
            key=f"{self.name}-{number}",
            pure=False,
            retries=0,
            workers=[address],
            allow_other_workers=False,
        )
        self.futures[number], self.busy[address] = future, number
        future.add_done_callback(lambda done: self.inbox.put((number,)))

    def _take(self, number: int, *reported: Any) -> None:
        """Take a report, or the end of a trial."""
        if reported:
            value, step = reported
            Queue(f"{self.name}-{number}", client=self.client).put(self.driver.report(number, value, step))
        elif number in self.futures:
            future = self.futures[number]
            if future.status == "finished":
                outcome: TrialOutcome = future.result()
                self._free(number)
                self.driver.finish(number, outcome)
                return
            error = future.exception() if future.status == "error" else None
            if error is not None and type(error).__name__ != "KilledWorker":
                raise Refused(f"the cluster cannot run a trial: {type(error).__name__}: {error}")
            self._give_up(number, "its process died")
            self._look()

    def _free(self, number: int) -> None:
        self.futures.pop(number)
        self.busy = {address: one for address, one in self.busy.items() if one != number}

    def _give_up(self, number: int, why: str) -> None:
        self.futures[number].cancel()
        self._free(number)
        self.driver.lose(number, why)

    def close(self) -> None:
        """Take back what is not done."""
        with contextlib.suppress(Exception):
            self.client.unsubscribe_topic(self.name)
            self.client.cancel(list(self.futures.values()))


def evaluate_there(code: TrialCode, job: Job, name: str) -> TrialOutcome:
    """Run a trial in a process of a cluster; what it reports goes to the search, which answers."""
    worker, answers = get_worker(), Queue(f"{name}-{job.number}", client=get_client())

    def tell(value: float, step: int) -> bool:
        worker.log_event(name, (job.number, value, step))
        try:
            return bool(answers.get(timeout=ANSWER))
        except TimeoutError:
            raise SystemExit("the search does not answer: it has ended") from None

    try:
        return evaluated(code, job, tell)
    finally:
        sys.stdout.flush()
