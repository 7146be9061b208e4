"""A net of the zoo against a module of torchvision or timm, by outputs on the same random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from cnnspec.api import Net
from cnnspec.backends.weights import declared

Tensors = dict[str, torch.Tensor]
Change = Callable[[str, torch.Tensor], torch.Tensor]


def as_it_is(name: str, tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def difference(
    net: Net, module: torch.nn.Module, shortcuts_first: bool = False, change: Change = as_it_is
) -> float:
    """How far outputs of both lie apart at most, in inference, of the largest value of the module's.

    The module's weights, running statistics among them, are made random and given to the net. Each layer
    takes those of the first module that has its shapes and is not taken, in the order in which they run.
    With `shortcuts_first` the module projects a block's shortcut before it runs the main path. `change` puts
    a tensor of the module, given by its name, into the order that the net has it in.
    """
    torch.manual_seed(0)
    module = module.eval()
    randomize(module)
    (shape,) = net.inputs.values()
    image = torch.randn(1, *shape)
    model = net.to_torch().eval()
    with torch.no_grad():
        tensors = in_order(module, image, change)
        model.load_state_dict(paired(net, tensors, shortcuts_first), strict=False)
        found, expected = list(values(model(image))), list(values(module(image)))
    assert [value.shape for value in found] == [value.shape for value in expected]
    apart = [
        (mine - theirs).abs().max() / theirs.abs().max() for mine, theirs in zip(found, expected, strict=True)
    ]
    return float(max(apart))


def values(outputs: Any) -> Iterator[torch.Tensor]:
    """All outputs, whatever they are kept in."""
    if isinstance(outputs, torch.Tensor):
        yield outputs
    else:
        for part in outputs.values() if isinstance(outputs, dict) else outputs:
            yield from values(part)


def randomize(module: torch.nn.Module) -> None:
    """Draw the parameters that begin as constants, and the statistics, so that each makes a difference."""
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif tensor.ndim == 1 and tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5) if name.endswith("weight") else tensor.uniform_(-0.1, 0.1)
        elif name.endswith(("relative_position_bias_table", "cls_token", "pos_embed")):
            tensor.normal_(0, 0.5)


def in_order(module: torch.nn.Module, image: torch.Tensor, change: Change) -> list[Tensors]:
    """The tensors of the modules that have some of their own, in the order in which they run.

    Those that are of no layer with a weight, such as a class token, stand alone. Those of a table that
    timm's attention asks for a bias, and does not run, come after them.
    """
    ran: dict[torch.nn.Module, None] = {}
    hooks = [
        part.register_forward_pre_hook(lambda part, _: ran.setdefault(part))
        for part in module.modules()
        if next(own(part), None) is not None
    ]
    module(image)
    for hook in hooks:
        hook.remove()
    paths = {part: path for path, part in module.named_modules()}
    found: list[Tensors] = []
    for part in (*ran, *(part for part in paths if hasattr(part, "get_bias"))):
        tensors = {name: change(f"{paths[part]}.{name}", tensor) for name, tensor in own(part)}
        one = "weight" in tensors
        found += [tensors] if one else [{name: tensor} for name, tensor in tensors.items()]
    return found


def own(part: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors that a module keeps by itself, as its state has them."""
    passing = part._non_persistent_buffers_set
    yield from part.named_parameters(recurse=False)
    for name, tensor in part.named_buffers(recurse=False):
        if tensor is not None and tensor.ndim and name not in passing:
            yield name, tensor


def paired(net: Net, modules: list[Tensors], shortcuts_first: bool) -> Tensors:
    """The modules' tensors under the net's names. Every module that runs must be taken."""
    wanted: dict[str, dict[str, str]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, weight, _ in declared(net.ir.inference()):
        path, _, name = key.rpartition(".")
        wanted.setdefault(path, {})[name] = key
        shapes.setdefault(path, {})[name] = weight.shape
    left = list(modules)
    found: Tensors = {}
    paths = list(wanted)
    if shortcuts_first:
        paths = sorted(
            wanted, key=lambda path: (paths.index(start_of(path, paths)), ".shortcut." not in path)
        )
    for path in paths:
        names = wanted[path]
        number = next(i for i, tensors in enumerate(left) if fits(tensors, shapes[path]))
        tensors = left.pop(number)
        by_name = (
            tensors if tensors.keys() == names.keys() else dict(zip(names, tensors.values(), strict=True))
        )
        found |= {names[name]: by_name[name].reshape(shapes[path][name]) for name in names}
    assert not left, [[tuple(t.shape) for t in tensors.values()] for tensors in left]
    return found


def start_of(path: str, paths: list[str]) -> str:
    """The first layer of the innermost residual that a layer is in; itself outside of one."""
    inside, found, _ = path.rpartition("residual.")
    return next(other for other in paths if other.startswith(inside + found)) if found else path


def fits(tensors: Tensors, shapes: dict[str, tuple[int, ...]]) -> bool:
    """Whether a module has just these tensors, of these shapes; a 1x1 convolution may be a linear layer.

    Where there is one tensor its name does not matter: a scale is called otherwise everywhere.
    """
    if len(tensors) != len(shapes) or (len(shapes) > 1 and tensors.keys() != shapes.keys()):
        return False
    names = {name: name if len(shapes) > 1 else next(iter(tensors)) for name in shapes}
    return all(
        [n for n in tensors[names[name]].shape if n != 1] == [n for n in shape if n != 1]
        for name, shape in shapes.items()
    )
