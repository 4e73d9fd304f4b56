"""The loop of a search: ask, train, score, tell; taken up after being cut short; what it costs nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from shoal.errors import SettingError, TrainingError
from shoal.fitting.judging import folds_of
from shoal.fitting.problem import problem_of
from shoal.settings import Settings
from shoal.sweep.evaluation import evaluate
from shoal.sweep.events import RunDone
from shoal.sweep.keeper import StoreKeeper
from shoal.sweep.question import Question
from shoal.sweep.run import Found, search
from shoal.sweep.runs import Run
from shoal.sweep.scoring import Figures, figures
from shoal.sweep.space import as_space, choice, loguniform
from shoal.sweep.store import Store
from shoal.sweep.strategy import strategy
from shoal.train.events import Finished

BASE = Settings(hidden=(4,), epochs=6, schedule="constant", batch_size=32)


def table(rows: int = 90, classes: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, rows))
    y = np.digitize(a + 0.3 * b, [-0.5, 0.5] if classes == 3 else [0.0])
    return pl.DataFrame({"a": a, "b": b, "y": y.astype(str)})


def question(space, base: Settings = BASE, seeds=(0,), folds: int = 3, names=("accuracy",)) -> Question:
    problem = problem_of(table(), "y")
    return Question(
        problem, as_space(space), base, folds_of(problem, base, folds), seeds, Figures(names, problem.task)
    )


def found_by(asked: Question, method="grid", trials=None, **told) -> Found:
    made = strategy(method, asked.space, trials=trials, max_epochs=int(asked.base.epochs), seed=0)
    return search(asked, made, **told)


def figures_of(found: Found) -> dict:
    return {n: (t.values, t.parts, t.epochs, t.best_epochs) for n, t in found.trials.items()}


RATES = {"learning_rate": [1e-3, 1e-2, 3e-2]}


def test_every_setting_is_scored_on_every_fold_from_every_seed():
    found = found_by(question(RATES, seeds=(0, 7)))
    assert [t.values["learning_rate"] for t in found.trials.values()] == RATES["learning_rate"]
    assert all(len(t.parts) == 6 for t in found.trials.values())
    assert set(found.runs) == {(t, f, s) for t in range(3) for f in range(3) for s in (0, 7)}


def test_the_program_judges_as_predictions_do():
    """Scores that follow from the training program equal those of the model's own predictions."""
    asked = question(RATES, names=("accuracy", "log_loss"))
    runs = [run for values in asked.space.grid() for run in asked.runs(_ask(values), {})]
    short = evaluate(asked.problem, runs, asked.folds, asked.scorers).scores
    long = evaluate(
        asked.problem, runs, asked.folds, asked.scorers, keep_models=lambda run, model: None
    ).scores
    for one, other in zip(short, long, strict=True):
        assert one.best_epoch == other.best_epoch
        assert one.scores["accuracy"] == pytest.approx(other.scores["accuracy"], abs=1e-12)
        assert one.scores["log_loss"] == pytest.approx(other.scores["log_loss"], rel=1e-6)


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_the_program_judges_quantities_in_their_own_units(name):
    rng = np.random.default_rng(1)
    x = rng.normal(size=60)
    problem = problem_of(pl.DataFrame({"x": x, "y": 100 + 50 * x + rng.normal(size=60)}), "y")
    folds, scorers = folds_of(problem, BASE, 3), figures("regression", (name,))
    runs = [Run(0, BASE, fold, 0) for fold in range(3)]
    short = evaluate(problem, runs, folds, scorers).scores
    long = evaluate(problem, runs, folds, scorers, keep_models=lambda run, model: None).scores
    assert [s.scores[name] for s in short] == pytest.approx([s.scores[name] for s in long], rel=1e-6)


def test_settings_that_differ_in_epochs_only_are_one_training():
    """Asked for 2, 4 and 6 epochs, the network is trained once; each score is that of a training so long."""
    asked = question({"epochs": [2, 4, 6]})
    together = found_by(asked)
    for number, values in enumerate(asked.space.grid()):
        alone = found_by(question({"epochs": [values["epochs"]]}))
        assert together.trials[number].parts == alone.trials[0].parts
        assert together.trials[number].epochs == values["epochs"]


def test_a_rung_goes_on_where_the_last_one_ended():
    """Survivors of halving end with the scores of trainings that were never paused."""
    asked = question({"learning_rate": loguniform(1e-3, 1e-1)}, base=replace(BASE, epochs=9))
    found = found_by(asked, {"kind": "halving", "factor": 3, "min_epochs": 1}, trials=9)
    last = found.best()
    assert last.rung == 9
    whole = evaluate(
        asked.problem,
        [replace(run, until=9) for run in asked.runs(_ask(last.values), {})],
        asked.folds,
        asked.scorers,
    ).scores
    assert last.parts == pytest.approx([s.scores["accuracy"] for s in whole])


def test_the_rows_that_score_have_no_part_in_stopping():
    """Other answers of the rows that score change the score, and nothing of the training."""
    base = replace(BASE, validation=0.2, patience=2, epochs=12)
    asked = question({"learning_rate": [1e-2]}, base=base)
    rows = asked.folds[0].test
    answers = asked.problem.answers.to_list()
    for row in rows:
        answers[row] = {"0": "1", "1": "2", "2": "0"}[answers[row]]
    other = replace(asked.problem, answers=pl.Series("y", answers))
    run = asked.runs(_ask({"learning_rate": 1e-2}), {})[:1]
    one = evaluate(asked.problem, run, asked.folds, asked.scorers).scores[0]
    two = evaluate(other, run, asked.folds, asked.scorers).scores[0]
    assert one.curve == two.curve
    assert one.best_epoch == two.best_epoch
    assert one.scores != two.scores


