"""Nets of the zoo with attention against timm's own, with the same random weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends.weights import declared

torch = pytest.importorskip("torch")


def in_order(state: dict[str, Any]) -> Iterator[Any]:
    """The tensors of a model of timm in the order of the spec: token and positions follow the patches."""
    late = [state.pop(name) for name in ("cls_token", "pos_embed") if name in state]
    for name, tensor in state.items():
        yield merged_channels(tensor) if ".downsample." in name else tensor
        if name == "patch_embed.proj.bias":
            yield from (tensor[0].T for tensor in late)


def merged_channels(tensor: Any) -> Any:
    """Channels of patch merging: timm has the four pixels outside, pixel_unshuffle inside."""
    count = tensor.shape[-1] // 4
    return tensor.unflatten(-1, (2, 2, count)).movedim(-1, -3).transpose(-1, -2).flatten(-3)


NETS = {
    "ViT_Small_16": "vit_small_patch16_224",
    "DeiT_Tiny": "deit_tiny_patch16_224",
    "Swin_Tiny": "swin_tiny_patch4_window7_224",
}


@pytest.mark.parametrize("name", NETS)
def test_a_net_gives_what_that_of_timm_gives(name: str, timm: Any) -> None:
    model = timm.create_model(NETS[name]).eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = parameter.data + 0.02 * noise
    net = cnnspec.zoo(name)
    tensors = list(in_order(dict(model.named_parameters())))
    keys = [(key, weight.shape) for key, weight, _ in declared(net.ir) if not weight.buffer]
    assert len(keys) == len(tensors)
    weights = {
        key: tensor.detach().reshape(shape).numpy()
        for (key, shape), tensor in zip(keys, tensors, strict=True)
    }
    image = torch.randn(2, 3, 224, 224, generator=generator)
    with torch.no_grad():
        expected = model(image).numpy()
        got = net.to_torch(weights=weights).eval()(image).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
