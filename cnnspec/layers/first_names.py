"""The names that no spec may give to anything else: those of the layers of version 0.1.

A spec keeps its meaning whatever layers the language gets: what it calls as a newer one is called hides that.
"""

from __future__ import annotations

from cnnspec.layers.base import REGISTRY

_WORDS = """
relu relu6 leaky_relu prelu elu selu gelu silu mish hardswish hardsigmoid softplus sigmoid tanh softmax
log_softmax conv dwconv tconv linear flatten dropout droppath identity scale layerscale concat add mul maximum
batchnorm layernorm instancenorm groupnorm lrn rmsnorm
maxpool avgpool lppool gap gmp adaptive_avgpool adaptive_maxpool
pad crop slice channel_shuffle pixel_shuffle upsample resize reshape zero_channels subsample
"""
FIRST_NAMES = frozenset(_WORDS.split())


def is_newer(name: str) -> bool:
    """Whether a name is that of a layer which a spec may hide."""
    return name in REGISTRY and name not in FIRST_NAMES
