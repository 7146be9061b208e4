"""`import` of ONNX files: what `compile` wrote is the spec's net again, with its weights."""

from __future__ import annotations

import re
import warnings
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends.weights import declared
from cnnspec.diagnostics import Refused
from cnnspec.difference.same import same_nodes
from cnnspec.graph import Applied, Graph
from cnnspec.importing.traced import ImportRefused
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer
from cnnspec.layers.dense import Dropout, DropPath, Identity, Scale
from cnnspec.layers.pool import MaxUnpool
from cnnspec.spec_files import spec_paths
from cnnspec.zoo_list import entries

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

STARTS = frozenset({"momentum", "init"})
"""Arguments that only training has: how fast statistics follow, and where a weight starts."""
NOTHING = (Dropout, DropPath)
"""Layers that do nothing in inference."""


def as_a_file_holds(graph: Graph) -> Graph:
    """A net without what only training has, and with what makes no difference at its size at the default."""
    graph = graph.inference()
    nodes = {name: node._replace(layer=held(graph.applied[name])) for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes)


def held(applied: Applied) -> Layer:
    layer, shapes = applied
    given: dict[str, Any] = {one.name: one.default for one in fields(layer) if one.name in STARTS}
    if isinstance(layer, NOTHING) or layer == Scale(1.0):
        return Identity()
    if isinstance(layer, Scale):
        given["by"] = 1.0 if layer.learnable else float(np.float32(layer.by))
    elif isinstance(layer, Attention):
        one_window = layer.window_count(shapes[0]) == 1
        given |= {"window": None, "grid": None} if one_window else {}
        given |= {
            name: layer.places(shapes[0]) for name in ("window", "grid") if getattr(layer, name)
        } | given
        given |= {"shift": layer.shifts(shapes[0]), "out": layer.width(shapes[0])}
    elif isinstance(layer, MaxUnpool):
        given["of"] = held(Applied(layer.of, shapes[1:]))
    elif getattr(layer, "ceil", False) and (slide := layer.slide(*shapes)) and not any(slide.beyond):
        given["ceil"] = False
    return replace(layer, **given)


def again(net: cnnspec.Net, folder: Path) -> cnnspec.Imported:
    """A net, written as a file and imported."""
    path = folder / "model.onnx"
    net.to_onnx(path)
    return cnnspec.from_onnx(path)


