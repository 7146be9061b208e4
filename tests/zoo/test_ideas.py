"""The ideas that a course on convolutional networks teaches, each with its figure."""

from __future__ import annotations

import runpy
from itertools import product
from math import erf, exp, floor, pi, sqrt, tanh
from typing import Any

import numpy as np
import pytest
from folders import ROOT

import cnnspec
from cnnspec.api import Net
from cnnspec.backends import numpy as backend
from cnnspec.backends.numpy import SGD, softmax_cross_entropy, toeplitz
from cnnspec.passes.fold_batchnorm import fold_batchnorm

IDEAS = ROOT / "examples" / "ideas"
RNG = np.random.default_rng


def idea(file: str, net: str, **parameters: Any) -> Net:
    """A net of examples/ideas; its own `expect` lines hold as it loads."""
    return cnnspec.load(IDEAS / f"{file}.cnn", net, **parameters)


def layer(text: str, shape: str, **options: Any) -> backend.Program:
    """A net of one layer, as a numpy program in float64."""
    net = cnnspec.loads(f"net One {{ input {shape}; {text} }}")
    return net.to_numpy(dtype="float64", **options)


# ---- convolution


def test_conv_is_cross_correlation(capsys: pytest.CaptureFixture[str]) -> None:
    x, k = np.arange(9.0).reshape(1, 1, 3, 3), np.arange(4.0).reshape(1, 1, 2, 2)
    net = cnnspec.zoo("cross_correlation").to_numpy(weights={"conv.weight": k})
    assert net(x)[0, 0].tolist() == [[19, 25], [37, 43]]
    assert "[[19, 25], [37, 43]]" in run("cross_correlation", capsys)


def test_a_difference_of_neighbours_detects_edges() -> None:
    x = np.ones((1, 1, 6, 8))
    x[..., 2:6] = 0
    net = cnnspec.zoo("edge_detector").to_numpy(weights={"conv.weight": np.array([[[[1.0, -1.0]]]])})
    assert net(x)[0, 0].tolist() == [[0, 1, 0, 0, 0, -1, 0]] * 6


@pytest.mark.parametrize("seed", range(5))
def test_gradient_descent_learns_the_edge_detector(seed: int) -> None:
    example = runpy.run_path(str(IDEAS / "edges.py"))
    x = example["image"]()
    y = np.pad(np.diff(x), 0) * -1
    assert (example["STEPS"], example["RATE"]) == (30, 3e-2)
    np.testing.assert_allclose(example["learn"](x, y, seed), [1, -1], atol=0.1)


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert "edges:    0 1 0 0 0 -1 0" in run("edges", capsys)
    assert "outputs equal to rounding: True" in run("folding", capsys)


