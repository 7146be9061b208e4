"""Source files of the numpy backend compute what the programs compute, and need numpy alone."""

from __future__ import annotations

import re
import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_cases import CASES, Case
from test_input_sizes import CASES as SIZES
from test_numpy_layers import inputs_of
from test_numpy_program import classifier, siamese

import cnnspec
from cnnspec.backends import numpy as backend
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.numpy import softmax_cross_entropy
from cnnspec.backends.numpy.starts import LayerStart, starting_lines, weights_table
from cnnspec.backends.python_source import module_names
from cnnspec.backends.weights import declared
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.dense import Dropout, Linear
from cnnspec.layers.join import Add
from cnnspec.zoo_list import entries


def executed(graph: Graph) -> dict[str, Any]:
    """The names that the source of a net defines."""
    scope: dict[str, Any] = {"__name__": "net"}
    exec(compile(backend.source(graph), "net.py", "exec"), scope)
    return scope


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer(case: Case) -> None:
    graph = case.graph()
    inputs = inputs_of(case)
    net = executed(graph)["OneLayer"](seed=3, dtype=np.float64)
    program = backend.compile(graph, seed=3, dtype=np.float64, reference=True)
    np.testing.assert_array_equal(net(*inputs.values()), program.forward(inputs, training=False))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer_trains(case: Case) -> None:
    """Values that are dropped are those of the program: both draw them from the seed."""
    graph, inputs = case.graph(), inputs_of(case)
    net = executed(graph)["OneLayer"](seed=3, dtype=np.float64)
    program = backend.compile(graph, seed=3, dtype=np.float64, reference=True)
    assert_trains_alike(net, program, inputs)


def assert_trains_alike(net: Any, program: Any, inputs: dict[str, Any]) -> None:
    """One step of training of both: outputs, gradients of weights and running statistics."""
    y, expected = by_head(net.train(*inputs.values())), by_head(program.forward(inputs))
    assert y.keys() == expected.keys()
    grads = {}
    for number, (head, value) in enumerate(expected.items()):
        np.testing.assert_allclose(y[head], value, rtol=1e-12, atol=1e-12)
        grads[head] = np.random.default_rng(number).standard_normal(value.shape)
    given = grads if len(grads) > 1 or next(iter(grads)) else next(iter(grads.values()))
    slopes, wanted = net.backward(given), program.backward(given)
    assert slopes.keys() == wanted.keys() & program.tensors.keys()
    for key, slope in slopes.items():
        largest = np.abs(wanted[key]).max()
        np.testing.assert_allclose(slope, wanted[key], rtol=1e-9, atol=1e-9 * max(largest, 1e-3))
    for key, array in program.tensors.items():
        np.testing.assert_allclose(net.weights[key], array, rtol=1e-12)


def by_head(y: Any) -> dict[str, Any]:
    return y if isinstance(y, dict) else {"": y}


def test_the_file_runs_and_needs_numpy_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(backend.source(classifier()))
    assert "import cnnspec" not in path.read_text()
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["187 parameters", "output (1, 3)"]


def test_the_same_seed_gives_the_same_weights_and_mappings_load() -> None:
    made = executed(classifier())["Classifier"]
    program = backend.compile(classifier(), seed=5)
    for key, array in made(seed=5).weights.items():
        np.testing.assert_array_equal(array, program.tensors[key])
    x = np.ones((1, 2, 8, 8))
    loaded = made(program.state_dict())
    np.testing.assert_array_equal(loaded(x), program.forward(x, training=False))


def test_several_inputs_and_training_heads() -> None:
    net = executed(siamese())["Siamese"](seed=1)
    x = np.ones((2, 3))
    np.testing.assert_array_equal(net(x, x), backend.compile(siamese(), seed=1)(left=x, right=x))


def test_misfits_are_refused() -> None:
    made = executed(classifier())["Classifier"]
    with pytest.raises(ValueError, match=r"the weights lack conv.weight of shape \(8, 2, 3, 3\)"):
        made({})
    with pytest.raises(ValueError, match=r"shapes \[\(3, 8, 8\)\] after the batch, not \[\(2, 8, 8\)\]"):
        made()(np.zeros((1, 3, 8, 8)))
    made = executed(cnnspec.zoo("lenet5").ir)["LeNet5"]
    with pytest.raises(ValueError, match="LeNet5 is for one size of its input: the weights of `linear`"):
        made()(np.zeros((1, 1, 40, 40)))


def test_names_of_a_spec_never_become_code() -> None:
    evil = '"""\nimport os\nos.abort()  #'
    names = ["import", "x", "w", "np", "conv", "self", "print", "a'b\"c\\", "", "1", "añb", evil]
    layers = [(name, Linear(2), ("in put",)) for name in names]
    layers += [(f"{evil}.drop", Dropout(), ("x",)), ("sum", Add(), (*names, f"{evil}.drop"))]
    layers += [(f"{evil}.relu", ReLU(), ("sum",))]
    graph = build(evil, {"in put": (3,)}, layers, {evil: f"{evil}.relu", "x": "x"})
    scope = executed(graph)
    net = next(
        value for name, value in scope.items() if isinstance(value, type) and name.startswith("import_os")
    )
    x = np.ones((1, 3))
    outputs = net()(x)
    expected = backend.compile(graph)(x)
    assert outputs.keys() == expected.keys() == {evil, "x"}
    for head in outputs:
        np.testing.assert_allclose(outputs[head], expected[head], rtol=1e-6)


