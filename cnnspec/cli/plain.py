"""`cnnspec check FILE...` without an option: run at once, for to load click takes longer than to check a net.

All other command lines are click's, and those of which it may say more: an option, a help, a setting in
pyproject.toml.
"""

from __future__ import annotations

import os

from cnnspec.garbage import GarbagePause
from cnnspec.typed import Callable, Sequence


def run_plain(arguments: Sequence[str], leave: Callable[[int], object] = os._exit) -> None:
    """Run a command line that is a plain check, and leave with its exit code; do nothing for another one."""
    if not is_plain(arguments):
        return
    with GarbagePause():
        try:
            from cnnspec.cli.checking import Checking, check_all
            from cnnspec.session import AS_WRITTEN, Session

            how = Checking(Session(), AS_WRITTEN, None, lambda found: True, False, False)
            code = 0 if check_all(arguments[1:], how, "text", False) else 1
        except KeyboardInterrupt:
            raise  # the caller says so: less is loaded for that
        except BaseException as error:
            from cnnspec.cli.failures import ended

            code = ended(error, arguments)
        # all is printed: Python would free one by one what ends with the process
        leave(code)


def is_plain(arguments: Sequence[str]) -> bool:
    """Whether a command line is a check of specs alone, which no settings change."""
    command, *specs = arguments or [""]
    return (
        command == "check"
        and bool(specs)
        and not any(spec.startswith("-") for spec in specs)
        and "_CNNSPEC_COMPLETE" not in os.environ
        and not _may_have_settings()
    )


def _may_have_settings() -> bool:
    """Whether a pyproject.toml around the working directory speaks of cnnspec."""
    try:
        folder = os.getcwd()
        while not _speaks_of_cnnspec(os.path.join(folder, "pyproject.toml")):
            if folder == (folder := os.path.dirname(folder)):
                return False
    except OSError:
        pass  # click says what is wrong with it
    return True


def _speaks_of_cnnspec(path: str) -> bool:
    """Whether a file may have a table tool.cnnspec; that a project needs cnnspec, or is it, says nothing."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    has_tools = any([line.translate(None, b" \t\"'").startswith((b"[tool]", b"tool=")) for line in lines])
    return any([b"cnnspec" in line and (has_tools or b"tool" in line) for line in lines])
