"""The zoo: the nets that ship with the package, with their papers and figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cnnspec.api import zoo
from cnnspec.diagnostics import SpecError
from cnnspec.layers.base import describe
from cnnspec.spec_files import zoo_nets


class Entry(NamedTuple):
    """One net of the zoo; `params` and `macs` are None for a family, whose parameters are open."""

    name: str
    file: str
    paper: str
    input: str
    params: int | None
    macs: int | None


def entries() -> list[Entry]:
    """All nets of the zoo, in the order of their files."""
    return [entry(path, name) for path, name in zoo_nets().values()]


def entry(path: Path, name: str) -> Entry:
    """One net of the zoo, by its file and its name there."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    paper = first.removeprefix("#").strip()
    try:
        net = zoo(name)
    except SpecError as error:
        if any(d.code != "net-open" for d in error.diagnostics if d.severity == "error"):
            raise
        return Entry(name, path.name, paper, "family", None, None)
    shapes = " ".join(describe(shape) for shape in net.inputs.values())
    return Entry(name, path.name, paper, shapes, net.params, net.macs)


def as_text(found: Iterable[Entry]) -> str:
    """The zoo as a table, a paper above its nets; families with open parameters are left out."""
    lines = [f"{'net':<24}{'input':<12}{'params':>14}{'GMACs':>10}"]
    file = ""
    for entry in found:
        if entry.params is None or entry.macs is None:
            continue
        if entry.file != file:
            file = entry.file
            lines += ["", f"{entry.paper} ({file})"]
        giga = entry.macs / 1e9
        macs = f"{giga:.3f}" if giga >= 0.01 else f"{giga:.2g}"
        lines.append(f"  {entry.name:<22}{entry.input:<12}{entry.params:>14,}{macs:>10}")
    return "\n".join(lines)
