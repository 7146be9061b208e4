"""The page of nets of torchvision and timm that were imported, from rows that tests/foreign_nets.py keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROWS = Path(__file__).parent.parent / "tests" / "foreign_nets.json"
INTRODUCTION = """\
# Nets that were imported

<!-- Made by docs/generate.py from tests/foreign_nets.json: run tests/foreign_nets.py to renew that. -->

torchvision's convolutional classifiers, and 200 of timm's nets: the first in the order of a seed that have a
convolution whose kernel is larger than its stride, and no product of values with values, as attention has.
None of them is known to the importer. Each has random weights, with norms, biases and scales away from 0 and
1. It is imported, its spec is checked without an error and compiled to torch with the module's weights, and
both get the same image; `off` is the largest difference of outputs, in parts of the largest output, and at
most 1e-4.

A net without a row has not been measured yet, and neither have outputs that are `not compared`: those of nets
with more than 400 million parameters, which are imported without their weights, and of some others.
`python tests/foreign_nets.py` does this, and a long test holds each net to its row.
"""


def imported() -> str:
    """Counts by library, the nets that were refused and why, and a row for each net."""
    rows: dict[str, dict[str, Any]] = json.loads(ROWS.read_text(encoding="utf-8"))
    lines = [
        INTRODUCTION,
        "| library | nets | imported | outputs compared | lines, median | lines, most |",
        "| --- |" + " ---: |" * 5,
    ]
    for library in ("torchvision", "timm"):
        lines.append(counts(library, [row for row in rows.values() if row["library"] == library]))
    refused = {name: row for name, row in rows.items() if row["problem"]}
    if refused:
        lines += ["", "## Refused", "", "| net | what the language cannot say |", "| --- | --- |"]
        lines += [f"| {name} | {shortened(row['problem'])} |" for name, row in refused.items()]
    for library in ("torchvision", "timm"):
        lines += ["", f"## {library}", "", "| net | params | lines | off |", "| --- | ---: | ---: | ---: |"]
        lines += table({name: row for name, row in rows.items() if row["library"] == library})
    return "\n".join(lines) + "\n"


def counts(library: str, rows: list[dict[str, Any]]) -> str:
    """How many nets of a library there are, how many are imported, and in how many lines."""
    sizes = [row["lines"] for row in rows if not row["problem"]]
    compared = sum(row["off"] is not None for row in rows if not row["problem"])
    return f"| {library} | {len(rows)} | {len(sizes)} | {compared} | {median(sizes):g} | {max(sizes)} |"


def table(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """A row for each net that is imported."""
    for name, row in rows.items():
        if not row["problem"]:
            off = "not compared" if row["off"] is None else f"{row['off']:.0e}"
            yield f"| {name.partition('/')[2]} | {row['params']:,} | {row['lines']} | {off} |"


def shortened(problem: str) -> str:
    """The operations of a refusal, without their places."""
    found = [part.partition(": ")[0] for part in problem.split("; ")]
    shown = ", ".join(found[:3])
    return shown if len(found) <= 3 else f"{shown} and {len(found) - 3} more"
