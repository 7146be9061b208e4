"""Nets of every kind in every view of a drawing."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cross.kinds import KINDS, net


@pytest.mark.parametrize(("view", "depth"), list(product(("blocks", "layers", "volumes"), (None, 1, 9))))
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn(kind: str, view: str, depth: int | None, tmp_path: Path) -> None:
    for suffix in ("svg",) if view == "volumes" else ("svg", "dot", "mmd"):
        path = tmp_path / f"net.{suffix}"
        net(kind).render(path, view=view, depth=depth)
        if suffix == "svg":
            ElementTree.parse(path)
        assert path.stat().st_size
