"""A net made for one size of image takes the others that its architecture allows, on every backend.

The measure is the same net compiled at that size.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.api import Net
from cnnspec.backends import BACKENDS
from cnnspec.backends.base import CompileError
from cnnspec.backends.torch import source
from cnnspec.backends.torch.bounds import Row, row_of
from cnnspec.diagnostics import InvalidValue
from cnnspec.layers.following import FOLLOWING

torch = pytest.importorskip("torch")

from cnnspec.backends.torch.module import classes_of  # noqa: E402

NETS = {
    "resize to the input": (
        "net N { input 3x16x16; conv(4, 3, stride=2) -> relu; conv(2, 1) -> resize(input.size, MODE) }",
        [(3, 20, 24), (3, 33, 17)],
    ),
    "crop to what comes from below, as a U-Net": (
        "net N { input 3x18x18; a: conv(4, 3, pad=valid); maxpool(2) -> conv(8, 3); u: tconv(4, 2, stride=2);"
        " a -> crop(u.size) -> concat(prev, u) -> conv(2, 1) }",
        [(3, 21, 21), (3, 19, 30)],
    ),
    "a crop that begins at a pixel": (
        "net N { input 3x16x16; a: conv(4, 3, pad=valid); let s = prev.size; input -> crop(s, at=1)"
        " -> conv(4, 1) -> add(a, prev) }",
        [(3, 20, 12)],
    ),
    "a head for training alone": (
        "net N { input 3x16x16; a: conv(4, 3, stride=2); maxpool(2)\n"
        "head main { conv(2, 1) -> resize(input.size) }\n"
        "head aux from a, training { conv(2, 1) -> resize(input.size) } }",
        [(3, 24, 40)],
    ),
    "a pyramid": (
        "net N { input 3x32x32; a: conv(4, 3, stride=2); b: conv(4, 3, stride=2); c: conv(4, 3, stride=2)\n"
        "resize(b.size) -> add(prev, b) -> resize(a.size) -> add(prev, a) -> gap -> flatten -> linear(3) }",
        [(3, 24, 40), (3, 31, 29)],
    ),
    "a sequence": (
        "net N { input 3x16; a: conv(4, 3); maxpool(2) -> resize(a.size) -> add(prev, a) }",
        [(3, 21), (3, 8)],
    ),
    "a volume": (
        "net N { input 2x8x8x8; a: conv(3, 3); maxpool(2) -> resize(a.size, MODE) -> add(prev, a) }",
        [(2, 9, 10, 7)],
    ),
}
CASES = [
    (text.replace("MODE", mode), shape)
    for text, shapes in NETS.values()
    for mode in (("nearest", "bilinear") if "MODE" in text else ("",))
    for shape in shapes
]


def at(text: str, shape: tuple[int, ...]) -> Net:
    """The net for another input, its inner names as they are."""
    return cnnspec.loads(text, inputs={"input": shape})


def by_head(y: Any) -> Mapping[str, Any]:
    return y if isinstance(y, Mapping) else {"": y}


def assert_equal(found: Any, expected: Any) -> None:
    found, expected = by_head(found), by_head(expected)
    assert list(found) == list(expected)
    for head, y in expected.items():
        assert tuple(found[head].shape) == y.shape
        np.testing.assert_allclose(np.asarray(found[head]), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_programs_and_modules_follow_the_size_of_their_input(text: str, shape: tuple[int, ...]) -> None:
    net = cnnspec.loads(text)
    x = np.random.default_rng(0).standard_normal((2, *shape), np.float32)
    expected = at(text, shape).to_numpy(seed=3)(x)
    assert_equal(net.to_numpy(seed=3)(x), expected)
    assert_equal(net.to_numpy(seed=3, dtype="float64")(x), expected)
    module = net.to_torch(seed=3).eval()
    with torch.no_grad():
        assert_equal(module(torch.from_numpy(x)), expected)


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_training_follows_it_too(text: str, shape: tuple[int, ...]) -> None:
    net, other = cnnspec.loads(text), at(text, shape)
    x = np.random.default_rng(1).standard_normal((2, *shape), np.float32)
    program, expected = (one.to_numpy(seed=3, dtype="float64") for one in (net, other))
    y = by_head(program.forward(x))
    assert_equal(y, expected.forward(x))
    grads = {head: np.ones_like(value) for head, value in y.items()}
    given = grads if len(grads) > 1 else next(iter(grads.values()))
    assert_equal(program.backward(given), expected.backward(given))
    module = net.to_torch(seed=3).double().train()
    outputs = module(torch.from_numpy(x).double())
    torch.stack([value.sum() for value in by_head(outputs).values()]).sum().backward()
    wanted = expected.backward(given)
    for key, weight in module.named_parameters():
        assert weight.grad is not None
        np.testing.assert_allclose(weight.grad.numpy(), wanted[key], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("text", sorted({text for text, _ in CASES}))
def test_every_backend_takes_them_at_the_declared_size(text: str) -> None:
    net = cnnspec.loads(text)
    assert any(isinstance(node.layer, FOLLOWING) for node in net.resizable)
    x = np.random.default_rng(2).standard_normal((1, *net.inputs["input"]), np.float32)
    expected = cnnspec.loads(text).to_numpy(seed=3)(x)
    for name in BACKENDS:
        model = net.to(name, seed=3)
        y = model.eval()(torch.from_numpy(x)) if name == "torch" else model(x)
        assert_equal({k: v.detach() if name == "torch" else v for k, v in by_head(y).items()}, expected)


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_an_onnx_model_with_an_open_size_follows_it(text: str, shape: tuple[int, ...]) -> None:
    pytest.importorskip("onnxruntime")
    x = np.random.default_rng(4).standard_normal((2, *shape), np.float32)
    model = cnnspec.loads(text).to("onnx", seed=3, open_size=True)
    assert_equal(model(x), at(text, shape).to_numpy(seed=3)(x))


LAYERS = {
    "adaptive_avgpool([3, 2])": "adaptive means, of bins that overlap",
    "maxpool(3, stride=2, ceil=true)": "ceil mode",
    "avgpool(2, stride=2, ceil=true, count_pad=false)": "the mean of what is left",
    "maxpool(3, stride=2, pad=same)": "a margin that is another at odd sizes",
    "avgpool(3, stride=2, pad=same)": "that margin among what is counted",
    "avgpool(4, stride=3, pad=same, count_pad=false)": "that margin left out",
    "conv(3, 3, stride=2, pad=same)": "that margin of a convolution",
    "dwconv(2, stride=3, pad=same)": "windows with gaps",
    "relu; p: maxpool(2); tanh -> max_unpool(of=p)": "values back at the places of maxima",
    "relu; p: maxpool(3, ceil=true); tanh -> max_unpool(of=p)": "and at the end of odd maps",
    "channel_shuffle(2)": "channels",
    "conv(4, 1) -> pixel_shuffle(2)": "pixels",
    "upsample(2, bilinear)": "interpolation",
    "upsample([3, 1])": "nearest pixels",
    "groupnorm(2)": "groups",
    "evonorm_s0(2)": "groups, gated",
    "lrn(5) -> lrn(4)": "neighbours in channels",
    "subsample(2)": "every second pixel",
    "pad(1, reflect) -> conv(4, 3, pad=valid)": "margins",
    "grn -> layernorm(over=channels)": "values a pixel",
    "reduce(mean, over=channels)": "a map of means",
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("side", [(9, 14), (12, 8), (31, 33)])
def test_layers_of_a_model_with_an_open_size(layers: str, side: tuple[int, int]) -> None:
    pytest.importorskip("onnxruntime")
    text = f"net N {{ input 3x8x8; conv(4, 3) -> {layers} }}"
    x = np.random.default_rng(5).standard_normal((2, 3, *side), np.float32)
    model = cnnspec.loads(text).to("onnx", seed=3, open_size=True)
    assert_equal(model(x), at(text, (3, *side)).to_numpy(seed=3)(x))


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (
            "adaptive_maxpool([3, 2])",
            "ONNX has no `adaptive_maxpool` (adaptive_maxpool) for a size that is open",
        ),
        ("maxpool(3, stride=2, pad=1, ceil=true)", "ONNX has `maxpool` (maxpool) for one size of the input"),
        ("pixel_unshuffle(2)", "ONNX has `pixel_unshuffle` (pixel_unshuffle) for one size of the input"),
        (
            "flatten -> linear(2)",
            "N is for one size of its input: the weights of `linear` (linear) are made for",
        ),
        ("avgpool(height)", "N is for one size of its input: the argument `kernel` of avgpool depends on"),
    ],
)
def test_what_is_for_one_size_is_refused_by_name(layers: str, told: str) -> None:
    pytest.importorskip("onnxruntime")
    net = cnnspec.loads(f"net N {{ input 3x8x8; conv(4, 3) -> {layers} }}")
    with pytest.raises(CompileError, match=re.escape(told)):
        net.to("onnx", open_size=True)
    assert net.to("onnx")(np.zeros((1, 3, 8, 8), np.float32)) is not None


def test_a_net_of_vectors_has_no_size_to_leave_open() -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(CompileError, match="N is for one size of its input: it takes vectors"):
        cnnspec.loads("net N { input 8; linear(3) }").to("onnx", open_size=True)


def test_only_the_axes_that_are_open_have_names() -> None:
    pytest.importorskip("onnxruntime")
    net = cnnspec.loads("net N { input 3x8x8; conv(4, 3, stride=2) -> adaptive_avgpool(2) }")
    session = net.to("onnx", open_size=True).session
    assert session.get_inputs()[0].shape == ["batch", 3, "size1", "size2"]
    assert session.get_outputs()[0].shape == ["batch", 4, 2, 2]
    assert net.to("onnx").session.get_inputs()[0].shape == ["batch", 3, 8, 8]


def test_the_source_names_the_value_that_a_size_is_of() -> None:
    text = "net N { input 3x16x16; conv(4, 3, stride=2); head { conv(2, 1) -> resize(input.size) } }"
    assert "self.resize(self.conv(x), y)" in source(cnnspec.loads(text).resizable)


def test_a_net_that_computes_with_sizes_says_that_it_is_for_one() -> None:
    text = "net N { input 3x8x8; maxpool(2); for i in range(height // 4) { conv(4, 3, pad=valid) } }"
    program = cnnspec.loads(text).to_numpy(seed=0)
    with pytest.raises(InvalidValue, match="does not fit an input of 3x16x16: the net has other layers"):
        program(np.zeros((1, 3, 16, 16), np.float32))


def test_a_window_as_large_as_the_map_is_for_one_size() -> None:
    program = cnnspec.loads("net N { input 3x8x8; conv(4, 3) -> avgpool(height) }").to_numpy(seed=0)
    with pytest.raises(InvalidValue, match="the argument `kernel` of avgpool depends on the size"):
        program(np.zeros((1, 3, 16, 16), np.float32))


REFUSED = {
    "a linear layer": ("flatten -> linear(2)", (3, 16, 8), "linear gets 512, its weights are made for 256"),
    "a kernel as large as the map": ("avgpool(height)", (3, 16, 16), "the argument `kernel` of avgpool"),
    "a map that is too small": ("conv(2, 8, pad=valid)", (3, 7, 8), "the window of `conv` covers 8 pixels"),
    "sizes that do not meet": (
        "maxpool(2) -> upsample(2) -> add(prev, input)",
        (3, 9, 8),
        "`add` cannot join",
    ),
}


@pytest.mark.parametrize(("layers", "shape", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_size_that_the_net_refuses_is_refused_in_words(
    layers: str, shape: tuple[int, ...], reason: str
) -> None:
    pytest.importorskip("onnxruntime")
    first = "" if "add" in layers else "conv(4, 1) -> "
    net = cnnspec.loads(f"net N {{ input 3x8x8; {first}{layers} }}")
    x = np.zeros((2, *shape), np.float32)
    for name, given in (("numpy", x), ("torch", torch.from_numpy(x))):
        with pytest.raises(InvalidValue, match=reason):
            net.to(name)(given)
    with pytest.raises(InvalidValue, match=re.escape(f"of shape (N, 3, 8, 8), got {x.shape}")):
        net.to("onnx")(x)
    module = net.to_torch(seed=0)
    for copied in (copy.deepcopy(module), torch.compile(module, backend="eager")):
        assert copied.eval()(torch.zeros(1, 3, 8, 8)) is not None
    with pytest.raises(InvalidValue, match=reason):
        copy.deepcopy(module)(torch.from_numpy(x))


@pytest.mark.parametrize(("layers", "shape", "reason"), REFUSED.values(), ids=REFUSED)
def test_written_torch_source_refuses_it_in_words_too(
    layers: str, shape: tuple[int, ...], reason: str
) -> None:
    first = "" if "add" in layers else "conv(4, 1) -> "
    graph = cnnspec.loads(f"net N {{ input 3x8x8; {first}{layers} }}").resizable
    module = classes_of(source(graph), "N")[-1]().eval()
    assert module(torch.zeros(2, 3, 8, 8)) is not None
    for made in (module, torch.fx.symbolic_trace(module)):
        with pytest.raises(ValueError, match=rf"^N (takes sizes|is for one size) .*{reason[:12]}"):
            made(torch.zeros(2, *shape))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_what_torch_makes_of_a_module_refuses_it_too() -> None:
    text = (
        "net N { input 3x16x16; conv(4, 3) -> maxpool(8) -> upsample(8) -> conv(3, 1) -> add(prev, input) }"
    )
    module = classes_of(source(cnnspec.loads(text).resizable), "N")[-1]().eval()
    told = "N takes sizes 8, 16, .."
    scripted, compiled = torch.jit.script(module), torch.compile(module, backend="eager", fullgraph=True)
    for made, error in ((scripted, torch.jit.Error), (compiled, torch._dynamo.exc.Unsupported)):
        assert made(torch.zeros(1, 3, 8, 24)).shape == (1, 3, 8, 24)
        with pytest.raises(error, match=told):
            made(torch.zeros(1, 3, 8, 25))
    exported = torch.export.export(module, (torch.zeros(1, 3, 16, 16),)).module()
    with pytest.raises(AssertionError, match="Guard failed"):
        exported(torch.zeros(1, 3, 16, 17))


def test_as_many_positions_in_other_rows_are_not_those_that_were_learned() -> None:
    places = "net N { input 3x8x8; tokens -> add { | identity | parameter([3, 64]) } }"
    free = "net N { input 3x8x8; tokens -> attention(1) }"
    x = np.zeros((1, 3, 4, 16), np.float32)
    for name, given in (("numpy", x), ("torch", torch.from_numpy(x))):
        assert cnnspec.loads(free).to(name)(given).shape == (1, 3, 64)
        with pytest.raises(InvalidValue, match="tokens gets 3x4x16, as many values as 3x8x8 in other places"):
            cnnspec.loads(places).to(name)(given)
    with pytest.raises(ValueError, match="N takes sizes 8; 9 does not fit"):
        classes_of(source(cnnspec.loads(places).resizable), "N")[-1]()(torch.from_numpy(x))


def test_written_source_leaves_sizes_that_its_arguments_move_to_torch() -> None:
    text = "net N(n=2) { input 3x60x60; maxpool(n) -> tconv(3, n, stride=n) -> add(prev, input) }"
    kind = classes_of(source(cnnspec.loads(text).resizable), "N")[-1]
    for step in (2, 3, 7):
        kind(n=step)(torch.zeros(1, 3, 5 * step, 60 // step * step))
        with pytest.raises(RuntimeError, match="must match"):
            kind(n=step)(torch.zeros(1, 3, 5 * step + 1, 60 // step * step))


def test_written_source_asks_nothing_where_all_sizes_fit() -> None:
    for text in ("input 3x8x8; conv(2, 3) -> gap", "input 8; linear(3)"):
        assert "check_size" not in source(cnnspec.loads(f"net N {{ {text} }}").resizable)


@pytest.mark.parametrize(
    "row",
    [
        Row(1, 9),
        Row(5),
        Row(224, 239),
        Row(16, None, 16),
        Row(25, None, 32, 8),
        Row(223, 232, 8, 2),
        Row(7, 7),
    ],
)
def test_a_row_is_found_from_its_sizes(row: Row) -> None:
    sizes = [size for size in range(1, 513) if row.holds(size)]
    assert row_of(sizes, 512) == row
    assert row.holds(511) or row_of([*sizes, 511], 512) != row


def test_sizes_that_are_no_row_are_none() -> None:
    assert row_of([], 512) is None
    assert row_of([*range(1, 129), *range(249, 257), *range(377, 385)], 512) is None


def test_a_model_with_an_open_size_refuses_in_words_too() -> None:
    pytest.importorskip("onnxruntime")
    model = cnnspec.loads("net N { input 3x16x16; conv(2, 9, pad=valid) }").to("onnx", open_size=True)
    with pytest.raises(InvalidValue, match="the window of `conv` covers 9 pixels"):
        model(np.zeros((1, 3, 8, 30), np.float32))
    with pytest.raises(InvalidValue, match="the model takes the inputs input, given: y"):
        model(y=np.zeros((1, 3, 16, 16), np.float32))


def test_a_module_says_which_shape_it_takes() -> None:
    module = cnnspec.loads("net N { input 3x8x8; conv(2, 3) }").to_torch()
    with pytest.raises(
        InvalidValue, match=re.escape("needs a tensor of shape (N, 3, 8, 8), got (1, 4, 8, 8)")
    ):
        module(torch.zeros(1, 4, 8, 8))
    with pytest.raises(RuntimeError, match="should be the same"):
        module(torch.zeros(1, 3, 8, 8, dtype=torch.float64))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("fcn_resnet50", [(584, 584), (300, 420)]),
        ("unet", [(320, 192), (64, 64)]),
        ("unet2015", [(604, 604), (588, 572)]),
        ("retinanet_resnet50", [(256, 256), (640, 512)]),
        ("deeplabv3plus_resnet50", [(512, 512)]),
    ],
)
def test_nets_of_the_zoo_follow_it(name: str, sides: list[tuple[int, int]]) -> None:
    net = cnnspec.zoo(name)
    program, module = net.to_numpy(seed=0), net.to_torch(seed=0).eval()
    model = net.to("onnx", seed=0, open_size=True)
    channels = net.inputs["input"][0]
    for side in sides:
        x = np.random.default_rng(0).standard_normal((1, channels, *side), np.float32)
        expected = cnnspec.zoo(name, inputs={"input": (channels, *side)}).to_numpy(seed=0)(x)
        assert_equal(program(x), expected)
        with torch.no_grad():
            assert_equal(module(torch.from_numpy(x)), expected)
        assert_equal(model(x), expected)
