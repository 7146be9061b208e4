"""Which member is tried next: first drawn as the space says, then chosen by Optuna's sampler.

Optuna is asked in a study of its own, which is kept in memory, until a setting holds the conditions. One that
does not is told there as a violated constraint, so that Optuna's model learns where members are; it never is
a trial of the study that is searched. Where Optuna finds none in so many tries, one is drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import optuna
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from cnnspec.space.definition import DesignSpace
from cnnspec.space.distributions import distributions_of, params_of, setting_of
from cnnspec.space.drawing import Setting
from cnnspec.space.rejection import Sampler, SpaceMember, key_of

STARTUP = 10
"""How many members are drawn before Optuna's model chooses, as many as it takes for itself."""
TRIES = 50
"""How many settings Optuna is asked for before one is drawn."""
MOST_TOLD = 500
"""How many settings that are no members Optuna's model is told of: each makes every choice slower."""


class Chosen(NamedTuple):
    """A member to try: its setting, its figures, and its trial in the model."""

    setting: Setting
    figures: dict[str, Any]
    model: Trial


class Chooser:
    """Chooses members of a space, none twice; the same seed gives the same ones for the same results."""

    def __init__(
        self, space: DesignSpace, sampler: Sampler, directions: Sequence[str], seed: int, method: str
    ) -> None:
        self.space = space
        self.sampler = sampler
        self.distributions = distributions_of(space)
        self.drawn = sampler.members(seed)
        self.ahead: deque[SpaceMember] = deque()
        self.method = method
        self.taken: set[tuple[Any, ...]] = set()
        self.told = 0
        tpe = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)
        self.model: Study = optuna.create_study(
            sampler=tpe, directions=[StudyDirection[one.upper()] for one in directions]
        )

    def learn(self, trials: Iterable[FrozenTrial]) -> None:
        """Take the trials of a study for known."""
        for trial in trials:
            if trial.params.keys() >= self.distributions.keys():
                self.taken.add(key_of(setting_of(self.space, trial.params)))
                if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                    self.model.add_trial(trial)

    def next(self) -> Chosen | None:
        """The next member; None where there is no other."""
        if self.method == "tpe" and len(self.taken) >= STARTUP:
            for _ in range(TRIES):
                found = self._proposed()
                if found is not None:
                    return found
        for member in chain(self._looked_at(), self.drawn):
            if key_of(member.parameters) not in self.taken:
                return self.known(dict(member.parameters), dict(member.figures))
        return None

    def look_ahead(self, count: int) -> list[SpaceMember]:
        """The members that are drawn first, which come up later."""
        self.ahead.extend(islice(self.drawn, count - len(self.ahead)))
        return list(self.ahead)

    def _looked_at(self) -> Iterator[SpaceMember]:
        while self.ahead:
            yield self.ahead.popleft()

    def known(self, setting: Setting, figures: dict[str, Any]) -> Chosen:
        """A member that is tried, whoever chose it."""
        self.taken.add(key_of(setting))
        self.model.enqueue_trial(params_of(self.space, setting))
        return Chosen(setting, figures, self.model.ask(self.distributions))

    def _proposed(self) -> Chosen | None:
        """What Optuna chooses; None where that is no new member."""
        trial = self.model.ask(self.distributions)
        setting = setting_of(self.space, trial.params)
        known = key_of(setting) in self.taken
        figures = None if known else self.sampler.figures(setting)
        if figures is not None:
            self.taken.add(key_of(setting))
            return Chosen(setting, figures, trial)
        self.told += 1
        if known or self.told > MOST_TOLD:
            self.model.tell(trial, state=TrialState.FAIL)
        else:
            trial.set_constraint("where", 1.0)
            self.model.tell(trial, [0.0] * len(self.model.directions))
        return None
