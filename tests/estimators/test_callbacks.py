"""scikit-learn's callbacks on a network."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV

from shoal import NetClassifier, NetRegressor

X, Y = make_classification(80, 4, random_state=3)
PLAIN = {"hidden": (8,), "epochs": 5, "learning_rate": 0.03, "random_state": 0}


class Recorder:
    """Notes what it is told, and stops the training after some epochs."""

    def __init__(self, stop_after: int = 10**9):
        self.stop_after = stop_after
        self.told: list[str] = []
        self.scores: list[float] = []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"{context.task_name} begins")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.told.append(f"{context.task_name} ends")
        if context.task_name == "epoch":
            self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) >= self.stop_after
        return False


def test_a_fit_is_a_task_and_so_is_each_epoch():
    recorder = Recorder()
    watched = NetClassifier(**PLAIN).set_callbacks(recorder).fit(X, Y)
    epochs = ["epoch begins", "epoch ends"] * 5
    assert recorder.told == ["setup", "fit begins", *epochs, "fit ends", "teardown"]
    alone = NetClassifier(**PLAIN).fit(X, Y)
    assert (watched.predict_proba(X) == alone.predict_proba(X)).all()
    assert watched.loss_curve_ == alone.loss_curve_
    assert watched.stop_reason_ == alone.stop_reason_
    assert recorder.scores[-1] == alone.score(X, Y)
    assert not [name for name in vars(watched) if "callback" in name and name != "_skl_callbacks"]


def test_true_from_an_epoch_stops_the_training():
    net = NetClassifier(**PLAIN).set_callbacks(Recorder(stop_after=2)).fit(X, Y)
    assert net.n_iter_ == 2
    assert net.stop_reason_.startswith("Stopped on request after epoch 2")


def test_early_stopping_ends_the_epochs_too():
    recorder = Recorder()
    net = NetRegressor(**{**PLAIN, "epochs": 200, "learning_rate": 0.1}, patience=2)
    net.set_callbacks(recorder).fit(X[:60], X[:60, 0], X_val=X[60:], y_val=X[60:, 1])
    assert net.n_iter_ < 200
    assert recorder.told.count("epoch begins") == recorder.told.count("epoch ends") == net.n_iter_


@pytest.mark.filterwarnings("ignore:The `ProgressBar`")
def test_the_progress_bar_of_scikit_learn(capsys):
    net = NetClassifier(**PLAIN).set_callbacks(ProgressBar()).fit(X, Y)
    assert "NetClassifier - fit" in capsys.readouterr().out
    assert net.n_iter_ == 5


def test_the_scoring_monitor_of_scikit_learn():
    monitor = ScoringMonitor(scoring="accuracy")
    net = NetClassifier(**PLAIN).set_callbacks(monitor).fit(X, Y, sample_weight=np.ones(80))
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 5
    assert scores[-1] == net.score(X, Y)


def test_callbacks_of_a_search_reach_the_networks(capsys):
    bar = ProgressBar(max_propagation_depth=1)
    search = GridSearchCV(NetClassifier(**PLAIN), {"learning_rate": [0.01, 0.03]}, cv=2).set_callbacks(bar)
    search.fit(X, Y)
    shown = capsys.readouterr().out
    assert "GridSearchCV" in shown
    assert "NetClassifier - fit" in shown
