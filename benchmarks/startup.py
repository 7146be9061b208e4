"""How long `cnnspec check` of the ResNet spec takes as a whole process, in empty Python processes.

The package is built into a wheel and installed from it into an environment of its own, so that nothing of a
checkout is measured. Runs alternate, so that what else the machine does falls on both alike, and the least of
each is compared. What runs is the command as pip installs it. Run from the root of the checkout:

    python benchmarks/startup.py [--runs N] [--python PATH] [--clock wall]

With --python, the environment of that interpreter is measured, where cnnspec is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "specs" / "resnet.cnn"
ALLOWED = 6.0


def main() -> int:
    """Print the times and their ratio; 1 where it is above what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--python", type=Path, help="an interpreter that cnnspec is installed for")
    parser.add_argument("--clock", choices=["cpu", "wall"], default="cpu", help="what is measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = given.python or installed(Path(folder))
        ratio = measured(python, given.runs, given.clock, folder)
    print(f"{'ratio':<14} {ratio:7.2f}      allowed {ALLOWED}")
    return int(ratio > ALLOWED)


def installed(folder: Path) -> Path:
    """The interpreter of a new environment, with the package installed from a wheel."""
    pip = [sys.executable, "-m", "pip", "--quiet"]
    alone = environment()
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True, env=alone)
    venv.create(folder / "env", with_pip=True, symlinks=os.name != "nt")
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # the pip of this environment, which is newer than the one that comes with Python
    subprocess.run([*pip, "--python", python, "install", *folder.glob("*.whl")], check=True, env=alone)
    return python


def measured(python: Path, runs: int, clock: str, folder: str) -> float:
    """How many empty processes a check takes."""
    commands = {
        "python": [python, "-c", "pass"],
        "cnnspec check": [python.with_name("cnnspec" + python.suffix), "check", SPEC],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        milliseconds(command, clock, folder)  # writes the byte code
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(milliseconds(command, clock, folder))
    for name, values in times.items():
        print(f"{name:<14} {min(values):7.1f} ms   median {sorted(values)[len(values) // 2]:7.1f} ms")
    return min(times["cnnspec check"]) / min(times["python"])


def milliseconds(command: Sequence[str | Path], clock: str, folder: str) -> float:
    """The time of one process from start to end, of its processors or on the wall."""
    now = time.perf_counter if clock == "wall" else children
    start = now()
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    return 1000 * (now() - start)


def environment() -> dict[str, str]:
    """This one, without what Python reads: nothing of a checkout is on the path."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def children() -> float:
    """The seconds that processes started here have had of processors."""
    import resource  # which Windows has not

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
