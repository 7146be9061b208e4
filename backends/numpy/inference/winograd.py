"""Winograd's F(4x4, 3x3): sixteen outputs of a 3x3 conv from 36 products a channel in place of 144.

The idea on one axis, for two outputs of a kernel of three: four products do, where six are written.

    y0 = d0 g0 + d1 g1 + d2 g2        m1 = (d0 - d2) g0      m2 = (d1 + d2) (g0 + g1 + g2) / 2
    y1 = d1 g0 + d2 g1 + d3 g2        m4 = (d1 - d3) g2      m3 = (d2 - d1) (g0 - g1 + g2) / 2

                                      y0 = m1 + m2 + m3      y1 = m2 - m3 - m4

Sums of the kernel are made once for a net, those of the data once for all output channels. Here, for four
outputs on both axes, the sums are products with small matrices: B and A for data and outputs, G for kernels.

    tile d, 6x6 -----> B^T d B, 6x6 --.
                                      *, summed over channels -----> A^T [..] A, the 4x4 outputs of the tile
    kernel g, 3x3 ---> G g G^T, 6x6 --'

Tiles begin every four pixels, so neighbours share two. Over all tiles and channels the products are 36 matrix
products, and the transforms are products with the Kronecker squares of B and A: BLAS does nearly all of it.
Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.
"""

from __future__ import annotations

from math import ceil, prod

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, Phase, Workplace, cut
from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.window import Array

B = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
A = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])

INPUT = np.kron(B, B).astype(np.float32)
KERNEL = np.kron(G, G).astype(np.float32)
OUTPUT = np.kron(A, A).astype(np.float32)

OUT, TILE = 4, 6
"""Outputs and inputs of a tile on each axis."""

SCRATCH = 1 << 19
"""Floats that the transforms of one block may take: 2 MiB."""


def tiles(size: int) -> int:
    """How many tiles cover an axis of outputs; the last may reach over the end."""
    return ceil(size / OUT)


def padded_size(size: int) -> int:
    """How many padded inputs the tiles of an axis of outputs see."""
    return OUT * tiles(size) + TILE - OUT


def transformed(weight: Array) -> Array:
    """The kernels in Winograd's domain, U = G g G^T: (36, in, out)."""
    out, channels = weight.shape[:2]
    taps = np.moveaxis(weight, 1, -1).reshape(out, 9, channels)
    result = np.empty((TILE * TILE, channels, out), np.float32)
    for part in range(0, out, 64):
        np.copyto(result[..., part : part + 64], (KERNEL @ taps[part : part + 64]).transpose(1, 2, 0))
    return result


def build_winograd(stage: Stage, x: Array, weight: Array, work: Workplace) -> Phase:
    """The blocks of a 3x3 conv at stride 1, for an input padded to whole tiles."""
    out, residual = work.view(stage.output), work.residual(stage)
    channels, width = x.shape[-1], out.shape[-1]
    rows, columns = tiles(out.shape[1]), tiles(out.shape[2])
    kernels = work.derived(f"{stage.output}|winograd", lambda: transformed(weight))
    steps = x.strides
    view = np.lib.stride_tricks.as_strided(
        x,
        (len(x), rows, columns, TILE, TILE, channels),
        (steps[0], OUT * steps[1], OUT * steps[2], *steps[1:]),
    ).transpose(3, 4, 0, 1, 2, 5)

    def block(images: slice, lines: slice) -> Block:
        windows = view[:, :, images, lines]
        count = prod(windows.shape[2:5])
        high = slice(lines.start * OUT, min(lines.stop * OUT, out.shape[1]))
        y = out[images, high]
        extra = None if residual is None else residual[images, high]

        def run() -> None:
            # two buffers in turn: each step reads one and writes the other
            one, two = work.scratch.take(2, TILE * TILE * count * max(channels, width))
            size = TILE * TILE * count * channels
            gathered, inputs = one[:size].reshape(TILE * TILE, -1), two[:size].reshape(TILE * TILE, -1)
            np.copyto(gathered.reshape(windows.shape), windows)
            np.matmul(INPUT, gathered, out=inputs)
            products = one[: TILE * TILE * count * width].reshape(TILE * TILE, count, width)
            np.matmul(inputs.reshape(TILE * TILE, count, channels), kernels, out=products)
            results = two[: OUT * OUT * count * width].reshape(OUT * OUT, count * width)
            np.matmul(OUTPUT, products.reshape(TILE * TILE, -1), out=results)
            # Without a residual the rest is done here, where all values lie close; a residual is in the order
            # of the map, and waits for it.
            if extra is None:
                work.apply(stage.finish, results.reshape(-1, width))
            place = results.reshape(OUT, OUT, *windows.shape[2:5], width)
            for i in range(OUT):
                for j in range(OUT):
                    target = y[:, i::OUT, j::OUT]
                    np.copyto(target, place[i, j, :, : target.shape[1], : target.shape[2]])
            if extra is not None:
                work.apply(stage.finish, y, extra)

        return run

    target = max(32, SCRATCH // (2 * TILE * TILE * max(channels, width)))
    return [block(*part) for part in cut(len(out), rows, columns, target, work.threads)]
