"""What each operation of an ONNX file is in a spec, held against onnxruntime; what is refused, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.importing.traced import ImportRefused

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper  # noqa: E402

Array = Any
Model = Any
MAP = (4, 6, 6)
NEAREST: dict[str, Any] = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def floats(*values: float) -> Array:
    return np.array(values, np.float32)


def ramp(*shape: int) -> Array:
    """Numbers between -1 and 1, all different."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def model(nodes: list[Any], sizes: tuple[int, ...] = MAP, opset: int = 18, **tensors: Array) -> Model:
    """A file of these nodes, from a batch `x` of this shape to `y`."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *sizes])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    held = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, "small", [x], [y], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def one(
    op: str,
    *tensors: Array | None,
    inputs: str = "",
    sizes: tuple[int, ...] = MAP,
    opset: int = 18,
    outputs: str = "y",
    **attributes: Any,
) -> Model:
    """A file of one node, whose inputs are `x` and then these tensors, unless `inputs` names them: x t0 x."""
    names = inputs.split() or ["x", *("" if t is None else f"t{i}" for i, t in enumerate(tensors))]
    node = helper.make_node(op, names, outputs.split(), "node", **attributes)
    return model([node], sizes, opset, **{f"t{i}": t for i, t in enumerate(tensors) if t is not None})


def imported(made: Model, folder: Path) -> cnnspec.Imported:
    held = onnx.ModelProto()
    held.CopyFrom(made)
    held.graph.output[0].type.tensor_type.shape.SetInParent()
    (folder / "model.onnx").write_bytes(held.SerializeToString())
    return cnnspec.from_onnx(folder / "model.onnx")


def said(found: cnnspec.Imported) -> str:
    """The layers of a spec."""
    return " ".join(line.strip() for line in found.text.splitlines() if line.startswith(" " * 8))


def check_same_values(made: Model, found: cnnspec.Imported) -> None:
    """On the same batch numpy gives what onnxruntime gives."""
    taken = made.graph.input[0]
    sizes = [axis.dim_value for axis in taken.type.tensor_type.shape.dim][1:]
    x = np.random.default_rng(0).standard_normal((2, *sizes), dtype=np.float32)
    (expected,) = onnxruntime.InferenceSession(made.SerializeToString()).run(None, {taken.name: x})
    given = found.net.to_numpy(weights=found.weights)(x)
    assert given.shape == expected.shape
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-5)


def batchnorm(**attributes: Any) -> Model:
    weights = (floats(1, 2, 3, 4), floats(4, 3, 2, 1), floats(0, 1, 0, 1), floats(1, 2, 1, 2))
    return one("BatchNormalization", *weights, **attributes)


LAYERS: list[tuple[str, Model]] = [
    # activations
    ("leaky_relu(slope=0.2)", one("LeakyRelu", alpha=0.2)),
    ("elu(alpha=0.5)", one("Elu", alpha=0.5)),
    ("selu", one("Selu")),
    ("hardsigmoid", one("HardSigmoid", alpha=1 / 6)),
    ("scale(by=1.2) -> hardsigmoid", one("HardSigmoid")),
    ("softsign", one("Softsign")),
    ("gelu(approximate=tanh)", one("Gelu", approximate="tanh", opset=20)),
    ("softmax", one("Softmax", axis=-3)),
    ("log_softmax", one("LogSoftmax", sizes=(5,), opset=12)),
    ("relu6", one("Clip", np.float32(0), np.float32(6))),
    ("relu6", one("Clip", floats(0), floats(6))),
    ("relu6", one("Clip", min=0.0, max=6.0, opset=7)),
    ("prelu", one("PRelu", ramp(4, 1, 1))),
    ("prelu(shared=true)", one("PRelu", floats(0.25))),
    # weights
    ("batchnorm", batchnorm()),
    ("lrn(size=3)", one("LRN", size=3)),
    ("linear(3)", one("Gemm", ramp(5, 3), ramp(1, 3), sizes=(5,))),
    ("linear(3, bias=false)", one("Gemm", ramp(3, 5), transB=1, sizes=(5,))),
    ("linear(3, bias=false)", one("MatMul", ramp(5, 3), sizes=(5,))),
    ("matmul { | identity | identity }", one("MatMul", inputs="x x", sizes=(4, 4))),
    # joins and factors
    ("residual { | identity | identity }", one("Sum", inputs="x x")),
    ("sub { | identity | identity }", one("Sub", inputs="x x")),
    ("maximum { | identity | identity }", one("Max", inputs="x x")),
    ("concat { | identity | identity }", one("Concat", inputs="x x", axis=-3)),
    ("concat(over=positions) { | identity | identity }", one("Concat", inputs="x x", axis=2, sizes=(4, 6))),
    ("scale(by=2.0)", one("Mul", np.float32(2), inputs="t0 x")),
    ("scale(by=0.25)", one("Div", floats(4))),
    ("layerscale", one("Mul", ramp(4, 1, 1))),
    ("square", one("Pow", np.float32(2))),
    ("square", one("Mul", inputs="x x")),
    ("affine(weight=false)", one("Add", ramp(1, 4, 1, 1))),
    # shapes
    ("flatten", one("Flatten", axis=-3)),
    ("flatten", one("Reshape", ints(-1, 144))),
    ("tokens", one("Reshape", ints(0, 0, -1))),
    ("untokens(6x6)", one("Reshape", ints(0, 4, 6, 6), sizes=(4, 36))),
    ("untokens(36x1)", one("Reshape", ints(0, 4, 36, 1), sizes=(4, 36))),
    ("reshape(2x2x6x6)", one("Reshape", ints(0, 2, -1, 6, 6))),
    ("flatten", one("Squeeze", sizes=(4, 1, 1))),
    ("flatten", one("Squeeze", sizes=(4, 1, 1), axes=[2, 3], opset=11)),
    ("tokens", one("Squeeze", ints(-1), sizes=(4, 6, 1))),
    ("permute(1x2x0)", one("Transpose", perm=[0, 2, 3, 1])),
    ("gap -> flatten", one("ReduceMean", ints(-1, -2), keepdims=0)),
    ("gmp -> flatten", one("ReduceMax", ints(2), keepdims=0, sizes=(4, 6))),
    ("reduce(norm2, channels)", one("ReduceL2", axes=[1], opset=11)),
    ("reduce(mean, all)", one("ReduceMean", ints(1, 2, 3))),
    ("pixel_shuffle(2)", one("DepthToSpace", blocksize=2, mode="CRD")),
    # windows
    ("conv(5, 3, pad=0)", one("Conv", ramp(5, 4, 3, 3), ramp(5), auto_pad="VALID")),
    (
        "conv(5, 3, 2, pad=same, bias=false)",
        one("Conv", ramp(5, 4, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    ),
    (
        "conv(5, 3, 2, pad=[[1, 0], [1, 0]], bias=false)",
        one("Conv", ramp(5, 4, 3, 3), auto_pad="SAME_LOWER", strides=[2, 2]),
    ),
    ("conv(5, 3, pad=[[2, 0]], bias=false)", one("Conv", ramp(5, 4, 3), pads=[2, 0], sizes=(4, 9))),
    ("dwconv(3, pad=0, multiplier=2, bias=false)", one("Conv", ramp(8, 1, 3, 3), group=4)),
    (
        "tconv(5, 3, 2, pad=1, output_pad=1)",
        one("ConvTranspose", ramp(4, 5, 3, 3), ramp(5), strides=[2, 2], pads=[1] * 4, output_padding=[1, 1]),
    ),
    ("maxpool(3, 1, dilation=2)", one("MaxPool", kernel_shape=[3, 3], dilations=[2, 2])),
    ("maxpool(3, 2, ceil=true)", one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])),
    (
        "maxpool(3, 2, pad=[[1, 0], [1, 0]])",
        one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER"),
    ),
    (
        "avgpool(3, 2, pad=1, ceil=true, count_pad=false)",
        one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, ceil_mode=1),
    ),
    (
        "avgpool(3, 2, pad=same)",
        one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], count_include_pad=1),
    ),
    (
        "avgpool(3, 1, pad=[[0, 1], [1, 0]], count_pad=false)",
        one("AveragePool", kernel_shape=[3, 3], pads=[0, 1, 1, 0]),
    ),
    ("subsample(2)", one("AveragePool", kernel_shape=[1, 1], strides=[2, 2])),
    ("pad(1, mode=replicate)", one("Pad", ints(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")),
    ("pad([[1, 0], [2, 1]], value=1.5)", one("Pad", pads=[0, 0, 1, 2, 0, 0, 0, 1], value=1.5, opset=7)),
    ("pad(0x1, value=2.0)", one("Pad", ints(1, 1), floats(2), ints(-1))),
    ("zero_channels(6)", one("Pad", ints(0, 1, 0, 0, 0, 1, 0, 0))),
    ("upsample(2x3)", one("Resize", None, floats(3, 2), axes=[-1, -2], **NEAREST)),
    ("resize(9, mode=bilinear)", one("Resize", None, floats(1, 1, 1.5, 1.5), mode="linear")),
    ("resize(12x9)", one("Resize", None, None, ints(12, 9), axes=[2, 3], **NEAREST)),
    ("resize(3)", one("Resize", floats(1, 1, 0.5, 0.5), opset=10)),
    ("upsample(2)", one("Upsample", floats(1, 1, 2, 2), opset=9)),
    ("upsample(2)", one("Upsample", scales=[1.0, 1.0, 2.0, 2.0], opset=7)),
    ("slice(2, 4)", one("Slice", ints(-2), ints(99), ints(1))),
    ("crop(4)", one("Slice", ints(1, 1), ints(5, 5), ints(2, 3))),
    ("crop(4, at=0)", one("Slice", starts=[0, 0], ends=[4, 4], axes=[2, 3], opset=9)),
    ("subsample(3x1)", one("Slice", ints(0, 0), ints(9, 9), ints(2, 3), ints(3, 1))),
    ("slice(1, 4)", one("Split", ints(1, 3), outputs="z y", axis=1)),
    ("slice(1, 4)", one("Split", split=[1, 3], outputs="z y", axis=1, opset=11)),
    ("slice(3, 5)", one("Split", outputs="z y", axis=1, num_outputs=2, sizes=(5, 6, 6))),
    ("slice(2, 4)", one("Split", outputs="z y", axis=1, opset=13)),
]


@pytest.mark.parametrize("spec, made", LAYERS, ids=[spec for spec, _ in LAYERS])
def test_an_operation_is_a_layer_with_the_same_values(spec: str, made: Model, tmp_path: Path) -> None:
    found = imported(made, tmp_path)
    assert said(found) == spec
    check_same_values(made, found)


REFUSED: list[tuple[str, Model]] = [
    # what a layer of the language does not do
    ("Selu (alpha=1.5, gamma=1.050701)", one("Selu", alpha=1.5)),
    ("HardSigmoid (alpha=0.2, beta=0.4)", one("HardSigmoid", beta=0.4)),
    ("Pow (of 3)", one("Pow", np.float32(3))),
    ("Softmax (over axis 2)", one("Softmax", axis=2)),
    ("Softmax (over all axes from 1 on, as before operator set 13)", one("Softmax", axis=1, opset=12)),
    ("Clip (from None to 6.0)", one("Clip", None, np.float32(6))),
    ("Clip (with 0 values as its input 2, not one)", one("Clip", floats(), np.float32(6))),
    ("PRelu (with a constant of shape [4])", one("PRelu", ramp(4), sizes=(4, 6, 4))),
    ("PRelu (with an input 2 that flows)", one("PRelu", inputs="x x")),
    ("Dropout (that gives its mask)", one("Dropout", outputs="z y")),
    ("BatchNormalization (in training)", batchnorm(training_mode=1, outputs="y m v")),
    ("LRN (`size` of `lrn` is 0, not an integer of at least 1)", one("LRN", size=0)),
    # matrices
    ("Gemm (that is no linear layer)", one("Gemm", ramp(5, 5), alpha=2.0, sizes=(5,))),
    ("Gemm (beta=0.0)", one("Gemm", ramp(5, 5), ramp(5), beta=0.0, sizes=(5,))),
    ("Gemm (of 4x6x6)", one("Gemm", ramp(5, 5))),
    ("Gemm (with a bias of shape [1], not [5])", one("Gemm", ramp(5, 5), ramp(1), sizes=(5,))),
    ("MatMul (with a constant)", one("MatMul", ramp(5), sizes=(5,))),
    ("MatMul (with an input 2 that flows)", one("MatMul", ramp(5, 5), inputs="t0 x", sizes=(5,))),
    # joins and factors
    ("Add (with a constant of shape [6])", one("Add", ramp(6))),
    ("Mul (with a constant of shape [1, 1, 1, 1, 1])", one("Mul", ramp(1, 1, 1, 1, 1))),
    ("Div (with a constant)", one("Div", floats(0))),
    ("Div (with a constant)", one("Div", floats(1), inputs="t0 x")),
    ("Sub (of a constant)", one("Sub", floats(1))),
    ("Concat (over axis 0)", one("Concat", inputs="x x", axis=0)),
    ("Concat (over axis 7 of 4)", one("Concat", inputs="x x", axis=7)),
    # shapes
    ("Flatten (from axis 2)", one("Flatten", axis=2)),
    ("Reshape (to [2, 72])", one("Reshape", ints(2, 72))),
    ("Reshape (to [-1, 72])", one("Reshape", ints(-1, 72))),
    ("Reshape (to [0, 7, -1])", one("Reshape", ints(0, 7, -1))),
    ("Reshape (to no values)", one("Reshape", ints(0, 144), allowzero=1)),
    ("Reshape (without a shape)", one("Reshape", ints())),
    ("Reshape (with float32 as its input 2, not integers)", one("Reshape", floats(0, np.nan))),
    ("Squeeze (of axes [1])", one("Squeeze", ints(1), sizes=(1, 6, 6))),
    ("Squeeze (of axes [2])", one("Squeeze", ints(2))),
    ("Transpose (to [3, 2, 1, 0])", one("Transpose")),
    ("ReduceMean (over axes [0, 1, 2, 3])", one("ReduceMean")),
    ("ReduceMean (over axes [1])", one("ReduceMean", ints(1), keepdims=0)),
    ("ReduceMax (over no axes)", one("ReduceMax", noop_with_empty_axes=1)),
    ("DepthToSpace (mode=DCR)", one("DepthToSpace", blocksize=2)),
    ("SpaceToDepth", one("SpaceToDepth", blocksize=2)),
    # windows
    ("Conv (over 1 axes of 2)", one("Conv", ramp(5, 4, 3))),
    ("Conv (with a kernel that is none)", one("Conv", ramp(5, 4))),
    (
        "Conv (with kernel_shape=[2, 2] and another kernel)",
        one("Conv", ramp(5, 4, 3, 3), kernel_shape=[2, 2]),
    ),
    (
        "Conv (with a kernel of [3, 3], strides=[0, 1], dilations=[1, 1])",
        one("Conv", ramp(5, 4, 3, 3), strides=[0, 1]),
    ),
    ("Conv (with pads=[1, 1, 1])", one("Conv", ramp(5, 4, 3, 3), pads=[1, 1, 1])),
    ("Conv (auto_pad=SAME)", one("Conv", ramp(5, 4, 3, 3), auto_pad="SAME")),
    ("Conv (`groups` of `conv` is 0, not an integer of at least 1)", one("Conv", ramp(5, 4, 3, 3), group=0)),
    ("ConvTranspose (with a size of its own)", one("ConvTranspose", ramp(4, 5, 3, 3), output_shape=[12, 12])),
    ("ConvTranspose (with margins that differ)", one("ConvTranspose", ramp(4, 5, 3, 3), pads=[0, 0, 1, 1])),
    ("MaxPool (that gives where values come from)", one("MaxPool", kernel_shape=[2, 2], outputs="z y")),
    ("AveragePool (with dilations)", one("AveragePool", kernel_shape=[2, 2], dilations=[2, 2], opset=19)),
    ("Pad (by [1, 0, 0, 0, 0, 0, 0, 0])", one("Pad", ints(1, 0, 0, 0, 0, 0, 0, 0))),
    ("Pad (of channels)", one("Pad", ints(0, 1, 1, 0, 0, 1, 1, 0))),
    ("Pad (with margins that are none)", one("Pad", ints(0, 0, 1, 1))),
    ("Pad (mode=odd)", one("Pad", ints(0, 0, 1, 1, 0, 0, 1, 1), mode="odd")),
    (
        "Pad (`value` of `pad` is -inf, not a number)",
        one("Pad", ints(0, 0, 1, 1, 0, 0, 1, 1), floats(-np.inf)),
    ),
    ("Resize (mode=nearest, half_pixel)", one("Resize", None, floats(1, 1, 2, 2))),
    ("Resize (antialias)", one("Resize", None, floats(1, 1, 2, 2), mode="linear", antialias=1)),
    (
        "Resize (keep_aspect_ratio_policy=not_larger)",
        one("Resize", None, None, ints(9, 12), axes=[2, 3], keep_aspect_ratio_policy="not_larger", **NEAREST),
    ),
    ("Resize (without a size)", one("Resize", None, floats(2, 2), **NEAREST)),
    ("Resize (of channels)", one("Resize", None, None, ints(1, 8, 6, 6), **NEAREST)),
    ("Resize (of samples)", one("Resize", None, floats(2, 1, 1, 1), **NEAREST)),
    ("Resize (by [1.0, 1.0, nan, 2.0])", one("Resize", None, floats(1, 1, np.nan, 2), **NEAREST)),
    ("Resize (by [1.25, 1.25])", one("Resize", None, floats(1, 1, 1.25, 1.25), **NEAREST)),
    ("Slice (of samples)", one("Slice", ints(0), ints(1))),
    ("Slice (backwards)", one("Slice", ints(5), ints(0), ints(1), ints(-1))),
    ("Slice (with bounds of other axes)", one("Slice", ints(1, 2), ints(5, 5), ints(1))),
    ("Slice (of every so many channels)", one("Slice", ints(0), ints(9), ints(1), ints(2))),
    ("Slice (of channels and pixels)", one("Slice", ints(0, 1), ints(2, 5), ints(1, 2))),
    ("Slice (of every so many pixels from one on)", one("Slice", ints(1), ints(9), ints(2), ints(2))),
    ("Split (over axis 2)", one("Split", outputs="z y", axis=2, num_outputs=2)),
    ("Split (of 4 channels into [1, 1])", one("Split", ints(1, 1), outputs="z y", axis=1)),
]


@pytest.mark.parametrize("told, made", REFUSED, ids=[told for told, _ in REFUSED])
def test_an_operation_that_no_layer_does_is_refused_with_the_reason(
    told: str, made: Model, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused) as error:
        imported(made, tmp_path)
    assert str(error.value) == f"small has what the language cannot say: {told}: node"


NOTHING: list[Model] = [
    one("Identity"),
    one("Dropout", outputs="y z"),
    one("Max"),
    one("Concat", axis=1),
    one("Mul", floats(1)),
    one("Add", floats(0)),
    one("Reshape", ints(-1, 4, 6, 6)),
    one("Squeeze"),
    one("Pad", ints(), None, ints()),
    one("Slice", ints(0), ints(9), ints(1)),
    one("Split", outputs="y", axis=1, num_outputs=1),
]


@pytest.mark.parametrize("made", NOTHING, ids=lambda made: made.graph.node[0].op_type)
def test_an_operation_that_does_nothing_is_no_layer(made: Model, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"^small has no layer$"):
        imported(made, tmp_path)
    made.graph.node[0].input[0] = "r"
    made.graph.node.insert(0, helper.make_node("Relu", ["x"], ["r"]))
    assert said(imported(made, tmp_path)) == "relu"


def test_statistics_that_flow_are_refused(tmp_path: Path) -> None:
    """Those of a batch, that the file works out itself: no weights of a batchnorm."""
    mean = helper.make_node("ReduceMean", ["x", "axes"], ["m"], "mean", keepdims=0)
    norm = helper.make_node("BatchNormalization", ["x", "one", "one", "m", "one"], ["y"], "norm")
    made = model([mean, norm], axes=ints(0, 2, 3), one=floats(1, 1, 1, 1))
    with pytest.raises(ImportRefused, match=r"BatchNormalization \(with a running_mean that flows\): norm$"):
        imported(made, tmp_path)


# ---- constants that follow from constants, and from shapes


def node(op: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(op, inputs.split(), [output], output, **attributes)


THREE_AND_SIX: dict[str, Any] = {"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)}

COMPUTED: list[tuple[str, Model]] = [
    # what Paddle's exporter writes for hardswish, hardsigmoid and the bias of a convolution
    (
        "hardswish",
        model(
            [
                node("Add", "x three", "s"),
                node("Clip", "s zero six", "c"),
                node("Mul", "x c", "p"),
                node("Div", "p six", "y"),
            ],
            **THREE_AND_SIX,
        ),
    ),
    (
        "hardsigmoid",
        model(
            [node("Add", "three x", "s"), node("Clip", "s zero six", "c"), node("Div", "c six", "y")],
            **THREE_AND_SIX,
        ),
    ),
    (
        "conv(5, 3, pad=0)",
        model(
            [node("Conv", "x w", "c"), node("Reshape", "b to", "v"), node("Add", "c v", "y")],
            w=ramp(5, 4, 3, 3),
            b=ramp(5),
            to=ints(1, 5, 1, 1),
        ),
    ),
    # a bias after what two read is a layer of its own
    (
        "conv(4, 3, bias=false) residual { affine(weight=false) }",
        model(
            [node("Conv", "x w", "c", pads=[1] * 4), node("Add", "b c", "v"), node("Add", "c v", "y")],
            w=ramp(4, 4, 3, 3),
            b=ramp(4, 1, 1),
        ),
    ),
    # factors and shifts of all channels are told from other numbers by their names
    (
        "affine(shared=true)",
        model(
            [node("Mul", "x a.weight", "p"), node("Add", "p a.bias", "y")],
            **{"a.weight": floats(2), "a.bias": floats(3)},
        ),
    ),
    (
        "conv(5, 3, pad=0, bias=false)",
        model(
            [node("Squeeze", "w axes", "v"), node("Conv", "x v", "y")], w=ramp(5, 4, 3, 3, 1), axes=ints(4)
        ),
    ),
    (
        "conv(4, 3, pad=0, bias=false)",
        model(
            [node("Slice", "w from to axes steps", "v"), node("Conv", "x v", "y")],
            w=ramp(8, 4, 3, 3),
            **{"from": ints(0)},
            to=ints(9),
            axes=ints(0),
            steps=ints(2),
        ),
    ),
    (
        "conv(5, 3, pad=0, bias=false)",
        model(
            [node("Slice", "w from to", "v"), node("Conv", "x v", "y")],
            w=ramp(8, 9, 3, 3),
            **{"from": ints(2, 1)},
            to=ints(7, 5),
        ),
    ),
    (
        "linear(3, bias=false)",
        model([node("Transpose", "w", "v", perm=[1, 0]), node("MatMul", "x v", "y")], (4,), w=ramp(3, 4)),
    ),
    (
        "layerscale",
        model([node("Reshape", "w to", "v"), node("Mul", "x v", "y")], w=ramp(4), to=ints(4, 1, 1)),
    ),
    (
        "scale(by=-2.0)",
        model([node("Sqrt", "w", "v"), node("Neg", "v", "u"), node("Mul", "x u", "y")], w=np.float32(4)),
    ),
    (
        "scale(by=3.0)",
        model(
            [node("Sub", "w v", "u"), node("Cast", "u", "t", to=TensorProto.FLOAT), node("Mul", "x t", "y")],
            w=np.float64(5),
            v=np.float64(2),
        ),
    ),
    # what torch's exporter writes for x.view(x.size(0), -1), and for x.reshape(-1, 2, c // 2, 36)
    (
        "flatten",
        model(
            [
                node("Shape", "x", "s"),
                node("Gather", "s zero", "n"),
                node("Unsqueeze", "n axes", "m"),
                node("Concat", "m rest", "to", axis=0),
                node("Reshape", "x to", "y"),
            ],
            zero=np.int64(0),
            axes=ints(0),
            rest=ints(-1),
        ),
    ),
    (
        "reshape(2x2x36)",
        model(
            [
                node("Shape", "x", "c", start=1, end=2),
                node("Div", "c two", "h"),
                node("Concat", "zero two h rest", "to", axis=0),
                node("Reshape", "x to", "y"),
            ],
            zero=ints(0),
            two=ints(2),
            rest=ints(36),
        ),
    ),
]


@pytest.mark.parametrize("spec, made", COMPUTED, ids=[spec for spec, _ in COMPUTED])
def test_what_follows_from_constants_is_computed(spec: str, made: Model, tmp_path: Path) -> None:
    found = imported(made, tmp_path)
    assert said(found) == spec
    check_same_values(made, found)


@pytest.mark.parametrize(
    "told, nodes",
    [
        ("Gather (of a constant): v", [node("Gather", "w beyond", "v", axis=0), node("Mul", "x v", "y")]),
        ("Cast: v", [node("Cast", "w", "v", to=TensorProto.BFLOAT16), node("Mul", "x v", "y")]),
        ("Expand (of a constant): v", [node("Expand", "w beyond", "v"), node("Mul", "x v", "y")]),
    ],
)
def test_what_cannot_be_computed_is_refused(told: str, nodes: list[Any], tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as error:
        imported(model(nodes, w=floats(1, 2, 3), beyond=ints(7)), tmp_path)
    assert str(error.value).startswith("small has what the language cannot say: ")
    assert told in str(error.value)


@pytest.mark.parametrize(
    "nodes, index, told",
    [
        ([node("Reshape", "x row", "v"), node("Gather", "v index", "y", axis=0)], 1, ""),
        ([node("Reshape", "x row", "v"), node("Gather", "v index", "y", axis=0)], -1, "Reshape (to [-1])"),
        ([node("Gather", "x index", "y", axis=0)], 1, "Gather (over axis 0)"),
        ([node("Reshape", "x row", "y")], 1, "Reshape (to [-1])"),
    ],
    ids=["in order", "backwards", "of samples", "an output"],
)
def test_all_values_of_a_sample_in_their_order_are_the_value(
    nodes: list[Any], index: int, told: str, tmp_path: Path
) -> None:
    places = np.arange(np.prod(MAP), dtype=np.int64)[::index].reshape(1, *MAP)
    made = model([node("Relu", "x0", "x"), *nodes], row=ints(-1), index=places)
    made.graph.input[0].name = "x0"
    if told:
        with pytest.raises(ImportRefused) as error:
            imported(made, tmp_path)
        assert told in str(error.value)
    else:
        assert "relu" in imported(made, tmp_path).text


# ---- layers that are written as several operations

WRITTEN = [
    ("8x12x12", "attention(2, window=3x4)"),
    ("8x12x12", "attention(2, window=4, shift=2)"),
    ("8x12x12", "attention(2, qkv_bias=false, window=4, shift=2, bias=relative)"),
    ("8x12x12", "attention(2, grid=4)"),
    ("8x12", "attention(2, window=3, out=6)"),
    ("8x12x12", "avgpool(3, 2, pad=1, ceil=true)"),
    ("8x12", "avgpool(4, 3, ceil=true)"),
    ("8x12x12", "resize(7x9)"),
    ("8x12x12", "parameter(4x5)"),
    ("8x12x12", "matmul(transpose_a=true) { | identity | identity }"),
    ("8x6x6x6", "reduce(std, all)"),
    ("8x6x6x6", "conv(4, 3, standardize=true)"),
]


@pytest.mark.parametrize("shape, layer", WRITTEN, ids=[layer for _, layer in WRITTEN])
def test_what_is_written_as_several_operations_is_the_layer_again(
    shape: str, layer: str, tmp_path: Path
) -> None:
    cnnspec.loads(f"net Small {{ input {shape}; relu -> {layer} }}").to_onnx(tmp_path / "small.onnx")
    found = cnnspec.from_onnx(tmp_path / "small.onnx")
    assert said(found) == f"relu {layer}"
    check_same_values(onnx.load(tmp_path / "small.onnx"), found)


# ---- what depends on the data, and what is quantized


def branch(op: str) -> Any:
    """The graph of a branch, which makes something of the `x` around it."""
    made = helper.make_tensor_value_info("made", TensorProto.FLOAT, None)
    return helper.make_graph([node(op, "x", "made")], op, [], [made])


def body() -> Any:
    """The graph of a loop, which goes on as it does, and makes the relu of `x`."""
    count, on = (
        helper.make_tensor_value_info(name, kind, [])
        for name, kind in (("count", TensorProto.INT64), ("on", TensorProto.BOOL))
    )
    more = helper.make_tensor_value_info("more", TensorProto.BOOL, [])
    made = helper.make_tensor_value_info("made", TensorProto.FLOAT, None)
    nodes = [node("Identity", "on", "more"), node("Relu", "x", "made")]
    return helper.make_graph(nodes, "turn", [count, on], [more, made])


SCALE: dict[str, Any] = {"scale": np.float32(0.1), "zero": np.uint8(128)}
FLOW = [
    ("If", [node("If", "is", "y", then_branch=branch("Relu"), else_branch=branch("Tanh"))], {"is": np.True_}),
    ("Loop", [node("Loop", "times is", "y", body=body())], {"times": np.int64(3), "is": np.True_}),
    (
        "QuantizeLinear",
        [node("QuantizeLinear", "x scale zero", "q"), node("DequantizeLinear", "q scale zero", "y")],
        SCALE,
    ),
    (
        "QuantizeLinear",
        [
            node("QuantizeLinear", "x scale zero", "q"),
            node("QLinearConv", "q scale zero w scale zero scale zero", "c"),
            node("DequantizeLinear", "c scale zero", "y"),
        ],
        {**SCALE, "w": np.zeros((5, 4, 3, 3), np.uint8)},
    ),
]


@pytest.mark.parametrize("told, nodes, tensors", FLOW, ids=["branch", "loop", "quantized", "convolution"])
def test_branches_loops_and_quantized_operations_are_refused_by_name_and_place(
    told: str, nodes: list[Any], tensors: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused) as error:
        imported(model(nodes, **tensors), tmp_path)
    assert str(error.value).startswith("small has what the language cannot say: ")
    assert f"{told}: " in str(error.value)
