"""Coverage-guided fuzzing, with atheris installed: `python -m tests.fuzz.with_atheris -runs=1000000 CORPUS`.

CORPUS is a folder; begin it with copies of the small specs in tests/cases/, which are the quickest to read.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
atheris = import_module("atheris")  # an optional package: no import that type checkers would miss

with atheris.instrument_imports(include=["cnnspec"]):
    from fuzz.judge import judge


def judge_bytes(data: bytes) -> None:
    """Judge what bytes make as text."""
    judge(data.decode("utf-8", errors="replace"))


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge_bytes)
    atheris.Fuzz()
