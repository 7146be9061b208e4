"""Calls that differ in rates of dropout and the like alone are copied, each with its own rate."""

from __future__ import annotations

import pytest

from cnnspec.elaborate import Known
from cnnspec.layers.dense import Dropout, DropPath
from cnnspec.session import Session
from cnnspec.source import Source

NET = """
def block(out, drop, also=0.5) {{
    residual {{ conv(out, 3) -> dropout(also) -> {body} }}
}}
net N {{
    input 8x8x8
    block(8, 0.1)
    block(8, 0.2, also=0.25)
    block(8, 0.3) * 2
    gap -> flatten -> linear(10)
}}
"""


def rates(text: str) -> list[float]:
    """The rates of all layers that have one; no diagnostics are expected."""
    analysis = Session().check(Source("a.cnn", text))
    assert not analysis.diagnostics
    layers = [node.layer for node in analysis.nets[0].graph]
    return [layer.rate for layer in layers if isinstance(layer, (Dropout, DropPath))]


@pytest.mark.parametrize(
    "body",
    [
        "droppath(drop)",
        "droppath(rate=drop)",
        "{ relu -> droppath(drop) }",
        "droppath(drop + 0)",  # read in another way: walked each time
        "{ let drop = drop; droppath(drop) }",
    ],
)
def test_each_call_has_its_own_rates(body: str) -> None:
    assert rates(NET.format(body=body)) == [0.5, 0.1, 0.25, 0.2, 0.5, 0.3, 0.5, 0.3]


def test_what_a_def_calls_has_rates_of_its_own() -> None:
    text = """
def inner(drop) { conv(8, 3) -> dropout(drop) }
def outer(drop) { inner(0.4) -> dropout(drop) }
net N { input 8x4x4; outer(0.1) -> outer(0.2); gap -> flatten -> linear(10) }
"""
    assert rates(text) == [0.4, 0.1, 0.4, 0.2]


def test_a_rate_that_is_none_is_reported_where_it_is_taken() -> None:
    text = NET.format(body="droppath(drop)").replace("0.2", "1.5")
    (found,) = Session().check(Source("a.cnn", text)).diagnostics
    assert found.code == "argument-value"
    assert "1.5" in found.message


def test_a_rate_that_decides_something_makes_another_call() -> None:
    body = "droppath(drop) if drop > 0.15"
    assert rates(NET.format(body=body)) == [0.5, 0.25, 0.2, 0.5, 0.3, 0.5, 0.3]


def test_equal_calls_are_walked_once() -> None:
    session = Session()
    session.check(Source("a.cnn", NET.format(body="droppath(drop)")))
    known: Known = session._common["a.cnn"].known
    assert len(known.calls) == 1
