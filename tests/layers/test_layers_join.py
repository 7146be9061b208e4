"""Exact shapes and costs of the joins."""

import pytest

from cnnspec.layers.base import POINTWISE
from cnnspec.layers.join import Add, Concat, Div, Maximum, Mul, Sub, aligned

MAP = (8, 7, 5)


@pytest.mark.parametrize(
    ("layer", "shapes", "result", "operations"),
    [
        (Concat(), [MAP], MAP, 0),
        (Concat(), [MAP, (3, 7, 5), (1, 7, 5)], (12, 7, 5), 0),
        (Concat(), [(10,), (5,)], (15,), 0),
        (Concat(), [(2, 9), (3, 9)], (5, 9), 0),
        (Concat(), [(2, 3, 4, 5), (3, 3, 4, 5)], (5, 3, 4, 5), 0),
        (Add(), [MAP], MAP, 0),
        (Add(), [MAP, MAP], MAP, 280),
        (Add(), [(6, 9)] * 4, (6, 9), 162),
        (Add(), [(10,), (10,)], (10,), 10),
        (Maximum(), [MAP, MAP, MAP], MAP, 560),
        (Maximum(), [(2, 3, 4, 5)], (2, 3, 4, 5), 0),
        (Mul(), [MAP], MAP, 0),
        (Mul(), [MAP, MAP], MAP, 280),
        (Sub(), [MAP, (8, 1, 1)], MAP, 280),
        (Div(), [(8,), MAP], MAP, 280),
        (Mul(), [MAP, (8, 1, 1)], MAP, 280),
        (Mul(), [(8, 1, 1), MAP], MAP, 280),
        (Mul(), [MAP, (1, 7, 5)], MAP, 280),
        (Mul(), [(8, 1, 1), (1, 7, 5)], MAP, 280),
        (Mul(), [MAP, (8,)], MAP, 280),
        (Mul(), [(8,), MAP, (1, 1, 5)], MAP, 560),
        (Mul(), [(1,), (8,)], (8,), 8),
        (Mul(), [(8, 9), (8, 1)], (8, 9), 72),
        (Mul(), [(8, 2, 3, 4), (8,)], (8, 2, 3, 4), 192),
    ],
)
def test_join(layer, shapes, result, operations):
    assert layer.infer(*shapes) == result
    assert layer.operations(*shapes) == operations
    assert layer.sees(*shapes) == POINTWISE
    assert layer.params(*shapes) == ()
    assert layer.macs(*shapes) == 0


def test_beside_maps_a_vector_counts_as_one_pixel():
    assert aligned((MAP, (8,))) == (MAP, (8, 1, 1))
    assert aligned(((8,), (8,))) == ((8,), (8,))
    assert aligned(((8,), (8, 2, 3, 4))) == ((8, 1, 1, 1), (8, 2, 3, 4))
