"""Nets of several inputs: each statement that reads one says which, the first as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Two(nn.Module):
    """Two maps, and what a test makes of them."""

    def __init__(self, body: Callable[..., Any]) -> None:
        super().__init__()
        self.body = body
        self.conv, self.second = nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Any, y: Any) -> Any:
        return self.body(self, x, y)


BODIES: list[tuple[Callable[..., Any], str]] = [
    (lambda net, x, y: net.conv(x) * y, "x -> conv(8, 3)\n"),
    (lambda net, x, y: net.second(y) + net.conv(x), "x -> conv(8, 3)\n"),
    (lambda net, x, y: (lambda z: (z + net.second(z.relu())) * y)(net.conv(x)), "x -> conv(8, 3)\n"),
    (lambda net, x, y: (net.conv(x), net.second(y)), "head output2 from y"),
    (lambda net, x, y: net.conv(x).relu(), "x -> conv(8, 3) -> relu\n"),
    (lambda net, x, y: y + net.second(y), "y -> residual"),
]


@pytest.mark.parametrize("body, said", BODIES, ids=range(len(BODIES)))
def test_the_first_statement_says_which_input_it_reads(body: Callable[..., Any], said: str) -> None:
    module = Two(body).eval()
    found = cnnspec.from_torch(module, (4, 6, 6), (8, 6, 6))
    assert said in found.text, found.text
    x, y = torch.randn(2, 4, 6, 6), torch.randn(2, 8, 6, 6)
    with torch.no_grad():
        expected = module(x, y)
    given: Any = found.net.to_numpy(weights=found.weights)({"x": x.numpy(), "y": y.numpy()})
    values = list(given.values()) if isinstance(given, dict) else [given]
    for one, other in zip(expected if isinstance(expected, tuple) else (expected,), values, strict=True):
        assert abs(one.numpy() - other).max() < 1e-5
