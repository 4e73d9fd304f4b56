"""G1, G2, G3: one at a time, every combination, and at random."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from searches import BRANIN, FINITE, LINE, MIXED, begun, searched, trials_of

from shoal.errors import SettingError
from shoal.sweep.space import Choice, Constraint, Dimension, Range, Space

STEPS = Space((Dimension("a", Choice((1, 2, 3))), Dimension("b", Choice((1, 2, 3, 4)))))


def settings(log) -> list[dict]:
    return [ask.values for asks, _ in log for ask in asks]


# ---------------------------------------------------------------- one at a time


def test_by_hand_one_dimension_after_another():
    log = searched(begun({"kind": "manual", "start": {"a": 1, "b": 2}}, STEPS), lambda v: 2 * v["a"] + v["b"])
    lines = [[(ask.values["a"], ask.values["b"]) for ask in asks] for asks, _ in log]
    assert lines == [[(1, 2), (2, 2), (3, 2)], [(3, 1), (3, 3), (3, 4)], [(1, 4), (2, 4)]]


def test_it_goes_round_until_nothing_is_better():
    def together(values) -> float:  # a is better at 3 only once b is 4, so that a second round is needed
        return values["b"] + 10 * (values == {"a": 3, "b": 4}) + 0.1 * (values["a"] == 1)

    log = searched(begun({"kind": "manual", "start": {"a": 1, "b": 1}}, STEPS), together)
    assert max(settings(log), key=together) == {"a": 3, "b": 4}


def test_it_starts_in_the_middle_of_ranges_and_with_the_first_choice():
    first = begun("manual", MIXED).ask()[0].values
    assert first["optimizer"] == "adam"
    assert first["hidden"] == [64]
    assert first["learning_rate"] == pytest.approx(0.01)


def test_a_range_is_tried_at_so_many_values():
    search = begun({"kind": "manual", "points": 3, "start": {"x": 1.0, "y": 2.0}}, BRANIN)
    assert [ask.values for ask in search.ask()] == [
        {"x": 1.0, "y": 2.0},
        {"x": -5.0, "y": 2.0},
        {"x": 2.5, "y": 2.0},
        {"x": 10.0, "y": 2.0},
    ]


def test_a_switch_brings_its_own_dimensions_along():
    log = searched(begun("manual", MIXED), lambda v: 1.0 if v["optimizer"] == "sgd" else 0.0)
    assert any("momentum" in values for values in settings(log))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"rate": 1}, r"the space has no setting 'rate'\."),
        ({"a": 7}, r"Expected one of 1, 2, 3\. Got 7"),
        ([1, 2], r"Expected start to be a mapping of settings to begin with\. Got \[1, 2\]"),
    ],
)
def test_a_wrong_start_is_refused_at_once(start, message):
    with pytest.raises(SettingError, match=message):
        begun({"kind": "manual", "start": start}, STEPS)


def test_a_start_that_breaks_a_constraint_gives_way_to_one_that_does_not():
    narrow = Space(STEPS.dimensions, constraints=(Constraint("a > b"),))
    assert narrow.allows(begun("manual", narrow).ask()[0].values)


# ---------------------------------------------------------------- grid


def test_the_grid_is_asked_for_in_its_order():
    assert settings(searched(begun("grid", FINITE), lambda v: 0.0)) == FINITE.grid()


def test_too_few_trials_get_a_random_part_of_the_grid():
    few = settings(searched(begun("grid", STEPS, trials=6), lambda v: 0.0))
    assert len(few) == 6
    assert all(values in STEPS.grid() for values in few)
    assert few != STEPS.grid()[:6]


def test_a_range_without_points_is_refused_at_once():
    with pytest.raises(SettingError, match="Expected a number of points for x"):
        begun("grid", BRANIN)
    assert len(begun({"kind": "grid", "points": {"x": 2, "y": 3}}, BRANIN).ask()) == 6


def test_a_large_grid_comes_in_batches():
    sizes = [len(asks) for asks, _ in searched(begun({"kind": "grid", "batch": 5}, STEPS), lambda v: 0.0)]
    assert sizes == [5, 5, 2]


# ---------------------------------------------------------------- random


def test_draws_follow_the_distributions(seed):
    log = searched(begun({"kind": "random"}, LINE, trials=400, seed=seed), lambda v: 0.0)
    rates = np.log10([values["learning_rate"] for values in settings(log)])
    assert stats.kstest(rates, stats.uniform(-4, 4).cdf).pvalue > 1e-4


def test_a_finite_space_is_drawn_to_the_end_each_setting_once():
    log = searched(begun({"kind": "random", "batch": 5}, FINITE, trials=None), lambda v: 0.0)
    assert [len(asks) for asks, _ in log] == [5, 5, 2]
    assert {FINITE.key(v) for v in settings(log)} == {FINITE.key(v) for v in FINITE.grid()}


def test_a_dimension_in_steps_counts_as_finite():
    space = Space((Dimension("epochs", Range(1, 4, step=1, integer=True)),))
    assert len(trials_of(searched(begun("random", space), lambda v: 0.0))) == 4
