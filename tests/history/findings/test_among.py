"""What those that failed have in common."""

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from shoal.history.findings.among import between, separating


def rates(*values):
    return [{"learning_rate": value, "dropout": 0.1} for value in values]


def test_a_threshold_that_tells_all_apart():
    found = separating(rates(0.25, 0.5, 1.0), rates(0.001, 0.01, 0.1))
    assert found.in_words() == "all had learning_rate above 0.2"
    assert found.index == 1.0


def test_others_on_that_side_are_counted():
    found = separating(rates(0.25, 0.5, 1.0), rates(0.001, 0.01, 0.1, 0.7))
    assert found.in_words() == "all had learning_rate above 0.2, as had 1 of the 4 others"


def test_failures_below_a_threshold():
    found = separating(rates(1.0, 2.0, 3.0), rates(10.0, 20.0))
    assert found.in_words() == "all had learning_rate below 6"


def test_names_without_order():
    failed = [{"optimizer": "sgd", "hidden": [8]}] * 3
    sound = [{"optimizer": "adam", "hidden": [8]}] * 3
    assert separating(failed, sound).in_words() == 'all had optimizer "sgd"'


@pytest.mark.parametrize(
    ("failed", "sound"),
    [
        (rates(0.5, 0.5), rates(0.1)),  # two
        (rates(0.1, 0.2, 0.3), rates(0.1, 0.2, 0.3)),  # nothing tells them apart
        (rates(0.1, 0.2, 0.3), []),  # nobody is left to compare with
    ],
)
def test_nothing_is_named_that_explains_nothing(failed, sound):
    assert separating(failed, sound) is None


@limits(max_examples=40, deadline=None)
@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_a_threshold_lies_between(one, other):
    low, high = sorted((one, other))
    assert low <= between(low, high) <= high