@pytest.mark.parametrize(("text", "shape"), SIZES)
def test_a_source_takes_the_sizes_that_its_net_takes(text: str, shape: tuple[int, ...]) -> None:
    net = cnnspec.loads(text)
    made = executed(net.resizable)["N"](seed=3, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((2, *shape))
    other = cnnspec.loads(text, inputs={"input": shape})
    expected = other.to_numpy(seed=3, dtype="float64")
    for head, value in by_head(expected.forward(x, training=False)).items():
        np.testing.assert_allclose(by_head(made(x))[head], value, rtol=1e-12, atol=1e-12)
    assert_trains_alike(made, expected, {"input": x})


LAYERS = (
    *("conv(4, 3, stride=2, pad=same)", "maxpool(3, stride=2, ceil=true)", "maxpool(2, pad=same, stride=3)"),
    *("avgpool(3, stride=2, pad=1, ceil=true)", "lppool(3, stride=2, ceil=true)", "crop(5)", "upsample(2)"),
    *("tconv(4, 3, stride=2, pad=1, output_pad=1)", "adaptive_avgpool(3)", "adaptive_maxpool([3, 2])"),
    *("reshape([4, -1])", "attention(2)", "channel_shuffle(2)", "groupnorm(2)", "evonorm_s0(2)", "lrn(5)"),
    *(
        "pad(1, reflect) -> conv(4, 3, pad=valid)",
        "a: maxpool(2)\nmax_unpool(of=a)",
        "tokens -> attention(2)",
        "gap -> flatten -> linear(3)",
    ),
)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("side", [(9, 14), (12, 8), (31, 33)])
def test_layers_at_other_sizes(layer: str, side: tuple[int, int]) -> None:
    text = f"net N {{ input 3x8x8; conv(4, 3)\n{layer} }}"
    made = executed(cnnspec.loads(text).resizable)["N"](seed=3, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((2, 3, *side))
    other = cnnspec.loads(text, inputs={"input": (3, *side)}).to_numpy(seed=3, dtype="float64")
    np.testing.assert_allclose(made(x), other.forward(x, training=False), rtol=1e-12, atol=1e-12)


SHARES = """
share tower(width) { conv(width, 3) -> batchnorm -> relu -> conv(width, 3) -> dropout(0.3) }
def twice(width) { residual { conv(width, 3) -> relu -> conv(width, 3) } * 2 }
net Shares {
    input a 3x8x8
    input b 3x8x8
    l: a -> tower(4)
    r: b -> tower(4)
    concat(l, r) -> twice(8) -> twice(8)
    { conv(8, 3) -> batchnorm -> relu } * 4
    head main { gap -> flatten -> linear(2) }
    head second from l { gap -> flatten -> linear(3) }
    head aux from r, training { gap -> flatten -> dropout(0.5) -> linear(3) }
}
"""


@pytest.mark.parametrize("name", ["resnet20", "mobilenetv2_050", "shufflenetv2_x0_5", "unetsmall", "Shares"])
def test_nets_of_blocks_run_and_train(name: str) -> None:
    shapes = {} if name in ("Shares", "unetsmall") else {"input": (3, 32, 32)}
    net = cnnspec.loads(SHARES) if name == "Shares" else cnnspec.zoo(name, inputs=shapes)
    scope = executed(net.resizable)
    made = scope[net.name](seed=3, dtype=np.float64)
    program = net.to_numpy(seed=3, dtype="float64", reference=True)
    inputs = random_inputs(net.ir, 0, 2)
    expected = by_head(program.forward(inputs, training=False))
    for head, value in by_head(made(*inputs.values())).items():
        np.testing.assert_allclose(value, expected[head], rtol=1e-10, atol=1e-12)
    assert_trains_alike(made, program, inputs)


@pytest.mark.parametrize("name", ["resnet20", "unetsmall", "Shares"])
def test_a_step_of_training_has_the_gradients_of_torch(name: str) -> None:
    """Of the written file alone; without dropout, which each draws by itself."""
    torch = pytest.importorskip("torch")
    net = cnnspec.loads(re.sub(r"-> dropout\(.*?\)", "", SHARES)) if name == "Shares" else cnnspec.zoo(name)
    made = executed(net.resizable)[net.name](seed=3, dtype=np.float64)
    module = net.to_torch(weights=made.weights).double().train()
    inputs = {name: value.astype(np.float64) for name, value in random_inputs(net.ir, 0, 3).items()}
    y, theirs = by_head(made.train(*inputs.values())), by_head(module(*map(torch.tensor, inputs.values())))
    assert y.keys() == theirs.keys()
    slopes = {}
    for number, (head, value) in enumerate(y.items()):
        np.testing.assert_allclose(value, theirs[head].detach(), rtol=1e-10, atol=1e-12)
        labels = np.random.default_rng(number).integers(0, value.shape[1], (3, *value.shape[2:]))
        _, slopes[head] = softmax_cross_entropy(value, labels)
        torch.nn.functional.cross_entropy(theirs[head], torch.tensor(labels)).backward(retain_graph=True)
    found = made.backward(slopes if len(slopes) > 1 else next(iter(slopes.values())))
    expected = {key: np.asarray(weight.grad) for key, weight in module.named_parameters()}
    assert found.keys() == expected.keys()
    largest = max(np.abs(slope).max() for slope in expected.values())
    for key, slope in found.items():
        np.testing.assert_allclose(slope, expected[key], rtol=1e-10, atol=1e-12 * largest)
    for key, value in module.state_dict().items():
        if "running_" in key:
            np.testing.assert_allclose(made.weights[key], value, rtol=1e-10)


AT_ONCE = {"LeNet5", "ResNet152", "DenseNet121", "NFNet_Tiny", "Swin_Tiny", "GoogLeNetBN", "MobileViT_XXS"}


def weights_of(net: cnnspec.Net) -> dict[str, Any]:
    """The shape and start of each weight, as the written functions give them."""
    scope: dict[str, Any] = {"prod": prod}
    exec(weights_table(net.ir), scope)
    return scope["WEIGHTS"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(entry.name, marks=() if entry.name in AT_ONCE else pytest.mark.slow)
        for entry in entries()
        if entry.params is not None
    ],
)
def test_the_written_weights_are_those_of_the_net(name: str) -> None:
    net = cnnspec.zoo(name)
    starts = [(weight.shape, weight.init) for _, weight, _ in declared(net.ir)]
    found = weights_of(net)
    assert list(found) == [key for key, _, _ in declared(net.ir)]
    assert list(found.values()) == [
        (shape, init.value) if init.kind == "uniform" else (shape, 0.0, init.value) for shape, init in starts
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "stem.", "{a}.", "body.1."]),
            st.integers(0, 2),
            st.integers(1, 5),
            st.lists(st.tuples(st.sampled_from(["a", "b.c", '"'])), min_size=1, max_size=3),
            st.lists(st.integers(-3, 4), min_size=2, max_size=2),
        ),
        max_size=4,
    )
)
def test_loops_give_the_layers_that_were_there(runs: Any) -> None:
    """Runs of layers whose paths count and whose sizes grow, shrink or stay."""
    layers = [
        LayerStart(f"{prefix}{first + turn}.{name}", f"kernel_weights({40 + turn * a}, {20 + turn * b}, 3)")
        for prefix, first, turns, names, (a, b) in runs
        for turn in range(turns)
        for (name,) in names
    ]
    scope: dict[str, Any] = {}
    exec("\n".join(["def starts(kernel_weights):", *starting_lines(layers), "    yield from ()"]), scope)
    found = list(scope["starts"](lambda *sizes: f"kernel_weights({', '.join(map(str, sizes))})"))
    assert found == [tuple(layer) for layer in layers]


