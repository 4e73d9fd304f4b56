"""Splits are disjoint, cover everything, and respect classes, groups and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import Split, k_folds, split_rows
from shoal.errors import InputError, SettingError


def parts(split: Split) -> list[np.ndarray]:
    return [split.train, split.valid, split.test]


def covers(split: Split, rows: int) -> None:
    assert all(part.dtype == np.int64 for part in parts(split))
    assert all((np.diff(part) > 0).all() for part in parts(split))
    assert np.sort(np.concatenate(parts(split))).tolist() == list(range(rows))


@given(st.integers(3, 200), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 99))
def test_random_splits_have_the_sizes_asked_for(rows: int, validation: float, test: float, seed: int) -> None:
    wanted = [int(np.ceil(share * rows - 1e-9)) for share in (validation, test)]
    if sum(wanted) >= rows:
        return
    split = split_rows(rows, validation=validation, test=test, seed=seed)
    covers(split, rows)
    assert [len(split.valid), len(split.test)] == wanted
    again = split_rows(rows, validation=validation, test=test, seed=seed)
    assert all((a == b).all() for a, b in zip(parts(split), parts(again), strict=True))


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.integers(0, 99))
def test_stratified_splits_keep_the_shares(sizes: list[int], seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = len(labels)
    if rows < 6:
        return
    split = split_rows(rows, labels=labels, validation=0.2, test=0.25, seed=seed)
    covers(split, rows)
    assert len(split.test) == int(np.ceil(0.25 * rows))
    assert len(split.valid) == int(np.ceil(0.2 * rows - 1e-9))
    enough = [label for label, size in enumerate(sizes) if size >= 10]
    for label in enough:
        for part in (split.valid, split.test):
            lone = len(sizes) - len(enough)  # rows that small classes could not give
            assert abs((labels[part] == label).sum() - sizes[label] * len(part) / rows) <= 1.5 + 2 * lone


def test_a_class_of_one_row_is_trained_on() -> None:
    labels = np.array(["rare"] + ["a"] * 10 + ["b"] * 10)
    for seed in range(20):
        assert 0 in split_rows(21, labels=labels, test=0.3, validation=0.2, seed=seed).train


@given(st.integers(10, 80), st.integers(3, 20), st.integers(0, 99))
def test_groups_stay_together(rows: int, many: int, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, many, rows)
    groups[:3] = [0, 1, 2]
    split = split_rows(rows, groups=groups, labels=groups, validation=0.2, test=0.2, seed=seed)
    covers(split, rows)
    found = [set(groups[part].tolist()) for part in parts(split)]
    assert all(found)
    assert sum(len(one) for one in found) == len(set().union(*found))


def test_groups_fill_the_parts_about_as_asked(seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 100, 1000)
    split = split_rows(1000, groups=groups, test=0.2, validation=0.1, seed=seed)
    assert abs(len(split.test) - 200) <= 10
    assert abs(len(split.valid) - 100) <= 10


@given(st.integers(10, 80), st.integers(3, 40), st.integers(0, 99))
def test_time_goes_forward(rows: int, many: int, seed: int) -> None:
    time = np.random.default_rng(seed).integers(0, many, rows)
    time[:3] = [0, 1, 2]
    split = split_rows(rows, time=time, validation=0.2, test=0.2)
    covers(split, rows)
    assert time[split.train].max() < time[split.valid].min()
    assert time[split.valid].max() < time[split.test].min()


def test_time_can_be_dates_or_text() -> None:
    days = np.array(["2024-03-01", "2024-01-01", "2024-02-01", "2024-04-01"])
    for time in (days, days.astype("datetime64[D]"), days.tolist(), days.astype(object)):
        assert split_rows(4, time=time, test=0.25).test.tolist() == [3]
        assert split_rows(4, time=time, test=2).train.tolist() == [1, 2]


@given(
    st.integers(4, 60),
    st.integers(2, 8),
    st.sampled_from(["random", "stratified", "grouped"]),
    st.integers(0, 99),
)
def test_each_row_is_validated_on_once(rows: int, k: int, method: str, seed: int) -> None:
    key = np.arange(rows) % 9
    if k > min(rows, 9 if method == "grouped" else rows):
        return
    folds = k_folds(rows, k, method=method, labels=key, groups=key, seed=seed)
    assert len(folds) == k
    for fold in folds:
        covers(fold, rows)
        assert not len(fold.test)
    assert np.sort(np.concatenate([fold.valid for fold in folds])).tolist() == list(range(rows))
    if method == "grouped":
        assert all(not set(key[fold.train]) & set(key[fold.valid]) for fold in folds)
    else:
        assert np.ptp([len(fold.valid) for fold in folds]) <= 1
    if method == "stratified":
        counts = np.array([np.bincount(key[fold.valid], minlength=9) for fold in folds])
        assert np.ptp(counts, axis=0).max() <= 1


def test_as_many_folds_as_rows_leave_one_out() -> None:
    folds = k_folds(5, 5)
    assert sorted(fold.valid.tolist() for fold in folds) == [[0], [1], [2], [3], [4]]
    assert all(len(fold.train) == 4 for fold in folds)


def test_folds_in_time_train_on_the_past() -> None:
    time = np.arange(12)[::-1]
    folds = k_folds(12, 3, time=time)
    assert [fold.valid.tolist() for fold in folds] == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
    assert [len(fold.train) for fold in folds] == [3, 6, 9]
    assert all(time[fold.train].max() < time[fold.valid].min() for fold in folds)


def test_another_seed_is_another_split() -> None:
    assert split_rows(100, test=0.2, seed=1).test.tolist() != split_rows(100, test=0.2, seed=2).test.tolist()


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        (
            {"method": "stratify"},
            SettingError,
            "must be one of auto, .*Got 'stratify' instead. Did you mean 'stratified'",
        ),
        (
            {"method": "grouped"},
            SettingError,
            "split method 'grouped' needs 'groups', one value for each row",
        ),
        ({"method": "time"}, SettingError, "split method 'time' needs 'time'"),
        (
            {"labels": [1, 2]},
            InputError,
            r"'labels' with one value for each of the 10 rows. Got shape \(2,\)",
        ),
        ({"groups": [None] + [1] * 9}, InputError, "Expected a value of 'groups' for every row"),
        ({"time": [float("nan")] + [1.0] * 9}, InputError, "Expected a value of 'time' for every row"),
        (
            {"test": -0.1},
            SettingError,
            r"'test' part must be a share in \[0, 1\) or a number of rows. Got -0.1",
        ),
        (
            {"test": 6, "validation": 4},
            InputError,
            "beside 4 for validation and 6 for testing. Got 10 rows in all",
        ),
        (
            {"test": 0.5, "validation": 0.2, "groups": [0, 1] * 5},
            InputError,
            "at least 3 groups for 3 parts. Got 2",
        ),
        ({"test": 0.5, "time": [0] * 10}, InputError, "at least 2 different times for 2 parts. Got 1"),
    ],
)
def test_what_cannot_be_split_is_refused(how: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        split_rows(10, **how)


@pytest.mark.parametrize(
    ("k", "how", "error", "message"),
    [
        (1, {}, SettingError, r"number of folds must be an int in the range \[2, rows\]. Got 1"),
        (11, {}, InputError, "at least 11 rows for 11 folds. Got 10"),
        (3, {"groups": [0, 1] * 5}, InputError, "at least 3 groups for 3 folds. Got 2"),
        (2, {"time": [0, 1] * 5}, InputError, "at least 3 different times for 2 folds. Got 2"),
    ],
)
def test_folds_that_cannot_be_are_refused(
    k: int, how: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        k_folds(10, k, **how)
