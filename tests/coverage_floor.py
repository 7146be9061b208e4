"""`python tests/coverage_floor.py FILE`: no file of the package under 90 % of its lines.

FILE is what `coverage json` wrote after one run of the tests that `make test` runs, subprocesses counted
(`make coverage`). A file that it does not name was not measured, which is none of its lines.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("cnnspec", "backends")
CARRIED = "backends/torch/helpers/"
"""Texts that generated source carries along: they run there, and not in these files."""
FLOOR = 90.0


def main() -> int:
    """Print the files under the floor, the lowest first; 1 where there are any."""
    data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    shares = dict.fromkeys(files(ROOT), 0.0)
    shares |= {
        Path(name).as_posix(): file["summary"]["percent_covered"] for name, file in data["files"].items()
    }
    low = sorted((share, name) for name, share in shares.items() if share < FLOOR)
    for share, name in low:
        print(f"{share:5.1f} %  {name}")
    total = data["totals"]["percent_covered"]
    print(f"{len(shares)} files, {total:.1f} % of their lines; {len(low)} under {FLOOR:g} %")
    return 1 if low else 0


def files(root: Path) -> list[str]:
    """The files of the package in a checkout, each by the folder that it stands in, not by a link."""
    paths = {path.resolve() for folder in FOLDERS for path in (root / folder).rglob("*.py")}
    names = [path.relative_to(root.resolve()).as_posix() for path in paths]
    return sorted(name for name in names if not name.startswith(CARRIED))


if __name__ == "__main__":
    sys.exit(main())
