"""cnnspec: a declarative compiler for convolutional networks."""

# nothing is imported here: an interruption would find no one to answer it
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnnspec.api import Net, diff, load, load_weights, loads, zoo
    from cnnspec.diagnostics import Diagnostic, SpecError
del TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Diagnostic", "Net", "SpecError", "__version__", "diff", "load", "load_weights", "loads", "zoo"]

_HOMES = {"Diagnostic": "cnnspec.diagnostics", "SpecError": "cnnspec.diagnostics"}
"""The modules of the public names; those of all others are in cnnspec.api."""


def __getattr__(name: str) -> "Any":
    """A public name, loaded when it is first asked for: what runs a command need not load them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES.get(name, "cnnspec.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
