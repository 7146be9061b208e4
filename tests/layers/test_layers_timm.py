"""Layers held against the modules of timm and torch that they are named after: outputs and all gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from layer_cases import Case

from cnnspec.backends import numpy as backend
from cnnspec.layers import activation as act
from cnnspec.layers import attention, conv, dense, join, norm, pool, sequence, shape
from cnnspec.layers.base import Layer, Shape

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Reference(NamedTuple):
    """A layer, the shapes of its inputs and the module that does the same, to a relative `rtol`.

    `names` maps weights of the layer to parameters of the module where they are called otherwise.
    """

    layer: Layer
    shapes: tuple[Shape, ...]
    module: Callable[[], nn.Module]
    names: Mapping[str, str] = {}
    rtol: float = 1e-9

    @property
    def title(self) -> str:
        return Case(self.layer, self.shapes).title


SINGLE = 1e-4
"""How near statistics are that timm takes in single precision, whatever the precision of the map."""


class Function(nn.Module):
    """A function of torch as a module."""

    def __init__(self, function: Callable[..., Any]):
        super().__init__()
        self.function = function

    def forward(self, *x: Any) -> Any:
        return self.function(*x)


def layers() -> Any:
    import timm.layers

    return timm.layers


def radix() -> nn.Module:
    from timm.layers.split_attn import RadixSoftmax

    return RadixSoftmax(3, 1)


def resmlp_affine() -> nn.Module:
    from timm.models.mlp_mixer import Affine

    class ChannelsFirst(Affine):
        def forward(self, x: Any) -> Any:
            return super().forward(x.transpose(1, 2)).transpose(1, 2)

    return ChannelsFirst(4)


class OnSequence(nn.Module):
    """A module over (batch, places, channels) on a sequence or map with channels first; `mask` is added."""

    def __init__(self, module: nn.Module, *given: Any):
        super().__init__()
        self.module, self.given = module, given

    def forward(self, x: Any) -> Any:
        return self.module(x.flatten(2).transpose(1, 2), *self.given).transpose(1, 2).reshape(x.shape)


class OnMap(nn.Module):
    """A module over (batch, height, width, channels) on a map with channels first."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, x: Any) -> Any:
        return self.module(x.movedim(1, -1)).movedim(-1, 1)


def swin_block(shift: int) -> nn.Module:
    """The windows of a Swin block: shift, mask and relative bias, without norms and MLP."""
    from timm.models.swin_transformer import SwinTransformerBlock

    block = SwinTransformerBlock(8, (8, 4), num_heads=2, window_size=4, shift_size=shift)
    block.forward = block._attn  # type: ignore[method-assign]
    for name in ("norm1", "norm2", "mlp"):
        delattr(block, name)
    return OnMap(block)


def grid_attention() -> nn.Module:
    from timm.models.maxxvit import MaxxVitTransformerCfg, PartitionAttentionCl

    config = MaxxVitTransformerCfg(dim_head=4, window_size=(2, 2), grid_size=(2, 2), head_first=False)
    block = PartitionAttentionCl(8, partition_type="grid", cfg=config)
    block.forward = block._partition_attn  # type: ignore[method-assign]
    for name in ("norm1", "norm2", "mlp"):
        delattr(block, name)
    return OnMap(block)


def wider_attention() -> nn.Module:
    """The attention of a block of CoAtNet that widens."""
    from timm.layers.pos_embed_rel import RelPosBias
    from timm.models.maxxvit import Attention2d

    table = partial(RelPosBias, window_size=(6, 4))
    return Attention2d(8, 12, dim_head=6, head_first=False, rel_pos_cls=table)


def named(prefix: str, table: str = "") -> Mapping[str, str]:
    """Where the weights of attention are in a module of timm."""
    names = {key: prefix + key for key in ("qkv.weight", "qkv.bias", "proj.weight", "proj.bias")}
    return names | ({"relative_position_bias_table": prefix + table} if table else {})


def unpooled(stride: int) -> nn.Module:
    """torch's own way back from a pool of maxima; the 0 gives the map that is pooled a gradient."""
    pool, back = nn.MaxPool2d(2, stride, return_indices=True), nn.MaxUnpool2d(2, stride)
    return Function(lambda x, y: back(x, pool(y)[1], y.shape) + 0 * y)


TABLE = "relative_position_bias_table"

