"""The command line: `cnnspec COMMAND SPEC[:NET] ...`.

Read `main` (the group of commands), `options` (those that several commands have), `common` (reading a spec)
and `printing`; then a file a command, or a few that belong together: `check`, `summary`, `compile`,
`verify`, `run`, `weights`, `machine`, `lsp`, `studio`, `render`, `diff`, `compare`, `sample`, `solve`,
`search`, `sizes`, `field`, `importing` (import), `format` (fmt) and `manual` (explain, layers, zoo).
`checking` is what `check` does, `fixing` makes the edits of `check --fix`, `configuration` reads its
settings; `plain` runs a check without options, and spares it click; `training` is `compile --train`,
`searching` what `search` tells while it runs, `bars` the bar of that and of `sample`; `weights_file` reads
`--weights`. `process` and `failures` are
what is around a command: streams, signals, and what an error ends in.
`complete` and `bash` are for the TAB key.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process.

    Exit codes: 0 done, 1 the spec or the comparison has errors, 2 wrong usage, 70 a fault of cnnspec. The
    commands are loaded in here, so that an interruption meanwhile ends as quietly as one later.
    """
    try:
        from cnnspec.cli.plain import run_plain
        from cnnspec.cli.process import prepare_signals, prepare_streams

        prepare_streams()
        run_plain(sys.argv[1:])
        # a plain check writes no files
        prepare_signals()
        from cnnspec.cli.main import execute

        code = execute(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("Aborted!\n")
        code = 1
    sys.exit(code)
