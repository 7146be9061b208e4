"""The command line: `cnnspec COMMAND SPEC[:NET] ...`."""

from cnnspec.cli.main import main

__all__ = ["main"]
