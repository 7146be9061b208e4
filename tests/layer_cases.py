"""The one table of layers on small inputs, for the tests of every backend: what cases/ok/layers/*.cnn call.

Every call of `conv` in `layers/conv.cnn`, with the shapes that it gets there, is a case of conv. A new layer
is tested in all backends as soon as it has such a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

from folders import OK

from cnnspec.diagnostics import Report
from cnnspec.elaborate import Limits
from cnnspec.files import read_source
from cnnspec.graph import Graph, build
from cnnspec.layers.base import Layer, Shape, describe
from cnnspec.layers.dense import Identity
from cnnspec.session import Session


class Case(NamedTuple):
    """A layer and the shapes of its inputs, per sample."""

    layer: Layer
    shapes: tuple[Shape, ...]

    @property
    def title(self) -> str:
        given = ", ".join(
            f"{f.name}={getattr(self.layer, f.name)}"
            for f in fields(self.layer)
            if getattr(self.layer, f.name) != f.default
        )
        return f"{self.layer.op}({given})-" + "-".join(map(describe, self.shapes))

    def graph(self) -> Graph:
        """The net of this layer alone: inputs x0, x1, .. and a head `head`."""
        inputs = {f"x{i}": shape for i, shape in enumerate(self.shapes)}
        return build("OneLayer", inputs, [("layer", self.layer, tuple(inputs))], {"head": "layer"})


def read() -> Iterator[Case]:
    """The cases of all layers, file by file, each once."""
    for path in sorted((OK / "layers").glob("*.cnn")):
        source = read_source(path, path.name, Report(), Limits())
        assert source is not None
        for net in Session().check(source).nets:
            for node in net.graph:
                if node.layer.op == path.stem:
                    yield Case(node.layer, net.graph.input_shapes(node))
    # the walk makes no layer of `identity`; graphs that are built otherwise may have one
    yield Case(Identity(), ((4, 7, 6),))


CASES = list(dict.fromkeys(read()))
