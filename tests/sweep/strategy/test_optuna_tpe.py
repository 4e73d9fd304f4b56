"""G4: what Optuna is asked and told, and that it stays behind its one file."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import optuna
import pytest
from searches import BRANIN, FINITE, MIXED, begun, branin, conditional, searched, trials_of

from shoal.errors import MissingExtraError
from shoal.sweep.space import Choice, Condition, Dimension, Range, Space
from shoal.sweep.strategy import choosing
from shoal.sweep.strategy.optuna_tpe import Study, parameters
from shoal.sweep.strategy.trials import Task


def test_the_settings_are_those_of_optuna_itself():
    log = searched(begun({"kind": "tpe", "startup": 8, "batch": 4}, BRANIN, trials=24, seed=5), branin)
    sampler = optuna.samplers.TPESampler(n_startup_trials=8, seed=5, multivariate=True, constant_liar=True)
    study = optuna.create_study(sampler=sampler, direction="maximize")
    for asks, told in log:
        theirs = [study.ask() for _ in asks]
        for trial, ask, one in zip(theirs, asks, told, strict=True):
            units = [trial.suggest_float(name, 0.0, 1.0) for name in ("x", "y")]
            np.testing.assert_allclose(BRANIN.to_unit(ask.values), units, atol=1e-12)
            assert ask.trial == one.trial
        for trial, one in zip(theirs, told, strict=True):
            study.tell(trial, one.score)


def test_each_dimension_is_a_parameter_and_an_unordered_choice_its_places():
    kinds = {name: type(distribution).__name__ for name, distribution in parameters(MIXED)}
    assert kinds == {
        "optimizer": "CategoricalDistribution",
        "learning_rate": "FloatDistribution",
        "momentum": "FloatDistribution",
        "beta_1": "FloatDistribution",
        "hidden": "CategoricalDistribution",
    }


def test_what_a_condition_switches_off_is_not_suggested():
    study = Study(MIXED, 0, 4)
    trials = Task(MIXED, 30, 27, 0).begin()
    asked = study.ask(trials, 12)
    for trial, values in zip(study._open, asked, strict=True):
        assert set(trial.params) == set(values)
        assert trial.params["optimizer"] == ("adam", "sgd", "rmsprop").index(values["optimizer"])


def test_one_name_under_two_conditions_is_two_parameters():
    space = Space(
        (
            Dimension("optimizer", Choice(("adam", "sgd"))),
            Dimension("learning_rate", Range(1e-4, 1e-2, scale="log")),
            Dimension("learning_rate", Range(1e-2, 1.0, scale="log")),
        ),
        (
            Condition("learning_rate", "optimizer == 'adam'", 0),
            Condition("learning_rate", "optimizer == 'sgd'", 1),
        ),
    )
    assert [name for name, _ in parameters(space)] == ["optimizer", "learning_rate", "learning_rate (2)"]
    log = searched(begun("tpe", space), lambda v: -abs(np.log10(v["learning_rate"]) + 1))
    assert all(space.allows(ask.values) for ask in trials_of(log).values())


def test_drawn_settings_are_known_to_the_study_as_if_suggested():
    study = Study(FINITE, 0, 4)
    trials = Task(FINITE, None, 27, 0).begin()
    asked = study.ask(trials, 12)
    assert len(asked) == len(study._open) == 12
    for trial, values in zip(study._open, asked, strict=True):
        place = trial.params["hidden"]
        assert [[64], [128, 128], [32]][place] == values["hidden"]
        assert FINITE.dimensions[1].domain.from_unit(trial.params["dropout"]) == values["dropout"]


def test_what_came_to_nothing_is_pruned_and_avoided():
    def lost(values):
        return None if values["learning_rate"] > 0.01 else conditional(values)

    log = searched(begun({"kind": "tpe", "startup": 16, "batch": 8}, trials=64), lost)
    shares = [np.mean([lost(ask.values) is None for ask in asks]) for asks, _ in log]
    assert np.mean(shares[-3:]) < shares[0] / 2


def test_it_is_quiet_and_leaves_optuna_s_own_voice_alone(caplog, capfd):
    before = optuna.logging.get_verbosity()
    optuna.logging.enable_propagation()
    try:
        with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
            warnings.simplefilter("error")
            searched(begun("tpe", trials=20), conditional)
    finally:
        optuna.logging.disable_propagation()
    assert optuna.logging.get_verbosity() == before
    assert [record for record in caplog.records if "optuna" in record.name] == []
    assert capfd.readouterr() == ("", "")


def test_without_optuna_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(choosing, "find_spec", lambda name: None)
    with pytest.raises(
        MissingExtraError, match=r"Install it with: pip install 'shoal\[sweep\]'; or use method='gp'"
    ):
        begun("tpe")


def test_bayes_is_what_there_is_and_says_so(monkeypatch):
    assert begun("bayes").name == "tpe"
    assert begun("bayes").reason.endswith("since Optuna is installed")
    monkeypatch.setattr(choosing, "find_spec", lambda name: None)
    assert begun("bayes").resolved["kind"] == "gp"
    assert begun("bayes").reason.endswith("since Optuna is not installed")
