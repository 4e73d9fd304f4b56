"""Looking ahead: a power law is found where there is one, and nothing is said where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import InputError
from shoal.sweep.curves.power_law import power_law

ROWS = np.array([20, 40, 80, 160, 320, 640])


@given(st.floats(0.0, 1.0), st.floats(0.5, 10.0), st.floats(0.2, 1.5))
def test_a_power_law_is_found_again(floor: float, scale: float, power: float) -> None:
    law = floor + scale * ROWS**-power
    found = power_law(ROWS, np.stack([law, law, law], axis=1))
    assert found.good
    assert found.rows == 1280
    assert found.error == pytest.approx(floor + scale * 1280.0**-power, rel=0.05, abs=0.01)
    assert found.low <= found.error <= found.high


def test_the_interval_holds_what_comes() -> None:
    held = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(scale=0.01, size=(6, 10))
        found = power_law(ROWS, (0.2 + 2.0 * ROWS**-0.5)[:, None] + noise)
        held += found.low <= 0.2 + 2.0 * 1280**-0.5 <= found.high
    assert held >= 34  # 95 % of 40, less what chance and ten columns take


def test_chance_is_no_power_law() -> None:
    noise = np.random.default_rng(0).normal(size=(6, 10))
    found = power_law(ROWS, 5.0 + noise, "log loss")
    assert not found.good
    assert "nothing is said of more rows" in found.words


def test_a_rise_is_no_power_law() -> None:
    assert not power_law(ROWS, np.linspace(1, 2, 6)[:, None] + np.zeros((6, 3))).good


def test_three_sizes_are_too_few() -> None:
    assert "it takes 4 sizes, and 3 came" in power_law(ROWS[:3], np.ones((3, 2))).words


def test_errors_need_a_row_for_each_size() -> None:
    with pytest.raises(InputError, match="a row for each of the 6 sizes"):
        power_law(ROWS, np.ones((5, 2)))
