"""The target: what task it sets, encoded and decoded without loss, refused in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import TASKS, Target, infer_task
from shoal.data.answers import refuse_mixed
from shoal.errors import SettingError, TargetError


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["cat", "dog"] * 5, "binary"),
        (["a", "b", "c"], "multiclass"),
        ([True, False, True], "binary"),
        ([0, 1, 1], "binary"),
        ([-1, 1, 1], "binary"),
        ([1.0, 2.0, 2.0], "binary"),
        ([1, 2, 3] * 4, "multiclass"),
        ([1.0, 2.0, 3.0] * 4, "multiclass"),
        (list(range(20)) * 2, "multiclass"),
        (list(range(21)) * 2, "regression"),
        ([5, 1, 9, 3, 7], "regression"),
        ([0.5, 1.0, 2.0], "regression"),
        ([f"{i},50" for i in range(30)], "regression"),
        (["1", "2", "3"] * 4, "multiclass"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_task_is_inferred(values: list[object], task: str) -> None:
    assert infer_task(pl.Series("y", values)) == task


def test_several_columns() -> None:
    labels = pl.DataFrame({"a": [0, 1, 1], "b": [True, True, False]})
    assert infer_task(labels) == "multilabel"
    assert infer_task(labels.with_columns(c=pl.Series([1.5, 2, 3]))) == "regression"
    assert infer_task(pl.DataFrame({"a": pl.Series(["x", "y"], dtype=pl.Categorical)})) == "binary"
    with pytest.raises(
        TargetError, match=r"several targets to be numbers, or labels of 0 and 1. Got String in 'c'"
    ):
        infer_task(labels.with_columns(c=pl.lit("x")))


VALUES = st.one_of(
    st.lists(st.integers(-(2**53), 2**53), min_size=2, max_size=8, unique=True),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
        min_size=2,
        max_size=8,
        unique=True,
    ),
    st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=2, max_size=8, unique=True),
    st.just([True, False]),
)


@given(VALUES, st.integers(0, 1000))
def test_classes_keep_value_type_and_order_through_json(classes: list[object], seed: int) -> None:
    rows = np.random.default_rng(seed).permutation([*range(len(classes)), *range(len(classes))])
    y = pl.Series("y", [classes[i] for i in rows])
    task = "binary" if len(classes) == 2 else "multiclass"
    target = Target.fit(y, task)
    again = Target.from_json(json.loads(json.dumps(target.to_json())))
    assert again == target
    assert [type(value) for value in again.classes] == [type(value) for value in target.classes]
    assert list(target.classes) == sorted(classes)  # type: ignore[type-var]
    codes = again.encode(y).reshape(-1).astype(int)
    assert again.labels(np.eye(len(classes))[codes]).tolist() == y.to_list()


def test_shapes_and_types_of_the_encoded_target() -> None:
    binary = Target.fit(pl.Series(["no", "yes", "no"]))
    assert (binary.task, binary.outputs) == ("binary", 1)
    assert binary.encode(pl.Series(["yes", "no"])).tolist() == [[1.0], [0.0]]
    many = Target.fit(pl.Series(["a", "b", "c"]))
    assert (many.task, many.outputs) == ("multiclass", 3)
    assert many.encode(pl.Series(["c", "a"])).tolist() == [2, 0]
    assert many.encode(pl.Series(["c", "a"])).dtype == np.int32
    labels = Target.fit(pl.DataFrame({"a": [0, 1, 1], "b": [True, True, False]}))
    assert (labels.task, labels.outputs, labels.classes) == ("multilabel", 2, ((0, 1), (False, True)))
    assert labels.encode(pl.DataFrame({"a": [1], "b": [False]})).tolist() == [[1.0, 0.0]]
    assert labels.labels(np.array([[0.2, 0.5]])).tolist() == [[0, 1]]
    two = Target.fit(pl.DataFrame({"a": [1.5, 2.5], "b": [10.0, 30.0]}))
    assert (two.task, two.outputs, two.names) == ("regression", 2, ("a", "b"))
    assert two.encode(pl.DataFrame({"a": [2.0], "b": [40.0]})).tolist() == [[0.0, 2.0]]


def test_two_classes_can_be_asked_for_as_multiclass() -> None:
    target = Target.fit(pl.Series([0, 1, 1]), "multiclass")
    assert (target.outputs, target.encode(pl.Series([1, 0])).tolist()) == (2, [1, 0])


def test_labels_have_the_type_of_the_classes() -> None:
    for values, kind in (([1, 2, 3], "i"), ([1.5, 2.5], "f"), ([True, False], "b"), (["a", "bb"], "U")):
        target = Target.of_classes(values)
        assert target.labels(np.eye(len(values))).dtype.kind == kind


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(0, 999))
def test_regression_weights_and_round_trip(values: list[float], seed: int) -> None:
    y = pl.Series("y", values)
    counts = np.random.default_rng(seed).integers(0, 3, len(y))
    counts[:2] = 1
    weighted = Target.fit(y, "regression", counts.astype(float))
    repeated = Target.fit(y.gather(np.repeat(np.arange(len(y)), counts)), "regression")
    assert (weighted.center, weighted.scale) == (repeated.center, repeated.scale)
    assert Target.from_json(json.loads(json.dumps(weighted.to_json()))) == weighted
    np.testing.assert_allclose(weighted.unscale(weighted.encode(y))[:, 0], values, rtol=1e-9, atol=1e-6)


def test_regression_is_standardised() -> None:
    y = pl.Series([1.0, 2.0, 4.5])
    encoded = Target.fit(y).encode(y)
    np.testing.assert_allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-15)
    assert Target.fit(pl.Series([3.0, 3.0]), "regression").encode(pl.Series([4.0])).tolist() == [[1.0]]


def test_numbers_written_as_text_are_a_quantity() -> None:
    y = pl.Series("price", [f"{i}.000,50" for i in range(1, 40)])
    target = Target.fit(y)
    np.testing.assert_allclose(target.unscale(target.encode(y))[:2, 0], [1000.5, 2000.5])


@pytest.mark.parametrize(
    ("values", "how", "message"),
    [
        (
            ["a", None, "b", None],
            {},
            "target 'y' is missing in 2 of 4 rows; fill these in or leave the rows out",
        ),
        ([1.0, float("nan"), 2.5], {}, "target 'y' is missing in 1 of 3 rows"),
        ([1.0, 2.5, float("inf")], {}, r"target 'y' holds an infinite value in row 3 \(the first row is 1\)"),
        (["a", "a"], {}, "at least two classes in the target 'y'. Got one class only"),
        ([1.5], {}, r"at least two rows to learn from. Got 1 \(n_samples=1\)"),
        (
            [f"k{i}" for i in range(100)],
            {},
            "at most 1000 classes, each in several rows, .*Got 100 different values in 100",
        ),
        (
            list(range(10_000)),
            {"task": "multiclass"},
            "Got 10000 different values in 10000 rows; is it an identifier",
        ),
        ([f"k{i}" for i in range(10_000)] * 3, {}, "Got 10000 different values in 30000 rows"),
        (["a", "b", "c"], {"task": "binary"}, "two classes in the target 'y' for a binary task. Got 3"),
        (
            ["a", "b"],
            {"task": "regression"},
            "Expected numbers in the target 'y'. Got 'a'; words are predicted by",
        ),
        (
            [0, 1, 2],
            {"task": "multilabel"},
            "labels of 0 and 1 in the target 'y'. Got Int64 with other values",
        ),
        ([1, 2], {"weight": np.zeros(2), "task": "regression"}, "at least one row with a weight above 0"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_learnt_is_refused(values: list[object], how: dict, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        Target.fit(pl.Series("y", values), **how)


def test_unknown_words_are_refused() -> None:
    with pytest.raises(
        SettingError, match=r"task must be one of regression, .*Got 'regresion' instead. Did you mean"
    ):
        Target.fit(pl.Series([1, 2]), "regresion")
    with pytest.raises(TargetError, match=r"one target column for a binary task. Got 2"):
        Target.fit(pl.DataFrame({"a": [0, 1], "b": [0, 1]}), "binary")
    with pytest.raises(TargetError, match=r"Expected numbers or classes in the target 'y'. Got Date"):
        infer_task(pl.Series("y", ["2024-01-01"]).str.to_date())
    assert len(TASKS) == 4


def test_a_class_never_seen_is_refused() -> None:
    for known, new, message in (
        (
            ["a", "b"],
            ["b", "c"],
            r"holds 'c' in row 2 \(the first row is 1\), which is none of the classes learnt: 'a', 'b'",
        ),
        ([1, 2], [3, 1], "holds 3 in row 1"),
        ([1, 2], ["1", "2"], "Expected numbers as classes in the target 'y'. Got String"),
    ):
        with pytest.raises(TargetError, match=message):
            Target.fit(pl.Series("y", known)).encode(pl.Series("y", new))
    with pytest.raises(TargetError, match=r"Expected 1 target column\(s\). Got 2"):
        Target.fit(pl.Series("y", [1, 2])).encode(pl.DataFrame({"a": [1], "b": [1]}))
    with pytest.raises(TargetError, match="is missing in 1 of 2 rows"):
        Target.fit(pl.Series("y", [1, 2])).encode(pl.Series("y", [1, None]))


# ---------------------------------------------------------------- counts and ordered classes


def test_counts_are_divided_by_their_mean_and_come_back():
    y = pl.Series("visits", [0, 2, 4, 10])
    target = Target.fit(y, "regression", np.array([1.0, 1.0, 2.0, 0.0]), counts=True)
    assert (target.center, target.scale) == ((0.0,), (2.5,))
    assert target.encode(y)[:, 0].tolist() == [0.0, 0.8, 1.6, 4.0]
    assert target.unscale(target.encode(y))[:, 0].tolist() == [0, 2, 4, 10]
    assert Target.from_json(target.to_json()) == target
    assert Target.fit(pl.Series([0, 0]), "regression", counts=True).scale == (1.0,)


def test_negative_counts_are_refused_whenever_they_come():
    y = pl.Series("visits", [3, -1, 2])
    with pytest.raises(
        TargetError, match=r"at least 0 in the target 'visits', for the poisson head\. Got -1"
    ):
        Target.fit(y, "regression", counts=True)
    with pytest.raises(TargetError, match=r"Got -1"):
        Target.fit(y.abs(), "regression", counts=True).encode(y)


def test_classes_may_have_an_order_of_their_own():
    y = pl.Series("size", ["mid", "low", "high", "low"])
    target = Target.fit(y, "multiclass", order=["low", "mid", "high"])
    assert target.classes == ("low", "mid", "high")
    assert target.encode(y).tolist() == [1, 0, 2, 0]
    assert Target.from_json(target.to_json()) == target
    numbers = Target.of_classes([1, 2, 3], order=["3", 1, 2])
    assert numbers.classes == (3, 1, 2)
    assert numbers.encode(pl.Series("", [1, 2, 3, 1])).tolist() == [1, 2, 0, 1]


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (["low", "mid"], r"list each class once: high, low, mid\. Got low, mid: high missing"),
        (["low", "mid", "hihg"], r"there is no 'hihg' among them\. Did you mean 'high'\?"),
        (["low", "mid", "high", "low"], r"one is listed twice"),
    ],
)
def test_an_order_that_is_none(order, wrong):
    with pytest.raises(TargetError, match=wrong):
        Target.of_classes(["low", "mid", "high"], order=order)


@pytest.mark.parametrize(
    "y", [["a", 1, 2], [1, 2.5, "a"], np.array([True, "x"], dtype=object), pd.Series(["b", None, 3])]
)
def test_text_and_numbers_are_not_mixed_in_one_target(y) -> None:
    with pytest.raises(
        TargetError, match=r"all text or all numbers\. Got .* in row 1 and .* in row [23] \(the"
    ):
        refuse_mixed(y)


@pytest.mark.parametrize(
    "y", [["a", None, "b"], [1, 2.5, True], np.array(["1", "a"]), pd.Series([1, None]), 3, [[0, 1], [1, 0]]]
)
def test_targets_of_one_kind_are_not_refused(y) -> None:
    refuse_mixed(y)


def test_a_quantity_is_not_taken_for_classes_although_someone_asks_for_it():
    with pytest.raises(TargetError, match="Got 60 different values in 60 rows; is it an identifier, or a"):
        Target.fit(pl.Series("y", np.random.default_rng(0).normal(size=60)), "multiclass")
