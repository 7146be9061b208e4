"""Elementwise layers have one formula: what backends derive from it agrees with torch's own layers."""

from __future__ import annotations

import builtins
import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnnspec.backends import numpy
from cnnspec.backends.numpy import formulas
from cnnspec.backends.numpy.rules import rule_of
from cnnspec.graph import Graph, build
from cnnspec.layers import REGISTRY
from cnnspec.layers.base import Layer, argument, layer
from cnnspec.layers.kinds import NUMBER

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def bump() -> Any:
    """A layer that no backend has heard of, with an argument and most of what a formula may use."""

    @layer("bump", family="activation")
    class Bump(Layer):
        """width * (1 - x^2) inside 1, a bent line outside. Said nowhere."""

        width: float = argument(NUMBER, "height at 0", default=2.0)

        def formula(self, x: Any, m: Any) -> Any:
            inside = self.width * (1 - x**2)
            right = -m.exp(-m.abs(x)) - m.expm1(m.maximum(-x, -1))
            return m.where(m.abs(x) <= 1, inside, 3 / (2 - m.minimum(x, 0)) + right)

    yield Bump
    del REGISTRY["bump"]


def net(one: Layer) -> Graph:
    return build("OneLayer", {"x": (3, 40)}, [("layer", one, ("x",))], {"head": "layer"})


def variants() -> list[Layer]:
    """Every elementwise layer at its defaults, and with each word and number changed."""
    found = []
    for cls in REGISTRY.values():
        if not cls.elementwise:
            continue
        made: Any = cls()
        found.append(made)
        for name, value in vars(made).items():
            others = [value * 1.5] if isinstance(value, float) else ["none", "tanh"]
            found += [replace(made, **{name: other}) for other in others if other != value]
    return found


VARIANTS = variants()
POINTS = np.concatenate([np.linspace(-40, 40, 75), [-3, -1, 0, 1, 3, 6], np.linspace(-3.3, 3.3, 39)])


def points(dtype: str) -> np.ndarray[Any, Any]:
    return POINTS.astype(dtype).reshape(1, 3, 40)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("one", VARIANTS, ids=str)
def test_the_value_and_the_slope_are_those_of_the_layer_in_torch(one: Layer, dtype: str) -> None:
    from cnnspec.backends import torch as backend

    x = torch.tensor(points(dtype), requires_grad=True)
    y = backend.compile(net(one), dtype=dtype)(x)
    y.sum().backward()
    rule = rule_of(one)
    settings = rule.settings(one, (3, 40))
    rtol, atol = (2e-5, 2e-6) if dtype == "float32" else (1e-12, 1e-12)
    if one.op in ("softplus", "mish", "hardsigmoid"):
        # torch takes x itself for log(1 + exp(x)) beyond 20, and 1/6 in single precision
        rtol, atol = 2e-5, 3e-9
    value = rule.forward(points(dtype), **settings)
    ((slope,), _) = rule.backward(np.ones_like(points(dtype)), points(dtype), **settings)
    assert value.dtype == slope.dtype == dtype
    np.testing.assert_allclose(value, y.detach().numpy(), rtol=rtol, atol=atol)
    np.testing.assert_allclose(slope, x.grad.numpy(), rtol=rtol, atol=atol)


@pytest.mark.parametrize("one", VARIANTS, ids=str)
def test_every_formula_can_be_written_in_torch_and_onnx(one: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a backend has a name of its own, which is taken away here."""
    check_torch(one, monkeypatch)
    check_onnx(one, monkeypatch)


def check_torch(one: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.backends import torch as backend
    from cnnspec.backends.torch import rules

    monkeypatch.delitem(rules.RULES, type(one), raising=False)
    module = backend.compile(net(one), dtype="float64")
    assert type(one).__name__ in {type(part).__name__ for part in module.modules()}
    got = module(torch.tensor(points("float64"))).numpy()
    expected = numpy.compile(net(one), dtype="float64")(points("float64"))
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=3e-9)


def check_onnx(one: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    backend = pytest.importorskip("cnnspec.backends.onnx")
    from cnnspec.backends.onnx import rules

    monkeypatch.delitem(rules.RULES, type(one), raising=False)
    got = backend.compile(net(one))(points("float32"))
    np.testing.assert_allclose(
        got, numpy.compile(net(one))(points("float32")), rtol=1e-5, atol=1e-5 * np.abs(got).max()
    )


def test_a_formula_is_all_that_a_new_layer_needs(bump: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (bump(), bump(0.5)):
        test_the_value_and_the_slope_are_those_of_the_layer_in_torch(one, "float64")
        check_torch(one, monkeypatch)
        check_onnx(one, monkeypatch)
        source = numpy.source(net(one))
        space: dict[str, Any] = {}
        exec(builtins.compile(source, "net.py", "exec"), space)
        got = space["OneLayer"](dtype=np.float64)(points("float64"))
        np.testing.assert_array_equal(got, numpy.compile(net(one), dtype="float64")(points("float64")))


def test_a_rule_gives_a_layer_the_name_that_a_backend_has_for_it() -> None:
    backend, onnx = (
        pytest.importorskip("cnnspec.backends.torch"),
        pytest.importorskip("cnnspec.backends.onnx"),
    )
    softsign = net(REGISTRY["softsign"]())
    assert "F.softsign(x)" in backend.source(softsign)
    assert [node.op_type for node in onnx.model(softsign).graph.node] == ["Softsign"]


def test_the_kernel_is_the_formula_as_text(bump: Any) -> None:
    assert inspect.getsource(formulas.kernel(bump)) == (
        "def bump(x: Array, *, width: float = 2.0) -> Array:\n"
        '    """width * (1 - x^2) inside 1, a bent line outside. Said nowhere."""\n'
        "    inside = width * (1 - x**2)\n"
        "    right = -np.exp(-np.abs(x)) - np.expm1(np.maximum(-x, -1))\n"
        "    return np.where(np.abs(x) <= 1, inside, 3 / (2 - np.minimum(x, 0)) + right)\n"
    )
    from cnnspec.backends.torch.formula import module_text

    assert module_text(bump) == (
        "class Bump(nn.Module):\n"
        '    """width * (1 - x^2) inside 1, a bent line outside."""\n\n'
        "    def __init__(self, width: float = 2.0) -> None:\n"
        "        super().__init__()\n"
        "        self.width = width\n\n"
        "    def forward(self, x: Tensor) -> Tensor:\n"
        "        inside = self.width * (1 - x**2)\n"
        "        right = -torch.exp(-torch.abs(x)) - torch.expm1(torch.clamp_min(-x, -1))\n"
        "        return torch.where(torch.abs(x) <= 1, inside, 3 / (2 - torch.clamp_max(x, 0)) + right)"
    )


def test_long_arrays_are_worked_out_by_blocks() -> None:
    x = np.random.default_rng(0).standard_normal((3, 2, formulas.BLOCK // 4 + 7)).astype(np.float32)
    ((slope,), _) = rule_of(REGISTRY["tanh"]()).backward(np.ones_like(x), x)
    np.testing.assert_allclose(slope, 1 - np.tanh(x) ** 2, rtol=1e-6, atol=1e-7)
