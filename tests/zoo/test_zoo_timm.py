"""Nets of the zoo with attention against timm's own, with the same random weights, at their own size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from reference import difference  # noqa: E402

NETS = {
    "vit_small_16": "vit_small_patch16_224",
    "vit_base_16": "vit_base_patch16_224",
    "vit_base_32": "vit_base_patch32_224",
    "vit_large_16": "vit_large_patch16_224",
    "deit_tiny": "deit_tiny_patch16_224",
    "deit_small": "deit_small_patch16_224",
    "deit_base": "deit_base_patch16_224",
    **{f"swin_{size}": f"swin_{size}_patch4_window7_224" for size in ("tiny", "small", "base", "large")},
    **{f"coatnet_{i}": f"coatnet_{i}_224" for i in range(4)},
    **{f"mobilevit_{size}": f"mobilevit_{size}" for size in ("xxs", "xs", "s")},
}
"""Nets of the zoo, each with the model of timm."""

QUICK = {"vit_small_16", "deit_tiny", "swin_tiny", "coatnet_0", "mobilevit_xxs"}


def cases() -> Iterator[Any]:
    for name in NETS:
        yield pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("name", list(cases()))
def test_a_net_gives_what_that_of_timm_gives(name: str, timm: Any) -> None:
    module = timm.create_model(NETS[name])
    assert difference(cnnspec.zoo(name), module, change=as_in_the_net) < 1e-4


def as_in_the_net(name: str, tensor: Any) -> Any:
    """A tensor of timm's in the order of the spec.

    Learned values are sequences of timm's, channels last. CoAtNet keeps q, k and v of a head of 32 together,
    attention the heads of q, of k and of v.
    """
    if name.endswith(("cls_token", "pos_embed")):
        return tensor[0].T
    if re.fullmatch(r"stages\.\d\.blocks\.\d+\.attn\.qkv\..*", name):
        return tensor.unflatten(0, (-1, 3, 32)).transpose(0, 1).flatten(0, 2)
    return tensor
