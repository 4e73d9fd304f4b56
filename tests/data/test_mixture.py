"""F4, Gaussian mixtures: scikit-learn's numbers, exact weights, and how unlike the training rows a row is."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from shoal.data import Encoding, TableEncoder, expectation, know_columns
from shoal.data.expectation import COVARIANCES, fit_gaussians, mixture_setting
from shoal.data.mixture import KNOTS, Mixture
from shoal.errors import SettingError
from shoal.settings import Settings

WORDS = {"full": "full", "diagonal": "diag", "spherical": "spherical"}


def clouds(seed: int, rows: int = 300) -> np.ndarray:
    """Three clouds of different shapes in the plane."""
    rng = np.random.default_rng(seed)
    shapes = ([[1.0, 0.0], [0.8, 0.3]], [[0.2, 0.0], [0.0, 2.0]], [[0.5, 0.1], [0.0, 0.5]])
    centers = ([0.0, 0.0], [6.0, 0.0], [0.0, 7.0])
    parts = [rng.normal(size=(rows // 3, 2)) @ np.array(a) + c for a, c in zip(shapes, centers, strict=True)]
    return np.concatenate(parts)


def same_as(found: expectation.Gaussians) -> GaussianMixture:
    """Return scikit-learn's mixture with these very parameters."""
    oracle = GaussianMixture(len(found.weights), covariance_type=WORDS[found.covariance])
    oracle.weights_, oracle.means_, oracle.covariances_ = found.weights, found.means, found.covariances
    if found.covariance == "full":
        oracle.precisions_cholesky_ = np.array(
            [np.linalg.inv(np.linalg.cholesky(c)).T for c in found.covariances]
        )
    else:
        oracle.precisions_cholesky_ = 1 / np.sqrt(found.covariances)
    return oracle


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_log_density_as_scikit_learn(covariance: str, seed: int) -> None:
    found = fit_gaussians(clouds(seed), 3, covariance)
    new = clouds(seed + 1)
    np.testing.assert_allclose(found.log_density(new), same_as(found).score_samples(new), rtol=1e-10)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_fitted_as_scikit_learn_fits(covariance: str, seed: int) -> None:
    """From the same start, of clusters by k-means, both climb to the same place."""
    rows = clouds(seed)
    oracle = GaussianMixture(3, covariance_type=WORDS[covariance], random_state=0, reg_covar=0).fit(rows)
    found = fit_gaussians(rows, 3, covariance)
    order, expected = np.lexsort(found.means.T.round()), np.lexsort(oracle.means_.T.round())
    np.testing.assert_allclose(found.means[order], oracle.means_[expected], atol=0.02)
    np.testing.assert_allclose(found.weights[order], oracle.weights_[expected], atol=0.01)
    np.testing.assert_allclose(found.covariances[order], oracle.covariances_[expected], atol=0.05)
    np.testing.assert_allclose(found.log_density(rows).mean(), oracle.score(rows), atol=2e-3)


