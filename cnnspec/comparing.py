"""`cnnspec.compare`: several nets in one table, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnnspec.api import Net
from cnnspec.diagnostics.report import InvalidValue
from cnnspec.report import Table
from cnnspec.report.comparison import SHOWN, Compared
from cnnspec.report.comparison import compare as table_of


def compare(
    nets: Iterable[Net] | Mapping[str, Net],
    columns: Iterable[str] | None = None,
    sort: str | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    optimizer: str = "adam",
) -> Table:
    """Several nets in one table, a row each: prints, shows in a notebook, and goes into pandas.DataFrame.

    A mapping gives the rows names of their own. Columns are those of `cnnspec compare --columns`; bytes are
    of a batch, in a type, with the state of an optimizer. Raises InvalidValue for a column that there is not.
    """
    given: Any = nets.items() if isinstance(nets, Mapping) else ((net.name, net) for net in nets)
    rows = [Compared(name, net.compiled) for name, net in given]
    try:
        return table_of(
            rows, SHOWN if columns is None else columns, sort, batch=batch, dtype=dtype, optimizer=optimizer
        )
    except ValueError as error:
        raise InvalidValue(str(error)) from error
