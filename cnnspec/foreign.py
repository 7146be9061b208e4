"""What comes from elsewhere: the spec of a torch module, and weights under other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnspec.api import Net, state_of
from cnnspec.layers.shapes import Shape

if TYPE_CHECKING:
    from cnnspec.backends.match import Match


def load_weights(net: Net, tensors: Any) -> Match:
    """A checkpoint's weights for a net: its own, or of the same architecture under other names.

    `tensors` are a mapping, or what has a `state_dict`, as a torch module. They are matched by order and
    shape; the result's `weights` go into `to_torch(weights=...)` and `to_numpy(weights=...)`, and its text
    says which tensor is which. Raises backends.match.MatchError where they do not fit, saying where the two
    part.
    """
    from cnnspec.backends.match import match

    return match(net.ir, state_of(tensors))


@dataclass(frozen=True, eq=False)
class Imported:
    """A spec that was made of a net: its `text`, the net, and the weights under the names of the spec."""

    text: str
    net: Net
    weights: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text


def from_torch(module: Any, *inputs: Shape, name: str | None = None) -> Imported:
    """The spec of a torch module, for inputs of these shapes (per sample): from_torch(module, (3, 224, 224)).

    The module is traced as it is: call `eval()` first for the net that inference runs. Its `forward` is run
    without data. Raises ImportRefused, which names what the language cannot say, and where it stands.
    """
    from cnnspec.importing.text import spec_of
    from cnnspec.importing.torch_trace import trace

    traced = trace(module, *inputs)
    analysis, became = spec_of(traced, name or traced.name)
    steps = {became[step.name]: step for step in traced.steps}
    weights = {
        f"{node}.{key}": tensor for node, step in steps.items() for key, tensor in step.weights.items()
    }
    return Imported(analysis.source.text, Net(analysis.net, analysis.diagnostics), weights)
