"""`python -m tests.fuzz [--count N] [--seed N] [--save DIR]`: mutated specs, for as long as one likes.

Every text that shows a fault is written to a file, and the fault is printed; it belongs into tests/cases.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import traceback
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz.judge import judge
from fuzz.mutate import mutate, seeds

EVERY = 10
"""Of so many texts, one is checked with all its nets and whatever no net uses, the others with one net."""


def main() -> int:
    """Fuzz until the count is reached or someone interrupts; 1 where a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="how many texts; without it, no end")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first text")
    parser.add_argument("--save", type=Path, default=Path("fuzz-found"), help="where faults are written to")
    given = parser.parse_args()
    numbers = range(given.seed, given.seed + given.count) if given.count else itertools.count(given.seed)
    texts, begun, faults = seeds(), time.monotonic(), 0
    try:
        for done, number in enumerate(numbers, 1):
            random = Random(number)
            text = mutate(texts, random)
            net = random.randrange(9) if number % EVERY else None
            faults += not _holds(text, net, number, given.save)
            if done % 1000 == 0:
                print(
                    f"{done} texts, {faults} faults, {done / (time.monotonic() - begun):.0f} a second",
                    flush=True,
                )
    except KeyboardInterrupt:
        print(f"{faults} faults")
    return 1 if faults else 0


def _holds(text: str, net: int | None, number: int, save: Path) -> bool:
    try:
        judge(text, net)
    except Exception:
        save.mkdir(exist_ok=True)
        path = save / f"{number}.cnn"
        path.write_text(text, encoding="utf-8")
        print(f"{path}:\n{traceback.format_exc(limit=-6)}", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