def class_of(name: str) -> str:
    text = backend.source(cnnspec.zoo(name).resizable)
    return text[text.index("\nclass ") :]


def test_blocks_are_functions_and_repeats_are_loops() -> None:
    text = class_of("resnet152")
    assert len(text.splitlines()) < 160
    assert len(backend.source(cnnspec.zoo("resnet152").resizable).splitlines()) < 660
    assert "def bottleneck(self, x, at, stride=(2, 2)):" in text
    assert "for i in range(1, 36):" in text and 'x = self.bottleneck2(x, f"body.layer3.{i}")' in text
    assert len(class_of("densenet121").splitlines()) < 170


@pytest.mark.parametrize(
    "name", ["lenet5", "resnet18", "densenet121", "vit_small_16", "mobilenetv3_small", "unet"]
)
def test_a_source_holds_nothing_that_it_does_not_need(name: str) -> None:
    text = backend.source(cnnspec.zoo(name).resizable)
    assert "T = None" not in text
    for defined in set(module_names(text)) - {"annotations"}:
        assert len(re.findall(rf"\b{defined}\b", text)) > 1 or defined == cnnspec.zoo(name).name, defined
    for method in re.findall(r"    def (\w+)\(self", text):
        assert (
            method.startswith("__")
            or method == "train"
            or f"self.{method}(" in text
            or f"net.{method}(" in text
        )


def test_a_source_learns() -> None:
    """The lines that its docstring gives, on two classes of images."""
    net = cnnspec.loads("net N { input 1x8x8; conv(4, 3) -> batchnorm -> relu; gap -> flatten -> linear(2) }")
    made = executed(net.resizable)["N"](seed=0)
    rng = np.random.default_rng(0)
    labels = np.arange(32) % 2
    x = rng.standard_normal((32, 1, 8, 8)) + labels[:, None, None, None]
    for _ in range(60):
        y = made.train(x)
        _, dy = softmax_cross_entropy(y, labels)
        for key, slope in made.backward(dy).items():
            made.weights[key] -= 0.1 * slope
    assert (made(x).argmax(1) == labels).mean() > 0.95
