"""Contour lines lie where the height is, are whole, and cut saddles by their middle."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from shoal.report.pictures.contours import contour_lines


def test_a_bowl_has_a_closed_ring():
    places = np.linspace(-2, 2, 41).tolist()
    heights = [[x * x + y * y for x in places] for y in places]
    (ring,) = contour_lines(places, places, heights, 1.03)
    assert ring[0] == ring[-1]
    assert [x * x + y * y for x, y in ring] == pytest.approx([1.03] * len(ring), abs=0.01)
    length = sum(np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(ring))
    assert length == pytest.approx(2 * np.pi * 1.03**0.5, rel=0.01)


def test_a_plane_is_cut_straight():
    (line,) = contour_lines([0.0, 1.0, 2.0], [0.0, 1.0], [[0.0, 1.0, 2.0]] * 2, 1.5)
    assert sorted(line) == [(1.5, 0.0), (1.5, 1.0)]


@pytest.mark.parametrize(("high", "low", "around"), [(1.0, 0.4, "low"), (0.6, 0.0, "high")])
def test_a_saddle_is_cut_by_its_middle(high, low, around):
    """A high middle joins the high corners, so the lines run around the low ones; and the other way round."""
    found = contour_lines([0.0, 1.0], [0.0, 1.0], [[low, high], [high, low]], 0.5)
    assert len(found) == 2
    for line in found:
        sides = [(x + y > 1) if around == "low" else (x > y) for x, y in line]
        assert len(set(sides)) == 1  # both ends lie beside one corner


def test_a_flat_table_has_no_line():
    assert contour_lines([0.0, 1.0], [0.0, 1.0], [[1.0, 1.0], [1.0, 1.0]], 1.0) == []
