from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.report.curves import HEIGHT, WIDTH, Line, chart, round_steps

NUMBERS = st.floats(min_value=-1e9, max_value=1e9)


@given(NUMBERS, NUMBERS)
def test_ticks_lie_between_the_bounds_and_are_evenly_spaced(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    ticks = round_steps(low, high)
    room = 1e-6 * max(abs(low), abs(high), 1.0)
    assert all(low - room <= tick <= high + room for tick in ticks)
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-3, abs=1e-9) for step in steps)
    assert len(ticks) <= 9


@given(st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=1, max_size=30))
def test_every_point_lies_on_the_drawing_whatever_the_values(values: list[float | None]) -> None:
    drawn = chart("Loss", [Line("training rows", values, 0)], list(range(1, len(values) + 1)), best=1)
    assert "nan" not in drawn
    assert "inf" not in drawn.replace("information", "")
    for path in re.findall(r'class="curve line-0"|d="M([^"]+)"', drawn):
        for point in filter(None, path.split(" L")):
            x, y = (float(part) for part in point.split())
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_a_gap_breaks_the_line_in_two() -> None:
    values = [1.0, 0.9, math.nan, 0.7, 0.6]
    assert chart("Loss", [Line("a", values, 0)], [1, 2, 3, 4, 5]).count('d="M') == 2


def test_one_epoch_is_a_dot() -> None:
    assert "<circle" in chart("Loss", [Line("a", [0.5], 0)], [1])


def test_no_values_draw_nothing() -> None:
    assert chart("Loss", [Line("a", [None, math.nan], 0)], [1, 2]) == ""


def test_values_over_many_sizes_get_a_logarithmic_scale_that_says_so() -> None:
    assert "logarithmic" in chart("Loss", [Line("a", [100.0, 1.0, 0.01], 0)], [1, 2, 3])
    assert "logarithmic" not in chart("Loss", [Line("a", [2.0, 1.0], 0)], [1, 2])


def test_a_screen_reader_is_told_the_course() -> None:
    drawn = chart("Loss", [Line("training rows", [1.0, 0.25], 0)], [1, 2])
    assert "<desc>training rows goes from 1 to 0.25.</desc>" in drawn
    assert 'role="img"' in drawn
