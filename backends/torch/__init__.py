"""The torch backend: a net as a source file, and as the module that this source makes.

torch itself is loaded when a module is made; writing source does without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnspec.backends.torch.source import source

if TYPE_CHECKING:
    from torch.nn import Module

    from cnnspec.backends.torch.module import compile, load, runner

__all__ = ["Module", "compile", "load", "runner", "source"]


def __getattr__(name: str) -> Any:
    if name == "Module":
        from torch.nn import Module

        return Module
    if name in __all__:
        from cnnspec.backends.torch import module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
