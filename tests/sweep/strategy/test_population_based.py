"""G6: who takes over from whom, and what may change in the middle of a training."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from searches import BRANIN, EPOCHS, LINE, MIXED, begun, searched, trials_of

from shoal.errors import SettingError
from shoal.settings import RULES, Settings
from shoal.sweep.space import Choice, Constraint, Dimension, Range, Space, Tie
from shoal.sweep.strategy.population_based import PERTURBED, PERTURBED_OF, explored, may_change
from shoal.train.recipe import Recipe


def rate(values) -> float:
    return values["learning_rate"]


def population(trials: int = 10, **options):
    return begun({"kind": "pbt", "every": 9, **options}, MIXED, trials=trials)


def test_the_worst_fifth_goes_on_from_the_best_fifth():
    search = population()
    log = searched(search, rate)
    assert [{ask.epochs for ask in asks} for asks, _ in log] == [{9}, {18}, {27}]
    before, after = log[0][0], log[1][0]
    order = sorted(before, key=lambda ask: rate(ask.values))
    worst, best = {ask.trial for ask in order[:2]}, {ask.trial for ask in order[-2:]}
    for old, new in zip(before, after, strict=True):
        if old.trial in worst:
            assert new.parent in best
            assert new.trial >= 10
        else:
            assert (new.trial, new.values, new.parent) == (old.trial, old.values, None)


def test_a_child_inherits_the_shape_and_changes_its_rate():
    log = searched(population(quantile=0.5, resample=0.0), rate)
    first = trials_of(log)
    children = [ask for ask in first.values() if ask.parent is not None]
    assert len(children) == 10
    for child in children:
        parent = first[child.parent].values
        assert (child.values["hidden"], child.values["optimizer"]) == (parent["hidden"], parent["optimizer"])
        factor = child.values["learning_rate"] / parent["learning_rate"]
        assert (
            factor == pytest.approx(0.8)
            or factor == pytest.approx(1.2)
            or child.values["learning_rate"] < 0.5
        )
    factors = {
        round(c.values["learning_rate"] / first[c.parent].values["learning_rate"], 6) for c in children
    }
    assert factors & {0.8, 1.2}


def test_what_came_to_nothing_is_replaced_beyond_the_fifth():
    search = population(trials=6)
    asks = search.ask()
    from shoal.sweep.strategy import Told

    search.tell([Told(a.trial, 1.0 if a.trial < 2 else None, 9) for a in asks])
    assert [ask.parent for ask in search.ask()][:2] == [None, None]
    assert all(ask.parent in (0, 1) for ask in search.ask()[2:])


def test_populations_follow_each_other():
    log = searched(begun({"kind": "pbt", "population": 4, "every": 27}, LINE, trials=10), rate)
    assert [len(asks) for asks, _ in log] == [4, 4, 2]
    assert [asks[0].epochs for asks, _ in log] == [EPOCHS] * 3


def test_it_says_what_changes_and_what_does_not():
    search = population()
    assert search.reason == (
        "as asked; learning_rate, momentum, beta_1 change while the networks train; optimizer, hidden stay "
        "as they were drawn, since a network in training cannot change them"
    )
    assert may_change(LINE) == (["learning_rate"], [])


def test_a_space_of_which_nothing_may_change_is_refused():
    with pytest.raises(SettingError, match=r"a number that may change while a network trains.*Got x, y; use"):
        begun("pbt", BRANIN)


@pytest.mark.parametrize("name", PERTURBED)
def test_what_may_change_is_a_setting_that_the_engine_takes_as_a_number(name):
    # one that is no number of the recipe (dropout, momenta, the delta of a loss) is traced all the same
    assert name in RULES
    elsewhere = {"dropout", "input_dropout", "momentum", "rho", "beta_1", "beta_2", "epsilon", "huber_delta"}
    assert name in {field.name for field in fields(Recipe)} | elsewhere


def test_dotted_numbers_may_change_their_kinds_may_not():
    assert set(PERTURBED_OF) <= set(Settings.known())
    space = Space(
        (
            Dimension("schedule.factor", Range(0.1, 0.9)),
            Dimension("schedule.kind", Choice(("step", "exponential"))),
            Dimension("ensemble.members", Range(2, 8, integer=True)),
            Dimension("optimizer.beta_2", Range(0.9, 0.999)),
            Dimension("dropout", Choice(("auto", 0.1))),
        )
    )
    assert may_change(space)[0] == ["schedule.factor", "optimizer.beta_2"]


def test_exploring_keeps_to_the_space_and_moves_ties_along():
    space = Space(
        (Dimension("learning_rate", Range(0.1, 1.0)), Dimension("dropout", Choice((0.0, 0.1, 0.2, 0.4)))),
        ties=(Tie("weight_decay", "learning_rate / 10"),),
        constraints=(Constraint("learning_rate + dropout < 1.1"),),
    )
    rng = np.random.default_rng(0)
    values = space.sample(rng, 1)[0]
    for _ in range(200):
        before, values = values, explored(space, values, 0.1, rng)
        space.check(values)
        assert values["weight_decay"] == pytest.approx(values["learning_rate"] / 10)
    assert before != values


def test_a_number_in_steps_goes_to_a_neighbour():
    space = Space((Dimension("dropout", Choice((0.0, 0.1, 0.2, 0.4))),))
    rng = np.random.default_rng(0)
    found = {explored(space, {"dropout": 0.1}, 0.0, rng)["dropout"] for _ in range(30)}
    assert found == {0.0, 0.2}
