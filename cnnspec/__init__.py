"""cnnspec: a declarative compiler for convolutional networks."""

from cnnspec.api import Net, load, load_weights, loads, zoo
from cnnspec.diagnostics import Diagnostic, SpecError

__version__ = "0.1.0"
__all__ = ["Diagnostic", "Net", "SpecError", "__version__", "load", "load_weights", "loads", "zoo"]
