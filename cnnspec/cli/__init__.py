"""The command line: `cnnspec COMMAND SPEC[:NET] ...`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process.

    Exit codes: 0 done, 1 the spec or the comparison has errors, 2 wrong usage, 70 a fault of cnnspec. The
    commands are loaded in here, so that an interruption meanwhile ends as quietly as one later.
    """
    try:
        from cnnspec.cli.process import prepare

        prepare()
        from cnnspec.cli.main import execute

        code = execute(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("Aborted!\n")
        code = 1
    sys.exit(code)
