"""Holm's procedure: hand-worked values, and no more false verdicts than promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.sweep.matter.many_tests import holm, holm_levels


def test_holm_by_hand():
    """m = 5: 5 x 0.001, 4 x 0.01, 3 x 0.02 (raised to 0.06), 2 x 0.02 stays at 0.06, 1 x 0.6."""
    assert holm([0.02, 0.001, 0.6, 0.01, 0.02]).tolist() == pytest.approx([0.06, 0.005, 0.6, 0.04, 0.06])
    assert holm([0.7, 0.8]).tolist() == [1.0, 1.0]
    assert holm([0.04]).tolist() == [0.04]
    assert holm([]).tolist() == []


def test_what_could_not_be_tested_counts_for_nothing():
    found = holm([0.02, np.nan, 0.03])
    assert found[[0, 2]].tolist() == pytest.approx([0.04, 0.04])
    assert np.isnan(found[1])
    assert holm_levels([0.02, np.nan])[0] == pytest.approx(0.95)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_levels_agree_with_the_verdicts(p_values):
    p = np.array(p_values)
    corrected, levels = holm(p), holm_levels(p)
    clear = np.abs(corrected - 0.05) > 1e-9
    assert ((corrected <= 0.05) == (p <= 1 - levels))[clear].all()
    assert (levels >= 0.95 - 1e-12).all()


def test_false_verdicts_are_rare(seed):
    p = np.random.default_rng(seed).random((2000, 10))
    assert np.mean([(holm(row) <= 0.05).any() for row in p]) == pytest.approx(0.05, abs=0.02)
