"""The tensors of a module in the order in which its parts run, which is not always that of their definition.

defined    conv2, conv1          forward    conv1(x), conv2(x)          in order of use    conv1, conv2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnspec.backends.weights import WeightsError


def in_order_of_use(module: Any, example: Any) -> dict[str, Any]:
    """The state of a torch module, by the order in which the modules that hold its tensors run on an example.

    `example` is its input, or a tuple of several. The module runs once, in inference. Tensors of modules that
    do not run come last. Raises WeightsError for what is no module.
    """
    if not hasattr(module, "register_forward_pre_hook"):
        raise WeightsError("an order of use needs a torch module, which can be run")
    ran: dict[str, None] = {}
    hooks = [
        part.register_forward_pre_hook(lambda *_, path=path: ran.setdefault(path))
        for path, part in module.named_modules()
    ]
    training = module.training
    try:
        module.eval()(*(example if isinstance(example, tuple) else (example,)))
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()
    return ordered(module.state_dict(), list(ran))


def ordered(state: Mapping[str, Any], paths: list[str]) -> dict[str, Any]:
    """Tensors by the places of their modules in a list, the others after them.

    A module that did not run by itself, as the last layer of torch's attention, stands with the one around it
    that did.
    """
    places = {path: place for place, path in enumerate(paths)}

    def place(key: str) -> int:
        path = key.rpartition(".")[0]
        while path not in places and "." in path:
            path = path.rpartition(".")[0]
        return places.get(path, len(places))

    return {key: state[key] for key in sorted(state, key=place)}
