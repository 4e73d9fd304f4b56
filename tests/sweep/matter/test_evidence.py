"""Means, spreads and ranks, with gaps where runs came to nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.space import Space, as_space, choice, loguniform

SPACE = as_space({"learning_rate": loguniform(1e-4, 1e-1), "depth": choice("shallow", "deep")})
VALUES = [{"learning_rate": 10.0**-k, "depth": "deep"} for k in range(1, 5)]


def test_means_spreads_and_ranks_by_hand():
    parts = [[1, 3, 5, 7], [9, np.nan, np.nan, 9], [np.nan] * 4, [2, 2, 3, 3]]
    seen = Evidence(SPACE, VALUES, parts, 2, 2)
    assert seen.means.tolist() == pytest.approx([4, 9, np.nan, 2.5], nan_ok=True)
    assert seen.units[:2].tolist() == [[2, 6], [9, 9]]
    assert seen.spreads.tolist() == pytest.approx([np.sqrt(8), 0, np.nan, np.sqrt(0.5)], nan_ok=True)
    assert seen.complete.tolist() == [True, False, False, True]
    assert seen.ranks.tolist() == [1, 3, 4, 2]  # 9 is flattered by what it left out
    assert seen.order.tolist() == [0, 3, 1, 2]


def test_infinite_scores_are_gaps():
    seen = Evidence(SPACE, VALUES[:1], [[-np.inf, 1.0]], 1, 2)
    assert seen.means.tolist() == [1.0]
    assert not seen.complete[0]


def test_the_first_of_equals_is_first():
    assert Evidence(SPACE, VALUES, np.ones((4, 1)), 1, 1).ranks.tolist() == [1, 2, 3, 4]


def test_places_in_the_cube():
    seen = Evidence(SPACE, VALUES, np.ones((4, 1)), 1, 1)
    assert seen.unit_cube[:, 0] == pytest.approx([1, 2 / 3, 1 / 3, 0], abs=1e-9)
    assert seen.unit_cube[:, 1].tolist() == [0.75] * 4


def test_nothing_yet():
    seen = Evidence(Space(()), [], np.empty((0, 6)), 3, 2)
    assert seen.unit_cube.shape == (0, 0)
    assert len(seen.means) == len(seen.order) == 0


def test_it_survives_json():
    parts = [[0.1, np.nan], [0.2, 0.3], [0.1, 0.1], [0.5, 0.7]]
    seen = Evidence(SPACE, VALUES, parts, 2, 1, costs=[1, 2, 3, 4], test_to_train=0.25)
    written = json.loads(json.dumps(seen.to_json(), allow_nan=False))
    back = Evidence.from_json(written)
    assert back.to_json() == seen.to_json()
    assert back.overlap == 0.25
    np.testing.assert_array_equal(back.scores, seen.scores)


def test_what_is_refused():
    with pytest.raises(InputError, match=r"\(trials, folds \* seeds\), \(4, 6\); \(4, 5\) came"):
        Evidence(SPACE, VALUES, np.ones((4, 5)), 3, 2)
    with pytest.raises(InputError, match="one number for each of the 4 trials; 2 came"):
        Evidence(SPACE, VALUES, np.ones((4, 1)), 1, 1, costs=[1, 2])
