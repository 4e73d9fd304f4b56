"""E9: the number of epochs by cross-validation, then every row trains for so long."""

from __future__ import annotations

import signal

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_classification, make_regression

from shoal import NetClassifier, NetRegressor, fit_many
from shoal.errors import SettingError
from shoal.fitting.epochs_by_folds import EpochsFound, for_all_rows
from shoal.fitting.judging import held_out
from shoal.fitting.problem import problem_of
from shoal.pipeline import fit, train_table
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

COMMON = {"hidden": (8,), "learning_rate": 0.03, "random_state": 0}


@pytest.fixture(scope="module")
def classes():
    return make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)


@pytest.fixture(scope="module")
def found(classes):
    return NetClassifier(**COMMON, epochs="cv", patience=5).fit(*classes)


def frame_of(X, y) -> pl.DataFrame:
    return pl.DataFrame({f"f{i}": column for i, column in enumerate(X.T)}).with_columns(y=pl.Series(y))


# ---------------------------------------------------------------- the number


@pytest.mark.parametrize(
    ("best", "folds", "number", "said"),
    [
        (
            (12, 15, 9, 40, 14),
            5,
            14,
            "Trained 14 epochs, the median of 5 folds' best epochs (12, 15, 9, 40, 14).",
        ),
        ((1, 1), 2, 1, "Trained 1 epoch, the median of 2 folds' best epochs (1, 1)."),
        ((3, 4), 2, 4, "Trained 4 epochs, the median of 2 folds' best epochs (3, 4)."),
        ((2, 3, 4, 9), 2, 4, "Trained 4 epochs, the median of 2 folds' networks' best epochs (2, 3, 4, 9)."),
    ],
)
def test_the_median_and_its_words(best, folds, number, said):
    one = EpochsFound(best, folds, {})
    assert (one.number, one.reason) == (number, said)


def test_one_fold_that_never_stops_does_not_move_it():
    assert EpochsFound((10, 11, 9, 10, 1000), 5, {}).number == 10


def test_the_settings_of_the_last_training():
    given = Settings(epochs="cv", patience=3, stop_loss=0.1, stop_accuracy=0.9, min_epochs=4, max_time=9.0)
    after = for_all_rows(given, EpochsFound((7,), 1, {}))
    assert (after.epochs, after.validation, after.patience, after.monitor) == (7, 0.0, None, "loss")
    assert (after.stop_loss, after.stop_accuracy, after.min_epochs, after.max_time) == (None, None, 0, 9.0)
    assert for_all_rows(given, None) is given


# ---------------------------------------------------------------- laws


def test_the_network_is_the_one_of_that_many_epochs(classes, found):
    """Bit for bit, its schedule included: cosine ends with the last epoch."""
    X, y = classes
    same = NetClassifier(**COMMON, epochs=found.settings_.epochs, validation=0.0, patience=None).fit(X, y)
    np.testing.assert_array_equal(found.predict_proba(X), same.predict_proba(X))
    assert found.history_["learning_rate"] == same.history_["learning_rate"]
    assert found.n_iter_ == found.settings_.epochs
    assert found.settings_.validation == 0.0
    assert found.get_params()["epochs"] == "cv"


def test_the_folds_stop_early_on_their_own_rows(classes, found):
    """Each fold alone, trained by hand."""
    X, y = classes
    problem = problem_of(frame_of(X, y.astype(str)), "y")
    given = Settings(hidden=(8,), learning_rate=0.03)
    best = []
    for fold in held_out(problem, given):
        rows = {"train": fold.train, "valid": fold.test}
        net = NetClassifier(**COMMON, epochs=120, patience=5)
        net.fit(X[rows["train"]], y[rows["train"]], X_val=X[rows["valid"]], y_val=y[rows["valid"]])
        best.append(net.best_iter_)
    said = found.stop_reason_
    assert said.startswith(f"Trained {found.n_iter_} epochs, the median of 5 folds' best epochs (")
    assert f"All {found.n_iter_} epochs done" in said
    told = [int(number) for number in said.partition("(")[2].partition(")")[0].split(", ")]
    assert found.n_iter_ == int(np.median(told))
    assert told == best


def test_the_figures_of_the_folds_are_the_scores(classes, found):
    X, _ = classes
    scores = found.model_.scores
    assert scores["rows"] == len(X)
    assert scores["method"] == "5-fold cross-validation, which chose the number of epochs too"
    assert 0.3 < scores["figures"]["accuracy"]["value"] < 1.0
    card = found.model_.card()
    assert "Judged by 5-fold cross-validation, which chose the number of epochs too: each of 90 rows" in card
    assert "Trained" in card


def test_the_monitored_figure_chooses(classes):
    X, y = classes
    by_accuracy = NetClassifier(**COMMON, epochs="cv", patience=5, monitor="val_metric").fit(X, y)
    assert by_accuracy.stop_reason_.startswith("Trained")
    assert by_accuracy.settings_.monitor == "loss"


