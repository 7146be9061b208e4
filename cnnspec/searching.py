"""`cnnspec.search`, and the studies of a storage: the best members of a space, by training them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec import given
from cnnspec.api import Net
from cnnspec.diagnostics import InvalidValue, Refused
from cnnspec.elaborate import Limits, Mistake
from cnnspec.report.table import COUNT, WORD, Column, Table
from cnnspec.sampling import OpenedSpace, open_space, spec_error
from cnnspec.space.methods import DIRECTIONS, PRUNERS, SAMPLERS
from cnnspec.space.rejection import MOST_TRIED, Sampler

if TYPE_CHECKING:
    from cnnspec.space.driving import Driver, Progress
    from cnnspec.space.results import SearchTrial, StudyResults
    from cnnspec.space.trials import RunningTrial, TrialCode

SHOWN = 10
"""How many of the best trials a table shows."""


@dataclass(frozen=True)
class SearchPlan:
    """What a search is about to do, for `watch`: how many trials are left, of which nets, at what cost.

    `macs` are the least and the most of the nets drawn first; `seconds` is what a trial took on average in
    earlier searches, None where there were none; `recovered` says how many trials a search has left running.
    """

    space: str
    left: int
    done: int
    workers: int
    macs: tuple[int, int]
    seconds: float | None
    recovered: int


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search has come to: `results` has the trials, `best` those that nothing is better than.

    `why_ended` says why it ended before all trials were run, and is empty where they were.
    """

    opened: OpenedSpace
    results: StudyResults
    why_ended: str

    @property
    def trials(self) -> tuple[SearchTrial, ...]:
        """The trials that have ended."""
        return self.results.trials

    @property
    def best(self) -> tuple[SearchTrial, ...]:
        """The best trial, or with several values those that no other one dominates."""
        return self.results.best

    def __repr__(self) -> str:
        return f"<{len(self.trials)} trials of {self.opened.space.name}>"

    def net(self, trial: SearchTrial) -> Net:
        """The net of a trial."""
        return self.opened.net_of(trial.parameters)

    def table(self) -> Table:
        """A row for each of the best trials, for printing and for pandas.DataFrame."""
        return table_of(self.results)

    def edf(self, path: str | Path) -> None:
        """Draw the distribution of the values of all complete trials, as svg, png or pdf by its suffix."""
        edf([self.results], path)

    def as_dict(self) -> dict[str, Any]:
        """The study as data, as `cnnspec search --json` prints it."""
        return as_dict(self.results)

    def text(self, beside: str | Path | None = None) -> str:
        """The best members as nets of a spec that checks: `net Best = NET(...)`."""
        names = ["Best"] if len(self.best) == 1 else [f"Best_{n + 1}" for n in range(len(self.best))]
        lines = []
        for name, trial in zip(names, self.best, strict=True):
            given = ", ".join(f"{parameter}={value}" for parameter, value in trial.parameters.items())
            lines.append(f"net {self.opened.free_name(name)} = {self.opened.space.net}({given})")
        return self.opened.text(lines, beside)


def search(
    spec: str | Path,
    evaluate: str | os.PathLike[str] | Callable[[Any, RunningTrial], Any],
    trials: int = 100,
    *,
    storage: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    direction: str | Sequence[str] = "minimize",
    sampler: str = "tpe",
    pruner: str = "median",
    seed: int = 0,
    timeout: float | None = None,
    vary: Iterable[str] = (),
    where: Iterable[str] = (),
    tries: int = MOST_TRIED,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    verbose: bool = False,
    watch: Callable[[SearchPlan | Progress], None] | None = None,
) -> Searched:
    """The best members of a space by `evaluate(net, trial)`, which trains one and gives its error.

    `evaluate` is a file with a function of that name, or a function. Optuna chooses; trials run one after the
    other in this process, or in so many `workers` of this machine, or in those of a Dask cluster that
    `scheduler` names. The study is kept in `storage`, a file or a URL that Optuna takes, and a later search
    with it goes on: `trials` are those of all together. With several values that `evaluate` gives, there is a
    `direction` for each. `watch` is told what is about to be done, and then of each trial. Ctrl-C ends a
    search, and what there is stays. Raises SpecError, InvalidValue, and Refused for a file or a storage that
    cannot be used, and where no member is found; ModuleNotFoundError without the extra `search`.
    """
    from cnnspec.space.choosing import Chooser
    from cnnspec.space.driving import Driver, check_any_ran
    from cnnspec.space.results import results_of
    from cnnspec.space.study import opened, quiet, recover, study_of
    from cnnspec.space.trials import read_code

    directions = (direction,) if isinstance(direction, str) else tuple(direction)
    _check_names(directions, sampler, pruner)
    _check_installed(workers, scheduler)
    most, count = given.count("how many trials", trials, 1), given.count("how many workers", workers, 1)
    code = read_code(evaluate)
    found = open_space(spec, vary, where, include=include, limits=limits)
    space, place = found.space, None if storage is None else str(storage)
    nets = Sampler(space, found.module, found.session.limits, given.count("how many tries", tries, 1))
    with quiet(), opened(place) as kept:
        study = study_of(space, kept, directions, pruner, place)
        recovered = recover(study)
        chooser = Chooser(space, nets, directions, given.count("a seed", seed, 0), sampler)
        driver = Driver(study, chooser, found.net, most, watch or _unwatched, timeout, verbose)
        try:
            driver.watch(_plan(driver, count, recovered))
            _run(driver, code, count, scheduler)
            check_any_ran(driver)
        except Mistake as mistake:
            raise spec_error(mistake) from None
        except KeyboardInterrupt:
            driver.why_ended = "interrupted"
        return Searched(found, results_of(study), driver.why_ended)


