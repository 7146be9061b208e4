"""Every net of the zoo at other sizes than its own, against the net compiled at that size; else refused.

numpy and torch take what the architecture takes, the written sources and ONNX files too, or say why not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_input_sizes import by_head
from test_zoo_backends import closed

import cnnspec
from cnnspec.api import Net
from cnnspec.backends import CompileError, numpy
from cnnspec.backends.numpy import source
from cnnspec.backends.torch import source as torch_source
from cnnspec.diagnostics import InvalidValue, SpecError
from cnnspec.passes.shapes import misfit, reshape

torch = pytest.importorskip("torch")

QUICK = (
    "LeNet5",
    "ResNet20",
    "MobileNetV2_050",
    "UNetSmall",
    "GoogLeNet",
    "MLP_MNIST",
    "DeiT_Tiny",
    "SegNet",
)
SIDES = ((64, 96), (97, 65), (160, 128), (224, 256), (319, 321), (448, 512))
"""Tried from the smallest on: two that a net takes, and one that it refuses."""


def at(net: Net, side: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The inputs of a net with maps of this side."""
    return {key: (shape[0], *side[: len(shape) - 1]) for key, shape in net.inputs.items()}


def near(found: Any, expected: Any) -> None:
    found, expected = by_head(found), by_head(expected)
    assert list(found) == list(expected)
    for head, y in expected.items():
        assert tuple(found[head].shape) == y.shape
        scale = max(1.0, float(np.abs(y).max()))
        np.testing.assert_allclose(np.asarray(found[head]) / scale, y / scale, rtol=0, atol=1e-4)


def compiled(name: str, net: Net, given: dict[str, tuple[int, ...]]) -> Any:
    """The net compiled at a size; what inference runs of one whose marks or training heads forbid it."""
    try:
        return cnnspec.zoo(name, inputs=given).to_numpy(seed=0)
    except SpecError:
        return numpy.compile(reshape(net.resizable.inference(), given), seed=0)


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in closed() if n not in QUICK)]
)
def test_a_net_takes_the_sizes_that_it_takes_when_compiled_for_them(name: str) -> None:
    pytest.importorskip("onnxruntime")
    net = cnnspec.zoo(name)
    running = net.resizable.inference()
    shapes = [given for side in SIDES if (given := at(net, side)) != net.inputs]
    taken = [given for given in shapes if not misfit(running, given)][:2]
    refused = [given for given in shapes if misfit(running, given)][:1]
    program, module = net.to_numpy(seed=0), net.to_torch(seed=0).eval()
    scope: dict[str, Any] = {"__name__": "net"}
    exec(compile(source(net.resizable), "net.py", "exec"), scope)
    written = scope[[n for n, v in scope.items() if isinstance(v, type) and hasattr(v, "backward")][-1]](
        seed=0
    )
    try:
        model = net.to("onnx", seed=0, open_size=True)
    except CompileError as error:
        assert "for one size" in str(error)
        model = None
    assert (model is None) == (not taken)
    for given in taken:
        x = {key: np.random.default_rng(0).standard_normal((1, *s), np.float32) for key, s in given.items()}
        expected = compiled(name, net, given)(x)
        near(program(x), expected)
        with torch.no_grad():
            near(module(*map(torch.from_numpy, x.values())), expected)
        if not scope["FIXED"]:
            near(written(*x.values()), expected)
        if model is not None:
            near(model(x), expected)
    for given in refused:
        x = {key: np.zeros((1, *shape), np.float32) for key, shape in given.items()}
        for run in (program, lambda x: module(*map(torch.from_numpy, x.values())), model):
            if run is not None:
                with pytest.raises(InvalidValue, match=r"does not fit|needs a"):
                    run(x)
        with pytest.raises(ValueError):
            written(*x.values())
        asks = "check_size(" in torch_source(net.resizable)
        error, told = (ValueError, "takes sizes|for one size") if asks else (RuntimeError, None)
        with pytest.raises(error, match=told):
            type(module)()(*map(torch.from_numpy, x.values()))