REFERENCES = [
    Reference(
        attention.Attention(2),
        ((8, 9),),
        lambda: OnSequence(layers().Attention(8, num_heads=2, qkv_bias=True)),
        named("module."),
    ),
    Reference(
        attention.Attention(2, window=4, bias="relative"),
        ((8, 8, 4),),
        lambda: swin_block(0),
        named("module.attn.", TABLE),
    ),
    Reference(
        attention.Attention(2, window=4, shift=2, bias="relative"),
        ((8, 8, 4),),
        lambda: swin_block(2),
        named("module.attn.", TABLE),
    ),
    Reference(
        attention.Attention(2, grid=2, bias="relative"),
        ((8, 6, 4),),
        grid_attention,
        named("module.attn.", f"rel_pos.{TABLE}"),
    ),
    Reference(
        attention.Attention(2, bias="relative", out=12),
        ((8, 6, 4),),
        wider_attention,
        named("", f"rel_pos.{TABLE}"),
    ),
    Reference(
        norm.GlobalResponseNorm(),
        ((4, 7, 6),),
        lambda: layers().grn.GlobalResponseNorm(4, channels_last=False),
    ),
    Reference(
        norm.FilterResponseNorm(), ((4, 7, 6),), lambda: layers().FilterResponseNormTlu2d(4), rtol=SINGLE
    ),
    Reference(
        norm.FilterResponseNorm(threshold=False),
        ((4, 7, 6),),
        lambda: layers().FilterResponseNormAct2d(4, apply_act=False),
        rtol=SINGLE,
    ),
    Reference(norm.EvoNormS0(4), ((8, 7, 6),), lambda: layers().EvoNorm2dS0(8, groups=4), rtol=SINGLE),
    Reference(norm.EvoNormS0(), ((32, 3, 3),), lambda: layers().EvoNorm2dS0(32), rtol=SINGLE),
    Reference(
        attention.EfficientChannelAttention(5),
        ((8, 7, 6),),
        lambda: layers().EcaModule(kernel_size=5),
        {"weight": "conv.weight"},
    ),
    Reference(dense.Affine(), ((4, 9),), resmlp_affine, {"weight": "alpha", "bias": "beta"}),
    Reference(
        act.Softmax("groups", 3), ((6, 1, 1),), lambda: nn.Sequential(radix(), nn.Unflatten(1, (6, 1, 1)))
    ),
    Reference(act.Softmax("positions"), ((4, 9),), lambda: nn.Softmax(2)),
    Reference(
        attention.Reduce("std", "positions"),
        ((4, 7, 6),),
        lambda: Function(lambda x: x.std((2, 3), correction=0, keepdim=True)),
    ),
    Reference(
        attention.Reduce("norm2", "channels"),
        ((4, 7, 6),),
        lambda: Function(lambda x: x.norm(2, 1, keepdim=True)),
    ),
    Reference(pool.BlurPool(), ((4, 9, 8),), lambda: layers().BlurPool2d(4)),
    Reference(pool.BlurPool(4), ((4, 9, 8),), lambda: layers().BlurPool2d(4, filt_size=4)),
    Reference(pool.BlurPool(5, 1), ((4, 9, 8),), lambda: layers().BlurPool2d(4, filt_size=5, stride=1)),
    Reference(pool.MaxUnpool(pool.MaxPool(2)), ((4, 3, 4), (4, 6, 9)), lambda: unpooled(2)),
    Reference(pool.MaxUnpool(pool.MaxPool(2, 3)), ((4, 2, 3), (4, 5, 9)), lambda: unpooled(3)),
    Reference(join.MatMul(), ((2, 4, 5), (2, 5, 3)), lambda: Function(torch.matmul)),
    Reference(
        join.MatMul(transpose_a=True), ((4, 9), (4, 6)), lambda: Function(lambda x, y: x.transpose(1, 2) @ y)
    ),
    Reference(sequence.Permute((1, 2, 0)), ((4, 7, 6),), lambda: Function(lambda x: x.permute(0, 2, 3, 1))),
    Reference(shape.Pad(((0, 1), (2, 0))), ((4, 7, 6),), lambda: nn.ZeroPad2d((2, 0, 0, 1))),
    Reference(shape.Pad(((2, 0),), "reflect"), ((4, 7),), lambda: nn.ReflectionPad1d((2, 0))),
    Reference(
        conv.Conv(6, 3, 2, ((0, 1), (1, 2))),
        ((4, 7, 6),),
        lambda: nn.Sequential(nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(4, 6, 3, 2)),
        {"weight": "1.weight", "bias": "1.bias"},
    ),
    Reference(
        conv.Conv(6, 2, pad="causal", dilation=4),
        ((4, 9),),
        lambda: nn.Sequential(nn.ZeroPad1d((4, 0)), nn.Conv1d(4, 6, 2, dilation=4)),
        {"weight": "1.weight", "bias": "1.bias"},
    ),
    Reference(
        attention.Reduce("max", "all"), ((4, 7, 6),), lambda: Function(lambda x: x.amax((1, 2, 3), True))
    ),
]


@pytest.mark.parametrize("case", REFERENCES, ids=lambda case: case.title)
@pytest.mark.usefixtures("timm")
def test_a_layer_is_the_module_it_is_named_after(case: Reference) -> None:
    program = backend.compile(Case(case.layer, case.shapes).graph(), dtype=np.float64)
    rng = np.random.default_rng(0)
    program.load({key: rng.standard_normal(a.shape) for key, a in program.tensors.items()})
    inputs = {f"x{i}": rng.standard_normal((3, *shape)) for i, shape in enumerate(case.shapes)}
    y = program.forward(inputs, training=False)
    grad = rng.standard_normal(y.shape)
    found = program.backward(grad)

    module = case.module().double().eval()
    parameters = dict(module.named_parameters())
    names = {key: case.names.get(key[len("layer.") :], key[len("layer.") :]) for key in program.trainable}
    assert set(names.values()) == set(parameters)
    with torch.no_grad():
        for key, name in names.items():
            parameters[name].copy_(torch.tensor(program.tensors[key]).reshape(parameters[name].shape))
    xs = {name: torch.tensor(x, requires_grad=True) for name, x in inputs.items()}
    expected = module(*xs.values())
    (expected * torch.tensor(grad)).sum().backward()

    wanted = {name: x.grad for name, x in xs.items()} | {
        key: parameters[name].grad for key, name in names.items()
    }
    pairs = [(y, expected.detach()), *((found[key], value) for key, value in wanted.items())]
    for got, value in pairs:
        np.testing.assert_allclose(
            got, value.numpy().reshape(got.shape), rtol=case.rtol, atol=case.rtol / 100
        )
