"""The numpy backend: the reference kernels, programs that run a graph, and what trains them.

Read in this order:

- kernels/: one function a layer, with its backward pass beside it: a formula of a paper in plain numpy;
- formulas.py: kernels and slopes of elementwise layers, made from their formulas;
- rules.py: the table from each layer to its kernels and their settings;
- program.py: a graph bound to its weights, run forward and backward by the table; training.py: losses, SGD;
- inference/: the same values faster, in float32: layers fused into stages, in planned memory, on threads;
- learning/: the same gradients faster: steps in parts, on threads, faster kernels for convs and batchnorm;
- writer.py: a net as one file that needs numpy alone, with the kernels pasted in; blocks.py: its methods, of
  the blocks of the net; statements.py: their lines; open_settings.py: settings that follow the size of the
  input; starts.py: which weights it has; slopes.py: the backward pass of a formula as text; templates.py:
  what is the same in every file;
- backend.py: what the table of backends says of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.backends.lazy import lazy

if TYPE_CHECKING:
    from cnnspec.backends.numpy.kernels.conv import toeplitz
    from cnnspec.backends.numpy.program import Program, compile, planned_memory
    from cnnspec.backends.numpy.training import SGD, mean_squared_error, softmax_cross_entropy
    from cnnspec.backends.numpy.writer import source

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

HERE = "cnnspec.backends.numpy"
__getattr__ = lazy(
    HERE,
    {
        "toeplitz": f"{HERE}.kernels.conv",
        **dict.fromkeys(("Program", "compile", "planned_memory"), f"{HERE}.program"),
        **dict.fromkeys(("SGD", "mean_squared_error", "softmax_cross_entropy"), f"{HERE}.training"),
        "source": f"{HERE}.writer",
    },
)
