"""Training that goes on from what is there: partial_fit and warm_start."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression

from shoal import NetClassifier, NetRegressor
from shoal.errors import SettingError

pytestmark = pytest.mark.usefixtures("no_looks")

X, Y = make_classification(96, 4, n_informative=3, n_redundant=0, n_classes=3, random_state=2)
PLAIN = {"hidden": (8,), "learning_rate": 0.02, "random_state": 0}


def test_epochs_of_partial_fit_are_epochs_of_fit():
    """On the same rows, at a constant rate, n calls are a fit of n epochs, bit for bit."""
    fitted = NetClassifier(**PLAIN, epochs=4, schedule="constant").fit(X, Y)
    piecewise = NetClassifier(**PLAIN)
    for _ in range(4):
        piecewise.partial_fit(X, Y, classes=[0, 1, 2])
    assert piecewise.loss_curve_ == fitted.loss_curve_
    assert (piecewise.predict_proba(X) == fitted.predict_proba(X)).all()
    assert piecewise.n_iter_ == piecewise.best_iter_ == 4
    assert piecewise.t_ == 4 * 96


def test_it_goes_on_after_fit_with_the_state_of_the_optimizer():
    net = NetClassifier(**PLAIN, epochs=5, optimizer="adam", schedule="constant").fit(X, Y)
    longer = NetClassifier(**PLAIN, epochs=6, optimizer="adam", schedule="constant").fit(X, Y)
    net = pickle.loads(pickle.dumps(net)).partial_fit(X, Y)
    assert net.loss_curve_ == longer.loss_curve_
    assert (net.predict_proba(X) == longer.predict_proba(X)).all()
    assert net.history_["epoch"] == [1, 2, 3, 4, 5, 6]


def test_classes_are_announced_in_the_first_call():
    net = NetClassifier(**PLAIN)
    with pytest.raises(ValueError, match="Expected the classes in the first call to partial_fit"):
        net.partial_fit(X, Y)
    net.partial_fit(X[Y == 0], Y[Y == 0], classes=[0, 1, 2])
    assert net.predict_proba(X).shape == (96, 3)
    net.partial_fit(X[Y == 2], Y[Y == 2])
    net.partial_fit(X[:1], Y[:1])
    with pytest.raises(
        ValueError, match=r"Expected the classes of the first call to partial_fit, \[0, 1, 2\]"
    ):
        net.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"holds 7 in row 1 .* none of the classes learnt"):
        net.partial_fit(X[:1], [7])


def test_a_stream_of_rows_is_learnt():
    rng = np.random.default_rng(0)
    net = NetRegressor(hidden=(16,), learning_rate=0.02, batch_size=32, random_state=0)
    for _ in range(60):
        rows = rng.normal(size=(64, 2))
        net.partial_fit(rows, 3 * rows[:, 0] - rows[:, 1])
    rows = rng.normal(size=(200, 2))
    assert net.score(rows, 3 * rows[:, 0] - rows[:, 1]) > 0.95
    assert net.n_iter_ == 60


def test_labels_and_several_quantities_go_on_too():
    labels = np.column_stack([Y == 0, Y == 1]).astype(int)
    assert NetClassifier(**PLAIN).partial_fit(X, labels, classes=[0, 1]).partial_fit(X, labels).n_iter_ == 2
    _, y = make_regression(96, 4, n_targets=2, random_state=0)
    assert NetRegressor(**PLAIN).partial_fit(X, y).partial_fit(X[:5], y[:5]).predict(X).shape == (96, 2)


def test_encoders_are_kept_from_the_first_rows():
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "up", "down")})
    net = NetClassifier(**PLAIN).partial_fit(frame, Y, classes=[0, 1, 2])
    encoder = net.model_.encoder
    net.partial_fit(frame[:10].assign(a=100.0, b="sideways"), Y[:10])
    assert net.model_.encoder is encoder
    with pytest.raises(ValueError, match="Feature names unseen at fit time"):
        net.partial_fit(frame.rename(columns={"a": "c"}), Y)


def test_schedules_without_an_end_go_on_and_others_stay_at_their_peak():
    step = {"kind": "step", "factor": 0.5, "every": 2}
    net = NetClassifier(**PLAIN, schedule=step)
    cosine = NetClassifier(**PLAIN, schedule="cosine", epochs=2)
    for _ in range(4):
        net.partial_fit(X, Y, classes=[0, 1, 2])
        cosine.partial_fit(X, Y, classes=[0, 1, 2])
    assert net.history_["learning_rate"] == [0.02, 0.02, 0.01, 0.01]
    assert cosine.history_["learning_rate"] == [0.02] * 4


def test_another_optimizer_or_rate_may_take_over():
    net = NetClassifier(**PLAIN, epochs=3, optimizer="adam").fit(X, Y)
    net.set_params(optimizer="sgd", learning_rate=0.1).partial_fit(X, Y)
    assert net.n_iter_ == 4
    assert net.history_["learning_rate"][-1] == 0.1
    with pytest.raises(SettingError, match="another network"):
        net.set_params(hidden=(4, 4)).partial_fit(X, Y)


def test_warm_start_goes_on_from_the_weights():
    net = NetClassifier(**PLAIN, epochs=20, warm_start=True).fit(X, Y)
    before = net.best_loss_
    net.set_params(epochs=3).fit(X, Y)
    assert net.loss_curve_[20] < net.loss_curve_[10]
    assert net.loss_curve_[20] == pytest.approx(before, rel=0.05)
    assert net.n_iter_ == 23
    assert net.history_["epoch"] == list(range(1, 24))
    assert net.best_iter_ > 20
    cold = NetClassifier(**PLAIN, epochs=3).fit(X, Y)
    assert net.loss_ < cold.loss_
    cold.fit(X, Y)
    assert cold.n_iter_ == 3


def test_warm_start_keeps_encoder_and_classes_and_refuses_another_network():
    net = NetClassifier(**PLAIN, epochs=3, warm_start=True).fit(X, Y)
    encoder = net.model_.encoder
    few = Y < 2
    net.fit(X[few], Y[few])
    assert net.model_.encoder is encoder
    assert net.classes_.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="X has 3 features, but NetClassifier is expecting 4"):
        net.fit(X[:, :3], Y)
    with pytest.raises(SettingError, match="another network"):
        net.set_params(hidden=(9,)).fit(X, Y)


def test_warm_start_may_change_the_precision():
    net = NetRegressor(**PLAIN, epochs=2, warm_start=True, precision="float64").fit(X, X[:, 0])
    net.set_params(precision="float32").fit(X, X[:, 0])
    assert net.coefs_[0].dtype == np.float32