def run(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What an example prints."""
    runpy.run_path(str(IDEAS / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "dilation"), list(product((1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)))
)
def test_output_sizes_follow_the_formula(kernel: int, stride: int, pad: int, dilation: int) -> None:
    arguments = f"4, {kernel}, {stride}, pad={pad}, dilation={dilation}"
    net = cnnspec.loads(f"net One {{ input 3x17x23; conv({arguments}) }}")
    sizes = [floor((h + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1) for h in (17, 23)]
    assert net.outputs == {"output": (4, *sizes)}


def test_a_conv_is_a_doubly_blocked_toeplitz_matrix() -> None:
    kernel, x = RNG(0).standard_normal((2, 2)), RNG(1).standard_normal((3, 4))
    matrix = toeplitz(kernel, x.shape)
    net = layer("conv(1, 2, pad=valid, bias=false)", "1x3x4", weights={"conv.weight": kernel[None, None]})
    np.testing.assert_allclose(matrix @ x.ravel(), net(x[None, None]).ravel(), rtol=1e-12)
    blocks = matrix.reshape(2, 3, 3, 4).swapaxes(1, 2)  # block row and column, then row and column within
    assert (blocks[0, 0] == blocks[1, 1]).all() and (blocks[0, 1] == blocks[1, 2]).all()
    assert not blocks[0, 2].any()
    assert all((np.diag(block, 1) == kernel[i, 1]).all() for i, block in enumerate(blocks[0, :2]))


@pytest.mark.parametrize("groups", [1, 2, 4, 64])
def test_groups_divide_the_cost(groups: int) -> None:
    net = idea("groups", "Grouped", groups=groups)
    assert (net.params * groups, net.macs * groups) == (73_728, 231_211_008)


def test_a_bottleneck_costs_a_tenth_of_the_5x5_alone() -> None:
    direct, bottlenecked = idea("bottleneck", "Direct"), idea("bottleneck", "Bottlenecked")
    assert (direct.macs, bottlenecked.macs) == (120_422_400, 12_443_648)


def test_the_bottleneck_is_the_branch_of_googlenets_first_block() -> None:
    net = cnnspec.zoo("googlenet")
    costs = net.compiled.costs
    branch = [name for name in net.ir.nodes if name.startswith("body.inception1.concat.arm3.")]
    assert sum(costs.layers[name].macs for name in branch) == 12_443_648


@pytest.mark.parametrize("form", ["text", "md"])
def test_the_summary_shows_the_cost_of_both(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    idea("bottleneck", "Direct").summary(form=form)
    idea("bottleneck", "Bottlenecked").summary(form=form)
    printed = capsys.readouterr().out
    assert "120,422,400" in printed and "12,443,648" in printed


# ---- receptive fields and memory


@pytest.mark.parametrize("k", [1, 3, 5, 7])
def test_two_stacked_kernels_see_twice_their_size_less_one(k: int) -> None:
    assert idea("depth", "Stacked", k=k).compiled.receptive_field == ((2 * k - 1,) * 2, (1, 1), (k - 1,) * 2)


def test_stacked_kernels_have_fewer_weights_than_one_that_sees_as_much() -> None:
    assert (idea("depth", "Two3x3").params, idea("depth", "One5x5").params) == (73_728, 102_400)


def test_a_linear_layer_on_a_map_takes_400_megabytes() -> None:
    flattened, averaged = idea("flatten", "Flattened"), idea("flatten", "Averaged")
    assert flattened.params == 100_000_000
    assert flattened.as_dict()["memory"]["weights_bytes"] == 400_000_000
    assert averaged.as_dict()["memory"]["weights_bytes"] == 640_000
    (warning,) = flattened.diagnostics
    assert (warning.code, warning.severity) == ("large-linear", "warning")
    assert "400 MB" in warning.message and "99,840,000" in warning.help


# ---- normalization


def test_batchnorm_is_over_batch_and_space_in_training_and_running_in_inference() -> None:
    net = layer("batchnorm", "2x3x3")
    x = RNG(0).normal(5, 2, (4, 2, 3, 3))
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(net.forward(x), (x - mean) / np.sqrt(variance + 1e-5))
    running = net.tensors["batchnorm.running_mean"]
    np.testing.assert_allclose(running, 0.1 * mean.ravel())
    unbiased = x.var((0, 2, 3), ddof=1)
    spread = net.tensors["batchnorm.running_var"]
    np.testing.assert_allclose(spread, 0.9 + 0.1 * unbiased)
    column = (slice(None), None, None)
    np.testing.assert_allclose(net(x), (x - running[column]) / np.sqrt(spread[column] + 1e-5))


@pytest.mark.parametrize("before", ["conv(4, 3)", "conv(4, 3, bias=false)", "flatten -> linear(4)"])
def test_batchnorm_folds_into_the_layer_before_it(before: str) -> None:
    net = cnnspec.loads(f"net Two {{ input 3x5x5; {before} -> batchnorm }}")
    names = [node.name for node in net.ir]
    weights = {key: 0.5 + RNG(i).random(value.shape) for i, (key, value) in enumerate(state(net).items())}
    graph, folded = fold_batchnorm(net.ir, weights)
    gamma, sigma = weights["batchnorm.weight"], np.sqrt(weights["batchnorm.running_var"] + 1e-5)
    bias = weights.get(f"{names[-2]}.bias", 0)
    expected = gamma * (bias - weights["batchnorm.running_mean"]) / sigma + weights["batchnorm.bias"]
    np.testing.assert_allclose(folded[f"{names[-2]}.bias"], expected)
    x = RNG(9).standard_normal((2, 3, 5, 5))
    before_folding, after = (
        net.to_numpy(weights=weights, dtype="float64"),
        backend.compile(graph, folded, dtype="float64"),
    )
    np.testing.assert_allclose(after(x), before_folding(x), rtol=1e-12)
    assert len(graph.nodes) == len(names) - 1


def state(net: Net) -> dict[str, np.ndarray]:
    return net.to_numpy().state_dict()


@pytest.mark.parametrize(
    ("norm", "axes"),
    [
        ("layernorm", (1, 2, 3)),
        ("layernorm(over=channels)", (1,)),
        ("instancenorm", (2, 3)),
    ],
)
def test_norms_differ_in_what_they_average_over(norm: str, axes: tuple[int, ...]) -> None:
    x = RNG(0).normal(3, 2, (2, 4, 3, 3))
    y = layer(norm, "4x3x3")(x)
    expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected)


def test_groupnorm_averages_over_groups_of_channels_and_space() -> None:
    x = RNG(0).normal(3, 2, (2, 4, 3, 3))
    groups = x.reshape(2, 2, -1)
    expected = (groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer("groupnorm(2)", "4x3x3")(x), expected.reshape(x.shape))


def test_local_response_normalization_divides_by_what_neighbouring_channels_say() -> None:
    x = RNG(0).standard_normal((1, 6, 2, 2))
    squares = np.pad(x**2, ((0, 0), (2, 2), (0, 0), (0, 0)))
    around = sum(squares[:, i : i + 6] for i in range(5))
    expected = x / (2 + 5e-4 / 5 * around) ** 0.75
    np.testing.assert_allclose(layer("lrn(5, alpha=5e-4, k=2)", "6x2x2")(x), expected)


# ---- activations, losses and training


def test_gelu_by_tanh_is_near_that_by_erf_but_not_it() -> None:
    x = np.array([[-2.0, -0.5, 0.5, 2.0]])
    by_erf = [v / 2 * (1 + erf(v / sqrt(2))) for v in x[0]]
    by_tanh = [v / 2 * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v**3))) for v in x[0]]
    np.testing.assert_allclose(layer("gelu", "4")(x)[0], by_erf)
    np.testing.assert_allclose(layer("gelu(tanh)", "4")(x)[0], by_tanh)
    assert 1e-5 < max(abs(a - b) for a, b in zip(by_erf, by_tanh, strict=True)) < 1e-3


def test_cross_entropy_of_softmax_has_the_gradient_probability_less_target() -> None:
    logits = np.array([[1.0, 2.0, 3.0]])
    total = sum(exp(v) for v in logits[0])
    loss, gradient = softmax_cross_entropy(logits, [2])
    assert loss == pytest.approx(-3 + np.log(total))
    np.testing.assert_allclose(gradient, [[exp(1) / total, exp(2) / total, exp(3) / total - 1]])
    np.testing.assert_allclose(layer("softmax", "3")(logits), [[exp(v) / total for v in logits[0]]])


@pytest.mark.parametrize("noise", ["dropout(0.5)", "droppath(0.5)"])
def test_noise_is_for_training_only(noise: str) -> None:
    net = layer(noise, "2x4x4")
    x = np.ones((64, 2, 4, 4))
    assert (net(x) == 1).all()
    y = net.forward(x)
    assert set(np.unique(y)) == {0.0, 2.0}
    whole_samples = all(len(np.unique(sample)) == 1 for sample in y)
    assert whole_samples == noise.startswith("droppath")


def test_an_mlp_learns_exclusive_or() -> None:
    net = cnnspec.loads("net Xor { input 2; linear(8) -> tanh -> linear(2) }").to_numpy(seed=1)
    x, labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), [0, 1, 1, 0]
    descent = SGD(net, rate=0.5)
    for _ in range(300):
        _, gradient = softmax_cross_entropy(net.forward(x), labels)
        descent.step(net.backward(gradient))
    assert net(x).argmax(1).tolist() == labels
