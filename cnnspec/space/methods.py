"""What a search may be asked for by name; without Optuna, which command lines are read without."""

from __future__ import annotations

DIRECTIONS = ("minimize", "maximize")
"""Where a value is to go."""
SAMPLERS = ("tpe", "random")
"""How members are chosen: by a model of what was good, or as the space says, each by itself."""
PRUNERS = ("median", "halving", "hyperband", "none")
"""Which trials end early: those worse than the median at the same step, those that successive halving leaves
out, those of Hyperband, or none.
"""
