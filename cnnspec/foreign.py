"""What comes from elsewhere: the spec of a torch module or an ONNX file, and weights under other names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cnnspec.api import Net
from cnnspec.layers.shapes import Shape

if TYPE_CHECKING:
    from cnnspec.backends.match import Match
    from cnnspec.importing.traced import Traced


def load_weights(
    net: Net, tensors: Any, example: Any = None, *, part: str | None = None, without: str | Sequence[str] = ()
) -> Match:
    """A checkpoint's weights for a net: its own, or of the same architecture under other names.

    `tensors` are a mapping, what has a `state_dict`, as a torch module, or the path of a .safetensors, .pth
    or .npz file, which is read as data. A checkpoint that keeps them under `state_dict`, `model` or the like
    is opened; where it has several such parts, `part` names one. They are matched by the order
    in which a module defines them or, where that is not the order of the file, by shapes and names; the
    result's `weights` go into `to_torch(weights=...)` and `to_numpy(weights=...)`, and its text says which
    tensor is which. `without` names parts of the net, such as `head`, whose weights are not looked for: they
    start anew, from seed 0, and what the checkpoint has in their place is not used.

    With `example`, an input of a torch module or a tuple of several, the module is run once, and its tensors
    are matched in the order in which its parts run. Of a module the result says, too, where its norms have
    another epsilon than the net's, and with an example where its outputs are others. Raises WeightsError for
    what holds no weights and for a part that the net has not, backends.match.MatchError where they do not
    fit, saying where the two part.
    """
    from cnnspec.backends.execution_order import in_order_of_use
    from cnnspec.backends.match import match, other_epsilons

    given = tensors if example is None else in_order_of_use(tensors, example)
    parts = (without,) if isinstance(without, str) else tuple(without)
    found = match(net.ir, opened(given, part), example is not None, parts)
    if not hasattr(tensors, "named_modules"):
        return found
    differing = other_epsilons(net.ir, found, dict(tensors.named_modules()))
    if example is not None and not parts:
        from cnnspec.backends.beyond_tensors import outputs_apart

        differing += outputs_apart(net.ir, found.weights, tensors, example)
    return replace(found, differing=differing)


def opened(tensors: Any, part: str | None = None) -> Mapping[str, Any]:
    """The tensors of a file, module or checkpoint by name. Raises WeightsError, and OSError for a file."""
    if isinstance(tensors, (str, os.PathLike)):
        from cnnspec.backends.weight_files import read

        return read(tensors, part)
    from cnnspec.backends.checkpoints import flat_tensors

    return flat_tensors(tensors, part=part)


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
    from cnnspec.importing.torch_trace import trace

    return _imported(trace(module, *inputs), name)


def from_onnx(path: str | os.PathLike[str], *inputs: Shape, name: str | None = None) -> Imported:
    """The spec of an ONNX file, for inputs of these shapes (per sample); those that it declares, without any.

    The file is read as data, and nothing in it is run. Dropout and what else only training has is not in an
    ONNX file, and so not in the spec. Raises OnnxFileError for a file that is damaged, ImportRefused, which
    names what the language cannot say, with the nodes, and OSError.
    """
    from cnnspec.importing.onnx_model import trace_file

    return _imported(trace_file(path, *inputs), name)


def _imported(traced: Traced, name: str | None) -> Imported:
    from cnnspec.importing.text import spec_of

    analysis, became = spec_of(traced, name or traced.name)
    # layers that do nothing are no nodes of one net or the other; they have no weights
    nodes = analysis.net.graph.nodes
    steps = {nodes[became[step.name]].weights_of: step for step in traced.steps if step.weights}
    weights = {
        f"{node}.{key}": tensor for node, step in steps.items() for key, tensor in step.weights.items()
    }
    return Imported(analysis.source.text, Net(analysis.net, analysis.diagnostics), weights)
