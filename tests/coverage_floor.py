"""`python tests/coverage_floor.py FILE`: no file of the package under 90 % of its lines.

FILE is what `coverage json` wrote after one run of the tests that `make test` runs, subprocesses counted
(`make coverage`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FLOOR = 90.0


def main() -> int:
    """Print the files under the floor, the lowest first; 1 where there are any."""
    data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    shares = {name: file["summary"]["percent_covered"] for name, file in data["files"].items()}
    low = sorted((share, name) for name, share in shares.items() if share < FLOOR)
    for share, name in low:
        print(f"{share:5.1f} %  {name}")
    total = data["totals"]["percent_covered"]
    print(f"{len(shares)} files, {total:.1f} % of their lines; {len(low)} under {FLOOR:g} %")
    return 1 if low or not shares else 0


if __name__ == "__main__":
    sys.exit(main())
