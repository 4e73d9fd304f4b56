"""Importances and dependence: scikit-learn's to the number, columns of text too, members, and refusals."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn import inspection

from shoal import NetClassifier, NetRegressor
from shoal.errors import ColumnError, InputError, SettingError
from shoal.history.metrics import METRICS
from shoal.lens import answers, partial_dependence, permutation_importance
from shoal.lens.explaining.dependence import Dependence
from shoal.lens.explaining.importance import Importances

pytestmark = pytest.mark.usefixtures("no_looks")

ROWS = 60


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 3))
    y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)
    return X, y, NetClassifier(hidden=(4,), epochs=12, learning_rate=0.05, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({"size": rng.normal(size=ROWS), "kind": rng.choice(["a", "b"], ROWS)})
    price = frame["size"] * 2 + (frame["kind"] == "a").cast(pl.Float64) * 3
    net = NetRegressor(hidden=(4,), epochs=8, learning_rate=0.05, ensemble=2, random_state=0).fit(
        frame, price
    )
    return frame, price, net


def test_importances_are_scikit_learns(numbers):
    X, y, net = numbers
    wanted = inspection.permutation_importance(net, X, y, n_repeats=3, random_state=4, scoring="neg_log_loss")
    found = permutation_importance(net, X, y, metric="log_loss", repeats=3, seed=4)
    for i in range(3):
        mine = found[f"x{i}"]
        assert mine.losses == pytest.approx(wanted.importances[i].tolist(), rel=1e-9)
        assert (mine.mean, mine.std) == pytest.approx((wanted.importances_mean[i], wanted.importances_std[i]))
        assert mine.low <= mine.mean <= mine.high
    assert found.score == pytest.approx(METRICS["log_loss"](y, net.predict_proba(X)))
    assert found.columns[0].name == "x0"
    assert Importances.from_json(found.to_json()) == found


def test_errors_and_shares_lose_in_the_same_direction(numbers):
    X, y, net = numbers
    for metric in ("accuracy", "log_loss", "roc_auc"):
        assert permutation_importance(net, X, y, metric=metric, repeats=2)["x0"].mean > 0, metric


def test_dependence_is_scikit_learns(numbers):
    X, _, net = numbers
    wanted = inspection.partial_dependence(net, X, [0], grid_resolution=6, method="brute", kind="both")
    found = partial_dependence(net, X, "x0", points=6)
    assert found.values == pytest.approx(wanted["grid_values"][0].tolist())
    assert found.mean == pytest.approx(wanted["average"][0].tolist(), rel=1e-9)
    own = np.quantile(wanted["individual"][0], (0.1, 0.9), axis=0)
    assert found.low == pytest.approx(own[0].tolist(), rel=1e-9)
    assert found.high == pytest.approx(own[1].tolist(), rel=1e-9)
    assert Dependence.from_json(found.to_json()) == found


def test_columns_of_text_and_members(mixed):
    frame, price, net = mixed
    found = permutation_importance(net, frame, price, repeats=2, most_rows=30)
    assert (found.rows, found.metric) == (30, "rmse")
    assert all(len(one.members) == 2 for one in found.columns)
    told = partial_dependence(net, frame, "kind")
    assert told.values == ("a", "b")
    assert told.mean[0] > told.mean[1]
    assert np.mean(told.members, axis=0) == pytest.approx(np.array(told.mean), rel=1e-6)
    assert sum(told.seen) == pytest.approx(1.0)


def test_answers_are_what_the_network_says(mixed):
    frame, price, net = mixed
    seen = answers(net, frame.with_columns(price.alias(net.model_.target.names[0])))
    assert seen.prediction == pytest.approx(net.predict(frame))
    assert seen.truth == pytest.approx(price.to_numpy())


def test_what_is_refused(numbers, mixed):
    X, y, net = numbers
    with pytest.raises(ColumnError, match="The network uses no column 'x9'"):
        permutation_importance(net, X, y, columns=["x9"])
    with pytest.raises(ColumnError, match="Did you mean 'size'"):
        partial_dependence(mixed[2], mixed[0], "sise")
    with pytest.raises(SettingError, match="not defined for a binary target"):
        permutation_importance(net, X, y, metric="rmse")
    with pytest.raises(SettingError, match="repeats"):
        permutation_importance(net, X, y, repeats=0)
    with pytest.raises(InputError, match="Expected one answer for each of the 60 rows"):
        permutation_importance(net, X, y[:5])