def _check_installed(workers: int, scheduler: str | None) -> None:
    """Raise ModuleNotFoundError, before anything is done, where trials are spread and Dask is not there."""
    if workers != 1 or scheduler is not None:
        import_module("cnnspec.space.cluster")


def _unwatched(told: SearchPlan | Progress) -> None:
    """Tell nobody."""


def _check_names(directions: tuple[str, ...], sampler: str, pruner: str) -> None:
    """Raise InvalidValue for what there is not."""
    for kind, known, values in (
        ("a direction", DIRECTIONS, directions),
        ("a sampler", SAMPLERS, (sampler,)),
        ("a pruner", PRUNERS, (pruner,)),
    ):
        if not values or not set(values) <= set(known):
            raise InvalidValue(f"{kind} is one of {', '.join(known)}, not {', '.join(map(str, values))}")


def _plan(driver: Driver, workers: int, recovered: int) -> SearchPlan:
    from cnnspec.space.choosing import STARTUP

    left = max(0, driver.most - driver.done)
    macs = [member.figures["macs"] for member in driver.chooser.look_ahead(STARTUP if left else 0)]
    bounds = (min(macs, default=0), max(macs, default=0))
    return SearchPlan(
        driver.chooser.space.name, left, driver.done, workers, bounds, driver.seconds, recovered
    )


def _run(driver: Driver, code: TrialCode, workers: int, scheduler: str | None) -> None:
    from cnnspec.space.driving import run_here

    if workers == 1 and scheduler is None:
        run_here(driver, code)
        return
    from cnnspec.space.cluster import cluster_of, run_there

    with cluster_of(workers, scheduler) as client:
        run_there(driver, code, client)


def studies(storage: str | Path) -> tuple[StudyResults, ...]:
    """What the studies of a storage have come to, one of each space that was searched with it.

    Raises Refused where there is no such storage; ModuleNotFoundError without the extra `search`.
    """
    from cnnspec.space.results import studies_in
    from cnnspec.space.study import quiet, storage_of

    place = str(storage)
    if "://" not in place and not os.path.isfile(place):
        raise Refused(f"there is no study at {place}: cnnspec search SPACE EVALUATE.py --storage {place}")
    with quiet():
        return studies_in(storage_of(place))


def table_of(results: StudyResults, most: int = SHOWN) -> Table:
    """The best trials of a study: values, figures and parameters."""
    trials = list(results.complete[:most] if len(results.directions) == 1 else results.best)
    names = list(trials[0].parameters) if trials else []
    figures = list(trials[0].figures) if trials else []
    values = (
        ["value"]
        if len(results.directions) == 1
        else [f"value {n + 1}" for n in range(len(results.directions))]
    )
    columns = (
        Column("trial", "trial", COUNT, "the number of the trial"),
        *(Column(name, name, WORD, "what evaluate gave") for name in values),
        *(Column(f"net.{n}" if n in names else n, n, COUNT, "a figure of the net") for n in figures),
        Column("seconds", "seconds", WORD, "how long the trial took"),
        *(Column(name, name, WORD, "a parameter of the net") for name in names),
    )
    rows = tuple(
        (
            one.number,
            *(f"{value:.6g}" for value in one.values),
            *one.figures.values(),
            "" if one.seconds is None else f"{one.seconds:.1f}",
            *one.parameters.values(),
        )
        for one in trials
    )
    counts = [
        (state, sum(one.state == state for one in results.trials))
        for state in ("complete", "pruned", "failed", "interrupted")
    ]
    told = ", ".join(f"{count} {state}" for state, count in counts if count) or "none"
    return Table(columns, rows, (), f"{results.name}: {told}")


def as_dict(results: StudyResults) -> dict[str, Any]:
    """A study as data: its trials, and the numbers of the best."""
    return {
        "space": results.name,
        "net": results.net,
        "directions": list(results.directions),
        "best": [one.number for one in results.best],
        "trials": [asdict(one) for one in results.trials],
    }


def edf(found: Iterable[StudyResults], path: str | Path) -> None:
    """Draw the empirical distribution of the values of studies, a curve for each, as svg, png or pdf.

    Of several values that is the first. Only trials that are complete count: those that were pruned would
    have become better. Raises RenderError where there is none, OSError.
    """
    from cnnspec.render.charts import write_drawing
    from cnnspec.render.distribution import edf_chart

    samples = [(one.name, [trial.values[0] for trial in one.complete]) for one in found]
    write_drawing(edf_chart(samples, "value"), Path(path))


def chart(found: Iterable[StudyResults], path: str | Path) -> None:
    """Draw the values of studies against the MACs of their nets, as svg, png or pdf by its suffix.

    The best bear the numbers of their trials, and each of several studies has a colour. Raises RenderError
    where there is none, OSError.
    """
    from cnnspec.render.charts import scatter_chart, write_drawing

    pairs = [
        (one.name, (str(trial.number) if rank < SHOWN else "", float(trial.figures["macs"]), trial.values[0]))
        for one in found
        for rank, trial in enumerate(one.complete)
        if "macs" in trial.figures and isfinite(trial.values[0])
    ]
    names, points = [name for name, _ in pairs], [point for _, point in pairs]
    logarithmic = all(macs > 0 for _, macs, _ in points)
    groups = names if len(set(names)) > 1 else ()
    write_drawing(scatter_chart(points, "MACs", "value", (logarithmic, False), groups), Path(path))
