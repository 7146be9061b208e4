"""Weights in the forms in which people keep them, drawn at random, are a net's own on every backend.

A net of drawn blocks and its weights; a module of another make that holds them: under other names, with
scales that a block holds itself, 1x1 convolutions for linear layers, torch's attention, axes of size 1,
sixteen bits; given as it is, as its state, its parameters or a file, as defined, sorted or shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

import cnnspec
from cnnspec.backends import BACKENDS, Options, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.match import MatchError
from cnnspec.backends.runs import seeded_weights
from cnnspec.backends.weights import fitting
from cnnspec.passes.fold_batchnorm import fold_batchnorm

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

Tensors = Mapping[str, Any]


class Part(NamedTuple):
    """A module of a block: its path in a checkpoint, other names of its tensors, and another shape of one."""

    path: str
    names: Mapping[str, str] = {}
    reshaped: Callable[[Any], Any] = lambda tensor: tensor


def as_linear(tensor: Any) -> Any:
    return tensor.reshape(tensor.shape[:2]) if tensor.ndim == 4 else tensor


def as_conv(tensor: Any) -> Any:
    return tensor.reshape(*tensor.shape, 1, 1) if tensor.ndim == 2 else tensor


def as_map(tensor: Any) -> Any:
    return tensor.reshape(-1, 1, 1)


def as_kernel(tensor: Any) -> Any:
    return tensor.reshape(-1, 1, 1, 1)


def channels_last(tensor: Any) -> Any:
    return tensor.T[None]


GAMMA, GAIN = {"weight": "gamma"}, {"weight": "gain"}
IN_PROJ = {"weight": "in_proj_weight", "bias": "in_proj_bias"}
NORM, CONV = Part("norm"), Part("conv")
BLOCKS: dict[str, tuple[str, list[Part]]] = {
    "unit": ("conv(W, 3, bias=false) -> batchnorm -> relu", [CONV, NORM]),
    "scale of a block": (
        "conv(W, 1) -> residual { conv(channels, 3) -> layerscale }",
        [Part("widen"), CONV, Part("", GAMMA)],
    ),
    "scale of a block as a map": (
        "conv(W, 1) -> residual { conv(channels, 3) -> layerscale }",
        [Part("widen"), CONV, Part("", GAMMA, as_map)],
    ),
    "gain of a convolution": ("conv(W, 3) -> layerscale", [CONV, Part("conv", GAIN, as_kernel)]),
    "linear in place of a convolution": (
        "conv(W, 1) -> relu -> batchnorm",
        [Part("fc", {}, as_linear), Part("norm")],
    ),
    "attention": (
        "conv(W, 1) -> residual { layernorm(over=channels) -> attention(1) }",
        [Part("conv"), NORM, Part("attn.qkv"), Part("attn.proj")],
    ),
    "torch's attention": (
        "conv(W, 1) -> residual { layernorm(over=channels) -> attention(1) }",
        [Part("conv"), NORM, Part("attn", IN_PROJ), Part("attn.out_proj")],
    ),
    "attention with a table": (
        "conv(W, 1) -> attention(1, bias=relative)",
        [Part("conv"), Part("attn"), Part("attn.qkv"), Part("attn.proj")],
    ),
}
LAST = {
    "linear": ("gap -> flatten -> linear(3)", [Part("fc")]),
    "convolution": ("gap -> flatten -> linear(3)", [Part("fc", {}, as_conv)]),
    "places": (
        "tokens -> add { | identity | parameter([C, 16]) }\n layernorm -> flatten -> linear(3)",
        [Part("", {"weight": "pos_embed"}, channels_last), Part("norm"), Part("fc")],
    ),
}
WIDTHS = [5, 6, 7, 9, 10, 11]


@dataclass(frozen=True, repr=False)
class Case:
    """A net, its weights, and a module of another make that holds them."""

    net: cnnspec.Net
    own: dict[str, Any]
    module: Any


@st.composite
def cases(draw: st.DrawFn) -> Case:
    widths = draw(st.lists(st.sampled_from(WIDTHS), min_size=1, max_size=3, unique=True))
    blocks = [BLOCKS[draw(st.sampled_from(sorted(BLOCKS)))] for _ in widths]
    last, its = LAST[draw(st.sampled_from(sorted(LAST)))]
    steps = [spec.replace("W", str(width)) for (spec, _), width in zip(blocks, widths, strict=True)]
    steps.append(last.replace("C", str(widths[-1])))
    net = cnnspec.loads("net N { input 2x4x4\n " + "\n ".join(steps) + " }")
    parts = [(f"blocks.{number}", part) for number, (_, parts) in enumerate(blocks) for part in parts]
    parts += [("head", part) for part in its]
    dtype = getattr(torch, draw(st.sampled_from(["float32", "float16", "bfloat16"])))
    own = {key: torch.tensor(value).to(dtype) for key, value in seeded_weights(net.ir).items()}
    return Case(net, {key: tensor.float().numpy() for key, tensor in own.items()}, module_of(own, parts))


def module_of(own: Tensors, parts: list[tuple[str, Part]]) -> Any:
    """A module that holds the tensors of a net as the parts say."""
    root = torch.nn.Module()
    by_layer: dict[str, dict[str, Any]] = {}
    for key, tensor in own.items():
        path, _, name = key.rpartition(".")
        by_layer.setdefault(path, {})[name] = tensor
    for (block, part), tensors in zip(parts, by_layer.values(), strict=True):
        holder = root
        for name in [*block.split("."), *part.path.split(".")] if part.path else block.split("."):
            if name not in dict(holder.named_children()):
                holder.add_module(name, torch.nn.Module())
            holder = holder.get_submodule(name)
        for name, tensor in tensors.items():
            tensor = part.reshaped(tensor).contiguous()
            if name.startswith("running_"):
                holder.register_buffer(name, tensor)
            else:
                holder.register_parameter(part.names.get(name, name), torch.nn.Parameter(tensor))
    return root


def shuffled(module: Any) -> Tensors:
    keys = list(module.state_dict())
    Random(0).shuffle(keys)
    return {key: module.state_dict()[key] for key in keys}


def from_file(net: cnnspec.Net, name: str, save: Callable[[Any], None]) -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        save(path)
        return cnnspec.load_weights(net, path)


WAYS: dict[str, Callable[[cnnspec.Net, Any], Any]] = {
    "a module": cnnspec.load_weights,
    "its state": lambda net, module: cnnspec.load_weights(net, module.state_dict()),
    "parameters that need gradients": lambda net, module: cnnspec.load_weights(
        net, module.state_dict(keep_vars=True)
    ),
    "under data parallel": lambda net, module: cnnspec.load_weights(
        net, {"model": {f"module.{key}": tensor for key, tensor in module.state_dict().items()}, "epoch": 3}
    ),
    "in another order": lambda net, module: cnnspec.load_weights(net, shuffled(module)),
    "safetensors": lambda net, module: from_file(
        net, "w.safetensors", lambda path: save_file(dict(sorted(module.state_dict().items())), path)
    ),
    "a file of torch": lambda net, module: from_file(
        net, "w.pth", lambda path: torch.save(module.state_dict(), path)
    ),
}


@settings(max_examples=25)
@given(cases(), st.sampled_from(sorted(WAYS)))
def test_whatever_form_weights_have_every_backend_gives_the_outputs_of_the_net(case: Case, way: str) -> None:
    net, own, module = case.net, case.own, case.module
    found = WAYS[way](net, module).weights
    assert found.keys() == own.keys()
    for key, tensor in own.items():
        np.testing.assert_array_equal(found[key], tensor, err_msg=key)
    inputs = random_inputs(net.ir, batch=2)
    expected = find("numpy").run(net.ir, own, Options(reference=True))(inputs)["output"]
    atol = 1e-4 * float(np.abs(expected).max())
    folded = fold_batchnorm(net.ir, fitting(net.ir, found))
    for graph, weights in ((net.ir, found), folded):
        for name in BACKENDS:
            got = find(name).run(graph, weights, Options())(inputs)["output"]
            np.testing.assert_allclose(got, expected, rtol=0, atol=atol, err_msg=name)


def test_a_count_that_a_detector_keeps_beside_its_weights_is_left_out_by_name() -> None:
    """Ultralytics' heads take the mean of a distribution with a convolution whose kernel is 0, 1, 2, ..."""
    net = cnnspec.loads("net N { input 3x8x8\n conv(16, 3) -> gap -> flatten -> linear(16) }")
    weights = net.to_numpy(seed=0).state_dict()
    named = {f"model.{key}": value for key, value in weights.items()}
    named["model.dfl.conv.weight"] = np.arange(16, dtype=np.float32).reshape(1, 16, 1, 1)
    found = cnnspec.load_weights(net, named)
    assert found.unused == ("model.dfl.conv.weight",)
    assert "not used: model.dfl.conv.weight" in str(found)
    named["model.dfl.conv.weight"][0, 3] = 4
    with pytest.raises(MatchError, match=r"model\.dfl\.conv"):
        cnnspec.load_weights(net, named)
