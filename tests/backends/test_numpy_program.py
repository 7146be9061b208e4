"""Programs of the numpy backend: inputs, outputs, weights, training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnnspec.backends import CompileError
from cnnspec.backends import numpy as backend
from cnnspec.backends.weights import WeightsError
from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU, Tanh
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Dropout, Flatten, Linear
from cnnspec.layers.join import Add, Concat
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import GlobalAvgPool, MaxPool


def classifier() -> Graph:
    return build(
        "Classifier",
        {"input": (2, 8, 8)},
        [
            ("conv", Conv(8, 3, bias=False), ("input",)),
            ("norm", BatchNorm(), ("conv",)),
            ("relu", ReLU(), ("norm",)),
            ("pool", MaxPool(2), ("relu",)),
            ("gap", GlobalAvgPool(), ("pool",)),
            ("flatten", Flatten(), ("gap",)),
            ("linear", Linear(3), ("flatten",)),
        ],
        {"head": "linear"},
    )


def two_by_two(kernel: list[list[float]]) -> backend.Program:
    graph = build(
        "Cross", {"input": (1, 3, 3)}, [("conv", Conv(1, 2, pad=0, bias=False), ("input",))], {"head": "conv"}
    )
    return backend.compile(graph, {"conv.weight": np.array([[kernel]], float)})


def test_conv_is_cross_correlation() -> None:
    image = np.arange(9).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(two_by_two([[0, 1], [2, 3]])(image), [[[[19, 25], [37, 43]]]])


def test_gradient_descent_learns_the_edge_detector() -> None:
    graph = build(
        "Edge",
        {"input": (1, 6, 8)},
        [("conv", Conv(1, (1, 2), pad=0, bias=False), ("input",))],
        {"head": "conv"},
    )
    image = np.ones((1, 1, 6, 8))
    image[..., 2:6] = 0
    edges = backend.compile(graph, {"conv.weight": np.array([[[[1.0, -1.0]]]])})(image)
    np.testing.assert_array_equal(edges[0, 0, 0], [0, 1, 0, 0, 0, -1, 0])
    program = backend.compile(graph, seed=1)
    for _ in range(30):
        difference = program.forward(image) - edges
        gradients = program.backward(2 * difference)
        backend.SGD(program, rate=3e-2).step(gradients)
    np.testing.assert_allclose(program.tensors["conv.weight"], [[[[1.0, -1.0]]]], atol=0.1)


def test_toeplitz_is_the_conv() -> None:
    rng = np.random.default_rng(0)
    kernel, image = rng.standard_normal((3, 2, 3, 2)), rng.standard_normal((2, 6, 5))
    matrix = backend.toeplitz(kernel, image.shape, stride=(2, 1), padding=(1, 0))
    graph = build(
        "Conv",
        {"input": (2, 6, 5)},
        [("conv", Conv(3, (3, 2), (2, 1), (1, 0), bias=False), ("input",))],
        {"head": "conv"},
    )
    y = backend.compile(graph, {"conv.weight": kernel}, dtype=np.float64)(image[None])
    np.testing.assert_allclose(matrix @ image.ravel(), y.ravel(), rtol=1e-12)


def test_toeplitz_is_doubly_blocked() -> None:
    matrix = backend.toeplitz(np.array([[1, 2], [3, 4]]), (3, 3))
    np.testing.assert_array_equal(
        matrix,
        [
            [1, 2, 0, 3, 4, 0, 0, 0, 0],
            [0, 1, 2, 0, 3, 4, 0, 0, 0],
            [0, 0, 0, 1, 2, 0, 3, 4, 0],
            [0, 0, 0, 0, 1, 2, 0, 3, 4],
        ],
    )


def test_any_batch_and_any_image_size() -> None:
    program = backend.compile(classifier())
    for shape in [(1, 2, 8, 8), (3, 2, 8, 8), (2, 2, 11, 20)]:
        assert program(np.ones(shape)).shape == (shape[0], 3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 8, 8), r"input `input` needs an array of shape \(N, 2, 8, 8\), got \(2, 8, 8\)"),
        ((1, 3, 8, 8), r"needs an array of shape \(N, 2, 8, 8\), got \(1, 3, 8, 8\)"),
        ((0, 2, 8, 8), "batch size of at least 1"),
        ((1, 2, 1, 1), "the net does not fit an input of 2x1x1: pool"),
    ],
)
def test_inputs_that_do_not_fit(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backend.compile(classifier())(np.zeros(shape))


def test_a_linear_layer_fixes_the_image_size() -> None:
    graph = build(
        "Fixed",
        {"input": (1, 4, 4)},
        [("flatten", Flatten(), ("input",)), ("fc", Linear(2), ("flatten",))],
        {"head": "fc"},
    )
    with pytest.raises(ValueError, match="input of 1x5x4: fc gets 20, its weights are made for 16"):
        backend.compile(graph)(np.zeros((1, 1, 5, 4)))


def siamese() -> Graph:
    graph = build(
        "Siamese",
        {"left": (3,), "right": (3,)},
        [
            ("one", Linear(4), ("left",)),
            ("two", Linear(4), ("right",)),
            ("both", Concat(), ("one", "two")),
            ("sum", Add(), ("one", "two")),
        ],
        {"both": "both", "sum": "sum"},
    )
    nodes = dict(graph.nodes)
    nodes["two"] = nodes["two"]._replace(weights_of="one")
    return replace(graph, nodes=nodes, training_heads=frozenset({"sum"}))


def test_several_inputs_heads_and_shared_weights() -> None:
    program = backend.compile(siamese(), dtype=np.float64)
    assert set(program.tensors) == {"one.weight", "one.bias"}
    x = np.eye(3)[:2]
    both = program(left=x, right=x)
    np.testing.assert_array_equal(both, program({"left": x, "right": x}))
    np.testing.assert_array_equal(both[:, :4], both[:, 4:])

    outputs = program.forward(left=x, right=x)
    assert set(outputs) == {"both", "sum"}
    np.testing.assert_array_equal(outputs["sum"], 2 * both[:, :4])
    gradients = program.backward({"sum": np.ones((2, 4))})
    assert set(gradients) == {"one.weight", "one.bias", "left", "right"}
    # each of the two calls adds the sum of the batch
    np.testing.assert_array_equal(gradients["one.weight"], np.tile([2.0, 2.0, 0.0], (4, 1)))
    np.testing.assert_array_equal(gradients["one.bias"], [4, 4, 4, 4])


NO_NUMBERS = ["x", [["1"]], np.zeros((1, 2, 8, 8), object), np.zeros((1, 2, 8, 8), complex)]


@pytest.mark.parametrize("given", NO_NUMBERS)
def test_inputs_that_are_no_numbers_are_named(given: Any) -> None:
    program = backend.compile(classifier())
    with pytest.raises(InvalidValue, match=r"^input `input` needs an array of numbers, got one of "):
        program(given)


def test_missing_inputs_are_named() -> None:
    with pytest.raises(ValueError, match="Siamese takes the inputs left, right, given: left"):
        backend.compile(siamese())(np.zeros((1, 3)))


def test_trace_gives_every_node_of_inference() -> None:
    program = backend.compile(siamese())
    assert set(program.trace(left=np.zeros((1, 3)), right=np.ones((1, 3)))) == {
        "left",
        "right",
        "one",
        "two",
        "both",
    }


def test_weights_travel_from_torch() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential()
    module.add_module("conv", torch.nn.Conv2d(2, 8, 3, padding=1, bias=False))
    module.add_module("norm", torch.nn.BatchNorm2d(8))
    module.add_module("relu", torch.nn.ReLU())
    module.add_module("pool", torch.nn.MaxPool2d(2))
    module.add_module("gap", torch.nn.AdaptiveAvgPool2d(1))
    module.add_module("flatten", torch.nn.Flatten())
    module.add_module("linear", torch.nn.Linear(8, 3))
    program = backend.compile(classifier())
    program.load(module.state_dict())
    x = np.random.default_rng(0).standard_normal((2, 2, 8, 8)).astype(np.float32)
    expected = module.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(program(x), expected, rtol=1e-4, atol=1e-6)


def test_tensors_with_gradients_and_bfloat16_load() -> None:
    torch = pytest.importorskip("torch")
    program = backend.compile(classifier())
    tensors = {
        key: torch.tensor(a, dtype=torch.bfloat16, requires_grad=True) for key, a in program.tensors.items()
    }
    program.load({key: tensor.requires_grad_() for key, tensor in tensors.items()})
    np.testing.assert_array_equal(program.tensors["norm.weight"], np.ones(8, np.float32))


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"do not fit Classifier:\nmissing: conv.weight"):
        backend.compile(classifier(), {})


KERNEL, EMPTY = "conv1.weight", np.zeros((2, 1, 3, 3), np.float32)
UNFIT: list[tuple[Any, str]] = [
    ([1], "weights are tensors by key, as a state_dict has them, not [1]"),
    (None, "weights are tensors by key, as a state_dict has them, not None"),
    ({"conv7.weight": EMPTY}, "Small has no weight conv7.weight"),
    ({KERNEL: EMPTY[0]}, "conv1.weight has the shape (2, 1, 3, 3), not (1, 3, 3)"),
    ({KERNEL: EMPTY.astype(int)}, "conv1.weight is given int64, weights are floating-point numbers"),
    ({KERNEL: EMPTY.astype(complex)}, "conv1.weight is given complex128, weights are floating-point numbers"),
]


@pytest.mark.parametrize("given, told", UNFIT, ids=[told for _, told in UNFIT])
def test_weights_that_are_none_change_nothing(given: Any, told: str) -> None:
    graph = build("Small", {"x": (1, 5, 5)}, [("conv1", Conv(2, 3), ("x",))], {"y": "conv1"})
    program = backend.compile(graph)
    before = program.state_dict()
    with pytest.raises(WeightsError) as error:
        program.update(given)
    assert str(error.value) == told
    assert all((array == before[key]).all() for key, array in program.state_dict().items())
    if not isinstance(given, dict):
        with pytest.raises(WeightsError, match="weights are tensors by key"):
            program.load(given)


@pytest.mark.parametrize("grad", [1.0, np.ones((1, 2, 5, 4)), np.ones((1, 2, 5, 5), complex), "x"])
def test_gradients_that_are_none_are_named(grad: Any) -> None:
    graph = build("Small", {"x": (1, 5, 5)}, [("conv1", Conv(2, 3), ("x",))], {"y": "conv1"})
    program = backend.compile(graph)
    program.forward(np.ones((1, 1, 5, 5), np.float32))
    with pytest.raises(InvalidValue, match=r"the gradient of y is .*, not floating-point numbers of shape"):
        program.backward(grad)


def test_state_dict_is_a_copy() -> None:
    program = backend.compile(classifier())
    program.state_dict()["linear.bias"][:] = 9
    assert (program.tensors["linear.bias"] != 9).all()


def test_backward_needs_a_forward() -> None:
    with pytest.raises(ValueError, match="backward needs a forward before it"):
        backend.compile(classifier()).backward(np.ones((1, 3)))


def test_only_float_types_run() -> None:
    with pytest.raises(ValueError, match="float32 and float64, not int64"):
        backend.compile(classifier(), dtype=np.int64)


class Unknown(Layer):
    """A layer of which no backend knows."""

    op = "unknown"


def test_a_layer_without_a_rule_is_named() -> None:
    graph = build("Net", {"input": (2,)}, [("odd", Unknown(), ("input",))], {"head": "odd"})
    with pytest.raises(CompileError, match=r"the numpy backend has no rule for `unknown` \(odd\)"):
        backend.compile(graph)


def test_a_small_net_trains() -> None:
    """Tell which of three columns of pixels is bright, from noise: numpy alone gets all of them right."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 96)
    x = rng.normal(0, 0.3, (96, 2, 8, 8))
    for image, label in zip(x, labels, strict=True):
        image[label % 2, :, 2 + label] += 2
        image[:, 1 + label] += label
    program = backend.compile(classifier(), seed=1)
    optimizer = backend.SGD(program, rate=0.1, momentum=0.9, weight_decay=1e-4)
    losses = []
    for _ in range(40):
        loss, gradient = backend.softmax_cross_entropy(program.forward(x), labels)
        losses.append(loss)
        optimizer.step(program.backward(gradient))
    assert losses[-1] < 0.1 < losses[0]
    assert (program(x).argmax(1) == labels).mean() > 0.95


