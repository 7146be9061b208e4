"""Where the tests find what they read."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SPECS = ROOT / "specs"
GOLDEN = TESTS / "golden"
OK = TESTS / "cases" / "ok"
ERRORS = TESTS / "cases" / "err"
