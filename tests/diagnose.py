"""What a spec given as text is told, for tests."""

from __future__ import annotations

from pathlib import Path

from cnnspec.diagnostics import Diagnostic, Report, as_text
from cnnspec.elaborate import Limits, Settings
from cnnspec.files import read_source
from cnnspec.pipeline import Compiled
from cnnspec.session import Session
from cnnspec.source import Source


def diagnose(text: str, name: str = "spec.cnn", path: Path | None = None) -> tuple[Diagnostic, ...]:
    """Everything that `check` has to say about a spec."""
    return Session().check(Source(name, text, path)).diagnostics


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
    source, settings, session = Source(path.name, text, path), Settings(parameters, inputs), Session()
    read = session.open if "--one" in options else session.check
    return read(source, settings, net).diagnostics


def read(path: Path) -> Source:
    """A spec in a file."""
    source = read_source(path, path.name, Report(), Limits())
    assert source is not None
    return source


def compile_case(source: Source) -> tuple[Compiled, ...]:
    """The nets of a spec that has no errors."""
    analysis = Session().check(source)
    assert not analysis.has_errors, "\n".join(map(as_text, analysis.diagnostics))
    return analysis.nets
