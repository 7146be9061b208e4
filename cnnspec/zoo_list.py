"""The zoo: the nets and spaces that ship with the package, with their papers and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cnnspec.api import Net
from cnnspec.diagnostics import Report, SpecError
from cnnspec.files import read_source
from cnnspec.layers.base import describe
from cnnspec.session import Session
from cnnspec.spec_files import spec_paths


class Entry(NamedTuple):
    """One net of the zoo, or a space.

    `params` and `macs` are None for a family, whose parameters are open, and for a space: `input` says of
    which net it is.
    """

    name: str
    file: str
    paper: str
    input: str
    params: int | None
    macs: int | None


@cache
def entries() -> tuple[Entry, ...]:
    """All nets of the zoo, in the order of their files; after those of a file its spaces."""
    session = Session()
    return tuple(found for path in spec_paths() for found in _nets_of(path, session))


def entry(path: Path, name: str) -> Entry:
    """One net or space of the zoo, by its file and its name there."""
    return next(found for found in _nets_of(path, Session()) if found.name == name)


def _nets_of(path: Path, session: Session) -> Iterator[Entry]:
    """The nets of a file, which is read once, and its spaces. Raises SpecError."""
    report = Report()
    source = read_source(path, path.name, report, session.limits)
    report.raise_errors()
    assert source is not None
    first = source.text.partition("\n")[0]
    paper = first.removeprefix("#").strip()
    analysis = session.check(source)
    if analysis.has_errors:
        raise SpecError(analysis.diagnostics)
    closed = {compiled.graph.name: Net(compiled, analysis.diagnostics) for compiled in analysis.nets}
    for net in analysis.module.nets:
        if net not in closed:
            yield Entry(net, path.name, paper, "family", None, None)
            continue
        figures = closed[net]
        shapes = " ".join(describe(shape) for shape in figures.inputs.values())
        yield Entry(net, path.name, paper, shapes, figures.params, figures.macs)
    for space in analysis.spaces:
        yield Entry(space.name, path.name, paper, f"space of {space.net}", None, None)


def as_text(found: Iterable[Entry]) -> str:
    """The zoo as a table, a paper above its nets; families with open parameters are left out."""
    lines = [f"{'net':<24}{'input':<12}{'params':>14}{'GMACs':>10}"]
    file = ""
    for entry in found:
        is_open = entry.params is None or entry.macs is None
        if is_open and not entry.input.startswith("space of "):
            continue
        if entry.file != file:
            file = entry.file
            lines += ["", f"{entry.paper} ({file})"]
        if entry.params is None or entry.macs is None:
            lines.append(f"  {entry.name:<22}{entry.input}")
            continue
        giga = entry.macs / 1e9
        macs = f"{giga:.3f}" if giga >= 0.01 else f"{giga:.2g}"
        lines.append(f"  {entry.name:<22}{entry.input:<12}{entry.params:>14,}{macs:>10}")
    return "\n".join(lines)
