"""What a net asks of the size of its input."""

import torch
from torch import Tensor


@torch.fx.wrap
def check_size(
    x: Tensor,
    least: list[int],
    reason: str,
    most: list[int] | None = None,
    step: int = 1,
    run: int = 1,
) -> None:
    """Raises ValueError with the reason at a map of a size that the net refuses."""
    for axis in range(len(least)):
        size = x.size(2 + axis)
        if isinstance(size, Tensor):
            return
        fits = size >= least[axis] and (size - least[axis]) % step < run
        if most is not None:
            fits = fits and size <= most[axis]
        if not fits:
            raise ValueError(reason)
