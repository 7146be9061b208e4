"""Runs a notebook from top to bottom: python tests/notebooks.py IN OUT. The first cell that fails ends it."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def run(notebook: Path, out: Path) -> None:
    """Execute a notebook in its folder and write it with its outputs. Raises CellExecutionError."""
    cells = nbformat.read(notebook, as_version=4)
    client = NotebookClient(cells, timeout=600, kernel_name="python3", record_timing=False)
    client.execute(cwd=str(notebook.parent))
    for cell in cells.cells:
        cell.metadata.clear()
    cells.metadata = {"kernelspec": cells.metadata.kernelspec, "language_info": {"name": "python"}}
    nbformat.write(cells, out)


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]), Path(sys.argv[2]))
    except CellExecutionError as error:
        sys.exit(str(error))
