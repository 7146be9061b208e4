"""Slide, the one record of window geometry: the drawn example, and counts against windows laid out singly."""

from hypothesis import given
from hypothesis import strategies as st

from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.pool import AvgPool, LpPool, MaxPool
from cnnspec.layers.shape import Subsample
from cnnspec.layers.window import Slide, Window, slide_over


def test_the_drawn_example():
    slide = Slide(sizes=(8,), kernel=(3,), stride=(2,), dilation=(1,), margins=((1, 1),), ceil=True)
    assert (slide.outputs, slide.spans, slide.beyond) == ((5,), (3,), (1,))
    assert slide.wholes == (10,) and slide.reach == ((1, 2),) and slide.taps == 15
    assert slide.windows == (Window(2, -1, 1),)
    assert slide._replace(ceil=False).outputs == (4,)


@given(
    *(st.integers(*bounds) for bounds in ((1, 12), (1, 4), (1, 4), (1, 3))), st.integers(0, 3), st.booleans()
)
def test_windows_are_counted_as_if_laid_out_one_by_one(size, kernel, stride, dilation, pad, ceil):
    slide = slide_over((size,), kernel, stride, pad, dilation, ceil)
    (span,), (whole,) = slide.spans, slide.wholes
    starts = range(-pad, size + pad, stride)
    inside = [start for start in starts if start + span <= size + pad]
    if ceil and inside and inside[-1] + span < size + pad:
        # one more runs over the end
        inside.append(inside[-1] + stride)
    if ceil and inside and inside[-1] >= size:
        # but the last may not start in the margin after the map
        inside.pop()
    if inside:
        assert slide.outputs == (len(inside),)
        assert slide.beyond == (max(0, inside[-1] + span - size - pad),)
    assert whole == size + 2 * pad


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_same_gives_one_output_a_step(size, kernel, stride, dilation):
    slide = slide_over((size,), kernel, stride, "same", dilation)
    assert slide.outputs == (-(-size // stride),)
    ((before, after),) = slide.margins
    assert after - before in (0, 1)


def test_layers_that_slide_say_so_and_no_others():
    assert Conv(4, (1, 3), stride=2).slide((3, 9, 9)) == Slide(
        (9, 9), (1, 3), (2, 2), (1, 1), ((0, 0), (1, 1))
    )
    assert DepthwiseConv(3).slide((3, 9)) == Slide((9,), (3,), (1,), (1,), ((1, 1),))
    assert MaxPool(2, ceil=True).slide((3, 9)) == Slide((9,), (2,), (2,), (1,), ((0, 0),), True)
    assert AvgPool(2).slide((3, 9)) == LpPool(2).slide((3, 9)) == Slide((9,), (2,), (2,), (1,), ((0, 0),))
    assert Subsample(3).slide((3, 9)) == Slide((9,), (1,), (3,), (1,), ((0, 0),))


def test_a_transposed_conv_slides_over_its_output():
    layer = TransposedConv(4, 3, stride=2, pad=1, output_pad=1)
    slide = layer.slide((3, 5, 5))
    assert slide.sizes == layer.infer((3, 5, 5))[1:] == (10, 10)
    assert slide.outputs == (5, 5)
    assert layer.sees((3, 5, 5)) == slide.transposed_windows
