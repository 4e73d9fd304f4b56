"""A peak between two valleys is seen where there is one, and hardly ever where there is none."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.sweep.matter.double_descent import double_descent

SIZES = 2 ** np.arange(10)
PEAKED = np.array([1.0, 0.7, 0.5, 0.6, 0.9, 1.4, 0.8, 0.5, 0.4, 0.35])


def noisy(curve, seed, seeds=5, noise=0.05):
    rng = np.random.default_rng(seed)
    return np.asarray(curve)[:, None] + noise * rng.normal(size=(len(curve), seeds))


def test_a_peak_is_found_and_described(seed):
    found = double_descent(SIZES, noisy(PEAKED, seed))
    assert found.found
    assert (found.peak, found.before, found.after) == (32.0, 4.0, pytest.approx(384, abs=130))
    assert found.rise == pytest.approx(0.9, abs=0.15)
    assert found.p < 0.05
    assert found.words.startswith("double descent: the error rises from 0.")
    assert json.dumps(asdict(found))


def test_the_order_of_sizes_does_not_matter(seed):
    errors = noisy(PEAKED, seed)
    order = np.random.default_rng(seed).permutation(10)
    assert double_descent(SIZES[order], errors[order]) == double_descent(SIZES, errors)


@pytest.mark.parametrize(
    "curve", [np.linspace(1, 0, 10), np.zeros(10), np.abs(np.arange(10) - 5), np.geomspace(1, 0.01, 10)]
)
@pytest.mark.parametrize("seeds", [3, 5])
def test_false_alarms_are_rare(curve, seeds, seed):
    alarms = [double_descent(SIZES, noisy(curve, seed + 100 * i, seeds)).found for i in range(60)]
    assert np.mean(alarms) <= 0.1


def test_the_threshold_is_where_training_rows_are_fitted(seed):
    train = np.linspace(1, 0, 10)[:, None].repeat(5, 1) ** 3
    near = double_descent(SIZES, noisy(PEAKED, seed), train)
    assert near.threshold == 64.0
    assert near.words.endswith("; networks begin to fit their training rows at 64, near the peak")
    far = double_descent(SIZES, noisy(PEAKED, seed), np.r_[np.ones(9), 0.0][:, None])
    assert far.words.endswith("; but networks begin to fit their training rows at 512, far from the peak")
    for unknown in (np.ones((10, 5)), np.full((10, 5), np.nan)):
        assert np.isnan(double_descent(SIZES, noisy(PEAKED, seed), unknown).threshold)


def test_no_double_descent_is_said(seed):
    down = double_descent(SIZES, noisy(np.linspace(3, 0, 10), seed))
    assert down.found is False
    assert down.words.startswith(
        "no double descent seen: the error is lowest at the largest size, 512, and no peak"
    )
    middle = double_descent(SIZES, noisy(np.abs(np.arange(10) - 5.0), seed))
    assert middle.words.startswith(
        "no double descent seen: the error is lowest at 32, and no peak with a fall"
    )


def test_too_little_is_said():
    assert double_descent([1, 2, 3], np.ones((3, 5))).words.endswith("at least, and 3 and 5 came")
    gaps = np.ones((6, 4))
    gaps[0, :2] = np.nan
    assert double_descent(range(6), gaps).found is None


def test_what_is_refused():
    with pytest.raises(InputError, match=r"'errors' must have the shape \(sizes, seeds\), .* \(3, 2\) came"):
        double_descent([1, 2], np.ones((3, 2)))
