"""A study of Optuna in its storage: opened by one search at a time, and gone on with where one ended.

new -> waiting -> running -> complete, pruned or failed
         ^           |
         +-----------+  interrupted: it is marked failed, and waits once more as a new trial
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import optuna
from optuna.storages import journal
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from cnnspec.diagnostics import Refused
from cnnspec.space.definition import DesignSpace

AGAIN, INTERRUPTED, ERROR = "again", "interrupted", "error"
"""What trials have as attributes: that they are another's second attempt, or why they failed."""
PRUNER_OF = {
    "median": optuna.pruners.MedianPruner,
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "none": optuna.pruners.NopPruner,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Optuna's own lines are not printed."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def storage_of(place: str) -> Any:
    """The storage of a file or of a URL, as Optuna takes it. Raises Refused."""
    try:
        if "://" in place:
            return optuna.storages.get_storage(place)
        return optuna.storages.JournalStorage(journal.JournalFileBackend(place))
    except OSError:
        raise
    except Exception as error:
        # what is wrong with a URL, or with a file that is none, comes as errors of all libraries
        first = str(error).partition("\n")[0]
        raise Refused(f"{place} cannot be opened as a study of Optuna: {first}") from error


@contextlib.contextmanager
def opened(place: str | None) -> Iterator[Any]:
    """The storage of one search alone; None is kept in memory. Raises Refused, OSError."""
    if place is None:
        yield optuna.storages.InMemoryStorage()
        return
    if "://" in place:
        yield storage_of(place)
        return
    with open(place, "ab+") as file:
        if not _locked(file):
            raise Refused(f"another search writes to {place}: wait for it, or give another --storage")
        _mend(file, place)
        yield storage_of(place)


def _locked(file: Any) -> bool:
    """Take a file for this process alone, up to its end; whether nobody else has it."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _mend(file: Any, place: str) -> None:
    """Take away what a search that was killed has left: half a line at the end, and Optuna's own lock."""
    file.seek(0)
    data = file.read()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        file.truncate(whole)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{place}.lock")


def study_of(
    space: DesignSpace, storage: Any, directions: Sequence[str], pruner: str, place: str | None
) -> Study:
    """The study of a space, new or gone on with. Raises Refused where that is of another space."""
    told = {"net": space.net, "variables": [str(one) for one in space.variables]}
    try:
        study = optuna.create_study(
            storage=storage,
            sampler=optuna.samplers.RandomSampler(),
            pruner=PRUNER_OF[pruner](),
            study_name=space.name,
            directions=[StudyDirection[one.upper()] for one in directions],
            load_if_exists=True,
        )
    except ValueError as error:
        raise Refused(f"{place} is no study: {error}") from error
    known = study.user_attrs.get("space")
    if known is None:
        study.set_user_attr("space", told)
    elif known != told:
        changed = sorted({*known["variables"]} ^ {*told["variables"]}) or [f"the net {known['net']}"]
        told = f"{place} holds a study of {space.name} with other values, as {changed[0]}"
        raise Refused(f"{told}: give another --storage")
    found = [direction.name.lower() for direction in study.directions]
    if found != list(directions):
        raise Refused(f"{place} holds a study of {space.name} to {', '.join(found)}: give another --storage")
    return study


def is_finished(trial: FrozenTrial) -> bool:
    """Whether a trial has come to its end, if only to an error: one that was interrupted has not."""
    return trial.state.is_finished() and INTERRUPTED not in trial.user_attrs


def set_interrupted(study: Study, trial: Trial, why: str) -> bool:
    """Mark a trial failed, and let it wait once more; whether it does: not where it was the second attempt.

    The new one comes first, so that nothing is lost where this is interrupted too.
    """
    again = AGAIN not in trial.user_attrs
    if again:
        if not any(one.user_attrs.get(AGAIN) == trial.number for one in study.get_trials(deepcopy=False)):
            study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number})
        trial.set_user_attr(INTERRUPTED, why)
    else:
        trial.set_user_attr(ERROR, f"interrupted twice: {why}")
    study.tell(trial, state=TrialState.FAIL)
    return again


def recover(study: Study) -> int:
    """See to the trials that a search has left running when it was killed; how many there were."""
    left = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    for trial in left:
        set_interrupted(study, Trial(study, trial._trial_id), "the search was killed")
    return len(left)
