"""Garbage is collected when nobody types, and now and then where somebody types without a pause."""

from __future__ import annotations

import asyncio
import gc

import pytest

from cnnspec.live import idle
from cnnspec.live.idle import MOST_READINGS, IdleCollector


@pytest.mark.parametrize(
    ("readings", "pause", "collected"), [(3, 3600.0, 0), (3, 0.0, 1), (MOST_READINGS, 3600.0, 1)]
)
def test_when_garbage_is_collected(
    monkeypatch: pytest.MonkeyPatch, readings: int, pause: float, collected: int
) -> None:
    found: list[bool] = []
    monkeypatch.setattr(idle, "IDLE", pause)
    monkeypatch.setattr(idle.gc, "collect", lambda: found.append(True))

    async def type_on() -> None:
        collector = IdleCollector()
        for _ in range(readings):
            collector.after_reading()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    try:
        asyncio.run(type_on())
    finally:
        gc.enable()
    assert len(found) == collected
