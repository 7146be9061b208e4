"""The best member of a space: the settings that hold its conditions and come to the most, or the least.

Figures of a few settings say what those of others will be (`surrogate`); the best by that are looked at,
which tells more. Where figures jump, as RegNet's do where the widths of two stages become one, nothing
foretells them: the best settings so far are moved and looked at, by no surrogate.

    draw some settings and evaluate them
    repeat   figures as polynomials, and what these leave
             move the best settings so far in some coordinates, by much and by little
             evaluate what should be best of these, while what was foretold is about right
             evaluate some of the moved, the more the worse figures were foretold, and a new one
    until    nothing better comes

With exact polynomials one round ends it. A space of few settings is looked at as a whole. Where figures jump,
and with a number of tries, all this begins anew until as many settings were looked at as may be.
"""

from __future__ import annotations

from itertools import islice, product
from math import inf, prod
from statistics import median

import numpy as np

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Limits, Module
from cnnspec.records import dataclass, field
from cnnspec.space.coordinates import Coordinates, Rows
from cnnspec.space.definition import DesignSpace, Objective
from cnnspec.space.evaluation import EQUAL, TINY, Evaluation, Evaluator, name_of
from cnnspec.space.rejection import SpaceMember, key_of
from cnnspec.space.surrogate import EXACT, SPARE, Surrogate, Term, fit, terms_of
from cnnspec.space.vectorized import Column, column_of
from cnnspec.syntax import tree
from cnnspec.typed import Iterable, Iterator, Mapping

EFFORT = 24_000
"""How many layers may be walked, if no number of tries is given."""
FEWEST, MOST = 60, 500
"""How many settings are looked at, at least and at most, within that effort; at most so many by one start."""
CANDIDATES = 500
"""How many settings are compared by their surrogate at a time."""
ROUNDS, ROUNDS_EXACT = 8, 40
"""How often those that should be best are moved again before one is looked at."""
BEST = 12
"""From how many of the best settings others are found."""
LOOKED_AT = 3
"""How many settings are drawn at a time while none is a net."""
STALE, STALE_UNSURE, IDLE = 64, 200, 16
"""A start ends after so many settings of which none is better, or so many if figures are foretold wrongly, or
after so many rounds without a new setting."""
DRAWN = 3_000
"""How many settings are drawn for the first ones, whose parameters must hold the conditions."""
LITTLE, LEAST = 1e-3, 1e-5
"""What part of the best, and of the usual size of what is sought, is no progress."""
RIGHT = 1e-6
"""By which part figures may miss what exact polynomials foretold, to be right."""
MOVED, MOVED_NETS = 9, 3
"""How many settings are moved in a round at most, where figures add up and where nets are made."""
DRAWN_PER_MOVED = 1 / 9
"""How many settings are drawn anew for each of these."""
TRUSTED = 0.5
"""By which part what a surrogate foretells may be wrong, for it to be asked."""
UNSURE = 0.1
"""By which part they are wrong where most settings are moved, and where it may be worth to begin anew."""
SURE = 0.05
"""By which part they are wrong at most where it ends soon."""
WRONG = 0.01
"""By which part it is taken to be wrong at first."""
NEWS = 0.1
"""By what part of the difference one error changes the usual error."""
CHECKED = 40
"""Of how many candidates the parameters are looked at, for those that hold the conditions."""


@dataclass(frozen=True)
class Solution:
    """The best member that was found, or what comes nearest to one: then `missed` says which conditions it
    does not hold, and by which part of a figure it misses each.

    `member` is None where nothing that was looked at is a net. `asked` are the conditions by the figures that
    they name; `is_whole` says that there are no other settings than the `looked_at`.
    """

    objective: str
    largest: bool
    seed: int
    member: SpaceMember | None
    missed: Mapping[str, float]
    asked: Mapping[str, tuple[str, ...]]
    looked_at: int
    is_whole: bool


