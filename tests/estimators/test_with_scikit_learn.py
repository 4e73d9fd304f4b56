"""Networks inside scikit-learn's pipelines, searches and calibration."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import StackingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from shoal import NetClassifier, NetRegressor

pytestmark = pytest.mark.usefixtures("no_looks")

X, Y = make_classification(120, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=5)
PLAIN = {"hidden": (8,), "epochs": 15, "learning_rate": 0.03, "random_state": 0}


def test_a_search_over_two_processes_finds_what_one_finds():
    grid = {"learning_rate": [0.001, 0.03], "hidden": [(4,), (8,)]}
    one, two = (GridSearchCV(NetClassifier(**PLAIN), grid, cv=2, n_jobs=jobs).fit(X, Y) for jobs in (1, 2))
    assert one.best_params_ == two.best_params_
    assert one.cv_results_["mean_test_score"].tolist() == two.cv_results_["mean_test_score"].tolist()
    assert (one.predict_proba(X) == two.predict_proba(X)).all()


def test_pipelines_and_columns_of_a_frame():
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "x", "y"), "c": X[:, 2]})
    columns = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    net = make_pipeline(columns, StandardScaler(with_mean=False), NetClassifier(**PLAIN)).fit(frame, Y)
    assert net.predict(frame).shape == (120,)
    assert net.score(frame, Y) > 0.4


def test_validation_rows_pass_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        net = NetClassifier(**PLAIN).set_fit_request(X_val=True, y_val=True)
        chain = Pipeline([("scale", StandardScaler()), ("net", net)], transform_input=["X_val"])
        chain.fit(X[:90] * 100, Y[:90], X_val=X[90:] * 100, y_val=Y[90:])
    scaled = StandardScaler().fit(X[:90] * 100)
    alone = NetClassifier(**PLAIN).fit(
        scaled.transform(X[:90] * 100), Y[:90], X_val=scaled.transform(X[90:] * 100), y_val=Y[90:]
    )
    assert chain[-1].validation_loss_curve_ == alone.validation_loss_curve_


def test_weights_are_routed_to_fit_and_score():
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        net = NetClassifier(**PLAIN).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(
            net, X, Y, cv=2, params={"sample_weight": weight}, return_estimator=True, return_indices=True
        )
    rows = found["indices"]["train"][0]
    alone = NetClassifier(**PLAIN).fit(X[rows], Y[rows], sample_weight=weight[rows])
    assert (alone.predict_proba(X) == found["estimator"][0].predict_proba(X)).all()
    rest = found["indices"]["test"][0]
    assert found["test_score"][0] == alone.score(X[rest], Y[rest], sample_weight=weight[rest])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(method):
    net = CalibratedClassifierCV(NetClassifier(**PLAIN), method=method, cv=2).fit(X, Y)
    proba = net.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert net.score(X, Y) > 0.5


def test_cross_validation_repeats_itself():
    first, second = (cross_val_score(NetClassifier(**PLAIN), X, Y, cv=3) for _ in range(2))
    assert first.tolist() == second.tolist()
    assert first.mean() > 0.45
    proba = cross_val_predict(NetClassifier(**PLAIN), X, Y, cv=2, method="predict_proba")
    assert proba.shape == (120, 3)
    assert cross_val_score(NetRegressor(**PLAIN), X, X[:, 0] + X[:, 1], cv=2, scoring="r2").mean() > 0


def test_joblib_keeps_every_bit():
    net = NetClassifier(**PLAIN).fit(X, Y)
    memory = io.BytesIO()
    joblib.dump(net, memory)
    memory.seek(0)
    assert (joblib.load(memory).predict_proba(X) == net.predict_proba(X)).all()


def test_a_network_may_be_a_part_of_larger_things():
    stack = StackingClassifier(
        [("net", NetClassifier(**PLAIN)), ("linear", LogisticRegression())], cv=2, passthrough=True
    ).fit(X, Y)
    assert stack.score(X, Y) > 0.5
    net = NetClassifier(**PLAIN).fit(X, Y)
    found = permutation_importance(net, X, Y, n_repeats=1, random_state=0)
    assert found.importances_mean.shape == (5,)
    labels = np.column_stack([Y == 0, Y == 2]).astype(int)
    assert ClassifierChain(NetClassifier(**PLAIN), cv=2).fit(X, labels).predict(X).shape == (120, 2)


def test_html_and_text_show_what_was_asked():
    net = NetClassifier(hidden=(8, 4), dropout=0.1)
    assert repr(net) == "NetClassifier(dropout=0.1, hidden=(8, 4))"
    assert "NetClassifier" in net._repr_html_()
