"""Modules of the torch backend in several processes: data parallel, and with the weights of blocks spread."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")
import torch.distributed as dist  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.multiprocessing.spawn import spawn  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="gloo and its sockets as they are on Linux"),
]
PROCESSES = 2
NETS = ["ResNet20", "UNetSmall", "MobileNetV3_Small"]


def gradients(module: nn.Module, inputs: Tensor) -> None:
    """The backward pass of the mean square of what a module gives."""
    module(inputs).square().mean().backward()


def inputs_of(name: str, batch: int) -> Tensor:
    (shape,) = cnnspec.zoo(name).inputs.values()
    return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(0))


def module_of(name: str) -> nn.Module:
    """A net that gives each image of a batch its own values: batch norms do not move."""
    return cnnspec.zoo(name).to_torch(seed=0).eval()


def train(rank: int, way: str, name: str, meeting: str) -> None:
    """One of the processes: its part of the batch, and all gradients beside those of the whole batch."""
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=PROCESSES)
    try:
        whole, module = module_of(name), module_of(name)
        inputs = inputs_of(name, 2 * PROCESSES)
        gradients(whole, inputs)
        spread = WAYS[way](module)
        gradients(spread, inputs.chunk(PROCESSES)[rank])
        for (key, wanted), parameter in zip(whole.named_parameters(), module.parameters(), strict=True):
            found: Any = parameter.grad
            assert found is not None and wanted.grad is not None, key
            found = found.full_tensor() if way == "fsdp" else found
            torch.testing.assert_close(found, wanted.grad, rtol=1e-3, atol=1e-5)
    finally:
        dist.destroy_process_group()


def data_parallel(module: nn.Module) -> nn.Module:
    return nn.parallel.DistributedDataParallel(module)


def fully_sharded(module: nn.Module) -> nn.Module:
    """Each block of the spec with weights of its own, from the inside out, then the rest."""
    from torch.distributed.fsdp import fully_shard

    mesh = dist.device_mesh.init_device_mesh("cpu", (PROCESSES,))
    blocks = [child for child in module.modules() if type(child).__module__ == type(module).__module__]
    for block in reversed(blocks[1:]):
        if any(True for _ in block.parameters()):
            fully_shard(block, mesh=mesh)
    fully_shard(module, mesh=mesh)
    return module


WAYS = {"ddp": data_parallel, "fsdp": fully_sharded}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_one_process(way: str, name: str, tmp_path: Path) -> None:
    spawn(train, args=(way, name, str(tmp_path / "meeting")), nprocs=PROCESSES)
