"""The conventions of counting against the tools that they come from, on nets of the zoo."""

from __future__ import annotations

import logging
import warnings

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import cnnspec

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torchinfo = pytest.importorskip("torchinfo")
    fvcore = pytest.importorskip("fvcore.nn")

NETS = {
    "lenet5": (1, 32, 32),
    "mobilenetv2": (3, 64, 64),
    "convnext_tiny": (3, 64, 64),
}


@pytest.mark.parametrize("name", NETS)
def test_tools_count_as_documented(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("fvcore"), "disabled", True)
    net = cnnspec.zoo(name, inputs={"input": NETS[name]})
    counts = net.as_dict()["counts"]
    model, image = net.to_torch(seed=0).eval(), torch.zeros(1, *NETS[name])
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    assert counter.get_total_flops() == counts["flops"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fvcore.FlopCountAnalysis(model, image).total() == counts["fvcore"]
        activations = fvcore.ActivationCountAnalysis(model, image).total()
        mult_adds = torchinfo.summary(model, input_data=image, verbose=0).total_mult_adds
    assert activations == net.as_dict()["activations"]
    other_weights = sum(cost.params for cost in net.compiled.costs.layers.values() if not cost.macs)
    assert mult_adds == counts["macs+bias"] + other_weights
