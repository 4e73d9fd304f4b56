"""F3, principal components and whitening: hand-worked numbers, scikit-learn, laws of weights and rows."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from shoal.data import Encoding, TableEncoder, know_columns
from shoal.data.components import PrincipalComponents
from shoal.errors import InputError, SettingError
from shoal.settings import Settings


def cloud(seed: int, rows: int = 60, numbers: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, numbers)) @ rng.normal(size=(numbers, numbers)) + rng.normal(size=numbers)


def test_by_hand() -> None:
    """Sigma = [[2, 1], [1, 2]] has E = [(1, 1), (1, -1)] / sqrt 2 and D = (3, 1)."""
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    rows = corners * np.sqrt([3.0, 1.0]) @ np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2) + 7.0
    found = PrincipalComponents.fit(rows)
    np.testing.assert_allclose(found.mean, [7, 7])
    np.testing.assert_allclose(found.variance, [3, 1])
    np.testing.assert_allclose(found.axes, np.array([[1, 1], [1, -1]]) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(found(rows), corners * np.sqrt([3, 1]), atol=1e-12)
    np.testing.assert_allclose(PrincipalComponents.fit(rows, whiten=True)(rows), corners, atol=1e-12)


@pytest.mark.parametrize("keep", ["all", 3, 0.5, 0.9])
def test_as_scikit_learn(keep, seed: int) -> None:
    rows, new = cloud(seed), cloud(seed + 1, rows=9)
    oracle = PCA(None if keep == "all" else keep, svd_solver="full").fit(rows)
    found = PrincipalComponents.fit(rows, keep)
    signs = np.sign((found.axes.T * oracle.components_).sum(axis=1))
    np.testing.assert_allclose(found.axes.T, oracle.components_ * signs[:, None], atol=1e-10)
    np.testing.assert_allclose(found.variance * 60 / 59, oracle.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(found.share, oracle.explained_variance_ratio_.sum(), rtol=1e-12)
    np.testing.assert_allclose(found(new), oracle.transform(new) * signs, atol=1e-9)
    oracle = PCA(None if keep == "all" else keep, svd_solver="full", whiten=True).fit(rows)
    whitened = PrincipalComponents.fit(rows, keep, whiten=True)(new)
    np.testing.assert_allclose(whitened * np.sqrt(59 / 60), oracle.transform(new) * signs, atol=1e-9)


@given(st.integers(0, 10**6), st.integers(2, 6))
def test_whitened_training_rows_have_unit_covariance(seed: int, numbers: int) -> None:
    rows = cloud(seed, rows=50, numbers=numbers)
    weight = np.random.default_rng(seed).random(50) + 0.1
    white = PrincipalComponents.fit(rows, whiten=True, weight=weight)(rows)
    share = weight / weight.sum()
    np.testing.assert_allclose(share @ white, 0, atol=1e-5)
    np.testing.assert_allclose((white * share[:, None]).T @ white, np.eye(white.shape[1]), atol=1e-4)


def test_a_rotation_keeps_distances(seed: int) -> None:
    rows = cloud(seed)
    turned = PrincipalComponents.fit(rows)(rows)
    np.testing.assert_allclose(
        np.linalg.norm(turned[:10] - turned[10:20], axis=1),
        np.linalg.norm(rows[:10] - rows[10:20], axis=1),
        rtol=1e-10,
    )


def test_weight_two_is_the_row_twice_and_weight_zero_no_row(seed: int) -> None:
    rows = cloud(seed)
    counts = np.random.default_rng(seed).integers(0, 4, len(rows))
    weighted = PrincipalComponents.fit(rows, 3, whiten=True, weight=counts.astype(float))
    repeated = PrincipalComponents.fit(np.repeat(rows, counts, axis=0), 3, whiten=True)
    np.testing.assert_allclose(weighted(rows), repeated(rows), atol=1e-10)


def test_columns_that_follow_from_others_give_no_component() -> None:
    rows = cloud(0, numbers=3)
    wide = np.column_stack([rows, rows[:, 0], rows[:, 1] - rows[:, 2], np.full(len(rows), 5.0)])
    white = PrincipalComponents.fit(wide, whiten=True)
    assert white.size == 3
    assert np.abs(white(wide)).max() < 10
    with pytest.raises(
        SettingError,
        match=r"asks for 4 components\. The columns give 6 numbers, of which 3 follow from the others: take "
        r"at most 3, or 'all'\.",
    ):
        PrincipalComponents.fit(wide, 4)


def test_a_row_has_the_same_bits_alone_and_among_others(seed: int) -> None:
    rows = cloud(seed, rows=200, numbers=37)
    found = PrincipalComponents.fit(rows, 20, whiten=True)
    whole = found(rows)
    for i in range(0, 200, 9):
        np.testing.assert_array_equal(found(rows[i : i + 1])[0], whole[i])
    order = np.random.default_rng(seed).permutation(200)
    np.testing.assert_array_equal(found(rows[order]), whole[order])
    assert found(rows[:0]).shape == (0, 20)


# ---------------------------------------------------------------- as a step of the encoder


def table(rows: int = 80, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=rows)
    return pl.DataFrame(
        {
            "a": a,
            "b": a + rng.normal(size=rows),
            "gap": [None if i % 5 == 0 else float(i % 7) for i in range(rows)],
            "colour": rng.choice(["red", "green", "blue"], rows),
            "town": [f"t{i}" for i in rng.integers(0, 12, rows)],
            "day": [date(2024, 1 + i % 12, 1 + i % 28) for i in range(rows)],
        }
    )


def encoder_of(frame: pl.DataFrame, **settings) -> TableEncoder:
    return TableEncoder.fit(frame, know_columns(frame), Encoding(one_hot_levels=4, **settings))


def test_all_numbers_of_the_columns_are_rotated_and_codes_stay() -> None:
    frame = table()
    plain, rotated = encoder_of(frame), encoder_of(frame, pca=4)
    assert rotated.number_names == rotated.number_sources == ("pc1", "pc2", "pc3", "pc4")
    assert (rotated.layout.numbers, rotated.layout.levels) == (4, plain.layout.levels)
    np.testing.assert_array_equal(rotated.transform(frame).codes, plain.transform(frame).codes)
    numbers = plain.transform(frame).numbers
    expected = PCA(4, svd_solver="full").fit_transform(numbers)
    found = rotated.transform(frame).numbers
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    assert rotated.feature_names == plain.feature_names


def test_clipping_comes_before_and_bins_are_those_of_the_components() -> None:
    frame = table()
    clipped = encoder_of(frame, smooth_clip=True).transform(frame).numbers
    expected = PrincipalComponents.fit(clipped, 2)(clipped)
    encoder = encoder_of(frame, smooth_clip=True, pca=2, bins=3)
    rows = encoder.transform(frame).numbers
    np.testing.assert_array_equal(rows[:, :2], expected)
    bins = [f"{pc} (bin {i})" for pc in ("pc1", "pc2") for i in (1, 2, 3)]
    assert encoder.number_names == ("pc1", "pc2", *bins)
    assert encoder.number_sources[2:] == ("pc1",) * 3 + ("pc2",) * 3
    assert encoder.binned.tolist() == [False] * 2 + [True] * 6
    # each bin holds a third of the training rows
    inside = (rows[:, 2:5] > 0).sum(axis=0)
    assert abs(inside[1] - 2 * len(frame) / 3) <= 1


def test_whiten_alone_means_all_components() -> None:
    frame = table()
    assert (
        encoder_of(frame, whiten=True).number_names == encoder_of(frame, pca="all", whiten=True).number_names
    )
    white = encoder_of(frame, whiten=True).transform(frame).numbers
    np.testing.assert_allclose(white.std(axis=0), 1, rtol=1e-6)


def test_the_step_survives_json_and_sees_training_rows_only(seed: int) -> None:
    frame = table(seed=seed)
    encoder = encoder_of(frame, pca=0.8, whiten=True, bins=2)
    again = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    assert encoder != encoder_of(frame, pca=0.8, bins=2)
    np.testing.assert_array_equal(again.transform(frame).numbers, encoder.transform(frame).numbers)
    alone = np.concatenate([again.transform(frame[i]).numbers for i in range(5)])
    np.testing.assert_array_equal(alone, encoder.transform(frame).numbers[:5])


def test_an_encoder_saved_before_there_were_components_is_read() -> None:
    encoder = encoder_of(table())
    old = encoder.to_json()
    for name in ("pca", "whiten", "mixture"):
        del old["encoding"][name]
    assert TableEncoder.from_json(old) == encoder


@pytest.mark.parametrize("value", [0, -1, 1.0, 0.0, True, "most", [3]])
def test_what_is_no_number_of_components_is_refused(value) -> None:
    with pytest.raises(
        SettingError, match=r"'pca' setting must be None, 'all', a number of components from 1"
    ):
        Encoding(pca=value)
    with pytest.raises(SettingError, match="'pca' setting must be None"):
        Settings(pca=value).checked()


def test_words_for_the_rest() -> None:
    with pytest.raises(SettingError, match=r"Got 'al' instead\. Did you mean 'all'\?"):
        Encoding(pca="al")
    with pytest.raises(InputError, match="Got only columns that are embedded"):
        PrincipalComponents.fit(np.zeros((5, 0)))
    with pytest.raises(InputError, match="rows that differ in their numbers"):
        PrincipalComponents.fit(np.ones((5, 2)))
    with pytest.raises(InputError, match=r"squares are finite.*set scaling to 'standard'"):
        PrincipalComponents.fit(np.array([[1e200, 1.0], [-1e200, 2.0]]))
