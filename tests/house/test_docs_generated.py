"""What docs/ holds of the code is up to date: generated pages and pictures; and the site builds."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from folders import ROOT

import cnnspec
from cnnspec.api import open_spec
from cnnspec.diagnostics.explain import codes
from cnnspec.layers import REGISTRY

DOCS = ROOT / "docs"
MADE = runpy.run_path(str(DOCS / "generate.py"))
PAGES = MADE["PAGES"]
ZOO = MADE["zoo_pictures"]()


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


def test_the_page_of_python_has_every_public_name(made: dict[str, str]) -> None:
    page = made["python.md"]
    public = [name for name in cnnspec.__all__ if not name.startswith("_")]
    assert all(f"\n### cnnspec.{name}\n" in page for name in public)
    members = [
        name for name, value in vars(cnnspec.Net).items() if not name.startswith("_") and value.__doc__
    ]
    assert all(f"\n#### .{name}\n" in page for name in members) and len(members) > 15


PICTURES = re.findall(
    r"cnnspec render (\S+) -o docs/(images/\S+)(.*)", (ROOT / "Makefile").read_text(encoding="utf-8")
)


@pytest.fixture
def own_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures as the Graphviz that cnnspec brings lays them out: others leave other room for words."""
    monkeypatch.setenv("PATH", "")


def words(svg: Path) -> list[str]:
    return sorted(re.findall(r">([^<>\n]+)</t", svg.read_text(encoding="utf-8")))


@pytest.mark.usefixtures("own_graphviz")
@pytest.mark.parametrize(
    ("spec", "picture", "options"), PICTURES, ids=[picture for _, picture, _ in PICTURES]
)
def test_a_picture_says_what_it_would_say_now(spec: str, picture: str, options: str, tmp_path: Path) -> None:
    given: dict[str, Any] = dict(
        zip(options.replace("--", "").replace("-", "_").split()[::2], options.split()[1::2], strict=True)
    )
    open_spec(str(ROOT / spec) if spec.endswith(".cnn") else spec).render(tmp_path / "now.svg", **given)
    shown = words(DOCS / picture)
    assert len(shown) > 10
    assert shown == words(tmp_path / "now.svg"), "stale: run make pictures"


@pytest.mark.usefixtures("own_graphviz")
@pytest.mark.parametrize("picture", ZOO)
def test_a_picture_of_the_zoo_is_not_stale(picture: str, tmp_path: Path) -> None:
    cnnspec.zoo(ZOO[picture]).render(tmp_path / "now.svg", **MADE["ZOO_PICTURE"])
    assert words(DOCS / picture) == words(tmp_path / "now.svg"), "stale: run python docs/generate.py"


def test_every_family_of_the_zoo_has_a_picture() -> None:
    families = {entry.file for entry in MADE["entries"]() if entry.params is not None}
    assert len(families) == len(ZOO) == (DOCS / "zoo.md").read_text(encoding="utf-8").count("![")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the documents, without the studio."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_builds_and_its_links_lead_somewhere(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="images/tiny.svg"' in first and 'href="language.html"' in first
    assert 'href="studio/index.html"' in first
    # a document that is called search.md would take its place
    assert 'id="mkdocs-search-results"' in (site / "search.html").read_text(encoding="utf-8")
    assert "make site" in (site / "studio" / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_the_site_is_searched_from_a_disk(site: Path, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.open((site / "search.html").as_uri() + "?q=antialias")
        found = "[...document.querySelectorAll('#mkdocs-search-results a')].map((link) => link.href)"
        browser.until(f"{found}.length")
        (place, *_) = browser.run(found)
        browser.open(place)
        assert "antialias" in browser.run("document.body.innerText").lower()
        assert browser.wrong == []
