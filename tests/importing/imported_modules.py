"""What the tests of imports share: small modules, and whether a spec gives what its module gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.layers.base import Shape

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


def imported(module: nn.Module, *inputs: Shape) -> cnnspec.Imported:
    return cnnspec.from_torch(module.eval(), *(inputs or [(3, 16, 16)]))


def same_outputs(module: nn.Module, found: cnnspec.Imported, tolerance: float = 1e-4) -> None:
    """The spec on numpy gives what the module gives, with its weights."""
    rng = np.random.default_rng(0)
    shapes = found.net.inputs.values()
    values = [rng.standard_normal((2, *shape), dtype=np.float32) for shape in shapes]
    with torch.no_grad():
        expected = module(*map(torch.from_numpy, values)).numpy()
    program = found.net.to_numpy(weights=found.weights)
    given = values[0] if len(values) == 1 else dict(zip(found.net.inputs, values, strict=True))
    np.testing.assert_allclose(program(given), expected, rtol=tolerance, atol=tolerance)


class Returns(nn.Module):
    def __init__(self, forward: Any, **modules: nn.Module) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.call = forward

    def forward(self, x: Any) -> Any:
        return self.call(self, x)
