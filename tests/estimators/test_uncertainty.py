"""What fitted estimators say of their own answers: calibrated as scikit-learn does it, sampled, unlike."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from shoal import NetClassifier, NetRegressor
from shoal.errors import SettingError, TargetError

pytestmark = pytest.mark.usefixtures("no_looks")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 5))
SCORE = X[:, 0] + RNG.normal(size=240)
CLASSES = {"two": np.where(SCORE > 0, "yes", "no"), "three": np.digitize(SCORE, [-0.7, 0.7])}


@pytest.fixture(scope="module")
def nets() -> dict[str, NetClassifier]:
    """Nets that were trained too long, so that they are too sure."""
    settings = {"hidden": (32,), "epochs": 60, "learning_rate": 0.01, "random_state": 0, "mixture": 2}
    return {name: NetClassifier(**settings).fit(X[:120], y[:120]) for name, y in CLASSES.items()}


@pytest.mark.parametrize("name", CLASSES)
def test_recalibrated_as_scikit_learn_calibrates(nets, name: str) -> None:
    net, y = nets[name], CLASSES[name]
    before, proba = net.predict(X), net.predict_proba(X)
    oracle = CalibratedClassifierCV(FrozenEstimator(net), method="temperature", ensemble=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = oracle.fit(X[120:], y[120:]).predict_proba(X)
    assert net.recalibrate(X[120:], y[120:]) is net
    np.testing.assert_allclose(net.predict_proba(X), expected, atol=2e-4)
    np.testing.assert_array_equal(net.predict(X), before)
    assert net.model_.temperature > 1.2
    assert net.predict_proba(X).max() < proba.max()
    assert net.model_.scores["calibration"]["rows"] == 120


def test_fit_calibrates_on_validation_rows_and_anew() -> None:
    y = CLASSES["two"]
    settings = {"hidden": (16,), "epochs": 40, "learning_rate": 0.01, "random_state": 0}
    plain = NetClassifier(**settings).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    net = NetClassifier(calibrate=True, **settings).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    assert plain.model_.temperature == 1.0
    expected = plain.model_.calibrate(X[120:], y[120:]).temperature
    np.testing.assert_allclose(net.model_.temperature, expected, rtol=1e-6)
    assert net.model_.scores["calibration"]["fitted_on"] == "validation rows"
    with pytest.raises(SettingError, match=r"needs at least 10 validation rows\. There are 0"):
        NetClassifier(calibrate=True, **settings).fit(X[:120], y[:120])


def test_classes_that_were_never_learnt_are_refused(nets) -> None:
    with pytest.raises(TargetError, match="none of the classes learnt"):
        nets["two"].recalibrate(X, ["perhaps"] * 240)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        nets["two"].recalibrate(X, CLASSES["two"][:5])


def test_samples_of_classes_and_quantities() -> None:
    net = NetClassifier(hidden=(16,), dropout=0.3, epochs=5, random_state=0).fit(X, CLASSES["three"])
    drawn = net.predict_samples(X[:7], samples=4, seed=1)
    assert drawn.shape == (4, 7, 3)
    np.testing.assert_allclose(drawn.sum(axis=2), 1.0, rtol=1e-6)
    np.testing.assert_array_equal(net.predict_samples(X[3:4], samples=4, seed=1)[:, 0], drawn[:, 3])
    regressor = NetRegressor(hidden=(16,), dropout=0.3, epochs=5, random_state=0).fit(X, 1000 + SCORE)
    assert 900 < regressor.predict_samples(X[:7]).mean() < 1100
    with pytest.raises(SettingError, match="train it with the setting dropout"):
        NetRegressor(hidden=(4,), epochs=2, random_state=0).fit(X, SCORE).predict_samples(X)


def test_unlikeness_of_new_rows(nets) -> None:
    found = nets["two"].unlikeness(np.vstack([np.zeros(5), np.full(5, 30.0)]))
    assert found.share[0] < 0.5
    assert found.share[1] == 1.0
    assert found.log_density[0] > found.log_density[1]
