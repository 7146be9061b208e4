"""How long `sample` takes for 500 distinct RegNetX between 360 and 400 MF, one in 135 of what is drawn.

It may take a minute and a half of one processor.
Run from the root of the checkout: python benchmarks/sample.py
"""

from __future__ import annotations

import sys
import time

import cnnspec

MEMBERS, ALLOWED_SECONDS = 500, 90.0


def main() -> int:
    """Print the time beside what is allowed; 1 where it is above that."""
    start = time.process_time()
    found = cnnspec.sample("regnetxspace_400mf", MEMBERS)
    seconds = time.process_time() - start
    distinct = len({tuple(one.parameters.values()) for one in found})
    held = all(360e6 < one.figures["macs"] < 400e6 and one.figures["params"] < 8e6 for one in found)
    print(f"{distinct} distinct members of {found.sample.drawn:,} that were drawn, conditions held: {held}")
    print(f"{seconds:.1f} s of one processor, allowed {ALLOWED_SECONDS:g}")
    return int(seconds > ALLOWED_SECONDS or distinct < MEMBERS or not held)


if __name__ == "__main__":
    sys.exit(main())
