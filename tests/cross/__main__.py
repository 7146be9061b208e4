"""`python -m tests.cross [GENERATOR...] [--count N] [--seed N]`: where features meet, at length.

Generators: commands (nets x commands x options), agreement (layers x backends x dtypes x modes), damage
(files and names). Each case has a number; a fault is printed with it, and `--seed NUMBER --count 1` repeats
it. `--every` runs each option on each kind of net first, and `--table FILE` writes down how often.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from cross import agreement, commands, damage
from cross.random_nets import EVERY

SHOWN = 1000


def main() -> int:
    """Run the generators; 1 where a case has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.cross", description=__doc__)
    parser.add_argument("generators", nargs="*", default=["commands", "agreement", "damage"])
    parser.add_argument("--count", type=int, default=200, help="cases of each generator")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first case")
    parser.add_argument("--every", action="store_true", help="each option on each kind of net first")
    parser.add_argument("--table", type=Path, help="where to write how often each option met each kind")
    given = parser.parse_args()
    warnings.simplefilter("error")
    seen: Counter[commands.Cell] = Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def command(random: Random) -> None:
            seen.update(commands.run_case(random, folder)[0])

        cases: dict[str, Callable[[Random], object]] = {
            "commands": command,
            "agreement": agreement.run_case,
            "damage": lambda random: damage.run_case(random, folder),
        }
        if given.every and "commands" in given.generators:
            faults += every(seen, folder, given.seed)
        for generator in given.generators:
            faults += run(generator, cases[generator], range(given.seed, given.seed + given.count))
    if given.table:
        ran: dict[str, int] = {generator: given.count for generator in given.generators}
        given.table.write_text(json.dumps(as_data(seen, ran, faults), indent=1) + "\n")
    return 1 if faults else 0


def as_data(seen: Counter[commands.Cell], ran: dict[str, int], faults: int) -> dict[str, object]:
    """What was run: cases of each generator, faults, and how often each option met each kind of net."""
    counts = {
        f"{command} {option}": [seen[commands.Cell(command, option, kind)] for kind in EVERY]
        for command, option in commands.option_names()
        if command not in commands.NETLESS
    }
    return {"cases": ran, "faults": faults, "kinds": EVERY, "counts": counts}


def every(seen: Counter[commands.Cell], folder: Path, seed: int) -> int:
    """Run each option on each kind of net once."""
    found = list(commands.cells())

    faults = 0
    for number, cell in enumerate(found):

        def case(random: Random, cell: commands.Cell = cell) -> None:
            seen.update(commands.run_case(random, folder, cell)[0])

        faults += not _holds(f"every {number}", case, seed + number)
    print(f"every: {len(found)} cells, {faults} faults", flush=True)
    return faults


def run(name: str, case: Callable[[Random], object], numbers: range) -> int:
    """Run the cases of a generator, and say how many have a fault."""
    faults, begun = 0, time.monotonic()
    for done, number in enumerate(numbers, 1):
        faults += not _holds(f"{name} {number}", case, number)
        if done % SHOWN == 0 or done == len(numbers):
            rate = done / (time.monotonic() - begun)
            print(f"{name}: {done} cases, {faults} faults, {rate:.0f} a second", flush=True)
    return faults


def _holds(name: str, case: Callable[[Random], object], number: int) -> bool:
    try:
        case(Random(number))
    except Exception:
        print(f"{name}:\n{traceback.format_exc(limit=-4)}", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
