"""Cures that several rooms offer."""

CHANNELS_IN = "the channels that flow in are known: leave it out"
"""For `in=`, `in_channels=` and a first argument that gives them."""
