"""Class weights are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from shoal.data import class_weights
from shoal.errors import SettingError, TargetError


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=40))
def test_as_scikit_learn(labels: list[str]) -> None:
    expected = compute_sample_weight("balanced", labels)
    np.testing.assert_allclose(class_weights(labels, "balanced", ["a", "b", "c"]), expected, rtol=1e-14)
    given_weights = {"a": 2.0, "c": 0.5}
    expected = compute_sample_weight({"b": 1.0, **given_weights}, labels)
    np.testing.assert_array_equal(class_weights(labels, given_weights, ["a", "b", "c"]), expected)


@pytest.mark.parametrize("classes", [[0, 1], [0.0, 1.0], [False, True], [np.int8(0), np.int8(1)]])
def test_classes_of_any_type(classes: list[object]) -> None:
    found = class_weights(np.array([classes[0], classes[1], classes[1]]), {classes[1]: 3}, classes)
    assert found.tolist() == [1.0, 3.0, 3.0]


def test_weight_two_is_the_row_twice() -> None:
    weighted = class_weights(["a", "b", "b"], "balanced", ["a", "b"], weight=np.array([3.0, 1.0, 0.0]))
    repeated = class_weights(["a", "a", "a", "b"], "balanced", ["a", "b"])
    assert weighted.tolist()[:2] == repeated.tolist()[2:]


def test_none_weighs_all_alike() -> None:
    assert class_weights([1, 2], None, [1, 2]).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        (
            "ballanced",
            SettingError,
            "must be 'balanced', a mapping of class to weight, or None. Got 'ballanced' instead",
        ),
        ({"z": 1.0}, SettingError, "names 'z', which is none of the classes: 'a', 'b'"),
        ({"a": -1.0}, SettingError, "finite weights of at least 0. Got -1.0 for 'a'"),
    ],
)
def test_what_is_no_class_weight_is_refused(
    class_weight: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        class_weights(["a", "b"], class_weight, ["a", "b"])  # type: ignore[arg-type]


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(TargetError, match="labels hold 'z', which is none of the classes: 'a', 'b'"):
        class_weights(["z"], "balanced", ["a", "b"])