def test_a_setting_that_diverges_harms_nobody_and_is_never_best():
    found = found_by(question({"learning_rate": [1e-2, 1e30], "optimizer": ["sgd"]}))
    assert found.trials[1].score is None
    assert found.trials[1].ended == {"diverged": 3}
    assert found.best().number == 0
    alone = found_by(question({"learning_rate": [1e-2], "optimizer": ["sgd"]}))
    assert found.trials[0].score == pytest.approx(alone.trials[0].score)


def test_no_best_where_all_diverged():
    found = found_by(question({"learning_rate": [1e30], "optimizer": ["sgd"]}))
    with pytest.raises(TrainingError, match="There is no best trial: every one diverged"):
        found.best()


class Cut(Exception):
    """Stands for a kill in the middle."""


@pytest.mark.parametrize("method", ["grid", {"kind": "halving", "factor": 3, "min_epochs": 1}])
@pytest.mark.parametrize("after", [1, 4, 8, 11])
def test_a_search_that_was_cut_short_ends_as_an_unbroken_one(tmp_path, method, after):
    space = RATES if method == "grid" else {"learning_rate": loguniform(1e-3, 1e-1)}
    asked, trials = question(space), None if method == "grid" else 5
    unbroken = found_by(asked, method, trials)
    seen = 0

    def cut(event):
        nonlocal seen
        seen += isinstance(event, RunDone)
        if seen >= after:
            raise Cut

    with Store.open(tmp_path / "run.db", create=True) as store:
        store.begin({})
        if after < len(unbroken.runs):
            with pytest.raises(Cut):
                found_by(asked, method, trials, keeper=StoreKeeper(store, asked), on_event=cut)
        again = found_by(asked, method, trials, keeper=StoreKeeper(store, asked))
    assert figures_of(again) == figures_of(unbroken)


@pytest.mark.parametrize("method", ["grid", {"kind": "halving", "factor": 3, "min_epochs": 1}])
def test_a_search_killed_when_all_runs_of_a_batch_were_kept_goes_on(tmp_path, method):
    """The last moment before a batch is closed: nothing of it is left to train, but all of it to be told."""
    space = RATES if method == "grid" else {"learning_rate": loguniform(1e-3, 1e-1)}
    asked, trials = question(space), None if method == "grid" else 5
    unbroken = found_by(asked, method, trials)

    class Killed(StoreKeeper):
        def close_batch(self, number, told):
            raise Cut

    with Store.open(tmp_path / "run.db", create=True) as store:
        store.begin({})
        with pytest.raises(Cut):
            found_by(asked, method, trials, keeper=Killed(store, asked))
        again = found_by(asked, method, trials, keeper=StoreKeeper(store, asked))
    assert figures_of(again) == figures_of(unbroken)


def test_another_strategy_cannot_go_on(tmp_path):
    asked = question(RATES)
    with Store.open(tmp_path / "run.db", create=True) as store:
        store.begin({})
        found_by(asked, keeper=StoreKeeper(store, asked))
        with pytest.raises(TrainingError, match="asks otherwise"):
            found_by(question({"dropout": [0.0, 0.1]}), keeper=StoreKeeper(store, asked))


def test_when_the_time_is_over_nothing_is_waited_for():
    asked = question({"learning_rate": loguniform(1e-4, 1e-1)}, base=replace(BASE, epochs=20_000))
    found = found_by(asked, "random", trials=40, budget=1.0)
    assert found.timed_out
    assert not found.interrupted
    assert len(found.trials) < 40


def test_a_budget_that_ends_with_the_last_network_loses_nothing():
    """Time that is over when all has ended interrupts nobody."""
    asked, over = question(RATES), False

    def see(event):
        nonlocal over
        over = over or isinstance(event, Finished)

    runs = [run for values in asked.space.grid() for run in asked.runs(_ask(values), {})]
    found = evaluate(asked.problem, runs, asked.folds, asked.scorers, on_event=see, stop=lambda: over)
    assert len(found.scores) == len(runs)
    assert not found.interrupted


def test_probabilities_are_calibrated_where_that_is_asked():
    base = replace(BASE, validation=0.3, epochs=30, hidden=(32,), learning_rate=0.05)
    asked = question({"calibrate": [True, "auto"]}, base=base, names=("log_loss", "accuracy"))
    with_, without = found_by(asked).trials.values()
    assert with_.scores["accuracy"] == without.scores["accuracy"]
    assert with_.parts != without.parts
    with pytest.raises(SettingError, match="'calibrate' setting needs at least 10 validation rows"):
        found_by(question({"calibrate": [True]}))


def test_folds_within_folds_are_refused():
    with pytest.raises(SettingError, match="Expected a number of epochs in a search"):
        evaluate(*_one(replace(BASE, epochs="cv")))


def _one(settings: Settings):
    asked = question({"hidden": choice((4,))})
    return asked.problem, [Run(0, settings, 0, 0)], asked.folds, asked.scorers


def _ask(values):
    from shoal.sweep.strategy import Ask

    return Ask(0, values)
