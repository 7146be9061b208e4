"""Strides as torch has them: of views in another shape, and of the values of a net."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnnspec
from cnnspec.passes.strides import StridedView, last_strides, reshaped, row_strides, strided_views

torch = pytest.importorskip("torch")

VIEWS = """
net N {
    input 4x6x6
    a: slice(0, 2)
    crop(2x2)
    flatten
    head b from a { relu }
}
"""


def test_views_share_a_storage_until_no_strides_say_them() -> None:
    found = strided_views(cnnspec.loads(VIEWS).ir, 8)
    assert {name: (view.root, view.strides) for name, view in found.items()} == {
        "input": ("input", (144, 36, 6, 1)),
        "a": ("input", (144, 36, 6, 1)),
        "crop": ("input", (144, 36, 6, 1)),
        "flatten": ("flatten", (8, 1)),
        "b.relu": ("b.relu", (72, 36, 6, 1)),
    }
    assert not found["a"].is_dense and found["b.relu"].in_order


SIZES = st.lists(st.sampled_from((1, 2, 3, 4)), min_size=2, max_size=5)


@given(SIZES, st.data())
def test_a_reshaped_view_is_one_of_torch(sizes: list[int], data: st.DataObject) -> None:
    """Of a tensor with its axes in any order and some of its values left out, in shapes of as many values."""
    axes = data.draw(st.permutations(range(len(sizes))))
    tensor = torch.arange(prod(sizes)).reshape(sizes).permute(axes)
    for axis, size in enumerate(tensor.shape):
        tensor = tensor.narrow(axis, 0, data.draw(st.integers(1, size)))
    factors = [f for size in tensor.shape for f in ((2, 2) if size == 4 else (size,))]
    target = list(data.draw(st.permutations(factors)))
    while len(target) > 1 and data.draw(st.booleans()):
        target[-2:] = [target[-2] * target[-1]]
    try:
        expected = tensor.view(target).stride()
    except RuntimeError:
        expected = None
    assert reshaped(tuple(tensor.shape), tensor.stride(), tuple(target)) == expected


@pytest.mark.parametrize("sizes", [(2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6)])
def test_strides_of_both_orders_are_those_of_torch(sizes: tuple[int, ...]) -> None:
    assert row_strides(sizes) == torch.empty(sizes).stride()
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    if len(sizes) in formats:
        expected = torch.empty(sizes).contiguous(memory_format=formats[len(sizes)]).stride()
        assert last_strides(sizes) == expected
        view = StridedView("x", sizes, expected)
        assert view.channels_last and view.is_dense and not view.in_order
