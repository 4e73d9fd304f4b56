"""The values of a curve, and nested parts of the rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import Split
from shoal.errors import SettingError
from shoal.fitting.defaults import Facts, resolved
from shoal.settings import Settings
from shoal.sweep.curves.levels import levels_of, parsed
from shoal.sweep.curves.subsets import nested

DECIDED = resolved(Settings(hidden=(32, 16)), Facts(500, "binary"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("width=1:1024", [2**i for i in range(11)]),
        ("width=3:20", [3, 6, 12, 20]),
        ("width=1:100:3", [1, 10, 100]),
        ("depth=0:3", [0, 1, 2, 3]),
        ("dropout=0:0.7:8", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        ("weight_decay=0.01:1:3", [0.01, 0.1, 1.0]),
        ("epochs=5,1", [5, 1]),
        ("rows", None),
    ],
)
def test_values_are_read(text: str, values: list | None) -> None:
    assert parsed(text) == (text.partition("=")[0], values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("widht=1:8", "Did you mean 'width'"),
        ("activation=1:8", "Expected a curve over width, depth, rows, epochs or a setting that is a number"),
        ("width=8:1", "as a range, width=1:64"),
        ("width=a,b", "as a list, width=1,8,64"),
        ("width=1:8:1", "Got '1:8:1'"),
    ],
)
def test_other_words_are_refused(text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        parsed(text)


def test_each_value_says_what_it_sets() -> None:
    assert [level.settings for level in levels_of("width", [1, 4], DECIDED, 400)] == [
        {"hidden": [1, 1]},
        {"hidden": [4, 4]},
    ]
    assert [level.settings["hidden"] for level in levels_of("depth", [0, 2], DECIDED, 400)] == [[], [32, 32]]
    assert [level.rows for level in levels_of("rows", None, DECIDED, 400)][-1] == 400
    epochs = levels_of("epochs", [9, 3], DECIDED, 400)
    assert [level.until for level in epochs] == [3, 9]
    assert {level.settings["epochs"] for level in epochs} == {9}
    listed = resolved(
        Settings(layers=[{"dense": 8, "activation": "relu"}, {"dense": 4}]), Facts(500, "binary")
    )
    assert levels_of("width", [2, 16], listed, 400)[1].settings["layers"][1] == {"dense": 8}


@pytest.mark.parametrize(
    ("over", "values", "said"),
    [
        ("rows", [10, 500], "at most 400 training rows"),
        ("width", [0, 4], "whole numbers from 1 on. Got 0"),
        ("width", [4, 4], "2 to 200 different values of 'width'. Got 1"),
        ("dropout", [0.0, 1.0], "The 'dropout' parameter"),
        ("dropout", None, "Expected values for 'dropout'"),
    ],
)
def test_wrong_values_are_refused(over: str, values: list | None, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        levels_of(over, values, DECIDED, 400)


@given(st.integers(0, 99), st.lists(st.integers(1, 60), min_size=2, max_size=5, unique=True))
def test_smaller_parts_lie_in_larger_ones_with_the_classes_in_their_shares(seed: int, counts: list) -> None:
    labels = np.array(["a"] * 45 + ["b"] * 30 + ["c"] * 15)
    fold = Split(np.arange(80), np.zeros(0, np.int64), np.arange(80, 90))
    parts = nested(fold, sorted(counts), labels, seed)
    for small, large in pairwise(parts):
        assert set(small.train) < set(large.train)
    for count, part in zip(sorted(counts), parts, strict=True):
        assert len(part.train) == count
        assert (np.diff(part.train) > 0).all()
        assert np.array_equal(part.test, fold.test)
        for label in "abc":
            share = (labels[fold.train] == label).mean()
            assert abs((labels[part.train] == label).sum() - share * count) <= 2


def test_every_class_is_in_the_smallest_part_that_can_hold_it() -> None:
    labels = np.array(["common"] * 98 + ["rare"] * 2)
    fold = Split(np.arange(100), np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert set(labels[nested(fold, [2], labels, 0)[0].train]) == {"common", "rare"}
