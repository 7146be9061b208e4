"""From the AST to the graph: calls are expanded, loops unrolled, shapes inferred on the way."""

from cnnspec.elaborate.module import Loader, Module, decode, read_source
from cnnspec.elaborate.net import Elaborated, Settings, elaborate, net_parameters, open_parameters
from cnnspec.elaborate.values import Limits

__all__ = [
    "Elaborated",
    "Limits",
    "Loader",
    "Module",
    "Settings",
    "decode",
    "elaborate",
    "net_parameters",
    "open_parameters",
    "read_source",
]