def test_a_regression_and_an_ensemble():
    X, y = make_regression(60, 4, noise=5.0, random_state=0)
    net = NetRegressor(**COMMON, epochs="cv", patience=3, ensemble=2).fit(X, y)
    assert net.stop_reason_.startswith(f"Trained {net.n_iter_} epochs, the median of 5 folds' networks' best")
    assert net.stop_reason_.partition(")")[0].count(",") == 1 + 9  # one in the sentence, ten best epochs
    assert net.model_.scores["members"]["count"] == 2
    assert [len(one.history) for one in net.model_.members] == [net.n_iter_] * 2


def test_many_networks_each_find_their_own(classes):
    X, y = classes
    net = NetClassifier(hidden=(8,), patience=5)
    nets = fit_many(
        net, [{"epochs": "cv", "learning_rate": 0.03}, {"epochs": 3}], X, y, seeds=[0], exact=True
    )
    assert nets[1].n_iter_ == 3
    assert nets[1].model_.scores == {}
    assert nets[0].stop_reason_.startswith("Trained")
    alone = NetClassifier(**COMMON, epochs="cv", patience=5).fit(X, y)
    np.testing.assert_array_equal(nets[0].predict_proba(X), alone.predict_proba(X))


# ---------------------------------------------------------------- tables


def test_a_table_is_judged_by_the_folds_that_found_it(classes):
    done = train_table(frame_of(*classes), "y", Settings(hidden=(8,), epochs="cv", patience=3))
    assert done.scores["method"].endswith("which chose the number of epochs too")
    assert len(done.split.train) == len(classes[1])
    assert done.history.stop_reason.startswith("Trained")


def test_test_rows_judge_where_there_are_some(classes):
    done = train_table(frame_of(*classes), "y", Settings(hidden=(8,), epochs="cv", patience=3), test=0.2)
    assert done.scores["method"] == "test rows"
    assert (len(done.split.train), len(done.split.test)) == (72, 18)


@pytest.mark.parametrize("role", ["group", "time_column"])
def test_groups_and_times_stay_whole(classes, role, monkeypatch):
    X, y = classes
    frame = frame_of(X, y).with_columns(part=pl.Series(np.arange(len(y)) // 15))
    seen = []

    def watched(problem, settings, *, folds=None, **told):
        seen.append((problem, folds))
        return fit(problem, settings, folds=folds, **told)

    monkeypatch.setattr("shoal.pipeline.fit", watched)
    train_table(frame, "y", Settings(hidden=(4,), epochs="cv", patience=2), **{role: "part"}, test=0)
    folds = next(folds for _, folds in seen if folds)
    part = frame["part"].to_numpy()
    for fold in folds:
        if role == "group":
            assert not set(part[fold.train]) & set(part[fold.valid])
        else:
            assert part[fold.train].max() < part[fold.valid].min()


# ---------------------------------------------------------------- what is refused, and interrupted


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"validation": 0.2}, r"no validation rows beside epochs='cv'.* Got validation=0\.2"),
        ({"monitor": "loss"}, r"beside epochs='cv': the training loss does not say when to stop"),
        ({"epochs": "vc"}, r"'epochs' parameter .* must be an int in the range \[1, inf\), 'auto' or 'cv'"),
    ],
)
def test_refused(classes, wrong, sentence):
    with pytest.raises(SettingError, match=sentence):
        NetClassifier(**{**COMMON, "epochs": "cv", **wrong}).fit(*classes)


def test_refused_with_what_is_handed_in(classes, found):
    X, y = classes
    net = NetClassifier(**COMMON, epochs="cv")
    with pytest.raises(SettingError, match=r"Got X_val and y_val\."):
        net.fit(X, y, X_val=X, y_val=y)
    with pytest.raises(SettingError, match=r"at least 10 rows.* Got 8 rows; set epochs to a number"):
        net.fit(X[:8], y[:8])
    with pytest.raises(SettingError, match=r"partial_fit, which trains one at a time\. Got epochs='cv'"):
        net.partial_fit(X, y, classes=[0, 1, 2])
    warm = NetClassifier(**COMMON, epochs=2, warm_start=True).fit(X, y)
    with pytest.raises(SettingError, match=r"starts anew\. Set epochs to a number to go on"):
        warm.set_params(epochs="cv").fit(X, y)


def test_ctrl_c_among_the_folds_keeps_nothing(classes, monkeypatch):
    def look_on(watch, event):
        if type(event).__name__ == "EpochsDone":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("shoal.estimators.watching.Watch.__call__", look_on)
    net = NetClassifier(**COMMON, epochs="cv", patience=None)
    with pytest.raises(KeyboardInterrupt):
        net.fit(*classes)
    assert not hasattr(net, "model_")
