"""Garbage is collected while an editor is idle: looking through all that is known of a large net takes longer
than an answer may.

    edit  read  tell  hints     edit  read  tell  hints  ........ a second without an edit ........ collect
"""

from __future__ import annotations

import asyncio
import gc

IDLE = 1.0
"""How long nothing is read before garbage is collected, in seconds."""
MOST_READINGS = 20
"""After how many readings it is collected all the same: somebody types without a pause."""


class IdleCollector:
    """Collects garbage when it is told of no reading for a while; nothing else does from here on."""

    def __init__(self) -> None:
        gc.disable()
        self._readings = 0
        self._waiting: asyncio.TimerHandle | None = None

    def after_reading(self) -> None:
        """Put the collection off, for a text was read; or collect, where that was done too often."""
        self._readings += 1
        if self._waiting is not None:
            self._waiting.cancel()
        if self._readings >= MOST_READINGS:
            self._collect()
        else:
            self._waiting = asyncio.get_running_loop().call_later(IDLE, self._collect)

    def _collect(self) -> None:
        self._readings, self._waiting = 0, None
        gc.collect()
