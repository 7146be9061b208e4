"""`cnnspec.compare` and `cnnspec.diff`: several nets in one table, and what tells two apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cnnspec.api import Net, open_spec
from cnnspec.diagnostics import InvalidValue, SpecError
from cnnspec.passes.roofline import Machine
from cnnspec.report import Table
from cnnspec.report.comparison import SHOWN, Compared
from cnnspec.report.comparison import compare as table_of

if TYPE_CHECKING:
    from cnnspec.difference import Difference


def compare(
    nets: Iterable[Net | str] | Mapping[str, Net | str],
    columns: Iterable[str] | None = None,
    sort: str | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    optimizer: str = "adam",
) -> Table:
    """Several nets in one table, a row each: prints, shows in a notebook, and goes into pandas.DataFrame.

    A net may be given as text, as on the command line (`resnet18`, `net.cnn:Small`): one that has errors
    stands in the table with the reason then, as does any that breaks a budget. A mapping gives the rows names
    of their own. Columns are those of `cnnspec compare --columns`; bytes are of a batch, in a type, with the
    state of an optimizer. Raises InvalidValue for a column that there is not,
    and for `time` where `cnnspec machine` has not measured this machine.
    """
    chosen = tuple(SHOWN if columns is None else columns)
    given: Any = nets.items() if isinstance(nets, Mapping) else ((None, net) for net in nets)
    rows = [opened(net, label=label) if isinstance(net, str) else row(net, label) for label, net in given]
    try:
        machine = known_machine() if "time" in (*chosen, sort) else None
        return table_of(rows, chosen, sort, batch=batch, dtype=dtype, optimizer=optimizer, machine=machine)
    except ValueError as error:
        raise InvalidValue(str(error)) from error


def row(net: Net, label: str | None = None, settings: Mapping[str, str] | None = None) -> Compared:
    """A net of a comparison, with the budgets that it breaks."""
    _check_net(net)
    broken = [d.label or d.message for d in net.diagnostics if d.code == "budget"]
    note = f"over budget: {'; '.join(broken)}" if broken else ""
    return Compared(label or net.name, net.compiled, settings or {}, note)


def opened(
    spec: str, settings: Mapping[str, str] | None = None, label: str | None = None, **arguments: Any
) -> Compared:
    """A net of a comparison by what a command line calls it; where it has errors, what the first one is.

    `settings` are what the row shows of its parameters, `arguments` those of `open_spec`.
    """
    try:
        return row(open_spec(spec, **arguments), label, settings)
    except SpecError as error:
        first = next(d for d in error.diagnostics if d.severity == "error")
        return Compared(label or spec, None, settings or {}, f"{first.code}: {first.message}")


def diff(old: Net, new: Net) -> Difference:
    """What has to change in a net to make it another: entries that add up to the difference of the figures.

    Prints as `cnnspec diff` prints it; `changes` are the entries, `is_empty` says that there are none.
    """
    from cnnspec.difference import diff as between

    for net in (old, new):
        _check_net(net)
    return between(old.compiled, new.compiled)


def _check_net(net: Any) -> None:
    """Raises InvalidValue for what is no net, as a file or a module of torch."""
    if not isinstance(net, Net):
        raise InvalidValue(f"a net is what load, loads and zoo give, not {type(net).__name__}")


def known_machine() -> Machine:
    """The numbers of this machine. Raises ValueError where `cnnspec machine` has not measured them."""
    from cnnspec.backends.timing import remembered

    return remembered()
