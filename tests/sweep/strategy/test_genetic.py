"""G6: breeding in the unit cube, elites kept, nothing trained twice."""

from __future__ import annotations

import numpy as np
from searches import FINITE, MIXED, begun, conditional, searched

from shoal.sweep.space import Choice, Dimension, Space
from shoal.sweep.strategy.cube import point_of, reflected, settings_at, steps_away
from shoal.sweep.strategy.genetic import Individual, _best, _winner
from shoal.sweep.strategy.trials import Task


def test_generations_are_populations():
    log = searched(begun({"kind": "genetic", "population": 6}, trials=20), conditional)
    assert [len(asks) for asks, _ in log] == [6, 6, 6, 2]


def test_children_are_nearer_to_the_best_than_the_first_generation():
    log = searched(begun({"kind": "genetic", "population": 10}, trials=80), conditional)
    scores = [[conditional(ask.values) for ask in asks] for asks, _ in log]
    assert np.mean(scores[-1]) > np.mean(scores[0]) + 1


def test_a_tournament_of_all_is_won_by_the_best_one_of_one_by_anybody():
    parents = [Individual(np.array([float(i)]), -i) for i in range(5)]
    rng = np.random.default_rng(0)
    assert _winner(rng, parents, 5) == 0
    assert {float(_winner(rng, parents, 1)[0]) for _ in range(100)} == {0, 1, 2, 3, 4}


def test_the_best_come_first_and_ties_keep_their_order():
    a, b, c = (Individual(np.array([i]), s) for i, s in ((0.0, 0.5), (1.0, -np.inf), (2.0, 0.5)))
    assert _best([a, b, c], 3) == [a, c, b]


def test_steps_move_something_stay_in_the_cube_and_redraw_choices():
    rng = np.random.default_rng(0)
    point = point_of(MIXED, {"optimizer": "adam", "learning_rate": 0.4, "beta_1": 0.6, "hidden": [64]})
    moved = np.array([steps_away(MIXED, point, 0.1, 0.2, rng) for _ in range(500)])
    assert (moved != point).any(axis=1).all()
    assert moved.min() >= 0
    assert moved.max() <= 1
    assert np.ptp(moved[:, 0]) > 0.9, "an unordered choice may become any other"
    assert abs(np.std(moved[moved[:, 3] != point[3], 3]) - 0.1) < 0.03, "a number becomes one nearby"


def test_what_steps_over_an_edge_is_folded_back():
    np.testing.assert_allclose(reflected(np.array([-0.3, 1.2, 2.1, 0.4])), [0.3, 0.8, 0.1, 0.4])


def test_a_dimension_that_is_switched_off_is_filled_in():
    point = point_of(MIXED, {"optimizer": "rmsprop", "learning_rate": 0.1, "hidden": [64]}, 0.25)
    assert (point[2], point[3]) == (0.25, 0.25)


def test_settings_that_were_tried_or_are_not_allowed_are_none():
    trials = Task(MIXED, 5, 27, 0).begin()
    good, bad = np.full(5, 0.3), np.array([0.3, 0.99, 0.5, 0.5, 0.5])
    values = settings_at(trials, good)
    assert values is not None
    assert settings_at(trials, bad) is None, "a rate above 0.5 breaks the constraint"
    trials.take(values)
    assert settings_at(trials, good) is None


def test_where_breeding_finds_nothing_new_the_rest_is_drawn():
    log = searched(begun({"kind": "genetic", "population": 4}, FINITE, trials=None), lambda v: v["dropout"])
    assert sum(len(asks) for asks, _ in log) == 12


def test_a_space_of_one_dimension_can_be_bred_in():
    space = Space((Dimension("hidden", Choice(tuple((n,) for n in range(1, 30)))),))
    log = searched(begun({"kind": "genetic", "population": 5}, space, trials=20), lambda v: v["hidden"][0])
    assert sum(len(asks) for asks, _ in log) == 20
