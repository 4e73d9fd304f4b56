"""G5: the arithmetic of halving and Hyperband, against scikit-learn and the paper's table."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV

from shoal.sweep.strategy.rungs import bracket, brackets, halvings, rungs, shares


class Estimator(BaseEstimator):
    """Learns nothing, in no time."""

    def __init__(self, epochs: int = 1, number: float = 0.0):
        self.epochs, self.number = epochs, number

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return self.number


def sklearns(settings: int, factor: int, most: int, least: int | str) -> tuple[list[int], list[int]]:
    """Return the candidates and resources of scikit-learn's successive halving."""
    search = HalvingRandomSearchCV(
        Estimator(),
        {"number": np.linspace(0, 1, 1000)},
        n_candidates=settings,
        factor=factor,
        resource="epochs",
        max_resources=most,
        min_resources=least,
        cv=2,
        refit=False,
        random_state=0,
    )
    search.fit(np.zeros((4, 1)), [0, 1, 0, 1])
    return search.n_candidates_, search.n_resources_


@pytest.mark.parametrize(
    ("settings", "factor", "most", "least"),
    [
        (27, 3, 27, None),
        (20, 3, 100, None),
        (40, 2, 64, None),
        (10, 4, 30, None),
        (9, 3, 81, 3),
        (12, 2, 50, 5),
    ],
)
def test_settings_and_epochs_are_scikit_learns_but_for_the_last_rung(settings, factor, most, least):
    candidates, resources = sklearns(settings, factor, most, least or "exhaust")
    found = rungs(settings, most, factor, least)
    assert [rung.settings for rung in found] == list(candidates)
    assert [rung.epochs for rung in found][:-1] == list(resources)[:-1]
    assert found[-1].epochs == most >= resources[-1]


def test_where_it_comes_out_even_the_last_rung_is_scikit_learns_too():
    candidates, resources = sklearns(27, 3, 54, "exhaust")
    assert [(r.settings, r.epochs) for r in rungs(27, 54, 3)] == list(zip(candidates, resources, strict=True))


def test_the_brackets_are_the_table_of_the_paper():
    # Li et al. 2018, table 1: R = 81, eta = 3
    table = [
        [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        [(27, 3), (9, 9), (3, 27), (1, 81)],
        [(9, 9), (3, 27), (1, 81)],
        [(6, 27), (2, 81)],
        [(5, 81)],
    ]
    assert [[(r.settings, r.epochs) for r in one] for one in brackets(81, 3)] == table


def test_a_larger_first_rung_leaves_the_boldest_brackets_out():
    assert brackets(81, 3, min_epochs=9)[-1][0].epochs == 81
    assert [one[0].epochs for one in brackets(81, 3, min_epochs=9)] == [9, 27, 81]
    assert [[(r.settings, r.epochs) for r in one] for one in brackets(2, 3)] == [[(1, 2)]]


@given(st.integers(1, 500), st.integers(1, 400), st.sampled_from([2, 2.5, 3, 4]), st.integers(1, 40))
def test_rungs_fall_in_settings_rise_in_epochs_and_end_with_a_whole_training(settings, most, factor, least):
    for given_least in (None, min(least, most)):
        found = rungs(settings, most, factor, given_least)
        assert found[0].settings == settings
        assert found[-1].epochs == most
        assert all(b.settings == math.ceil(a.settings / factor) for a, b in pairwise(found))
        assert all(a.epochs < b.epochs for a, b in pairwise(found))


@given(st.integers(1, 300), st.integers(0, 5), st.sampled_from([2, 3]))
def test_every_rung_of_a_bracket_holds_a_setting(settings, steps, factor):
    found = bracket(settings, steps, 81, factor)
    assert len(found) == steps + 1
    assert min(rung.settings for rung in found) >= 1


@given(st.lists(st.integers(1, 90), min_size=1, max_size=6), st.integers(0, 300))
def test_shares_add_up_and_are_within_one_of_the_proportion(weights, total):
    found = shares(weights, total)
    assert sum(found) == total
    assert all(abs(n - w * total / sum(weights)) < 1 for n, w in zip(found, weights, strict=True))


@given(st.integers(1, 10**6), st.integers(2, 5))
def test_halvings_are_counted_exactly(number, factor):
    count = halvings(number, factor)
    assert factor**count <= number < factor ** (count + 1)
