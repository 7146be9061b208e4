"""What `cnnspec search` tells on standard error while it runs."""

from __future__ import annotations

from cnnspec.cli.bars import ProgressBar
from cnnspec.cli.printing import say
from cnnspec.report.numbers import short_count
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.searching import SearchPlan
    from cnnspec.space.driving import Progress


class Watcher:
    """Tells on standard error what is about to be done, how far it is on a terminal, and what has failed."""

    def __init__(self, storage: str | None, scheduler: str | None) -> None:
        self.storage = storage
        self.scheduler = scheduler
        self.workers = 1
        self.bar = ProgressBar()

    def __call__(self, told: SearchPlan | Progress) -> None:
        from cnnspec.space.driving import Progress

        if isinstance(told, Progress):
            self.progress(told)
        else:
            self.plan(told)

    def plan(self, plan: SearchPlan) -> None:
        """Say what is about to be done, and what it will cost where that is known."""
        self.workers = plan.workers
        where = f"in {self.scheduler}" if self.scheduler else "one at a time"
        where = f"{plan.workers} at a time" if plan.workers > 1 else where
        nets = (
            f" of nets of {short_count(plan.macs[0])} to {short_count(plan.macs[1])} MACs"
            if plan.macs[1]
            else ""
        )
        left = f"{plan.left} trial{'s' * (plan.left != 1)}" + (
            f" after {plan.done} before" if plan.done else ""
        )
        kept = f"kept in {self.storage}" if self.storage else "not kept: --storage study.log keeps them"
        say(f"{plan.space}: {left}{nets}, {where}; {kept}", err=True)
        if plan.seconds is not None and plan.left:
            say(
                f"about {_time(plan.seconds * plan.left / plan.workers)}, at {plan.seconds:.1f} s a trial",
                err=True,
            )
        if plan.recovered:
            say(f"{plan.recovered} interrupted trial{'s' * (plan.recovered != 1)} to run again", err=True)

    def progress(self, told: Progress) -> None:
        """Say how far the search is, and what has failed."""
        outcome = told.outcome
        if outcome.state == "failed":
            again = ": it is run again" if told.again else ""
            self.line(f"trial {told.number} failed: {outcome.error}{again}")
            for line in outcome.details.splitlines():
                self.line(f"    {line}")
        left = told.most - told.done
        if not left:
            self.bar.clear()
            return
        rest = "" if told.seconds is None else f", about {_time(told.seconds * left / self.workers)} left"
        value = ", ".join(f"{one:.4g}" for one in outcome.values)
        self.bar.show(told.done, told.most, f"{value}{rest}")

    def line(self, text: str) -> None:
        """A line that stays, over the bar."""
        self.bar.clear()
        say(text, err=True)


def _time(seconds: float) -> str:
    """A time in the unit that suits it."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
