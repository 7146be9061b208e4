"""Figures of settings that were not looked at, from those that were: a polynomial, and what it leaves.

Parameters and MACs of one structure are polynomials of degree two in its widths, and of degree one in its
depths; a product of both has degree three. From as many settings as the polynomial has terms it is exact:

    net F(width) { input 3x8x8; conv(width, 3); conv(width, 3); head { gap -> flatten -> linear(10) } }

    params = 9 w^2 + 39 w + 10        from width 1, 2 and 3: 58, 124, 208

Where widths are rounded it is not. What it leaves is then spread between the settings by their distance, so
that each has its own figures: radial basis functions over a polynomial, as Regis and Shoemaker 2013,
"Combining radial basis function surrogates and dynamic coordinate search in high-dimensional expensive
black-box optimization".
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from cnnspec.records import dataclass
from cnnspec.space.coordinates import Coordinates, Rows
from cnnspec.typed import Any, Iterator

DEGREE = 3
"""The degree of the polynomial, in all coordinates together; in each of them it is at most 2."""
EXACT = 1e-9
"""By which part of a figure a polynomial that is exact may miss it, for want of digits."""
SPARE = 3
"""How many more settings than terms a polynomial must meet to count as exact."""

Term = tuple[tuple[int, int], ...]
"""The columns whose product a term is, each as the number of a coordinate and of a column of it."""


@dataclass(frozen=True)
class Surrogate:
    """Figures as functions of settings; `is_exact` where polynomials alone give all that were looked at."""

    coordinates: Coordinates
    terms: tuple[Term, ...]
    weights: Rows
    points: Rows
    spread: Rows
    is_exact: bool

    def __call__(self, rows: Rows) -> Rows:
        """The figures of settings, a column each."""
        found = features(self.coordinates, rows, self.terms) @ self.weights
        if self.is_exact:
            return found
        return found + distances(self.coordinates.spread(rows), self.points) @ self.spread


def terms_of(coordinates: Coordinates, most: int) -> tuple[Term, ...]:
    """The terms of the polynomial of the highest degree that has at most so many; at least the constant."""
    shapes = [one.shape[1] for one in coordinates.columns(np.zeros((1, len(coordinates.all))))]
    columns = [(number, column) for number, width in enumerate(shapes) for column in range(width)]
    choices = {
        number
        for number, width in zip(range(len(shapes)), coordinates.moving, strict=True)
        if coordinates.all[width].is_choice
    }
    found: tuple[Term, ...] = ((),)
    for degree in range(1, DEGREE + 1):
        more = [
            term
            for term in combinations_with_replacement(columns, degree)
            if all(_power(term, number) <= (1 if number in choices else 2) for number, _ in term)
        ]
        if len(found) + len(more) > most:
            break
        found = (*found, *more)
    return found


def _power(term: Term, coordinate: int) -> int:
    return sum(number == coordinate for number, _ in term)


def features(coordinates: Coordinates, rows: Rows, terms: tuple[Term, ...]) -> Rows:
    """The terms of a polynomial at some settings, a column each."""
    columns = list(coordinates.columns(rows))
    found = np.ones((len(rows), len(terms)))
    for number, term in enumerate(terms):
        for coordinate, column in term:
            found[:, number] *= columns[coordinate][:, column]
    return found


def distances(rows: Rows, points: Rows) -> Rows:
    """The distance of each row to each point."""
    squares = np.square(rows).sum(axis=1)[:, None] + np.square(points).sum(axis=1)
    return np.sqrt(np.maximum(squares - 2 * (rows @ points.T), 0.0))


def fit(coordinates: Coordinates, rows: Rows, figures: Rows, terms: tuple[Term, ...]) -> Surrogate:
    """The surrogate of some settings and their figures; errors count in parts of a figure."""
    at = features(coordinates, rows, terms)
    sizes = np.maximum(np.abs(figures), 1e-3 * np.abs(figures).max(axis=0, initial=1e-9))
    weights = np.stack(list(_weights(at, figures, 1 / sizes)), axis=1)
    left = figures - at @ weights
    exact = len(rows) >= len(terms) + SPARE and bool((np.abs(left) <= EXACT * sizes).all())
    points = coordinates.spread(rows)
    spread = np.zeros_like(left)
    if not exact:
        kernel = distances(points, points) - 1e-9 * np.eye(len(points))
        spread = (
            np.linalg.lstsq(kernel, left, rcond=None)[0] if len(points) < 2 else np.linalg.solve(kernel, left)
        )
    return Surrogate(coordinates, terms, weights, points, spread, exact)


def _weights(at: Rows, figures: Rows, parts: Rows) -> Iterator[Any]:
    """The weights of the terms for each figure, by least squares."""
    for number in range(figures.shape[1]):
        part = parts[:, number]
        yield np.linalg.lstsq(at * part[:, None], figures[:, number] * part, rcond=None)[0]
