"""A module whose parts are defined in another order than they run gives its weights by running once."""

from __future__ import annotations

import pytest

import cnnspec
from cnnspec.backends.weights import WeightsError

torch = pytest.importorskip("torch")


class Backwards(torch.nn.Module):
    """Three convolutions of one shape, defined from the last to the first, under names that say nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (torch.nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))
        self.norm = torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.b(torch.relu(self.a(torch.relu(self.norm(self.c(x))))))


NET = cnnspec.loads(
    "net N { input 4x8x8; conv(4, 3) -> batchnorm -> relu -> conv(4, 3) -> relu -> conv(4, 3) }"
)


class Twisted(torch.nn.Module):
    """Two convolutions of one shape, the second defined first."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = (torch.nn.Conv2d(4, 4, 3, padding=1) for _ in range(2))

    def forward(self, x):
        return self.a(torch.relu(self.b(x)))


PLAIN = cnnspec.loads("net N { input 4x8x8; conv(4, 3) -> relu -> conv(4, 3) }")


def test_the_order_in_which_parts_run_says_which_is_which() -> None:
    module = Backwards()
    x = torch.randn(2, 4, 8, 8)
    module(x)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    found = cnnspec.load_weights(NET, module, x)
    assert [other for key, other in found.keys.items() if key.endswith(".weight")] == [
        *("c.weight", "norm.weight", "a.weight", "b.weight")
    ]
    assert module.training
    assert all(torch.equal(tensor, state[key]) for key, tensor in module.state_dict().items())
    with torch.no_grad():
        ours, theirs = NET.to_torch(weights=found.weights).eval()(x), module.eval()(x)
    torch.testing.assert_close(ours, theirs)


def test_without_an_example_the_order_of_definition_is_taken() -> None:
    """Equal shapes and names that say nothing leave nothing else."""
    found = cnnspec.load_weights(PLAIN, Twisted())
    assert list(found.keys.values())[::2] == ["a.weight", "b.weight"]
    x = torch.zeros(1, 4, 8, 8)
    found = cnnspec.load_weights(PLAIN, Twisted(), x)
    assert list(found.keys.values())[::2] == ["b.weight", "a.weight"]


def test_what_cannot_run_is_refused() -> None:
    with pytest.raises(WeightsError, match="an order of use needs a torch module"):
        cnnspec.load_weights(NET, Backwards().state_dict(), torch.zeros(1, 4, 8, 8))
