"""The page of models whose weights nets of the zoo take, from rows that foreign_weights.py keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parent.parent / "tests" / "zoo" / "foreign_weights.json"
ORDERS = ("defined", "sorted", "shuffled", "run")
MOST_SHOWN = 160
TOLERANCE = 1e-4
APART = """\
The tensors fit, and the model computes something else than the net of its paper, mostly with another `eps`,
or keeps q, k and v of each head of attention together. With the model and an image `load_weights`
says so. Where it says nothing, a state without the model is taken in a wrong order, which is a fault.
"""
INTRODUCTION = """\
# Weights of other models

<!-- Made by docs/generate.py of what tests/zoo/foreign_weights.py has measured: run that to renew it. -->

Models of torchvision and timm that a net of the zoo is, and a YOLOv8 with the names and the order of its
authors. Each has random weights, with norms, statistics, biases and scales away from 0 and 1. They are given
to [`load_weights`](cookbook.md#weights-from-elsewhere) in four ways: as the model's state lists them
(`defined`), as a safetensors file, which is sorted (`sorted`), in an order drawn by seed (`shuffled`), and
with the model and an image, in the order in which its parts run (`run`). `off` is the largest difference
between the outputs of the net and of the model, in parts of the largest difference between the model's
outputs for two images: a tensor at the place of another shows there. It is the worst of all ways that were
taken.

`python tests/zoo/foreign_weights.py` does this, and a long test holds each model to its row.
"""


def foreign_weights() -> str:
    """Counts by library, what was refused and why, and a row for each model."""
    rows: dict[str, dict[str, Any]] = json.loads(ROWS.read_text(encoding="utf-8"))
    lines = [INTRODUCTION, "| library | models | " + " | ".join(ORDERS) + " |", "| --- |" + " ---: |" * 5]
    libraries = list(dict.fromkeys(name.partition("/")[0] for name in rows))
    of = {
        library: [row for name, row in rows.items() if name.startswith(f"{library}/")]
        for library in libraries
    }
    lines += [counts(library, of[library]) for library in libraries]
    refused = [(name, row) for name, row in rows.items() if row["refused"]]
    if refused:
        lines += ["", "## Refused", "", "| model | in the order | why |", "| --- | --- | --- |"]
        lines += [line for name, row in refused for line in reasons(name, row["refused"])]
    apart = {name: row for name, row in rows.items() if (row["off"] or 0) > TOLERANCE}
    if apart:
        lines += ["", "## Other outputs", "", APART]
        lines += ["| model | net | off | what `load_weights` says |", "| --- | --- | ---: | --- |"]
        for name, row in apart.items():
            told = "; ".join(line.partition(":")[0] for line in row.get("apart", ())[:1])
            lines.append(f"| {name} | {row['net']} | {row['off']:.0e} | {told} |")
    over = {name: row["passed_over"] for name, row in rows.items() if row["passed_over"]}
    if over:
        lines += ["", "## Passed over", "", "| model | why |", "| --- | --- |"]
        lines += [f"| {name} | {why} |" for name, why in over.items()]
    for library in libraries:
        lines += ["", f"## {library}", "", "| model | net | params | off |", "| --- | --- | ---: | ---: |"]
        lines += [
            f"| {name.partition('/')[2]} | {row['net']} | {row['params']:,} | {row['off']:.0e} |"
            for name, row in rows.items()
            if name.startswith(f"{library}/") and row["off"] is not None and name not in apart
        ]
    return "\n".join(lines) + "\n"


def counts(library: str, rows: list[dict[str, Any]]) -> str:
    """How many models of a library there are, and how many gave their weights in each order."""
    tried = [row for row in rows if not row["passed_over"]]
    taken = [str(sum(order not in row["refused"] for row in tried)) for order in ORDERS]
    return f"| {library} | {len(tried)} | {' | '.join(taken)} |"


def reasons(name: str, refused: Mapping[str, str]) -> Iterable[str]:
    """A line for each reason, with the orders that it was given for."""
    for why in dict.fromkeys(refused.values()):
        orders = ", ".join(order for order, told in refused.items() if told == why)
        line = " ".join(why.split()).replace("|", "\\|")
        yield f"| {name} | {orders} | {line[:MOST_SHOWN]}{'…' if len(line) > MOST_SHOWN else ''} |"
