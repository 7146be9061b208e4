"""A bar on standard error, where that is a terminal, that shows how far a command is."""

from __future__ import annotations

import os
import sys

WIDTH = 24


class ProgressBar:
    """Shows how many of some things are done, over itself; nothing where no terminal is."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, done: int, most: int, told: str) -> None:
        """Draw the bar anew, with what else is to be told on its line."""
        if self.shown:
            filled = WIDTH * done // max(most, 1)
            sys.stderr.write(f"\r\x1b[K[{'#' * filled:{WIDTH}}] {done}/{most}  {told}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away, for a line that stays or for the end."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
