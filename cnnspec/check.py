"""Check a whole file: every net in it that leaves no parameter open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Limits, Loader, Module, Settings, open_parameters
from cnnspec.elaborate.names import suggest
from cnnspec.elaborate.resolve import resolve
from cnnspec.elaborate.slips import mend_slips
from cnnspec.garbage import without_garbage_collection
from cnnspec.passes.lint_syntax import lint_syntax
from cnnspec.pipeline import Compiled, Hook, compile_net
from cnnspec.source import Source


@without_garbage_collection()
def check(
    source: Source,
    report: Report,
    settings: Settings | None = None,
    limits: Limits | None = None,
    include: tuple[Path, ...] = (),
    net: str | None = None,
    hook: Hook | None = None,
) -> tuple[Compiled, ...]:
    """The nets of a source that compile (or the one named); all that is wrong goes to the report.

    After a syntax error the rest is checked all the same. A mistake that several nets share is reported once.
    """
    settings, limits = settings or Settings({}, {}), limits or Limits()
    errors = report.errors
    module = Loader(report, limits, include).load(source)
    before = report.saved()

    def compiled_nets() -> list[Compiled | None]:
        if net is None and (module.nets or module.names or report.has_errors):
            names = closed_nets(module, settings.parameters)
        else:
            picked = pick_net(module, net, settings.parameters, report)
            names = [picked] if picked else []
        return [compile_net(name, module, settings, report, limits, hook) for name in names]

    compiled = compiled_nets()
    if report.errors > before.errors and mend_slips(module, report, before):
        compiled = compiled_nets()
    if net is None:
        resolve(module, report)
    if report.errors == errors:
        lint_syntax(module.file, report)
    return tuple(net for net in compiled if net is not None)


def closed_nets(module: Module, parameters: Mapping[str, Any]) -> list[str]:
    """The nets of a file that leave no parameter open."""
    return [name for name in module.nets if set(open_parameters(name, module)) <= set(parameters)]


def plain_name(name: str) -> str:
    """A name as it is compared: lower case, without `_` and `-` but between digits (3_2gf is not 32gf)."""
    return re.sub(r"(?<!\d)_|_(?!\d)", "", name.lower().replace("-", "_"))


def pick_net(module: Module, name: str | None, parameters: Mapping[str, Any], report: Report) -> str:
    """The net that is meant: the one named, the only one, or that called like the file; "" after an error."""
    nets = list(module.nets)
    if name is not None:
        by_plain = {plain_name(net): net for net in nets}
        found = name if name in module.nets else by_plain.get(plain_name(name), "")
        if not found and not module.is_lost(name):
            cure = suggest(name, nets) or ("its nets: " + ", ".join(nets) if nets else "")
            report.error("unknown-net", None, f"{module.source.name} has no net `{name}`", help=cure)
        return found
    closed = closed_nets(module, parameters)
    if len(closed) == 1:
        return closed[0]
    stem = plain_name(module.source.path.stem) if module.source.path else ""
    for net in closed or nets:
        if plain_name(net) == stem:
            return net
    if not nets:
        report.error(
            "no-net", None, f"{module.source.name} defines no net", help="write net NAME { input ... }"
        )
    else:
        listed = ", ".join(closed or nets)
        example = f"{module.source.name}:{(closed or nets)[0]}"
        message = f"{module.source.name} has several nets"
        report.error("pick-net", None, message, help=f"pick one, as in {example}; nets: {listed}")
    return ""