def test_one_gaussian_has_mean_and_covariance_of_the_rows(seed: int) -> None:
    rows = clouds(seed)
    found = fit_gaussians(rows, 1)
    np.testing.assert_allclose(found.means[0], rows.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(found.covariances[0], np.cov(rows.T, bias=True), rtol=1e-4)
    density = stats.multivariate_normal(found.means[0], found.covariances[0]).logpdf(rows)
    np.testing.assert_allclose(found.log_density(rows), density, rtol=1e-10)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_weight_two_is_the_row_twice_and_weight_zero_no_row(covariance: str, seed: int) -> None:
    """Bit for bit, in any order."""
    rng = np.random.default_rng(seed)
    rows, counts = clouds(seed), rng.integers(0, 3, 300)
    weighted = Mixture.fit(rows, 3, covariance, counts.astype(float))
    repeated = Mixture.fit(rng.permutation(np.repeat(rows, counts, axis=0)), 3, covariance)
    assert weighted == repeated


def test_of_very_many_rows_some_are_taken_at_even_distances(monkeypatch, seed: int) -> None:
    monkeypatch.setattr(expectation, "MOST_ROWS", 2000)
    rows = clouds(seed, 30_000)
    weight = np.ones(30_000)
    found, whole = fit_gaussians(rows, 3, weight=weight), fit_gaussians(rows[::5], 3)
    assert abs(found.log_density(rows).mean() - whole.log_density(rows).mean()) < 0.05


# ---------------------------------------------------------------- how unlike


def test_unlikeness_is_the_share_of_training_rows_that_are_likelier(seed: int) -> None:
    rows = clouds(seed)
    found = Mixture.fit(rows, 3)
    density = found.gaussians.log_density(rows)
    new = np.concatenate([rows[:20], [[0.1, 0.1], [50.0, 50.0]]])
    expected = [(density > d + 1e-9).mean() for d in found.gaussians.log_density(new)]
    np.testing.assert_allclose(found.unlikeness(new).share, expected, atol=1e-12)
    assert found.unlikeness(new).share[-1] == 1.0
    assert found.unlikeness(rows[[density.argmax()]]).share[0] == 0.0
    assert found.unlikeness(rows[[density.argmin()]]).share[0] < 1.0


def test_shares_of_the_training_rows_are_even(seed: int) -> None:
    rows = clouds(seed, 6000)
    found = Mixture.fit(rows, 3)
    share = found.unlikeness(rows).share
    assert len(found.densities) == KNOTS
    np.testing.assert_allclose(np.sort(share), np.arange(6000) / 6000, atol=2 / KNOTS)


def test_each_row_alone_and_after_json_has_the_same_bits(seed: int) -> None:
    rows = clouds(seed)
    found = Mixture.fit(rows, 2)
    again = Mixture.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    whole = found.unlikeness(rows)
    for i in range(0, 300, 17):
        alone = again.unlikeness(rows[i : i + 1])
        assert (alone.share[0], alone.log_density[0]) == (whole.share[i], whole.log_density[i])


def test_the_encoder_fits_it_to_its_numbers_without_the_bins() -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200), "s": ["u", "v"] * 100})
    columns = know_columns(frame)
    encoder = TableEncoder.fit(frame, columns, Encoding(bins=4, mixture={"components": 2}))
    assert encoder.mixture == Mixture.fit(encoder.transform(frame).numbers[:, ~encoder.binned], 2)
    assert encoder.mixture is not None
    assert encoder.mixture.gaussians.means.shape == (2, 3)
    assert TableEncoder.from_json(json.loads(json.dumps(encoder.to_json()))) == encoder
    rotated = TableEncoder.fit(frame, columns, Encoding(bins=4, mixture=2, pca="all", whiten=True))
    far = pl.DataFrame({"a": [0.0, 90.0], "b": [0.0, 90.0], "s": ["u", "u"]})
    for one in (encoder, rotated):
        share = one.unlikeness(one.transform(far)).share
        assert share[0] < 1.0
        assert share[1] == 1.0


def test_a_row_of_weight_zero_is_not_learnt_from() -> None:
    frame = pl.DataFrame({"a": [*np.random.default_rng(0).normal(size=50), 1e6], "b": [0.0, 1.0, 2.0] * 17})
    weight = np.r_[np.ones(50), 0.0]
    with_zero = TableEncoder.fit(frame, know_columns(frame), Encoding(mixture=2), weight)
    without = TableEncoder.fit(frame.head(50), know_columns(frame), Encoding(mixture=2))
    assert with_zero == without


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, r"must be None, a number of Gaussians from 1 on, or a mapping such as .* Got 0 instead"),
        (True, "Got True instead"),
        ({"covariance": "full"}, "'mixture' setting must be None"),
        ({"components": 2, "shape": 1}, "'mixture' setting must be None"),
        (
            {"components": 2, "covariance": "diag"},
            "one of full, diagonal, spherical. Got 'diag' instead. Did you mean 'diagonal'",
        ),
    ],
)
def test_what_is_no_mixture_is_refused(value, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        mixture_setting(value)
    with pytest.raises(SettingError, match=message):
        Encoding(mixture=value)
    with pytest.raises(SettingError, match=message):
        Settings(mixture=value).checked()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(
        SettingError, match=r"asks for 3 Gaussians\. The training rows have 2 different values"
    ):
        fit_gaussians(np.array([[0.0], [1.0], [1.0]]), 3)
    with pytest.raises(SettingError, match=r"needs numbers\. All columns are embedded"):
        fit_gaussians(np.zeros((5, 0)), 1)
    frame = pl.DataFrame({"a": [1.0, 2.5, 3.0]})
    encoder = TableEncoder.fit(frame, know_columns(frame))
    with pytest.raises(
        SettingError, match="trained without: train it with the setting mixture, such as mixture=4"
    ):
        encoder.unlikeness(encoder.transform(frame))
