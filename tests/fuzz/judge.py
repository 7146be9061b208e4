"""What holds for any text: an answer in time, well formed, and a legal graph where there is no error."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cnnspec.diagnostics import Diagnostic, Report, as_dict, as_text
from cnnspec.diagnostics.explain import codes
from cnnspec.elaborate import Limits, Loader
from cnnspec.passes.verify import verify
from cnnspec.session import Session, closed_nets
from cnnspec.source import Source

SECONDS = 5
LIMITS = Limits(nodes=5_000, steps=20_000)
CODES = frozenset(codes())


class TooSlow(Exception):
    """A text took longer than it may."""


def judge(text: str, net: int | None = None) -> tuple[Diagnostic, ...]:
    """Check a text, or its net of that number alone; raises whatever shows a fault of cnnspec."""
    source = Source("spec.cnn", text)
    with time_limit():
        analysis = Session(limits=LIMITS).check(source, net=_pick(source, net))
    for diagnostic in analysis.diagnostics:
        _well_formed(diagnostic, source)
    for one in analysis.nets:
        verify(one.graph)
    return analysis.diagnostics


def _pick(source: Source, number: int | None) -> str | None:
    if number is None:
        return None
    nets = closed_nets(Loader(Report(), LIMITS).load(source), {})
    return nets[number % len(nets)] if nets else None


def _well_formed(diagnostic: Diagnostic, source: Source) -> None:
    assert diagnostic.code in CODES
    assert diagnostic.message
    assert "\x1b" not in as_text(diagnostic)
    assert as_dict(diagnostic)["code"] == diagnostic.code
    if diagnostic.span is not None and diagnostic.span.source is source:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text) + 1


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TooSlow after so much processor time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
