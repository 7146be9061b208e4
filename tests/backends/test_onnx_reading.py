"""ONNX files as data: what is in them, and what is refused, by place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

from cnnspec.backends.onnx.reading import OnnxFileError, OnnxNet, read  # noqa: E402

Model = Any


def small(opset: int = 18) -> Model:
    """x -> Conv -> Relu -> y, with the weight within the file."""
    weight = onnx.numpy_helper.from_array(np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3), "w")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["y"], "second"),
    ]
    taken, given = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, 8, 8])
        for name, channels in (("x", 3), ("y", 1))
    )
    graph = helper.make_graph(nodes, "small", [taken], [given], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def saved(model: Model, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_file_is_its_nodes_its_tensors_and_its_shapes(tmp_path: Path) -> None:
    net: OnnxNet = read(saved(small(), tmp_path))
    assert (net.name, dict(net.inputs), dict(net.outputs)) == (
        "small",
        {"x": (None, 3, 8, 8)},
        {"y": (None, 1, 8, 8)},
    )
    first, second = net.nodes
    assert (first.op, first.inputs, first.outputs) == ("Conv", ("x", "w"), ("c",))
    assert first.chosen == {"pads": (1, 1, 1, 1)}
    assert first.attributes == {"pads": (1, 1, 1, 1), "auto_pad": "NOTSET", "group": 1}
    assert second.op == "Relu"
    assert net.constants["w"].shape == (1, 3, 3, 3)


def test_constants_and_axes_are_tensors_whatever_the_operator_set(tmp_path: Path) -> None:
    model = small(11)
    node = model.graph.node[1]
    node.CopyFrom(helper.make_node("ReduceMean", ["c"], ["m"], axes=[2, 3], keepdims=1))
    number = helper.make_tensor("k", TensorProto.FLOAT, [], [0.1])
    model.graph.node.append(helper.make_node("Constant", [], ["k"], value=number))
    model.graph.node.append(helper.make_node("Mul", ["m", "k"], ["y"]))
    net = read(saved(model, tmp_path))
    assert [node.op for node in net.nodes] == ["Conv", "ReduceMean", "Mul"]
    assert net.constants[net.nodes[1].inputs[1]].tolist() == [2, 3]
    assert net.constants["k"] == np.float32(0.1)


def outside(model: Model, location: str = "../w.bin", **more: str) -> None:
    """The weight in a file beside the model."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)


def circle(model: Model) -> None:
    model.graph.node[0].input[0] = "y"


def twice(model: Model) -> None:
    model.graph.node[1].output[0] = "c"


def loose(model: Model) -> None:
    model.graph.node[0].input[0] = "z"


def shape(*dims: int) -> Callable[[Model], None]:
    def change(model: Model) -> None:
        model.graph.initializer[0].dims[:] = dims

    return change


def operation(op: str, domain: str = "") -> Callable[[Model], None]:
    def change(model: Model) -> None:
        model.graph.node[1].op_type = op
        model.graph.node[1].domain = domain

    return change


def empty(model: Model) -> None:
    del model.graph.node[:]


def old(model: Model) -> None:
    model.opset_import[0].version = 3


def versionless(model: Model) -> None:
    del model.opset_import[:]


def text(model: Model) -> None:
    model.graph.initializer[0].data_type = TensorProto.STRING


def function(model: Model) -> None:
    model.functions.add(name="own")


def unknown_output(model: Model) -> None:
    model.graph.output[0].name = "z"


def sequence(model: Model) -> None:
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1


