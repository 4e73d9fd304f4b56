""" "auto", defaults, options, and what wakes what."""

from __future__ import annotations

import subprocess
import sys

import pytest
from searches import BRANIN, FINITE, LINE, MIXED, begun

from shoal.errors import SettingError
from shoal.sweep.strategy import KINDS, strategy
from shoal.sweep.strategy.auto import choice
from shoal.sweep.strategy.defaults import affordable, defaults


@pytest.mark.parametrize(
    ("space", "trials", "epochs", "whole", "expected", "reason"),
    [
        (FINITE, None, 100, None, "grid", "all 12 settings of the space fit"),
        (FINITE, 12, 100, None, "grid", "fit the budget"),
        (FINITE, 11, 100, None, "random", "11 trials are too few to learn from"),
        (FINITE, None, 100, 5.0, "hyperband", "time for about 5 whole trainings only"),
        (MIXED, 10, 100, None, "random", "10 trials are too few"),
        (MIXED, 40, 100, None, "gp", "40 trials are enough to learn from"),
        (MIXED, 1000, 100, None, "bayes", "1000 trials are enough to learn from"),
        (MIXED, 200, 100, 50.0, "hyperband", "time for about 50 whole trainings only"),
        (MIXED, None, 100, None, "hyperband", "neither trials nor time say how much"),
        (MIXED, None, 100, 150.0, "gp", "time for about 150 whole trainings"),
        (MIXED, None, 100, 1000.0, "bayes", "time for about 1000 whole trainings"),
        (MIXED, None, 100, 0.3, "hyperband", "time for less than one whole training only"),
        (MIXED, None, 5, 10.0, "random", "5 epochs are too few to stop losers early"),
        (MIXED, None, 5, 100.0, "gp", "5 epochs are too few to stop losers early"),
    ],
)
def test_auto_chooses_by_space_and_budget_and_says_why(space, trials, epochs, whole, expected, reason):
    name, why = choice(space, trials, epochs, whole)
    assert name == expected
    assert reason in why


def test_auto_is_never_the_name_of_what_does_the_work():
    search = strategy("auto", MIXED, trials=None, max_epochs=100, seed=0, expected_seconds=1.0, budget=60.0)
    assert (search.name, search.resolved["kind"]) == ("hyperband", "hyperband")
    assert "about 60 whole trainings" in search.reason


def test_the_plan_is_the_same_however_fast_the_machine_was():
    slow = strategy("random", MIXED, trials=None, max_epochs=27, seed=0, expected_seconds=1.0, budget=100.0)
    again = strategy(
        slow.resolved, MIXED, trials=None, max_epochs=27, seed=0, expected_seconds=0.01, budget=100.0
    )
    assert slow.ask() == again.ask()
    assert len(slow.ask()) == 8


def test_batches_fill_tiles_and_learn_often_enough():
    assert defaults("random", 64, 100, None) == {"batch": 256}  # all at once
    assert defaults("random", None, 100, 500.0) == {"batch": 56}  # an eighth of what there is time for
    assert defaults("tpe", 40, 100, None) == {"batch": 8, "startup": 16}
    assert defaults("tpe", 1000, 100, None) == {"batch": 32, "startup": 32}
    assert defaults("gp", 1000, 100, 100.0) == {"batch": 8, "startup": 16}
    assert defaults("pbt", 100, 100, None)["population"] == 50  # two populations of equal size
    assert defaults("hyperband", None, 1000, None)["min_epochs"] == 12
    assert affordable(2.0, 60.0) == 30
    assert affordable(None, 60.0) is affordable(1.0, None) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_has_a_default_and_every_default_is_an_option(kind):
    assert set(defaults(kind, 20, 27, None)) == set(KINDS[kind].options)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            "hyperbnd",
            r"method of a sweep to be one of manual, grid, .*Got 'hyperbnd'\. Did you mean 'hyperband'\?",
        ),
        ({"factor": 3}, r"method of a sweep to be one of .*\. Got None"),
        ({"kind": "random", "batch": 0}, r"'batch' parameter of method 'random' must be an int in the range"),
        ({"kind": "random", "seed": 3}, r"method 'random' has no setting 'seed'\..*Its settings are: batch"),
        (
            {"kind": "halving", "min_epochs": 28},
            r"min_epochs of method 'halving' to be at most the 27 epochs",
        ),
        ({"kind": "pbt", "every": 30}, r"every of method 'pbt' to be at most the 27 epochs .*\. Got 30"),
        (
            {"kind": "genetic", "elite": 2},
            r"'elite' parameter of method 'genetic' must be a float in the range",
        ),
        (
            {"kind": "pbt", "quantile": 0.6},
            r"'quantile' parameter of method 'pbt' must be a float in the range",
        ),
    ],
)
def test_wrong_methods_are_refused(method, message):
    with pytest.raises(SettingError, match=message):
        begun(method, LINE)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"trials": 0},
            r"'trials' parameter of sweep must be an int in the range \[1, inf\) or None\. Got 0",
        ),
        ({"max_epochs": 0}, r"'max_epochs' parameter of sweep must be an int"),
        ({"seed": -1}, r"'seed' parameter of sweep must be an int"),
    ],
)
def test_wrong_numbers_are_refused(given, message):
    with pytest.raises(SettingError, match=message):
        strategy("random", BRANIN, **{"trials": 5, "max_epochs": 5, "seed": 0, **given})


def test_naming_a_strategy_wakes_neither_optuna_nor_scikit_learn_nor_jax():
    program = (
        "import sys; from searches import begun, MIXED\n"
        "for method in ('random', 'hyperband', 'genetic', 'pbt'): begun(method).ask()\n"
        "print([name for name in ('jax', 'sklearn', 'optuna', 'polars') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[]"
