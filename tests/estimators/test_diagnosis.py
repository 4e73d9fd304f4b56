"""``net.diagnosis_``: what went wrong, and that its remedy helps."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from shoal import NetRegressor


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(200, 3))
    return X, X.sum(axis=1)


def test_before_fit_there_is_none():
    with pytest.raises(NotFittedError):
        _ = NetRegressor().diagnosis_


def test_a_finding_names_a_setting_that_helps(rows, capsys):
    net = NetRegressor(
        hidden=(16,), learning_rate=1e-6, epochs=150, validation=0.2, random_state=0, verbose=True
    ).fit(*rows)
    found = net.diagnosis_[0]
    assert (found.code, dict(found.change)) == ("S104", {"learning_rate": 0.01})
    assert found.in_words() in capsys.readouterr().out
    assert "S104" in net.model_.card()
    slow = min(net.validation_loss_curve_)
    net.set_params(**found.change).fit(*rows)
    assert min(net.validation_loss_curve_) < 0.5 * slow
    assert [one.code for one in net.diagnosis_ if one.severity != "note"] == []


def test_a_saved_network_keeps_its_diagnosis(rows, tmp_path):
    import shoal

    net = NetRegressor(hidden=(16,), epochs=150, validation=0.2, random_state=0).fit(*rows)
    net.save(tmp_path / "m.shoal")
    assert shoal.load(tmp_path / "m.shoal").diagnosis == net.diagnosis_
