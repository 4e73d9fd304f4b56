"""`SweepCV` beside scikit-learn's own searches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from shoal import NetClassifier, NetRegressor
from shoal.errors import SettingError
from shoal.sweep.search_cv import SweepCV

pytestmark = pytest.mark.usefixtures("no_looks")

X, y = load_iris(return_X_y=True)
NET = NetClassifier(hidden=(4,), epochs=8, random_state=0)
RATES = {"learning_rate": [1e-3, 3e-2]}
FOLDS = KFold(3, shuffle=True, random_state=0)


def test_it_finds_what_grid_search_finds():
    """Same folds, same seed: the same figures as scikit-learn's search over our own network, fit by fit."""
    ours = SweepCV(NET, RATES, cv=FOLDS, random_state=0, return_train_score=True).fit(X, y)
    theirs = GridSearchCV(NET, RATES, cv=FOLDS, return_train_score=True).fit(X, y)
    assert ours.best_params_ == theirs.best_params_
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    for name in ("split0_test_score", "mean_test_score", "mean_train_score"):
        assert ours.cv_results_[name] == pytest.approx(theirs.cv_results_[name], abs=0.021)  # a row of 50
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert ours.cv_results_["rank_test_score"].tolist() == theirs.cv_results_["rank_test_score"].tolist()
    assert (ours.predict(X) == ours.best_estimator_.predict(X)).all()
    assert ours.score(X, y) == ours.best_estimator_.score(X, y)
    assert ours.classes_.tolist() == [0, 1, 2]
    assert ours.n_features_in_ == 4


def test_the_best_settings_give_the_best_score_again():
    """Fitted alone, fold by fold, from the same seed; the folds are of one size, so that no step differs."""
    space = {"hidden": [(4,), (4, 4), (6,)], "weight_decay": [0.0, 0.1]}
    net = NetClassifier(learning_rate=0.03, epochs=8, precision="float64", random_state=3)
    found = SweepCV(net, space, cv=FOLDS, scoring="neg_log_loss", random_state=3, refit=False).fit(X, y)
    again = cross_val_score(net.set_params(**found.best_params_), X, y, cv=FOLDS, scoring="neg_log_loss")
    assert found.best_score_ == pytest.approx(again.mean(), rel=1e-9)


def test_several_scores_and_scorers_of_ones_own():
    def errors(estimator, X, y):
        return -float((estimator.predict(X) != y).sum())

    search = SweepCV(
        NET, RATES, cv=FOLDS, random_state=0, scoring={"auc": "roc_auc_ovr", "errors": errors}, refit="errors"
    ).fit(X, y)
    assert search.multimetric_
    assert search.best_score_ == search.cv_results_["mean_test_errors"].max()
    assert search.score(X, y) == errors(search, X, y)
    assert search.cv_results_["mean_test_auc"].max() > 0.7


def test_the_program_and_scikit_learn_score_alike():
    quick = SweepCV(NET, RATES, cv=FOLDS, random_state=0, refit=False).fit(X, y)
    slow = SweepCV(NET, RATES, cv=FOLDS, random_state=0, refit=False, scoring=_accuracy).fit(X, y)
    assert quick.cv_results_["mean_test_score"] == pytest.approx(slow.cv_results_["mean_test_score"])


def _accuracy(estimator, X, y):
    return float((estimator.predict(X) == y).mean())


def test_what_stopped_early_is_refitted_for_the_median_of_the_folds():
    net = NetRegressor(hidden=(4,), epochs=30, validation=0.2, patience=2, random_state=0)
    search = SweepCV(net, {"learning_rate": [1e-2]}, cv=3, random_state=0).fit(X[:, :3], X[:, 3])
    trial = search.found_.best()
    assert search.best_estimator_.epochs == trial.median_epoch == search.best_estimator_.n_iter_
    assert search.refit_params_["validation"] == 0.0


def test_nested():
    search = SweepCV(NET, RATES, cv=2, nested=2, random_state=0).fit(X, y)
    assert len(search.nested_scores_) == 2
    assert all(0 < s <= 1 for s in search.nested_scores_)


def test_a_space_of_its_own():
    search = SweepCV(NetClassifier(epochs=2), n_trials=3, method="random", cv=2, random_state=0).fit(X, y)
    assert len(search.trials_frame_) == 3
    assert "learning_rate" in search.best_params_


def test_importances():
    grid = {"learning_rate": [1e-4, 1e-3, 1e-2, 1e-1], "l2": [0.0, 1e-9, 1e-8]}
    search = SweepCV(NET, grid, cv=3, random_state=0, refit=False).fit(X, y)
    assert search.importances_.settings[0].names == ("learning_rate",)
    assert search.importances_.settings[0].seen


def test_groups_and_weights():
    groups = np.arange(150) % 10
    weight = np.ones(150)
    weight[::5] = 0.0
    search = SweepCV(NET, RATES, cv=5, random_state=0, refit=False).fit(
        X, y, sample_weight=weight, groups=groups
    )
    kept = groups[weight > 0]
    for fold in search.question_.folds:
        assert not set(kept[fold.train]) & set(kept[fold.test])


def test_scikit_learn_may_search_around_it():
    assert cross_val_score(SweepCV(NET, RATES, cv=2, random_state=0), X, y, cv=2).min() > 0.3


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"space": {"learning_rat": [0.1]}}, "Did you mean 'learning_rate'"),
        ({"space": {"dropout": [1.5]}}, "'dropout' parameter of NetClassifier"),
        ({"method": "gird"}, "Did you mean 'grid'"),
        ({"n_seeds": 0}, "n_seeds"),
        ({"budget": "soon"}, "Expected budget as a time such as 90"),
        ({"scoring": "acuracy"}, "Did you mean 'accuracy'"),
        ({"scoring": ["accuracy", "log_loss"]}, "Expected refit to name the score"),
        ({"nested": 3, "refit": False}, "Expected refit=True beside nested"),
    ],
)
def test_bad_input_is_refused(told, message):
    with pytest.raises(SettingError, match=message):
        SweepCV(NET, **{"space": RATES, "cv": 2, **told}).fit(X, y)


def test_other_estimators_are_refused():
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(SettingError, match="Expected a NetClassifier or NetRegressor"):
        SweepCV(LogisticRegression(), {"C": [1.0]}).fit(X, y)
