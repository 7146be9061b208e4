"""What `check` does when its options are read: specs are found, checked and told of. It needs no click."""

from __future__ import annotations

from cnnspec.cli.printing import print_diagnostics, print_json, say
from cnnspec.diagnostics import Diagnostic, Report, SpecError
from cnnspec.elaborate import Settings
from cnnspec.named_tuples import NamedTuple
from cnnspec.pipeline import Compiled, Hook
from cnnspec.records import replace
from cnnspec.session import Analysis, Session
from cnnspec.source import Source
from cnnspec.spec_files import expanded, find_spec
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Iterable

if TYPE_CHECKING:
    from cnnspec.space.definition import DesignSpace

Keeps = Callable[[Diagnostic], bool]


class Checking(NamedTuple):
    """How specs are checked: what is given from outside, what is told, and whether they are mended first."""

    session: Session
    settings: Settings
    hook: Hook | None
    keeps: Keeps
    mend: bool
    show_diff: bool


def check_all(specs: Iterable[str], how: Checking, form: str, strict: bool) -> bool:
    """Check specs, and print their nets and all that is wrong in a form; whether nothing is.

    Without a form the nets are not printed. Where it is `strict`, warnings count as errors.
    """
    report = Report()
    nets: list[dict[str, Any]] = []
    spaces: list[dict[str, Any]] = []
    for spec in expanded(specs, report):
        analysis = _check(spec, how, report)
        if analysis is None:
            continue
        for net in analysis.nets:
            nets.append(_figures(net))
            if form == "text":
                say("{net}: {params:,} params, {macs:,} MACs".format(**nets[-1]))
        for space in analysis.spaces:
            spaces.append(_space(space, analysis.source.name))
            if form == "text":
                say(
                    f"{spaces[-1]['space']}: space of {space.net}, {_count(len(space.variables), 'variable')}"
                )
    found = report.diagnostics
    failed = report.has_errors or bool(strict and found)
    _print(form, failed, {"nets": nets, "spaces": spaces}, found)
    return not failed


def _print(form: str, failed: bool, checked: dict[str, Any], found: tuple[Diagnostic, ...]) -> None:
    """Print what was found in a form, and where people read it, how much that is."""
    if form == "json":
        from cnnspec.diagnostics import as_dict

        print_json({"ok": not failed, **checked, "diagnostics": [as_dict(d) for d in found]})
        return
    if form == "sarif":
        from cnnspec import __version__
        from cnnspec.diagnostics.annotations import as_sarif

        print_json(as_sarif(found, __version__))
    elif form == "github":
        from cnnspec.diagnostics.annotations import as_github

        for diagnostic in found:
            say(as_github(diagnostic))
    elif form == "concise":
        from cnnspec.diagnostics.annotations import as_line

        for diagnostic in found:
            say(as_line(diagnostic))
    else:
        print_diagnostics(found)
    errors = sum(d.severity == "error" for d in found)
    say(f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}", err=True)


def _check(spec: str, how: Checking, report: Report) -> Analysis | None:
    """Check one spec; its nets and spaces are what comes of it, None where it cannot be read."""
    try:
        source, picked = find_spec(spec, report, how.session.limits)
    except SpecError as error:
        _add(error.diagnostics, how, report)
        return None
    if source is None:
        return None
    if how.mend or how.show_diff:
        from cnnspec.cli.fixing import mended

        source = mended(source, lambda text: _told(text, picked, how), how.show_diff)
    analysis = how.session.check(source, how.settings, picked, how.hook)
    _add(analysis.diagnostics, how, report)
    return analysis


def _told(source: Source, picked: str | None, how: Checking) -> tuple[Diagnostic, ...]:
    """What is told of a source while it is mended: what is left out has no edits, and counts all the same."""
    found = how.session.check(source, how.settings, picked).diagnostics
    return tuple(one if how.keeps(one) else replace(one, edits=()) for one in found)


def _add(found: Iterable[Diagnostic], how: Checking, report: Report) -> None:
    """Add to a report what is asked for."""
    for diagnostic in found:
        if how.keeps(diagnostic):
            report.add(diagnostic)


def _figures(net: Compiled) -> dict[str, Any]:
    name = f"{net.graph.file}:{net.graph.name}"
    return {"net": name, "params": net.costs.total.params, "macs": net.costs.inference.macs}


def _space(space: DesignSpace, file: str) -> dict[str, Any]:
    name = f"{file}:{space.name}"
    return {"space": name, "net": space.net, "variables": [variable.name for variable in space.variables]}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
