"""`cnnspec.spaces` and `cnnspec.sample`: the spaces of a spec, and members of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnspec import given
from cnnspec.api import Net, open_source
from cnnspec.diagnostics import Report, SpecError
from cnnspec.elaborate import Known, Limits, Mistake, Module
from cnnspec.report.table import COUNT, WORD, Column, Table
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.space.asked import pick_space, with_options
from cnnspec.space.checking import check_space
from cnnspec.space.counting import blocks_of
from cnnspec.space.definition import DesignSpace, written
from cnnspec.space.rejection import MOST_TRIED, Sample, SpaceMember, as_net, data_of
from cnnspec.space.rejection import sample as drawn
from cnnspec.spec_files import SPECS, find_spec


def spaces(
    spec: str | Path, *, include: tuple[Path, ...] = (), limits: Limits | None = None
) -> tuple[DesignSpace, ...]:
    """The spaces of a spec file, or of the file of a net of the zoo: spaces("regnetx_400mf").

    A space has a `name`, the `net` that it is of, `variables` with their values, and `conditions`. Raises
    SpecError where something is wrong with one of them.
    """
    session = Session(include=include, limits=limits)
    source, _ = _source(str(spec), session)
    module, report = session.load(source)
    found = [check_space(item, module, report, session.limits, Known()) for item in module.spaces.values()]
    report.raise_errors()
    return tuple([space for space in found if space is not None])


@dataclass(frozen=True, eq=False)
class OpenedSpace:
    """A space with what was read of its file: makes nets of its members, and specs."""

    space: DesignSpace
    module: Module
    session: Session

    def net(self, setting: Mapping[str, Any]) -> Net:
        """The net of a setting."""
        return self.net_of({name: written(value) for name, value in setting.items()})

    def net_of(self, parameters: Mapping[str, str]) -> Net:
        """The net of parameters as specs write them."""
        return open_source(self.session, self.module.source, self.space.net, parameters, None)

    def free_name(self, first: str) -> str:
        """A name that nothing in the file has: the first, or that with a number."""
        module, name, number = self.module, first, 1
        taken = {*module.names, *module.nets, *module.used_nets, *module.spaces, *module.used_spaces}
        while name in taken:
            number += 1
            name = f"{first}{number}"
        return name

    def text(self, lines: Iterable[str], beside: str | Path | None = None) -> str:
        """A spec of lines that are nets, `net NAME = NET(...)`.

        Where the spec of the space lies beside the file that is written, or below, its net is used; else the
        spec itself comes first.
        """
        source, path = self.module.source, _relative(self.module.source, beside)
        blocks = sorted({block.name for block in blocks_of(self.space) if block.name in self.module.names})
        head = f'use "{path}" ({", ".join([self.space.net, *blocks])})' if path else source.text.rstrip("\n")
        return "\n".join([head, "", *lines]) + "\n"


@dataclass(frozen=True, eq=False)
class Sampled(Sequence[SpaceMember]):
    """Members of a space, each with `parameters` and `figures`; `sample` says what became of the others."""

    sample: Sample
    opened: OpenedSpace

    def __len__(self) -> int:
        return len(self.sample.members)

    def __getitem__(self, index: Any) -> Any:
        return self.sample.members[index]

    def __iter__(self) -> Iterator[SpaceMember]:
        return iter(self.sample.members)

    def __repr__(self) -> str:
        return f"<{len(self)} members of {self.sample.space.name}, {self.sample.drawn:,} drawn>"

    def net(self, member: SpaceMember) -> Net:
        """A member as a net."""
        return self.opened.net(member.parameters)

    def name(self, member: SpaceMember) -> str:
        """What a member is called: after its space, by its number."""
        return f"{self.sample.space.name}_{member.number}"

    def table(self) -> Table:
        """A row a member, for printing and for pandas.DataFrame: its parameters, and its figures."""
        space = self.sample.space
        names = [variable.name for variable in space.variables]
        figures = list(self.sample.members[0].figures) if self.sample.members else ["params", "macs"]
        columns = (
            Column("net", "net", WORD, "the member"),
            *(Column(name, name, WORD, "a parameter of the net") for name in names),
            *(Column(f"net.{n}" if n in names else n, n, COUNT, "a figure of the net") for n in figures),
        )
        rows = tuple(
            (self.name(one), *(written(one.parameters[name]) for name in names), *one.figures.values())
            for one in self.sample.members
        )
        return Table(columns, rows, (), f"{len(self)} members of {space.name}, seed {self.sample.seed}")

    def text(self, beside: str | Path | None = None) -> str:
        """The members as nets of a spec that checks: `net NAME = NET(...)`.

        Where the spec lies beside the file that is written, or below, its net is used; else the spec itself
        comes first.
        """
        space = self.sample.space
        return self.opened.text([as_net(one, space, self.name(one)) for one in self], beside)

    def as_dict(self) -> dict[str, Any]:
        """The members and what became of the others, as data: as `cnnspec sample --json` prints them."""
        sample = self.sample
        members = [
            {
                "name": self.name(one),
                "parameters": {name: data_of(value) for name, value in one.parameters.items()},
                "figures": {name: data_of(value) for name, value in one.figures.items()},
            }
            for one in sample.members
        ]
        return {
            "space": sample.space.name,
            "net": sample.space.net,
            "seed": sample.seed,
            "asked": sample.asked,
            "drawn": sample.drawn,
            "rejected": dict(sample.rejected),
            "exhausted": sample.exhausted,
            "members": members,
        }


def sample(
    spec: str | Path,
    n: int = 10,
    *,
    seed: int = 0,
    vary: Iterable[str] = (),
    where: Iterable[str] = (),
    tries: int = MOST_TRIED,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Sampled:
    """So many distinct members of a space that hold its conditions: sample("regnet.cnn:RegNetXSpace", 500).

    Each variable is drawn by itself; the same seed gives the same members. `vary` and `where` are lines of a
    space, as "width in 8..64 log" and "macs < 300M", for a net that is no space, or beside those of one. It
    ends with fewer members where `tries` nets in a row were none. `watch` is told now and then how many
    members there are, of how many settings drawn. Raises SpecError, InvalidValue.
    """
    count, start = given.count("how many members", n, 0), given.count("a seed", seed, 0)
    most = given.count("how many nets are tried in a row", tries, 1)
    opened = open_space(spec, vary, where, include=include, limits=limits)
    space, module = opened.space, opened.module
    try:
        return Sampled(drawn(space, module, opened.session.limits, count, start, most, watch), opened)
    except Mistake as mistake:
        raise spec_error(mistake) from None


def open_space(
    spec: str | Path,
    vary: Iterable[str] = (),
    where: Iterable[str] = (),
    *,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
) -> OpenedSpace:
    """The space that a command line means, with lines of `vary` and `where`. Raises SpecError."""
    session = Session(include=include, limits=limits)
    source, name = _source(str(spec), session)
    module, report = session.load(source)
    report.raise_errors()
    lines = tuple(vary), tuple(where)
    picked, module = pick_space(module, name, lines[0], report)
    item = with_options(picked, *lines, report)
    space = None if item is None else check_space(item, module, report, session.limits, Known())
    report.raise_errors()
    assert space is not None
    return OpenedSpace(space, module, session)


def spec_error(mistake: Mistake) -> SpecError:
    """What a condition got wrong, as an error with a place."""
    report = Report()
    mistake.report(report)
    return SpecError(report.diagnostics)


def _source(spec: str, session: Session) -> tuple[Source, str | None]:
    """The source that a spec means, and what it picks there. Raises SpecError."""
    report = Report()
    source, name = find_spec(spec, report, session.limits, spaces=True)
    report.raise_errors()
    assert source is not None
    return source, name


def _relative(source: Source, beside: str | Path | None) -> str:
    """The path of a spec as a file beside it would use it; empty for one of the zoo, or from elsewhere."""
    if source.path is None or os.path.realpath(source.path).startswith(os.path.realpath(SPECS)):
        return ""
    folder = os.path.dirname(os.path.realpath(beside)) if beside is not None else os.path.realpath(".")
    path = os.path.relpath(os.path.realpath(source.path), folder)
    return "" if path.startswith(os.pardir) or '"' in path or "\\" in path else path