def check_same(net: cnnspec.Net, found: cnnspec.Imported) -> None:
    """It is the same net, and on numpy it gives the same with its weights."""
    assert found.net.macs == net.macs
    assert same_nodes(as_a_file_holds(net.ir), as_a_file_holds(found.net.ir)) is not None
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((2, *shape), dtype=np.float32) for name, shape in net.inputs.items()}
    expected, given = net.to_numpy(seed=0)(values), found.net.to_numpy(weights=found.weights)(values)
    if not isinstance(expected, dict):
        expected, given = {"": expected}, {"": given}
    assert [array.shape for array in given.values()] == [array.shape for array in expected.values()]
    for one, other in zip(given.values(), expected.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "name, size",
    [
        ("LeNet5", ()),
        ("MLP_MNIST", ()),
        ("ResNet20", ()),
        ("DenseNetBC_100_12", ()),
        ("ShuffleNetV2_x0_5", ()),
        ("MobileNetV1_050", ()),
        ("SEResNet50", (3, 64, 64)),
        ("UNetPlusPlus", (3, 32, 32)),
        ("PNet", ()),
        ("WaveNet", (256, 1000)),
        ("DCGAN_Generator", ()),
    ],
)
def test_what_compile_wrote_is_the_net_again(name: str, size: tuple[int, ...], tmp_path: Path) -> None:
    net = cnnspec.zoo(name, inputs={"input": size} if size else None)
    check_same(net, again(net, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("path", spec_paths(), ids=lambda path: path.stem)
def test_one_net_of_each_file_of_the_zoo_is_the_net_again(path: Path, tmp_path: Path) -> None:
    name = next((one.name for one in entries() if one.file == path.name and one.params), "")
    if not name:
        return
    net = cnnspec.zoo(name)
    weights = {key: np.full(weight.shape, 0.5, np.float32) for key, weight, _ in declared(net.ir)}
    net.to_onnx(tmp_path / "model.onnx", weights=weights)
    found = cnnspec.from_onnx(tmp_path / "model.onnx")
    assert found.net.macs == net.macs
    assert same_nodes(as_a_file_holds(net.ir), as_a_file_holds(found.net.ir)) is not None
    # the weights of training heads are not in the file
    assert sorted(array.shape for array in found.weights.values()) == sorted(
        weight.shape for _, weight, _ in declared(net.ir.inference())
    )


def test_a_residual_net_is_written_as_one_would_write_it(golden: Any, tmp_path: Path) -> None:
    golden("import_onnx_resnet20.cnn", again(cnnspec.zoo("ResNet20"), tmp_path).text)


EVERYTHING = """
net Everything {
    input 8x12x12
    residual { conv(8, 3) -> gelu -> groupnorm(4) -> conv(8, 3, groups=8) } -> silu
    layernorm -> channel_shuffle(2) -> softplus(beta=2) -> instancenorm -> grn
    concat {
        | conv(4, 1) -> reduce(std, over=channels)
        | maxpool(3, 1, pad=1) -> rmsnorm
        | attention(2) -> layerscale
    }
    mul { | identity | gap -> conv(17, 1) -> hardsigmoid }
    pixel_unshuffle(2) -> conv(16, 3, standardize=true) -> affine -> eca
    tconv(8, 4, 2, pad=1) -> blurpool -> prelu -> pad(2, mode=reflect) -> crop(8) -> upsample(2)
    tokens -> permute([1, 0]) -> linear(7) -> relu6 -> flatten -> linear(3) -> scale(0.5)
}
"""


def test_layers_that_need_several_operations_are_found_again(tmp_path: Path) -> None:
    net = cnnspec.loads(EVERYTHING)
    found = again(net, tmp_path)
    check_same(net, found)
    assert found.net.params == net.params


def test_heads_keep_their_names(tmp_path: Path) -> None:
    found = again(cnnspec.zoo("PNet"), tmp_path)
    assert list(found.net.outputs) == ["face", "box"]


def model(*nodes: Any, channels: int = 3, **tensors: Any) -> Any:
    """A file with these operations, from `x` to `y`, and tensors by name."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", channels, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, list("nchw"))
    held = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    graph = helper.make_graph(list(nodes), "small", [x], [y], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def imported(made: Any, folder: Path, *inputs: tuple[int, ...]) -> cnnspec.Imported:
    (folder / "model.onnx").write_bytes(made.SerializeToString())
    return cnnspec.from_onnx(folder / "model.onnx", *inputs)


def test_what_is_no_layer_is_refused_by_operation_node_and_number(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("CumSum", ["x", "axis"], ["a"], "first"),
        helper.make_node("CumSum", ["a", "axis"], ["b"], "second"),
        helper.make_node("Relu", ["b"], ["c"], "third"),
        helper.make_node("Softmax", ["c"], ["y"], "fourth", axis=3),
    ]
    with pytest.raises(ImportRefused) as error:
        imported(model(*nodes, axis=np.int64(1)), tmp_path)
    assert str(error.value) == "small has what the language cannot say: CumSum: first"
    nodes[0], nodes[1] = (helper.make_node("Relu", [one], [other]) for one, other in (("x", "a"), ("a", "b")))
    with pytest.raises(ImportRefused, match=r"Softmax \(over axis 3\): fourth"):
        imported(model(*nodes), tmp_path)


def test_weights_that_two_layers_share_are_a_share_and_refused_in_another_layer(tmp_path: Path) -> None:
    def twice(pads: int) -> Any:
        nodes = [
            helper.make_node("Conv", ["x", "w"], ["a"], "first", pads=[1, 1, 1, 1]),
            helper.make_node("Conv", ["a", "w"], ["y"], "second", pads=[pads] * 4),
        ]
        return model(*nodes, w=np.ones((3, 3, 3, 3), np.float32))

    found = imported(twice(1), tmp_path)
    assert "share first {" in found.text and "first * 2" in found.text
    assert found.net.params == 3 * 3 * 3 * 3 and list(found.weights) == ["body.first.0.conv.weight"]
    with pytest.raises(ImportRefused, match=r"Conv \(the weights of .* once more, in another layer\)"):
        imported(twice(0), tmp_path)


def test_sums_in_a_row_that_no_module_holds_are_a_repeat_of_all_that_is_in_a_turn(tmp_path: Path) -> None:
    """As torch's newer exporter writes them: names that say no modules."""
    nodes, tensors, value = [], {}, "x"
    for turn in range(3):
        tensors[f"w{turn}"] = np.full((3, 3, 1, 1), turn + 1, np.float32)
        nodes += [
            helper.make_node("Conv", [value, f"w{turn}"], [f"c{turn}"], f"node_conv_{turn}"),
            helper.make_node("Add", [f"c{turn}", value], [f"s{turn}"], f"node_add_{turn}"),
            helper.make_node("Relu", [f"s{turn}"], [f"r{turn}" if turn < 2 else "y"], f"node_relu_{turn}"),
        ]
        value = f"r{turn}"
    found = imported(model(*nodes, **tensors), tmp_path)
    assert "{ residual { conv(3, 1, bias=false) } -> relu } * 2" in found.text
    assert found.net.params == 27


def test_a_bias_that_is_added_belongs_to_what_is_shared(tmp_path: Path) -> None:
    """Both layers have it, or only one has: then no share says that."""
    bias = np.arange(3, dtype=np.float32).reshape(3, 1, 1)
    for second in ("b", "c"):
        nodes = [
            helper.make_node("Conv", ["x", "w"], ["a"], "first"),
            helper.make_node("Add", ["a", "b"], ["d"]),
            helper.make_node("Conv", ["d", "w"], ["e"], "second"),
            helper.make_node("Add", ["e", second], ["y"]),
        ]
        made = model(*nodes, w=np.ones((3, 3, 1, 1), np.float32), b=bias, c=bias + 1)
        if second == "b":
            found = imported(made, tmp_path)
            assert "* 2" in found.text and found.net.params == 9 + 3
        else:
            with pytest.raises(ImportRefused):
                imported(made, tmp_path)


def test_a_size_that_is_open_has_to_be_said(tmp_path: Path) -> None:
    made = model(helper.make_node("Relu", ["x"], ["y"]))
    made.graph.input[0].type.tensor_type.shape.dim[2].ClearField("dim_value")
    with pytest.raises(ImportRefused, match="leaves the size of its input x open"):
        imported(made, tmp_path)
    assert imported(made, tmp_path, (3, 4, 8)).net.inputs == {"x": (3, 4, 8)}
    with pytest.raises(ImportRefused, match=r"is for an input x of 3x\?x8, not 3x4x4"):
        imported(made, tmp_path, (3, 4, 4))


SEVERAL = """
net Several {
    input 3x8x8
    conv(4, 3) -> groupnorm(2) -> gelu -> maxpool(2)
    residual { conv(4, 3, bias=false) -> batchnorm }
    attention(2) -> flatten -> linear(2)
}
"""


@pytest.mark.parametrize("seed", range(10))
def test_a_file_that_is_changed_is_imported_or_refused(seed: int, tmp_path: Path) -> None:
    random, path = Random(seed), tmp_path / "model.onnx"
    cnnspec.loads(SEVERAL).to_onnx(path)
    whole = path.read_bytes()
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            data[random.randrange(len(data))] = random.randrange(256)
        path.write_bytes(data)
        try:
            cnnspec.from_onnx(path)
        except Refused as error:
            assert str(error)


def test_what_torch_exports_is_the_module_again(tmp_path: Path) -> None:
    """Its names of nodes are paths of modules; sizes that it works out when the model runs are numbers."""
    torch = pytest.importorskip("torch")

    class Unit(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = torch.nn.Conv2d(4, 4, 3, padding=1), torch.nn.BatchNorm2d(4)

        def forward(self, x: Any) -> Any:
            kept, changed = x.chunk(2, 1)
            x = torch.cat([kept, self.norm(self.conv(changed)).relu()], 1)
            b, c, h, w = x.shape
            return x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = torch.nn.Conv2d(3, 8, 3, 2, 1)
            self.stage1 = torch.nn.Sequential(Unit(), Unit())
            self.fc = torch.nn.Linear(8, 5)

        def forward(self, x: Any) -> Any:
            return self.fc(self.stage1(self.stem(x)).mean((2, 3)))

    module, x = Net().eval(), torch.zeros(1, 3, 16, 16).normal_(generator=torch.Generator().manual_seed(0))
    path = tmp_path / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = {"input": {0: "n"}}
        torch.onnx.export(module, (x,), path, input_names=["input"], dynamic_axes=axes, dynamo=False)
    found = cnnspec.from_onnx(path)
    assert re.findall(r"channel_shuffle\S*|block \* 2", found.text) == ["channel_shuffle(2)", "block * 2"]
    given = found.net.to_numpy(weights=found.weights)(x.numpy())
    np.testing.assert_allclose(given, module(x).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_a_file_may_be_long_and_its_nodes_have_one_name(tmp_path: Path) -> None:
    values = ["x", *(f"v{number}" for number in range(1200)), "y"]
    nodes = [helper.make_node("Relu", [one], [other], "same") for one, other in pairwise(values)]
    assert imported(model(*nodes), tmp_path).text.count("relu") == 1201


def test_sizes_of_a_file_ask_for_no_memory(tmp_path: Path) -> None:
    """A blur of so large a filter is not written to compare, nor an index of so many pixels."""
    size = 2**18
    made = model(
        helper.make_node("Pad", ["x", "pads"], ["padded"], mode="reflect"),
        helper.make_node("Conv", ["padded", "w"], ["c"], "conv", kernel_shape=[3, 3], group=3),
        helper.make_node("Resize", ["c", "", "", "sizes"], ["y"], "resize", mode="nearest"),
        pads=np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        w=np.ones((3, 1, 3, 3), np.float32),
        sizes=np.array([1, 3, size, size]),
    )
    for axis in (2, 3):
        made.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size - 1
    with pytest.raises(ImportRefused, match=r"Resize \(mode=nearest, half_pixel\): resize"):
        imported(made, tmp_path)
    made.graph.node[2].attribute.extend(
        [
            helper.make_attribute("coordinate_transformation_mode", "asymmetric"),
            helper.make_attribute("nearest_mode", "floor"),
        ]
    )
    assert f"resize({size})" in imported(made, tmp_path).text


@pytest.mark.parametrize("op", ["Add", "Mul", "Gather"])
def test_two_small_tensors_that_make_a_large_one_are_not_computed(op: str, tmp_path: Path) -> None:
    side = 2**20
    row, column = np.zeros((1, side), np.float32), np.zeros((side, 1), np.float32)
    other = np.zeros(side, np.int64) if op == "Gather" else column
    made = model(
        helper.make_node(op, ["a", "b"], ["c"]), helper.make_node("Add", ["x", "c"], ["y"]), a=row, b=other
    )
    with pytest.raises(ImportRefused, match=rf"{op}.*: node 1"):
        imported(made, tmp_path)
