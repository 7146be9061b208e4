"""Check a whole file: every net in it that leaves no parameter open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Limits, Loader, Module, Settings, open_parameters
from cnnspec.pipeline import Compiled, compile_net
from cnnspec.source import Source


def check(
    source: Source,
    report: Report,
    settings: Settings | None = None,
    limits: Limits | None = None,
    include: tuple[Path, ...] = (),
    net: str | None = None,
) -> tuple[Compiled, ...]:
    """The nets of a source that compile (or the one named); all that is wrong goes to the report.

    After a syntax error the rest is checked all the same. A mistake that several nets share is reported once.
    """
    settings, limits = settings or Settings({}, {}), limits or Limits()
    module = Loader(report, limits, include).load(source)
    names = [net] if net is not None else closed_nets(module, settings.parameters)
    compiled = (compile_net(name, module, settings, report, limits) for name in names)
    return tuple(net for net in compiled if net is not None)


def closed_nets(module: Module, parameters: Mapping[str, Any]) -> list[str]:
    """The nets of a file that leave no parameter open."""
    return [name for name in module.nets if set(open_parameters(name, module)) <= set(parameters)]
