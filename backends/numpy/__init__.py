"""The numpy backend: the reference kernels, programs that run a graph, and what trains them."""

from cnnspec.backends.numpy.kernels.conv import toeplitz
from cnnspec.backends.numpy.program import Program, compile, planned_memory
from cnnspec.backends.numpy.source import source
from cnnspec.backends.numpy.training import SGD, mean_squared_error, softmax_cross_entropy

__all__ = [
    "SGD",
    "Program",
    "compile",
    "mean_squared_error",
    "planned_memory",
    "softmax_cross_entropy",
    "source",
    "toeplitz",
]
