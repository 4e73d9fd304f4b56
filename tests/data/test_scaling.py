"""Scaling against scikit-learn and NumPy, and exact under weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler

from shoal.data import SCALINGS
from shoal.data.distribution import Distribution
from shoal.data.scaling import Scaler

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
COLUMNS = hnp.arrays(np.float64, st.integers(2, 30), elements=NUMBERS)


def column(seed: int, rows: int = 101) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 3.0, rows)


@pytest.mark.parametrize(
    ("scaling", "oracle"),
    [
        ("standard", StandardScaler()),
        ("minmax", MinMaxScaler()),
        ("symmetric", MinMaxScaler((-1, 1))),
        ("robust", RobustScaler()),
    ],
)
def test_as_scikit_learn(scaling: str, oracle, seed: int) -> None:
    values = column(seed)  # 101 rows: every definition of the quartiles agrees
    scaler = Scaler.fit(Distribution.of(values), scaling)
    expected = oracle.fit_transform(values[:, None])[:, 0]
    np.testing.assert_allclose(scaler(values), expected, rtol=1e-12, atol=1e-12)


def test_weighted_standard_as_scikit_learn(seed: int) -> None:
    values, weight = column(seed), np.random.default_rng(seed).random(101)
    oracle = StandardScaler().fit(values[:, None], sample_weight=weight)
    scaler = Scaler.fit(Distribution.of(values, weight), "standard")
    np.testing.assert_allclose(scaler(values), oracle.transform(values[:, None])[:, 0], rtol=1e-9)


def test_quantile_gives_the_normal_scores_of_the_ranks(seed: int) -> None:
    values = np.round(column(seed, 500), 1)
    scaled = Scaler.fit(Distribution.of(values), "quantile")(values)
    ranks = (stats.rankdata(values) - 0.5) / len(values)
    np.testing.assert_allclose(scaled, stats.norm.ppf(ranks), atol=1e-9)


def test_quantile_is_close_to_scikit_learn(seed: int) -> None:
    values = column(seed, 5000)
    oracle = QuantileTransformer(output_distribution="normal", random_state=0).fit_transform(values[:, None])[
        :, 0
    ]
    inside = np.abs(oracle) < 2.5
    np.testing.assert_allclose(
        Scaler.fit(Distribution.of(values), "quantile")(values)[inside], oracle[inside], atol=0.03
    )


def test_robust_falls_back_to_the_range_and_then_to_nothing() -> None:
    rare = np.array([0.0] * 9 + [4.0])
    assert Scaler.fit(Distribution.of(rare), "robust")(rare).tolist() == [0.0] * 9 + [2.0]
    assert Scaler.fit(Distribution.of(np.full(9, 5.0)), "robust")(np.array([5.0, 7.0])).tolist() == [0.0, 0.0]


def test_smooth_clip_of_a_rare_value_is_that_of_realmlp() -> None:
    rare = np.array([0.0] * 9 + [1.0])
    clipped = Scaler.fit(Distribution.of(rare), "robust", smooth_clip=True)(np.array([0.0, 1.0, 1e9]))
    np.testing.assert_allclose(clipped, [0.0, 2 / np.sqrt(1 + (2 / 3) ** 2), 3.0])
    assert round(float(clipped[1]), 3) == 1.664


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_constant_becomes_zero(scaling: str) -> None:
    scaler = Scaler.fit(Distribution.of(np.full(5, 1e8 + 0.1)), scaling)
    assert scaler(np.array([1e8 + 0.1, 3.0])).tolist() == [0.0, 0.0]


@given(COLUMNS, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_quantiles_are_the_averaged_inverted_distribution_function(
    values: np.ndarray, shares: list[float]
) -> None:
    # Where a share is within rounding of a step of the function, either side may be right.
    steps = np.abs(np.array(shares) * len(values) - np.round(np.array(shares) * len(values)))
    wanted = np.array(shares)[(steps == 0) | (steps > 1e-6)]
    expected = np.quantile(values, wanted, method="averaged_inverted_cdf")
    np.testing.assert_allclose(Distribution.of(values).quantiles(wanted), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("scaling", SCALINGS)
@given(values=COLUMNS, data=st.data())
def test_weight_two_is_the_row_twice_and_weight_zero_no_row(scaling: str, values: np.ndarray, data) -> None:
    counts = data.draw(hnp.arrays(np.int64, len(values), elements=st.integers(0, 3)))
    weighted = Distribution.of(values, counts.astype(float))
    repeated = Distribution.of(np.random.default_rng(0).permutation(np.repeat(values, counts)))
    assert weighted.values.tolist() == repeated.values.tolist()
    assert weighted.weights.tolist() == repeated.weights.tolist()
    assert Scaler.fit(weighted, scaling) == Scaler.fit(repeated, scaling)


@given(COLUMNS)
def test_moments_are_those_of_numpy(values: np.ndarray) -> None:
    found = Distribution.of(values)
    scale = np.abs(values).max() + 1
    np.testing.assert_allclose(found.mean(), values.mean(), atol=1e-12 * scale)
    np.testing.assert_allclose(found.deviation(), values.std(), atol=1e-10 * scale)


def test_deviation_survives_very_large_and_very_small_values() -> None:
    for size in (1e-200, 1e200):
        found = Distribution.of(np.array([1.0, 3.0]) * size)
        np.testing.assert_allclose(found.deviation(), size, rtol=1e-14)


@pytest.mark.parametrize("scaling", SCALINGS)
@given(values=COLUMNS)
def test_a_scaler_survives_json_and_treats_each_value_alone(scaling: str, values: np.ndarray) -> None:
    scaler = Scaler.fit(Distribution.of(values), scaling, smooth_clip=True)
    again = Scaler.from_json(json.loads(json.dumps(scaler.to_json())))
    assert again == scaler
    assert [float(again(values[i : i + 1])[0]) for i in range(len(values))] == scaler(values).tolist()
