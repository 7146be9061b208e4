"""Names of torch modules, and the namespace of generated source."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from cnnspec.backends.python_source import Namespace

# what nn.Module and its containers have of their own: a submodule of that name would hide it, or be hidden
MODULE_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        T_destination add_module append apply bfloat16 buffers call_super_init children clear compile
        cpu cuda double dump_patches eval extend extra_repr float forward get_buffer get_extra_state
        get_parameter get_submodule half insert ipu items keys load_state_dict modules mtia
        named_buffers named_children named_modules named_parameters parameters pop popitem
        register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
        register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
        register_load_state_dict_pre_hook register_module register_parameter
        register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
        set_submodule share_memory state_dict to to_empty train training type update values xpu
        zero_grad
        """,
    )
)
# what nn.Module sets on every instance: no submodule can have its name
UNUSABLE = frozenset({"training"})
TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "i", "model", "params"})
"""What generated source calls things of its own."""


def namespace(taken: Iterable[str] = ()) -> Namespace:
    """A namespace of generated source."""
    return Namespace({*taken, *TAKEN})


def is_field(segment: str) -> bool:
    """Whether a module may have a submodule of this name, written as an attribute."""
    return (
        segment.isidentifier()
        and segment.isascii()
        and not keyword.iskeyword(segment)
        and not segment.startswith("_")
        and segment not in MODULE_NAMES
    )


def attribute_path(path: str, outer: str) -> str:
    """How the module at a path is reached from within the class at another."""
    inner = path[len(outer) + 1 :] if outer else path
    return f"self.{inner}" if all(map(is_field, inner.split("."))) else f'self.get_submodule("{inner}")'
