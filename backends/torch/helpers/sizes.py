"""What a net asks of the size of its input."""

import torch
from torch import Tensor


def check_size(
    x: Tensor,
    least: list[int],
    reason: str,
    most: list[int] | None = None,
    step: int = 1,
    run: int = 1,
) -> None:
    """Stops with the reason at a map of a size that the net does not take."""
    if torch._C._get_tracing_state() is not None:
        return
    for axis in range(len(least)):
        size = x.size(2 + axis)
        torch._assert(size >= least[axis], reason)
        if most is not None:
            torch._assert(size <= most[axis], reason)
        if step > 1:
            torch._assert((size - least[axis]) % step < run, reason)
