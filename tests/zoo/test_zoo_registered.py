"""Models that timm and torchvision register and a net of the zoo covers: parameters, torch's count of work.

Neither side computes a value: modules are built on the device of tensors without one.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from registered import ATTENDING, TIMM, TORCHVISION, Row

import cnnspec

torch = pytest.importorskip("torch")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402


def figures(module: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """The parameters of a module, and half of the floating-point operations that torch counts in it."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module.eval()(torch.zeros(1, *shape, device="meta"))
    return sum(parameter.numel() for parameter in module.parameters()), counter.get_total_flops() // 2


def built(row: Row) -> cnnspec.Net:
    inputs = {"input": (3, row.side, row.side)} if row.side else {}
    return cnnspec.zoo(row.net, inputs=inputs, **row.values)


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMM)
def test_a_model_of_timm_has_the_parameters_and_the_work_of_its_net(timm: Any, name: str) -> None:
    net = built(TIMM[name])
    (shape,) = net.inputs.values()
    sized = {"img_size": shape[1:]} if name.startswith(("vit", "deit", "swin", "coatnet")) else {}
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        module = timm.create_model(name, num_classes=1000, **sized)
    assert (net.compiled.costs.inference.params, net.macs) == figures(module, shape)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TORCHVISION, *ATTENDING])
def test_a_model_of_torchvision_has_the_parameters_and_the_work_of_its_net(
    torchvision: Any, name: str
) -> None:
    net = built(ATTENDING[name] if name in ATTENDING else Row(TORCHVISION[name], {}))
    (shape,) = net.inputs.values()
    options = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    # the widths of a RegNet are computed by tensors that must have values
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        module = getattr(torchvision, name)(weights=None, **options).to("meta")
    assert (net.compiled.costs.inference.params, net.macs) == figures(module, shape)
