"""`cnnspec.solve`: the member of a space that meets a budget best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec import given
from cnnspec.api import Net
from cnnspec.diagnostics import InvalidValue, Report
from cnnspec.elaborate import Limits, Mistake
from cnnspec.report.table import COUNT, TEXT, WORD, Column, Table
from cnnspec.sampling import OpenedSpace, open_space, spec_error
from cnnspec.space.asked import objective_of
from cnnspec.space.definition import written
from cnnspec.space.rejection import SpaceMember, as_net, data_of

if TYPE_CHECKING:  # it loads numpy
    from cnnspec.space.solver import Solution


@dataclass(frozen=True, eq=False)
class Solved:
    """The best member of a space that was found, or what comes nearest to one.

    `best` is None where no setting that was looked at holds all conditions; then `nearest` is the one that
    misses them by least, if any is a net, and `missed` says which it does not hold, and by which part.
    """

    solution: Solution
    opened: OpenedSpace

    @property
    def best(self) -> SpaceMember | None:
        """The best member."""
        return None if self.solution.missed else self.solution.member

    @property
    def nearest(self) -> SpaceMember | None:
        """What comes nearest, where there is no member."""
        return self.solution.member if self.solution.missed else None

    @property
    def missed(self) -> Mapping[str, float]:
        """The conditions that the nearest does not hold, each with by which part it misses it."""
        return self.solution.missed

    def __repr__(self) -> str:
        if self.best is None:
            return f"<no member of {self.opened.space.name} among {self.solution.looked_at}>"
        return f"<{self.line}>"

    @property
    def net(self) -> Net:
        """The best member as a net, else the nearest. Raises LookupError where there is none."""
        if self.solution.member is None:
            raise LookupError(f"no setting of {self.opened.space.name} that was looked at is a net")
        return self.opened.net(self.solution.member.parameters)

    @property
    def name(self) -> str:
        """What the best member is called, or the nearest: a name that its file does not have."""
        return self.opened.free_name("Best" if self.best else "Nearest")

    @property
    def line(self) -> str:
        """The best member as a line of a spec, `net Best = NET(...)`; else the nearest, or nothing."""
        member = self.solution.member
        return as_net(member, self.opened.space, self.name) if member else ""

    def table(self) -> Table:
        """The member as a row, for printing and for pandas.DataFrame: its parameters, and its figures."""
        member = self.solution.member
        names = [variable.name for variable in self.opened.space.variables]
        figures = list(member.figures) if member else ["params", "macs"]
        columns = (
            Column("net", "net", WORD, "the member"),
            *(Column(name, name, WORD, "a parameter of the net") for name in names),
            *(Column(f"net.{n}" if n in names else n, n, COUNT, "a figure of the net") for n in figures),
        )
        parameters = [written(member.parameters[name]) for name in names] if member else []
        rows = ((self.name, *parameters, *member.figures.values()),) if member else ()
        return Table(columns, rows)

    def figures(self) -> Table:
        """A row a figure of the member, with what is sought and what the conditions say of it."""
        solution, member = self.solution, self.solution.member
        columns = (
            Column("figure", "figure", TEXT, "a figure of the net"),
            Column("value", "value", COUNT, "what it comes to"),
            Column("asked", "asked", TEXT, "what is sought, and what the conditions say"),
        )
        word = "the largest" if solution.largest else "the smallest"
        rows = []
        for figure, value in member.figures.items() if member else ():
            said = [word] * (figure == solution.objective) + list(solution.asked.get(figure, ()))
            rows.append((figure, value, ", ".join(said)))
        return Table(columns, tuple(rows))

    def text(self, beside: str | Path | None = None) -> str:
        """The best member as a net of a spec that checks, `net Best = NET(...)`; else the nearest.

        Where the spec lies beside the file that is written, or below, its net is used; else the spec itself
        comes first.
        """
        return self.opened.text([self.line], beside)

    def as_dict(self) -> dict[str, Any]:
        """What was found as data: as `cnnspec solve --json` prints it."""
        solution, space = self.solution, self.opened.space
        return {
            "space": space.name,
            "net": space.net,
            "objective": solution.objective,
            "direction": "maximize" if solution.largest else "minimize",
            "seed": solution.seed,
            "looked_at": solution.looked_at,
            "is_whole": solution.is_whole,
            "best": self._data(self.best),
            "nearest": self._data(self.nearest),
            "missed": dict(self.missed),
        }

    def _data(self, member: SpaceMember | None) -> dict[str, Any] | None:
        if member is None:
            return None
        return {
            "name": self.name,
            "parameters": {parameter: data_of(value) for parameter, value in member.parameters.items()},
            "figures": {figure: data_of(value) for figure, value in member.figures.items()},
        }


def solve(
    spec: str | Path,
    *,
    maximize: str | None = None,
    minimize: str | None = None,
    vary: Iterable[str] = (),
    where: Iterable[str] = (),
    seed: int = 0,
    tries: int | None = None,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
) -> Solved:
    """The best member of a space: solve("regnetxspace", where=["macs < 400M"], maximize="params").

    What is sought is a number of the net, as conditions name them: a figure, or an expression of figures and
    parameters. `vary` and `where` are lines of a space, for a net that is no space, or beside those of one.
    It looks at `tries` settings at most, from several starts; if none is given, at as many as take
    a second or two. Raises SpecError, InvalidValue.
    """
    from cnnspec.space.solver import solve as found_in

    if (maximize is None) == (minimize is None):
        raise InvalidValue("say what is sought, by either maximize or minimize: maximize='params'")
    start = given.count("a seed", seed, 0)
    most = None if tries is None else given.count("how many settings are looked at", tries, 1)
    opened = open_space(spec, vary, where, include=include, limits=limits)
    text, report = str(minimize if maximize is None else maximize), Report()
    space, module, bounds = opened.space, opened.module, opened.session.limits
    sought = objective_of(text, maximize is not None, space, module, report, bounds)
    report.raise_errors()
    assert sought is not None
    try:
        return Solved(found_in(space, module, bounds, sought, start, most), opened)
    except Mistake as mistake:
        raise spec_error(mistake) from None