def test_training_follows_torch_step_by_step() -> None:
    torch = pytest.importorskip("torch")
    graph = build(
        "Two",
        {"input": (5,)},
        [("a", Linear(7), ("input",)), ("t", Tanh(), ("a",)), ("b", Linear(4), ("t",))],
        {"head": "b"},
    )
    program = backend.compile(graph, dtype=np.float64)
    module = torch.nn.ModuleDict({"a": torch.nn.Linear(5, 7), "b": torch.nn.Linear(7, 4)}).double()
    module.load_state_dict({key: torch.tensor(a) for key, a in program.tensors.items()})
    ours = backend.SGD(program, 0.1, 0.9, 0.01)
    theirs = torch.optim.SGD(module.parameters(), 0.1, 0.9, weight_decay=0.01)
    rng = np.random.default_rng(0)
    for _ in range(5):
        x, labels = rng.standard_normal((6, 5)), rng.integers(0, 4, 6)
        loss, gradient = backend.softmax_cross_entropy(program.forward(x), labels)
        ours.step(program.backward(gradient))
        theirs.zero_grad()
        logits = module["b"](torch.tanh(module["a"](torch.tensor(x))))
        expected = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
        expected.backward()
        theirs.step()
        assert loss == pytest.approx(expected.item(), rel=1e-12)
    for key, weight in module.state_dict().items():
        np.testing.assert_allclose(program.tensors[key], weight.numpy(), rtol=1e-10)


def test_losses_and_their_gradients() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((2, 4, 3, 3)), rng.integers(0, 4, (2, 3, 3))
    targets = rng.standard_normal(logits.shape)
    for ours, theirs in [
        (backend.softmax_cross_entropy(logits, labels), torch.nn.functional.cross_entropy),
        (backend.mean_squared_error(logits, targets), torch.nn.functional.mse_loss),
    ]:
        x = torch.tensor(logits, requires_grad=True)
        goal = labels if theirs is torch.nn.functional.cross_entropy else targets
        loss = theirs(x, torch.tensor(goal))
        loss.backward()
        assert ours[0] == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(ours[1], x.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0]])
def test_labels_that_do_not_fit(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="labels"):
        backend.softmax_cross_entropy(np.zeros((2, 3)), labels)


def test_dropout_needs_no_weights_and_a_seed_repeats_it() -> None:
    graph = build("Drop", {"input": (50,)}, [("drop", Dropout(0.5), ("input",))], {"head": "drop"})
    one, two = (backend.compile(graph, seed=4).forward(np.ones((2, 50))) for _ in range(2))
    np.testing.assert_array_equal(one, two)