@dataclass(eq=False)
class Solver:
    """Looks for the best member of a space, at no more than `tries` settings.

    `rows` are the settings that were looked at since the last start, `found` what they come to, and `error`
    the usual one of what was foretold. What all starts have found, the evaluator knows.
    """

    evaluator: Evaluator
    tries: int | None = None
    rows: list[Rows] = field(default_factory=list)
    found: list[Evaluation] = field(default_factory=list)
    error: float = WRONG

    def __post_init__(self) -> None:
        self.coordinates = Coordinates(self.evaluator.space)

    def search(self, seed: int) -> bool:
        """Look for the best; whether there are no other settings than those that were looked at.

        Raises Mistake where a condition compares what cannot be compared.
        """
        random = np.random.default_rng(seed)
        some = list(self.coordinates.draw(random, DRAWN))
        for row in islice(self._fitting(some), FEWEST):
            if self.evaluator.make(self.coordinates.setting(row), Report()):
                break  # it has told how many layers the nets have
        whole = self._few()
        for row in whole:
            self._look(row)
        if not whole:
            while self._start(some, random):
                some = list(self.coordinates.draw(random, DRAWN))
        if not self.evaluator.known:
            self._look_at_nearest(whole or some)
        return bool(whole)

    def _start(self, some: list[Rows], random: np.random.Generator) -> bool:
        """Begin with some settings, and look for the best from there; whether to begin anew."""
        self.rows, self.found, self.error = [], [], WRONG
        is_exact = self._improve(self._begin(some), random)
        is_sure = is_exact or (self.tries is None and self.error < UNSURE)
        return bool(self.found) and self.left_of_all > 0 and not is_sure

    def _improve(self, terms: tuple[Term, ...], random: np.random.Generator) -> bool:
        """Look at what should be best, until nothing better comes; whether polynomials say that it is."""
        best, better, idle = self.best, len(self.found), 0
        while idle < IDLE and len(self.found) - better < self.patience and self.left > 0:
            surrogate, before = self._fit(terms), len(self.found)
            if surrogate is None:
                rows = list(self.coordinates.draw(random, LOOKED_AT))
            else:
                rows = self._proposed(surrogate, random) if self.error < TRUSTED else []
            errors = self._look_at(rows, surrogate)
            is_exact = surrogate is not None and surrogate.is_exact and max(errors, default=0.0) <= RIGHT
            if not is_exact:
                self._look_at(self._moved(random), surrogate)
            idle = 0 if len(self.found) > before else idle + 1
            if self._is_better(best):
                best, better = self.best, len(self.found)
            elif is_exact:
                return True  # what was met by chance alone would not foretell others
        return False

    def _moved(self, random: np.random.Generator) -> list[Rows]:
        """Some of the best settings so far, moved, and a few that are drawn."""
        if not self.found:
            return list(self.coordinates.draw(random, LOOKED_AT))
        best = sorted(range(len(self.found)), key=lambda number: self.rank(self.found[number]))[:BEST]
        most = MOVED_NETS if self.evaluator.needs_nets else MOVED
        count = max(1, round(most * min(1.0, self.error / UNSURE)))
        from_which = np.minimum(random.exponential(BEST / 3, 4 * count).astype(int), len(best) - 1)
        rows = np.stack([self.rows[best[number]] for number in from_which])
        moved = self.coordinates.moved(random, rows, *_moves(random, 4 * count, 3))
        anew = self.coordinates.draw(random, random.binomial(count, DRAWN_PER_MOVED))
        return [*islice(self._fitting(list(moved)), count), *anew]

    @property
    def most(self) -> int:
        """How many settings are looked at, at most, without a number of tries."""
        share = 1 if self.evaluator.needs_nets else 3
        return min(max(share * EFFORT // max(self.evaluator.layers, 1), FEWEST), MOST)

    @property
    def patience(self) -> int:
        """After how many settings of which none is better this start ends."""
        return STALE if self.error < SURE else STALE_UNSURE

    @property
    def left(self) -> int:
        """How many settings this start may still look at."""
        return min(MOST - len(self.found), self.left_of_all)

    @property
    def left_of_all(self) -> int:
        """How many settings all starts may still look at."""
        return (self.most if self.tries is None else self.tries) - len(self.evaluator.known)

    @property
    def best(self) -> Evaluation | None:
        """The best of this start: a member before what is none."""
        return min(self.found, key=self.rank, default=None)

    def _is_better(self, before: Evaluation | None) -> bool:
        """Whether the best is better than one before it by more than a little, of it and of what is usual."""
        now = self.best
        if now is None or before is None or not before.numbers:
            return now is not before
        if now.excess < 0.99 * before.excess:
            return True
        usual = median([abs(one.value) for one in self.found if one.numbers])
        return abs(now.value - before.value) > max(LITTLE * abs(now.value), LEAST * usual)

    def rank(self, one: Evaluation) -> tuple[float, float]:
        """What is smaller is better: less excess, then more of what is sought."""
        sign = -1 if self.evaluator.objective.largest else 1
        return (one.excess, sign * one.value) if one.numbers else (inf, inf)

    def _few(self) -> list[Rows]:
        """All settings, where they are few beside those that may be looked at; else none."""
        ranges = [np.arange(one.steps + 1.0) for one in self.coordinates.all if one.steps or one.is_fixed]
        if len(ranges) < len(self.coordinates.all):
            return []
        few = self.most // 4 if self.tries is None else self.tries
        return [np.array(row) for row in product(*ranges)] if prod(map(len, ranges)) <= few else []

    def _look(self, row: Rows) -> bool:
        """Evaluate the setting of a row, if it is new and its parameters hold the conditions."""
        setting = self.coordinates.setting(row)
        if key_of(setting) in self.evaluator.known or not self.evaluator.fits(setting):
            return False
        self.rows.append(row)
        self.found.append(self.evaluator.evaluate(setting))
        return True

    def _begin(self, some: list[Rows]) -> tuple[Term, ...]:
        """Look at as many settings as the terms of a polynomial need, and give these."""
        terms = terms_of(self.coordinates, self.most // 3)
        for row in self._fitting(some):
            if len(self.found) >= len(terms) + SPARE or not self.left:
                break
            self._look(row)
        return terms

    def _look_at_nearest(self, rows: list[Rows]) -> None:
        """Evaluate the setting that misses the conditions on parameters by least."""
        row = min(rows, key=lambda one: self.evaluator.excess_of_parameters(self.coordinates.setting(one)))
        self.rows.append(row)
        self.found.append(self.evaluator.evaluate(self.coordinates.setting(row)))

    def _fitting(self, rows: list[Rows]) -> Iterator[Rows]:
        """Rows whose parameters hold the conditions."""
        for row in rows:
            if self.evaluator.fits(self.coordinates.setting(row)):
                yield row

    def _fit(self, terms: tuple[Term, ...]) -> Surrogate | None:
        """The surrogate of all that was looked at and is a net."""
        right = [n for n, one in enumerate(self.found) if one.numbers and np.isfinite(one.numbers).all()]
        if not right:
            return None
        rows = np.stack([self.rows[n] for n in right])
        return fit(self.coordinates, rows, np.array([self.found[n].numbers for n in right]), terms)

    def _proposed(self, surrogate: Surrogate, random: np.random.Generator) -> list[Rows]:
        """The settings that should be best, of those that were not looked at."""
        ranked = sorted(range(len(self.found)), key=lambda number: self.rank(self.found[number]))
        pool = np.stack([self.rows[number] for number in ranked[:BEST]])
        pool = np.concatenate([pool, self.coordinates.draw(random, CANDIDATES)])
        for _ in range(ROUNDS_EXACT if surrogate.is_exact else ROUNDS):
            order = self._order(surrogate, pool)
            best = pool[order[:BEST]]
            from_which = random.integers(0, len(best), CANDIDATES)
            moved = self.coordinates.moved(random, best[from_which], *_moves(random, CANDIDATES, 4))
            pool = np.unique(np.concatenate([best, moved]), axis=0)
        chosen: list[Rows] = []
        wrong = 2 * EXACT if surrogate.is_exact else self.error
        for allowed in (0.0, wrong, 3 * wrong):
            chosen += self._first_new(pool[self._order(surrogate, pool, allowed)], chosen)
        return chosen

    def _first_new(self, rows: Rows, chosen: list[Rows]) -> list[Rows]:
        """The first row that was not looked at or chosen, and whose parameters hold the conditions."""
        keys = [key_of(self.coordinates.setting(row)) for row in chosen]
        for row in rows[:CHECKED]:
            setting = self.coordinates.setting(row)
            key = key_of(setting)
            known = key in self.evaluator.known or key in keys
            if not known and self.evaluator.fits(setting):
                return [row]
        return []

    def _look_at(self, rows: Iterable[Rows], surrogate: Surrogate | None) -> list[float]:
        """Look at the new ones of some settings; by which part the figures of each were foretold wrongly."""
        errors = list[float]()
        for row in rows:
            if not self.left:
                break
            if self._look(row) and surrogate is not None and (numbers := self.found[-1].numbers):
                real = np.array(numbers)
                error = np.max(np.abs(surrogate(row[None, :])[0] - real) / np.maximum(np.abs(real), TINY))
                errors.append(float(error))
                self.error += NEWS * (min(errors[-1], 1.0) - self.error)
        return errors

    def _order(self, surrogate: Surrogate, rows: Rows, allowed: float = 0.0) -> Rows:
        """The numbers of rows from the best to the worst, by figures that are expected.

        Those that miss conditions by no more than is allowed count as members: figures may be wrong by that.
        """
        figures = surrogate(rows)

        def known(part: tree.Expression) -> Rows | None:
            column = self.evaluator.columns.get(part.span.text)
            if column is not None:
                return figures[:, column]
            return self.coordinates.numbers(part.name, rows) if isinstance(part, tree.Name) else None

        excess = np.zeros(len(rows))
        for condition in self.evaluator.on_figures:
            whole = self.evaluator.columns.get(condition.text)
            if whole is not None:
                excess += np.maximum(figures[:, whole], 0)
                continue
            sides = [column_of(one, known) for one in condition.expression.operands]
            for symbol, left, right in zip(condition.expression.operators, sides, sides[1:], strict=False):
                excess += excess_of_rows(symbol, left, right)
        sought = self.evaluator.objective
        value: Column = np.zeros(len(rows)) + column_of(sought.expression, known)  # type: ignore[operator]
        return np.lexsort((-value if sought.largest else value, np.maximum(excess - allowed, 0)))


def _moves(random: np.random.Generator, count: int, digits: int) -> tuple[Rows, Rows]:
    """By what part of the whole settings are moved, down to so many digits, and in how many coordinates."""
    return 10.0 ** random.uniform(-digits, -0.3, count), random.choice([0.1, 0.5, 1.0], count)


def excess_of_rows(symbol: str, left: Column, right: Column) -> Column:
    """As `evaluation.excess_of`, of many."""
    if symbol in (">", ">="):
        symbol, left, right = {">": "<", ">=": "<="}[symbol], right, left
    if symbol == "!=":
        return np.equal(left, right).astype(float)
    over = (left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), TINY)
    if symbol == "==":
        return np.abs(over)
    return np.maximum(0.0, np.where((symbol == "<") & (over >= 0), over + EQUAL, over))


def solve(
    space: DesignSpace,
    module: Module,
    limits: Limits,
    objective: Objective,
    seed: int,
    tries: int | None = None,
) -> Solution:
    """The best member of a space, found by looking at so many settings at most.

    Raises Mistake where a condition compares what cannot be compared, or what is sought is no number.
    """
    evaluator = Evaluator(space, module, limits, objective)
    solver = Solver(evaluator, tries)
    is_whole = solver.search(seed)
    member, missed = None, {}
    best = min(evaluator.known.values(), key=solver.rank, default=None)
    if best is not None and (made := evaluator.member(best)):
        member, missed = made
    asked: dict[str, tuple[str, ...]] = {}
    for condition in space.conditions:
        for name in dict.fromkeys(map(name_of, condition.figures)):
            asked[name] = (*asked.get(name, ()), condition.text)
    text = objective.text.removeprefix("net.")
    return Solution(text, objective.largest, seed, member, missed, asked, len(evaluator.known), is_whole)
