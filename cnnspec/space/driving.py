"""The search itself: asks for members, hands them out as jobs, and tells the study what came of them.

Only this side opens the storage. Who runs a job, this process or one of a cluster, sends back what its trial
reports, and in the end an outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from optuna.study import Study
from optuna.trial import Trial, TrialState

from cnnspec.diagnostics import Refused
from cnnspec.space.choosing import Chooser, Chosen
from cnnspec.space.definition import written
from cnnspec.space.distributions import params_of, setting_of
from cnnspec.space.drawing import Setting
from cnnspec.space.rejection import data_of
from cnnspec.space.study import ERROR, is_finished, set_interrupted
from cnnspec.space.trials import Job, TrialCode, TrialOutcome, evaluated

FIRST_FAILURES = 3
"""After how many failures a search ends that has no trial which did not fail."""


class Progress(NamedTuple):
    """Where a search is: a trial that has ended, how many have, of how many, and how long the search has run.

    `seconds` is what a trial took on average, None before one has ended; `again` says that the trial was
    interrupted, and waits once more.
    """

    number: int
    outcome: TrialOutcome
    done: int
    most: int
    seconds: float | None
    again: bool = False


class Running(NamedTuple):
    """A trial that is run: in the study, and in the model of what to choose next."""

    trial: Trial
    model: Trial


class Driver:
    """Asks, hands out and tells. `most` trials are run to their end, those of earlier searches included."""

    def __init__(
        self,
        study: Study,
        chooser: Chooser,
        make: Callable[[Setting], Any],
        most: int,
        watch: Callable[[Any], None],
        timeout: float | None = None,
        verbose: bool = False,
    ) -> None:
        self.study = study
        self.chooser = chooser
        self.make = make
        self.most = most
        self.watch = watch
        self.verbose = verbose
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.running: dict[int, Running] = {}
        self.why_ended = ""
        trials = study.get_trials(deepcopy=False)
        chooser.learn(one for one in trials if is_finished(one))
        self.done = sum(map(is_finished, trials))
        self.good = sum(one.state in (TrialState.COMPLETE, TrialState.PRUNED) for one in trials)
        spent = [one.user_attrs["seconds"] for one in trials if "seconds" in one.user_attrs]
        self.spent, self.timed, self.failures = sum(spent), len(spent), 0

    @property
    def seconds(self) -> float | None:
        """What a trial took on average."""
        return self.spent / self.timed if self.timed else None

    def ask(self) -> Job | None:
        """The next job; None where there is none now."""
        if self.why_ended or self.done + len(self.running) >= self.most:
            return None
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.why_ended = "the time is up"
            return None
        waiting = self._waiting()
        if waiting is not None:
            return waiting
        chosen = self.chooser.next()
        if chosen is None:
            self.why_ended = self.why_ended or "there are no other members"
            return None
        self.study.enqueue_trial(params_of(self.chooser.space, chosen.setting))
        return self._started(self.study.ask(self.chooser.distributions), chosen)

    def _waiting(self) -> Job | None:
        """The first trial that waits in the study, as one that was interrupted, or that somebody enqueued."""
        chooser = self.chooser
        while self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            trial = self.study.ask(chooser.distributions)
            setting = setting_of(chooser.space, trial.params)
            figures = chooser.sampler.figures(setting)
            if figures is not None:
                return self._started(trial, chooser.known(setting, figures))
            trial.set_user_attr(ERROR, "this is no member of the space")
            self.study.tell(trial, state=TrialState.FAIL)
        return None

    def _started(self, trial: Trial, chosen: Chosen) -> Job:
        parameters = {name: written(value) for name, value in chosen.setting.items()}
        trial.set_user_attr("parameters", parameters)
        trial.set_user_attr("figures", {name: data_of(value) for name, value in chosen.figures.items()})
        self.running[trial.number] = Running(trial, chosen.model)
        objectives = len(self.study.directions)
        return Job(trial.number, self.make(chosen.setting), parameters, objectives, self.verbose)

    def report(self, number: int, value: float, step: int) -> bool:
        """Take what a trial reports; whether it had better end."""
        found = self.running.get(number)
        if found is None or len(self.study.directions) > 1:
            return found is None
        found.trial.report(value, step)
        found.model.report(value, step)
        return found.trial.should_prune()

    def finish(self, number: int, outcome: TrialOutcome) -> None:
        """Take what came of a trial; of one that is not run any more nothing is taken."""
        found = self.running.pop(number, None)
        if found is None:
            return
        trial, model = found
        for name, value in outcome.attributes.items():
            trial.set_user_attr(name, value)
        trial.set_user_attr("seconds", round(outcome.seconds, 3))
        if outcome.state == "failed":
            trial.set_user_attr(ERROR, outcome.error)
        state = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}.get(
            outcome.state, TrialState.FAIL
        )
        values = list(outcome.values) if outcome.state == "complete" else None
        self.study.tell(trial, values, state=state)
        self.chooser.model.tell(model, values, state=state)
        self.done += 1
        self.spent, self.timed = self.spent + outcome.seconds, self.timed + 1
        self._judge(outcome)
        self.watch(Progress(number, outcome, self.done, self.most, self.seconds))

    def _judge(self, outcome: TrialOutcome) -> None:
        """End the search where nothing but failures is to be expected."""
        if outcome.state != "failed":
            self.good += 1
            return
        self.failures += 1
        if not self.good and (outcome.fault or self.failures >= FIRST_FAILURES):
            self.why_ended = "every trial failed" if self.failures > 1 else "the first trial failed"

    def lose(self, number: int, why: str) -> None:
        """Give up a trial that was interrupted: it waits once more."""
        found = self.running.pop(number, None)
        if found is None:
            return
        again = set_interrupted(self.study, found.trial, why)
        self.chooser.model.tell(found.model, state=TrialState.FAIL)
        self.done += not again
        self.watch(
            Progress(number, TrialOutcome("failed", error=why), self.done, self.most, self.seconds, again)
        )

    def lose_all(self, why: str) -> None:
        """Give up all trials that are run."""
        for number in list(self.running):
            self.lose(number, why)


def run_here(driver: Driver, code: TrialCode) -> None:
    """Run trials in this process, one after the other. Raises KeyboardInterrupt, the trial given up."""
    while (job := driver.ask()) is not None:
        try:
            outcome = evaluated(code, job, partial(driver.report, job.number))
            driver.finish(job.number, outcome)
        finally:
            driver.lose_all("the search was interrupted")


def check_any_ran(driver: Driver) -> None:
    """Raise Refused where a search has ended without a trial."""
    if not driver.done:
        reasons = [f"{count:,} {reason}" for reason, count in driver.chooser.sampler.rejected.items()]
        told = f": of {driver.chooser.sampler.drawn:,} settings drawn {', '.join(reasons)}" if reasons else ""
        raise Refused(f"no member of {driver.chooser.space.name} was found{told}")
