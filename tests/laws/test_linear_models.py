"""A network without hidden layers is a linear model, and training finds the one that algebra finds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from shoal import NetClassifier, NetRegressor

# One full batch, float64, and a rate that ends at zero: the same as descent on the whole sum.
TO_THE_END = {
    "hidden": (),
    "optimizer": "nesterov",
    "momentum": 0.95,
    "learning_rate": 0.05,
    "schedule": "linear",
    "epochs": 3000,
    "batch_size": 1000,
    "validation": 0.0,
    "smooth_clip": False,
    "number_embedding": "none",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "precision": "float64",
    "random_state": 0,
}
REGRESSION = {name: value for name, value in TO_THE_END.items() if name != "label_smoothing"}


@pytest.fixture(scope="module")
def table():
    X, y = make_regression(120, 5, noise=20.0, random_state=0)
    return X * [1.0, 10.0, 0.1, 3.0, 1.0] + [0.0, 5.0, -3.0, 0.0, 1.0], y + 100.0


def test_squared_loss_is_linear_regression(table):
    X, y = table
    net = NetRegressor(**REGRESSION).fit(X, y)
    np.testing.assert_allclose(net.predict(X), LinearRegression().fit(X, y).predict(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_squared_loss_with_l2_is_ridge(weighted, table):
    """Mean squared error plus ``l2 * |w|^2``, in standard units, is Ridge with ``alpha = l2 * rows``."""
    X, y = table
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else np.ones(len(y))
    net = NetRegressor(**REGRESSION, l2=0.1).fit(X, y, sample_weight=weight)
    Z = StandardScaler().fit(X, sample_weight=weight).transform(X)
    ridge = Ridge(alpha=0.1 * weight.sum()).fit(Z, y, sample_weight=weight)
    np.testing.assert_allclose(net.predict(X), ridge.predict(Z), rtol=1e-6)
    spread = np.sqrt(np.cov(y, aweights=weight, ddof=0))
    np.testing.assert_allclose(net.coefs_[0][:, 0] * spread, ridge.coef_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropy_with_l2_is_logistic_regression(classes):
    """Mean cross-entropy plus ``l2 * |w|^2`` is LogisticRegression with ``C = 1 / (2 rows l2)``."""
    X, y = make_classification(
        150, 5, n_informative=3, n_redundant=0, n_classes=classes, random_state=1, class_sep=0.7
    )
    net = NetClassifier(**TO_THE_END, l2=0.01).fit(X, y)
    Z = StandardScaler().fit_transform(X)
    oracle = LogisticRegression(C=1 / (2 * len(y) * 0.01), tol=1e-10, max_iter=10_000).fit(Z, y)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(Z), atol=1e-6)
    np.testing.assert_allclose(net.coefs_[0].T, oracle.coef_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_lbfgs_is_there_in_tens_of_epochs(classes):
    """D4: no rate, no schedule, no batch size to choose; every epoch is one step on all rows."""
    X, y = make_classification(
        150, 5, n_informative=3, n_redundant=0, n_classes=classes, random_state=1, class_sep=0.7
    )
    net = NetClassifier(hidden=(), optimizer="lbfgs", l2=0.01, epochs=40, precision="float64").fit(X, y)
    Z = StandardScaler().fit_transform(X)
    oracle = LogisticRegression(C=1 / (2 * len(y) * 0.01), tol=1e-10, max_iter=10_000).fit(Z, y)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(Z), atol=1e-6)


def test_several_quantities_are_several_regressions():
    X, y = make_regression(80, 3, n_targets=2, noise=5.0, random_state=0)
    net = NetRegressor(**REGRESSION).fit(X, y)
    np.testing.assert_allclose(net.predict(X), LinearRegression().fit(X, y).predict(X), rtol=1e-5, atol=1e-5)
