"""A training that runs into trouble is helped: the remedy applied, the weights from before taken up."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_classification

from shoal import NetClassifier
from shoal.errors import SettingError, TrainingWarning
from shoal.estimators.many import fit_many

X, Y = make_classification(90, 5, n_informative=4, n_redundant=0, random_state=1)
PLAIN = {"hidden": (8,), "epochs": 12, "random_state": 0, "precision": "float64"}
WILD = {**PLAIN, "epochs": 60, "optimizer": "sgd", "learning_rate": 3e3, "schedule": "constant"}


@pytest.fixture(scope="module")
def helped() -> NetClassifier:
    with pytest.warns(TrainingWarning, match=r"S\d+ .* in epoch \d+: set "):
        return NetClassifier(**WILD, act=True).fit(X, Y)


def test_a_training_that_blows_up_ends_well(helped):
    assert helped.score(X, Y) > 0.7
    assert np.isfinite(helped.loss_)
    assert helped.settings_.learning_rate < 3e3


def test_its_history_says_what_was_done_and_has_each_epoch_once(helped):
    notes = [note for note in helped.history_.notes if " set " in note]
    assert 1 <= len(notes) <= 3
    assert any("learning_rate=" in note for note in notes)
    assert helped.history_["epoch"] == list(range(1, len(helped.history_) + 1))
    assert helped.history_.best_epoch in helped.history_["epoch"]


def test_the_same_is_done_every_time(helped):
    with pytest.warns(TrainingWarning):
        again = NetClassifier(**WILD, act=True).fit(X, Y)
    assert again.history_.notes == helped.history_.notes
    assert all(np.array_equal(a, b) for a, b in zip(again.coefs_, helped.coefs_, strict=True))


def test_a_sound_training_is_left_alone():
    plain, watched = (NetClassifier(**PLAIN, act=act).fit(X, Y) for act in (False, True))
    assert watched.history_.notes == plain.history_.notes
    assert watched.history_["loss"] == plain.history_["loss"]
    assert all(np.array_equal(a, b) for a, b in zip(plain.coefs_, watched.coefs_, strict=True))


def test_what_goes_on_starts_from_the_best_weights(monkeypatch):
    from shoal.fitting import acting
    from shoal.history.findings import Finding, Rule

    def seen(evidence):
        if len(evidence.history) < 5 or evidence.setting("clip_norm"):
            return None
        return Finding("S999", "trouble", "warning", "It is so.", "Clip.", "", {}, {"clip_norm": 1.0})

    monkeypatch.setattr(acting, "RULES", {"S999": Rule("S999", "trouble", "", seen, live=True)})
    with pytest.warns(
        TrainingWarning, match="S999 trouble in epoch 5: set clip_norm=1.0 and went on from the"
    ):
        net = NetClassifier(**PLAIN, act=True).fit(X, Y)
    assert net.history_["epoch"] == list(range(1, 13))
    assert net.history_["clipped_share"][:5] == [None] * 5
    assert None not in net.history_["clipped_share"][5:]
    assert net.settings_.clip_norm == 1.0
    losses = net.history_["loss"]
    assert losses[-1] < losses[4] < losses[0]


def test_what_follows_one_network_is_refused_for_several(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match="Expected ensemble=1 with act"):
        NetClassifier(**PLAIN, ensemble=2, act=True).fit(X, Y)
    with pytest.raises(SettingError, match="Expected a number of epochs with act"):
        NetClassifier(**{**PLAIN, "epochs": "cv"}, act=True).fit(X, Y)
    with pytest.raises(SettingError, match="Expected log to be left out for many networks"):
        fit_many(NetClassifier(**PLAIN, log="csv"), [{}], X, Y)
    with pytest.raises(SettingError, match="Expected act to be left out for partial_fit"):
        NetClassifier(**PLAIN, act=True).partial_fit(X, Y, classes=[0, 1])


def test_an_estimator_logs_its_epochs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = NetClassifier(**PLAIN, log=["csv"]).fit(X, Y)
    found = pl.read_csv(f"{net.log_folder_}/history.csv")
    assert found["loss"].to_list() == pytest.approx(net.history_["loss"])
    assert found["gradient_norm/dense_0"].to_list() == pytest.approx(net.history_["gradient_norm/dense_0"])
    with pytest.raises(SettingError, match=r"The 'log' parameter of NetClassifier .* Did you mean 'csv'"):
        NetClassifier(**PLAIN, log="cvs").fit(X, Y)