@pytest.mark.parametrize(
    "change, told",
    [
        (circle, "Conv first reads 'y', which node 2 gives: a circle, or no order"),
        (twice, "Relu second gives the value 'c', which is given before"),
        (loose, "Conv first reads 'z', which nothing gives"),
        (unknown_output, "the output 'z' is a value that nothing gives"),
        (shape(1, 3, 3, 4), "the tensor 'w' of shape [1, 3, 3, 4] has 144 bytes, its data 108"),
        (
            shape(2**40, 2**40),
            f"the tensor 'w' of shape [{2**40}, {2**40}] has {2**82:,} bytes, its data 108",
        ),
        (shape(-1, 27), "the tensor 'w' has the shape [-1, 27]"),
        (operation("Nonsense"), "No Op registered for Nonsense with domain_version of 18"),
        (
            operation("Conv"),
            "Node(second) with schema(::Conv:11) has input size 1 not in range",
        ),
        (empty, "it holds no operation"),
        (old, "operator set 3 is not read, 7 to"),
        (versionless, "it names 0 versions of ONNX's operators, not one"),
        (text, "the tensor 'w' is of type STRING, which is not read"),
        (function, "functions within the file, such as 'own', are not read"),
        (sequence, "'x' is no tensor but a sequence_type"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_wrong_with_a_file_is_told_by_name_and_place(
    change: Callable[[Model], None], told: str, tmp_path: Path
) -> None:
    model = small()
    change(model)
    path = saved(model, tmp_path)
    with pytest.raises(OnnxFileError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)


@pytest.mark.parametrize(
    "location, more, told",
    [
        ("../w.bin", {}, "its data are in '../w.bin', which is not within the folder of the model"),
        ("/etc/passwd", {}, "its data are in '/etc/passwd', which is not within the folder"),
        ("", {}, "its data are in '', which is not within the folder"),
        ("link", {}, "its data are in 'link', which is not within the folder"),
        ("w.bin", {"offset": "8"}, "bytes 8 to 116 are beyond w.bin, of 108"),
        ("w.bin", {"offset": "-8"}, "'-8' is no number of bytes"),
        ("w.bin", {"length": "9" * 40}, f"'{'9' * 40}' is no number of bytes"),
        ("w.bin", {"length": "100"}, "its shape asks for 108 bytes, w.bin is said to have 100"),
    ],
)
def test_tensors_beside_a_file_are_read_from_its_folder_alone(
    location: str, more: dict[str, str], told: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for place in (tmp_path, folder):
        (place / "w.bin").write_bytes(np.arange(27, dtype=np.float32).tobytes())
    (folder / "link").symlink_to(tmp_path / "w.bin")
    model = small()
    outside(model, location, **more)
    with pytest.raises(OnnxFileError) as error:
        read(saved(model, folder))
    assert f"the tensor 'w': {told}" in str(error.value)


def test_tensors_beside_a_file_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(np.arange(27, dtype=np.float32).tobytes())
    model = small()
    outside(model, "w.bin", offset="0", length="108")
    assert read(saved(model, tmp_path)).constants["w"].ravel().tolist() == list(range(27))
    again = model.graph.initializer.add()
    again.CopyFrom(model.graph.initializer[0])
    again.name = "v"
    with pytest.raises(OnnxFileError, match=r"it asks for more bytes than w\.bin has"):
        read(saved(model, tmp_path))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for data in (b"net Tiny {", Random(0).randbytes(64), b"\x08" * 50):
        path.write_bytes(data)
        with pytest.raises(OnnxFileError, match=r"model\.onnx"):
            read(path)
    with pytest.raises(OSError, match="it is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_read_or_refused(seed: int, tmp_path: Path) -> None:
    """Bytes changed, cut out and doubled: never another error, and never more memory than the file has."""
    random, whole = Random(seed), small().SerializeToString()
    path = tmp_path / "model.onnx"
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            start = random.randrange(len(data))
            stop = min(len(data), start + random.randint(1, 12))
            match random.randrange(4):
                case 0:
                    data[start] = random.randrange(256)
                case 1:
                    del data[start:stop]
                case 2:
                    data[start:start] = data[start:stop]
                case _:
                    del data[max(start, 1) :]
        path.write_bytes(data)
        try:
            net = read(path)
        except OnnxFileError as error:
            assert str(path) in str(error)
        else:
            assert sum(array.nbytes for array in net.constants.values()) <= len(data)
