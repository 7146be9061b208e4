"""What a spec given as text is told, for tests."""

from __future__ import annotations

from pathlib import Path

from cnnspec.check import check, pick_net
from cnnspec.diagnostics import Diagnostic, Report, as_text
from cnnspec.elaborate import Limits, Loader, Settings
from cnnspec.source import Source


def diagnose(text: str, name: str = "spec.cnn", path: Path | None = None) -> tuple[Diagnostic, ...]:
    """Everything that `check` has to say about a spec."""
    report = Report()
    check(Source(name, text, path), report)
    return report.diagnostics


def codes_of(text: str) -> list[str]:
    """The codes of everything that `check` has to say about a spec."""
    return [d.code for d in diagnose(text)]


def shown(diagnostics: tuple[Diagnostic, ...]) -> str:
    """Diagnostics as a terminal shows them."""
    return "\n\n".join(map(as_text, diagnostics)) + "\n"


def with_options(text: str, path: Path, options: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """What a spec is told under `--set`, `--input` and `--net`; `--one` is a command that needs one net."""
    parameters, inputs, net = {}, {}, None
    for option in options:
        name, _, value = option.partition("=")
        key, _, given = value.partition("=")
        if name == "--net":
            net = value
        elif name == "--set":
            parameters[key] = given
        elif name == "--input":
            inputs[key] = tuple(map(int, given.split("x")))
    report = Report()
    source = Source(path.name, text, path)
    check(source, report, Settings(parameters, inputs), net=net)
    if "--one" in options:
        pick_net(Loader(Report(), Limits()).load(source), net, parameters, report)
    return report.diagnostics
