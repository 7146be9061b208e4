"""Golden files, renewed by `--update-golden`; torchvision and timm; properties that no clock decides."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from folders import GOLDEN

import cnnspec

# How long an example takes says how busy the machine is, and nothing of what is tested. A change is judged by
# the same examples each time; `make slow` and the nightly run draw others (`--hypothesis-profile=explore`).
hypothesis.settings.register_profile(
    "explore",
    parent=hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "repeat", parent=hypothesis.settings.get_profile("explore"), derandomize=True, database=None
)
hypothesis.settings.load_profile("repeat")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("golden files are not updated in CI")


def pytest_collection_finish() -> None:
    """Loads the whole package: examples draw on the constants of the modules that are loaded at that time."""
    for module in pkgutil.walk_packages(cnnspec.__path__, "cnnspec."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.name == "nt":
        for item in items:
            if item.get_closest_marker("posix"):
                item.add_marker(pytest.mark.skip(reason="needs a Unix system"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Holds a text against the golden file of a name; none may hold a traceback."""

    def hold(name: str, text: str) -> None:
        assert "Traceback" not in text
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return hold


@pytest.fixture(scope="session")
def torchvision() -> Iterator[Any]:
    """torchvision's models, which import beside a CPU build of torch once its operators are declared."""
    torch = pytest.importorskip("torch")
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("torchvision.models", exc_type=ImportError)


@pytest.fixture(scope="session")
def timm(torchvision: Any) -> Any:
    """timm, whose models import torchvision."""
    return pytest.importorskip("timm", exc_type=ImportError)
