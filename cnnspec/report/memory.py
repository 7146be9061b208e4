"""Memory over time as a table: a row for each step, the buffers it makes, and what lives while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cnnspec.graph import Graph
from cnnspec.passes.buffers import BYTES, Buffer, Timeline, weight_bytes
from cnnspec.report.numbers import size_text
from cnnspec.report.table import BYTES as SIZE
from cnnspec.report.table import NUMBER, TEXT, Column, Table

BAR = 20
"""Characters of the bar of the peak."""

COLUMNS = (
    Column("step", "step", NUMBER, "the number of the step"),
    Column("runs", "runs", TEXT, "the layers that run in one go", 16, front=True),
    Column("makes", "makes", SIZE, "the buffers that begin with it"),
    Column("live", "live", SIZE, "all buffers that live while it runs"),
    Column("bar", "", TEXT, "the same as a bar"),
)


def memory_table(
    graph: Graph, timeline: Timeline, dtype: str = "float32", batch: int = 1, numpy: Timeline | None = None
) -> Table:
    """The steps of a plan with their memory, and under it the peak, what lives there and the arena.

    Sizes in the timeline are of the whole batch. `numpy` is the plan of the numpy backend, whose arena is
    told beside that of a device.
    """
    size = BYTES[dtype]
    made = [0] * len(timeline.steps)
    for buffer in timeline.buffers:
        if buffer.first >= 0:
            made[buffer.first // 2] += size * buffer.size
    rows = tuple(
        (i + 1, in_short(names), made[i], size * timeline.live(i), bar(timeline, i))
        for i, names in enumerate(timeline.steps)
    )
    samples = "one sample" if batch == 1 else f"{batch} samples"
    title = f"{graph.name} ({graph.file}): {timeline.plan} plan, {dtype}, {samples}"
    return Table(COLUMNS, rows, (), title, tuple(notes(graph, timeline, dtype, numpy)))


def bar(timeline: Timeline, step: int) -> str:
    """What lives at a step as a bar, as long as it is large beside the peak; the peak is marked."""
    live = timeline.live(step)
    length = round(BAR * live / timeline.peak) if timeline.peak else 0
    return "#" * length + (" <- peak" if step == timeline.peak_step else "")


def in_short(names: Sequence[str]) -> str:
    """The layers of a step: the first one's path, and how the others are called."""
    *others, last = names
    return " + ".join([*(name.rpartition(".")[2] for name in others), last])


def notes(graph: Graph, timeline: Timeline, dtype: str, numpy: Timeline | None) -> Iterable[tuple[str, str]]:
    """The peak and why it is there, the arena, and the weights beside it."""
    size = BYTES[dtype]
    if timeline.steps:
        names = in_short(timeline.steps[timeline.peak_step])
        yield "peak", f"{size_text(size * timeline.peak)} while step {timeline.peak_step + 1} runs: {names}"
    else:
        yield "peak", size_text(size * timeline.peak)
    yield "live there", "; ".join(told(timeline, buffer, size) for buffer in timeline.at_peak())
    spare = timeline.arena / timeline.peak - 1 if timeline.peak else 0
    yield "arena", f"{size_text(size * timeline.arena)}, {100 * spare:.0f} % over the peak"
    if numpy is not None:
        copies = "with padded copies of maps" if any("|" in one.name for one in numpy.buffers) else "aligned"
        yield "in numpy", f"{size_text(size * numpy.arena)} is its arena, {copies} (--plan numpy)"
    yield "weights", f"{size_text(weight_bytes(graph, dtype))} beside it, batchnorm folded"


def told(timeline: Timeline, buffer: Buffer, size: int) -> str:
    """A buffer, its bytes, and until when it is needed."""
    until = buffer.last // 2
    end = f"to step {until + 1}" if until < len(timeline.steps) else "to the end"
    return f"{buffer.name.replace('|', ', ')} {size_text(size * buffer.size)} ({end})"


def memory_data(
    graph: Graph, timeline: Timeline, dtype: str = "float32", batch: int = 1, numpy: Timeline | None = None
) -> dict[str, Any]:
    """The plan as data: bytes of every buffer, from which step to which, and what lives at each step."""
    size = BYTES[dtype]
    return {
        "net": graph.name,
        "plan": timeline.plan,
        "dtype": dtype,
        "batch": batch,
        "weights_bytes": weight_bytes(graph, dtype),
        "peak_bytes": size * timeline.peak,
        "peak_step": timeline.peak_step,
        "arena_bytes": size * timeline.arena,
        **({} if numpy is None else {"numpy_arena_bytes": size * numpy.arena}),
        "steps": [
            {"runs": list(names), "live_bytes": size * timeline.live(i)}
            for i, names in enumerate(timeline.steps)
        ],
        "buffers": [
            {
                "name": buffer.name,
                "bytes": size * buffer.size,
                "offset": size * buffer.offset,
                "first_step": max(buffer.first, -1) // 2 if buffer.first >= 0 else -1,
                "last_step": min(buffer.last // 2, len(timeline.steps)),
                "values": list(buffer.values),
            }
            for buffer in timeline.buffers
        ],
    }
