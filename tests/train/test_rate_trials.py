"""Trials of learning rates: where trainings end, and the rate that ends lowest."""

from __future__ import annotations

import numpy as np
import pytest
from populations import recipe, spec, view

from shoal import backend
from shoal.errors import TrainingError
from shoal.train import rate_trials
from shoal.train.events import Interrupted
from shoal.train.population import Member
from shoal.train.rate_trials import Trials, trials, tried
from shoal.train.schedules import Schedule


def members(count: int = 2, **settings) -> list[Member]:
    settings = {"optimizer": "adam", "epochs": 8, **settings}
    return [Member(spec(), recipe(**settings), seed=seed) for seed in range(count)]


def test_the_best_rate_ends_lowest_and_has_neighbours_on_both_sides():
    found = trials(members(), [view(40, 20)], valley=0.01)
    best = found.best()
    assert found.loss_at(best) == found.losses.mean(axis=0).min()
    place = int(np.flatnonzero(found.rates == best)[0])
    assert 0 < place < len(found.rates) - 1
    assert found.losses.shape == (2, len(found.rates))
    assert set(found.best_of_each()) <= set(found.rates)


def test_the_cost_is_told_in_whole_trainings():
    found = trials(members(1), [view(40, 20)], valley=0.01)
    assert found.trainings == len(rate_trials.HEAT) * rate_trials.HEAT_SHARE + len(found.rates)


def test_rates_besides_the_ladder_are_tried_too():
    found = trials(members(1), [view(40, 20)], valley=0.01, besides=[0.0123])
    assert np.isfinite(found.loss_at(0.0123))
    assert np.isnan(found.loss_at(0.5))


def test_a_foot_far_too_high_is_left_for_lower_rungs():
    found = trials(members(1, optimizer="sgd"), [view(40, 20)], valley=1e4)
    assert found.best() < 100


def test_where_every_rate_diverges_it_is_said(monkeypatch):
    monkeypatch.setattr(rate_trials, "_end", lambda result: float("inf"))
    with pytest.raises(TrainingError, match=r"diverged at every learning rate from .* set clip_norm=1.0"):
        trials(members(1), [view(40, 20)], valley=0.01)


def test_a_seed_that_diverges_rules_a_rate_out():
    found = Trials(np.array([0.1, 0.2]), np.array([[1.0, 0.1], [1.0, np.inf]]), 1.0)
    assert found.best() == 0.1
    assert found.best_of_each().tolist() == [0.2, 0.1]


def test_rounds_and_the_training_after_them_share_a_program():
    trials(members(), [view(40, 20)], valley=0.01)
    with backend.counting_compilations() as count:
        trials(members(), [view(40, 20)], valley=0.02)
    assert count == [0]


def test_a_short_trial_draws_the_schedule_in():
    steps = recipe(epochs=40, schedule=Schedule("step", (("every", 8.0),), warmup=4.0))
    short = tried(steps, 0.3, 0.25)
    assert (short.learning_rate, short.epochs, short.schedule.warmup) == (0.3, 10, 1.0)
    assert dict(short.schedule.settings) == {"every": 2.0}
    pieces = recipe(schedule=Schedule("piecewise", (("boundaries", (8.0,)), ("values", (1.0, 0.1)))))
    assert dict(tried(pieces, 0.3, 0.5).schedule.settings)["boundaries"] == (4.0,)
    patient = recipe(schedule=Schedule("plateau", (("patience", 6),)))
    assert dict(tried(patient, 0.3, 0.25).schedule.settings) == {"patience": 2}
    falling = recipe(schedule=Schedule("exponential", (("decay", 0.1),)))
    assert dict(tried(falling, 0.3, 0.5).schedule.settings) == {"decay": 0.2}


def test_ctrl_c_ends_the_search(monkeypatch):
    def struck(members, views, *, on_event, exact):
        on_event(Interrupted())
        return []

    monkeypatch.setattr(rate_trials, "train_all", struck)
    with pytest.raises(KeyboardInterrupt):
        trials(members(), [view(40, 20)], valley=0.01)
