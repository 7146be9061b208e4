"""The pages of docs/ that come from the registries are what docs/generate.py makes of them now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from cnnspec.diagnostics.explain import codes
from cnnspec.layers import REGISTRY

DOCS = Path(__file__).parent.parent / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {name: page() for name, page in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_not_stale(name: str, made: dict[str, str], pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        (DOCS / name).write_text(made[name], encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == made[name], "stale: run python docs/generate.py"


def test_every_layer_and_diagnostic_has_its_entry(made: dict[str, str]) -> None:
    assert all(f"\n### {op}\n" in made["layers.md"] for op in REGISTRY)
    assert all(f"\n## {code}\n" in made["diagnostics.md"] for code in codes())
