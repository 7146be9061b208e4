"""What a study has come to: its trials as records, and the best of them."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial

from cnnspec.records import dataclass
from cnnspec.space.study import ERROR, INTERRUPTED

STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
"""The states of trials that have ended, by Optuna's names; `interrupted` is another."""


@dataclass(frozen=True)
class SearchTrial:
    """A trial that has ended: complete, pruned, failed or interrupted.

    `values` are what was minimized or maximized; of one that was pruned, what it reported last. `parameters`
    are those that vary, as specs write them, `figures` those of the net.
    """

    number: int
    state: str
    values: tuple[float, ...]
    parameters: dict[str, str]
    figures: dict[str, Any]
    seconds: float | None
    error: str


@dataclass(frozen=True)
class StudyResults:
    """The trials of a study that have ended, by their numbers, and which way its values are to go.

    `best` is the best complete one, or with several values those that no other one dominates.
    """

    name: str
    net: str
    directions: tuple[str, ...]
    trials: tuple[SearchTrial, ...]
    best: tuple[SearchTrial, ...]

    @property
    def complete(self) -> tuple[SearchTrial, ...]:
        """The trials that have come to a value, the best first where there is one."""
        found = [one for one in self.trials if one.state == "complete"]
        sign = 1 if self.directions[0] == "minimize" else -1
        return tuple(sorted(found, key=lambda one: sign * one.values[0]))


def results_of(study: Study) -> StudyResults:
    """What a study has come to."""
    trials = [one for one in study.get_trials(deepcopy=False) if one.state.is_finished()]
    found = {one.number: _trial(one) for one in trials}
    numbers = (
        [one.number for one in study.best_trials]
        if any(one.state == "complete" for one in found.values())
        else []
    )
    directions = tuple(one.name.lower() for one in study.directions)
    net = str(study.user_attrs.get("space", {}).get("net", ""))
    best = sorted((found[number] for number in numbers), key=lambda one: one.values)
    if len(directions) == 1:
        best = best[:1]
    return StudyResults(study.study_name, net, directions, tuple(found.values()), tuple(best))


def studies_in(storage: Any) -> tuple[StudyResults, ...]:
    """What all studies of a storage have come to, by their names."""
    names = sorted(optuna.get_all_study_names(storage))
    return tuple([results_of(optuna.load_study(study_name=name, storage=storage)) for name in names])


def _trial(trial: FrozenTrial) -> SearchTrial:
    attributes = trial.user_attrs
    interrupted = attributes.get(INTERRUPTED, "")
    parameters = {name: str(value) for name, value in trial.params.items()}
    return SearchTrial(
        trial.number,
        "interrupted" if interrupted else STATES[trial.state.name],
        tuple(trial.values or ()),
        attributes.get("parameters", parameters),
        attributes.get("figures", {}),
        attributes.get("seconds"),
        attributes.get(ERROR, interrupted),
    )
