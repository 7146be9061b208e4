"""Which parameters a constructor of torch source leaves open, and how few nets are looked at for it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import cnnspec
from cnnspec.backends.steps import lower
from cnnspec.backends.torch.classes import prepared, prepared_like
from cnnspec.backends.torch.opening import open_classes, others
from cnnspec.backends.torch.rules import known
from cnnspec.graph import Graph

SMALL = """
    def unit(width) { conv(width, 3) -> batchnorm -> relu }
    net Small(width=8, classes=10) {
        input 3x8x8
        body { unit(4) -> unit(width) }
        head { gap -> flatten -> linear(classes) }
    }
"""


def graph_of(text: str) -> Graph:
    return cnnspec.loads(text).resizable


def opened(graph: Graph) -> list[str]:
    """The parameters that the constructor of a net takes."""
    return [
        parameter.name
        for parameter in open_classes(graph, prepared(lower(graph, known, "torch"))).made[-1].parameters
    ]


def test_blocks_that_a_parameter_leaves_as_they_are_are_the_same_in_a_variant() -> None:
    graph = graph_of(SMALL)
    assert graph.variant is not None
    net = prepared(lower(graph, known, "torch"))
    other = graph.variant({"classes": 5})
    assert other is not None
    root = prepared_like(lower(other, known, "torch"), net)
    assert root is not None
    assert [new is old for new, old in zip(root.parts, net.root.parts, strict=True)] == [False, False]
    units = [(new.parts, old.parts) for new, old in zip(root.parts[:1], net.root.parts[:1], strict=True)]  # type: ignore[union-attr]
    assert units[0][0] == units[0][1]


@pytest.mark.parametrize(
    "body, names",
    [
        ("conv(width, 3) -> gap -> flatten -> linear(classes)", ["width", "classes"]),
        ("conv(width, 3) -> gap -> flatten -> linear(max(classes, 3))", ["width"]),
        ("conv(min(width, 12), 3) -> gap -> flatten -> linear(classes)", ["classes"]),
        ("conv(round_to(width, 8), 3) -> gap -> flatten -> linear(classes)", ["classes"]),
        ("conv(width * classes, 3) -> gap -> flatten -> linear(classes)", ["width", "classes"]),
        ("if classes > 7 { conv(4, 1) }; conv(width, 3) -> gap -> flatten -> linear(classes)", ["width"]),
        ("conv(max(width, classes + 4), 3) -> gap -> flatten -> linear(classes)", []),
    ],
)
def test_a_parameter_is_open_where_all_numbers_follow_from_it(body: str, names: list[str]) -> None:
    assert opened(graph_of(f"net N(width=10, classes=4) {{ input 3x8x8; {body} }}")) == names


def test_few_variants_of_a_net_are_looked_at() -> None:
    graph, asked = cnnspec.zoo("resnet50").resizable, []

    def variant(values: Mapping[str, Any]) -> Graph | None:
        asked.append(dict(values))
        assert graph.variant is not None
        return graph.variant(values)

    assert opened(replace(graph, variant=variant)) == ["depths", "classes"]
    assert asked == [
        {"depths": (8, 8, 9, 5)},
        {"classes": 501},
        {"pool_pad": 2},
        {"depths": (6, 8, 12, 6), "classes": 2000},
    ]


@pytest.mark.parametrize(
    "value, tried",
    [(1000, [501, 1001, 2000]), (4, [1, 5, 8]), (1, [2]), (0.5, [0.25, 0.125]), ((3, 4), [(6, 6), (6, 8)])],
)
def test_the_values_that_are_tried(value: object, tried: list[object]) -> None:
    assert list(others(value)) == tried


def test_a_net_without_parameters_has_a_constructor_without_any() -> None:
    assert opened(graph_of("net N { input 3x8x8; conv(4, 3) -> flatten -> linear(2) }")) == []
    assert (
        list(inspect.signature(type(cnnspec.loads("net N { input 3; linear(2) }").to_torch())).parameters)
        == []
    )
