"""How long `cnnspec check` of the ResNet spec takes as a whole process, beside importing lark and networkx.

Runs alternate, so that what else the machine does falls on both alike; medians are compared. Run from the
root of the checkout: python benchmarks/startup.py [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "import lark, networkx": [sys.executable, "-c", "import lark, networkx"],
    "cnnspec check": [sys.executable, "-m", "cnnspec", "check", "specs/resnet.cnn"],
}
ALLOWED = 1.5


def main() -> int:
    """Print the medians and their ratio; 1 where it is above what is allowed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        milliseconds(command)  # writes the byte code
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(milliseconds(command))
    for name, values in times.items():
        print(f"{name:<24} {statistics.median(values):7.1f} ms   least {min(values):7.1f} ms")
    ratio = statistics.median(times["cnnspec check"]) / statistics.median(times["import lark, networkx"])
    print(f"{'ratio':<24} {ratio:7.2f}      allowed {ALLOWED}")
    return int(ratio > ALLOWED)


def milliseconds(command: list[str]) -> float:
    """The time of one process from start to end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    raise SystemExit(main())
