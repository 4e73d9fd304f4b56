"""`SweepCV` over a pipeline of scikit-learn, beside scikit-learn's own search over the same one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, TargetEncoder

from shoal import NetClassifier, NetRegressor
from shoal.errors import SettingError
from shoal.sweep.search_cv import SweepCV

X, y = load_iris(return_X_y=True)
NET = NetClassifier(hidden=(4,), epochs=8, learning_rate=0.03, random_state=0)
EXACT = NetClassifier(hidden=(4,), epochs=8, learning_rate=0.03, precision="float64", random_state=0)
FOLDS = KFold(3, shuffle=True, random_state=0)


class Witness(TransformerMixin, BaseEstimator):
    """Lets rows pass, and remembers which it was fitted to; the first column numbers them."""

    fitted: list[tuple[float, ...]] = []  # noqa: RUF012  # shared by all clones, to be read by the test

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def fit(self, X, y=None):
        self.fitted.append((self.factor, *np.asarray(X)[:, 0]))
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.asarray(X) * self.factor


@pytest.fixture
def witness():
    Witness.fitted.clear()
    return Witness()


def compared(pipe, grid, X, y, **told):
    """Return our search and scikit-learn's over the same pipeline, grid and folds."""
    ours = SweepCV(pipe, grid, cv=FOLDS, random_state=0, method="grid", **told).fit(X, y)
    return ours, GridSearchCV(pipe, grid, cv=FOLDS, **told).fit(X, y)


def test_it_finds_what_grid_search_finds():
    """Fit by fit the same figures; transformers and the network vary, and a step is replaced as a whole."""
    pipe = Pipeline([("scale", StandardScaler()), ("pca", PCA(random_state=0)), ("net", EXACT)])
    grid = {
        "scale": [StandardScaler(), "passthrough"],
        "pca__n_components": [2, 3],
    }
    ours, theirs = compared(pipe, grid, X, y, scoring="neg_log_loss", return_train_score=True)
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    place = {repr(params): i for i, params in enumerate(theirs.cv_results_["params"])}
    same = [place[repr(dict(sorted(params.items())))] for params in ours.cv_results_["params"]]
    assert sorted(same) == list(range(4))
    for name in ("split0_test_score", "split2_test_score", "mean_test_score", "mean_train_score"):
        assert ours.cv_results_[name] == pytest.approx(theirs.cv_results_[name][same], rel=1e-9)
    assert repr(dict(sorted(ours.best_params_.items()))) == repr(theirs.best_params_)
    assert ours.best_estimator_.predict_proba(X) == pytest.approx(theirs.predict_proba(X), rel=1e-9)
    assert isinstance(ours.best_estimator_, Pipeline)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-9)
    assert ours.n_features_in_ == 4


def test_transformers_see_training_rows_only_and_are_shared(witness):
    """One fit for each fold and each choice of the transformer's parameter, and one in the end."""
    numbered = np.column_stack([np.arange(150), X])
    grid = {"witness__factor": [1.0, 2.0], "netclassifier__learning_rate": [1e-3, 1e-2, 3e-2]}
    SweepCV(make_pipeline(witness, NET), grid, cv=FOLDS, n_seeds=2, random_state=0).fit(numbered, y)
    *searched, last = Witness.fitted
    trains = [tuple(map(float, train)) for train, _ in FOLDS.split(X)]
    assert sorted(searched) == sorted((factor, *train) for factor in (1.0, 2.0) for train in trains)
    assert last[1:] == tuple(range(150))


def test_other_answers_of_the_rows_that_score_change_no_training():
    """A transformer that looks at answers, and cross-fits on its training rows, learns nothing of them."""
    table = pd.DataFrame({"a": np.repeat(list("pqr"), 50), "b": X[:, 0]})
    pipe = make_pipeline(
        ColumnTransformer([("code", TargetEncoder(cv=FOLDS), ["a"])], remainder="passthrough"), NET
    )
    [(train, test)] = list(KFold(2, shuffle=True, random_state=1).split(X))[:1]
    other = y.copy()
    other[test] = (other[test] + 1) % 3
    one, two = (
        SweepCV(
            pipe, {"netclassifier__learning_rate": [1e-2]}, cv=[(train, test)], random_state=0, refit=False
        )
        .fit(table, answers)
        .found_.runs[0, 0, 0]
        for answers in (y, other)
    )
    assert one.curve["loss"] == two.curve["loss"]
    assert one.scores != two.scores


def test_a_frame_through_a_column_transformer():
    table = pd.DataFrame(X[:, :3], columns=["a", "b", "c"]).assign(d=np.where(X[:, 3] > 1, "wide", "thin"))
    columns = ColumnTransformer(
        [("word", OneHotEncoder(), ["d"]), ("rest", StandardScaler(), ["a", "b", "c"])]
    )
    ours, theirs = compared(
        make_pipeline(columns, EXACT),
        {"columntransformer__rest__with_mean": [True, False], "netclassifier__l2": [0.0, 0.1]},
        table,
        np.array(["x", "y", "z"])[y],
    )
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"])
    assert ours.classes_.tolist() == ["x", "y", "z"]
    assert ours.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert (ours.predict(table) == theirs.predict(table)).all()


def test_words_and_frames_of_changing_width():
    """Every fold has words of its own, so its networks have a width of their own."""
    words = [" ".join(("red", "blue", f"w{i % 7}")[: 1 + i % 3]) for i in range(60)]
    values = np.array([len(w.split()) for w in words])
    pipe = make_pipeline(CountVectorizer(), EXACT)
    ours, theirs = compared(pipe, {"countvectorizer__binary": [True, False]}, words, values)
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"])
    framed = make_pipeline(StandardScaler().set_output(transform="pandas"), EXACT)
    ours, theirs = compared(framed, {"netclassifier__l2": [0.0, 0.1]}, pd.DataFrame(X).add_prefix("x"), y)
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"])


def test_pipelines_within_pipelines():
    inner = Pipeline([("scale", MinMaxScaler()), ("net", EXACT)])
    pipe = Pipeline([("pca", PCA(3, random_state=0)), ("model", inner)])
    grid = {"model__net__l2": [0.0, 0.3], "model__scale__clip": [True, False]}
    ours, theirs = compared(pipe, grid, X, y)
    assert ours.cv_results_["mean_test_score"] == pytest.approx(theirs.cv_results_["mean_test_score"])
    assert ours.best_params_ == theirs.best_params_


def test_quantities_distributions_and_early_stopping():
    net = NetRegressor(hidden=(4,), epochs=30, validation=0.2, patience=2)
    search = SweepCV(
        make_pipeline(StandardScaler(), net),
        {"netregressor__learning_rate": loguniform(1e-3, 1e-1)},
        n_trials=3,
        cv=3,
        random_state=0,
    ).fit(X[:, :3], X[:, 3])
    assert search.refit_params_["netregressor__validation"] == 0.0
    kept = search.best_estimator_[-1]
    assert kept.epochs == search.found_.best().median_epoch == kept.n_iter_
    assert len(search.trials_frame_["netregressor__learning_rate"].unique()) == 3


def test_a_scorer_is_given_the_pipeline_and_the_rows_as_they_were_handed_in():
    def scorer(pipe, part, truth):
        assert part.shape[1] == 4
        assert (pipe[:-1].transform(part).mean(axis=0) != 0).all()  # fitted on other rows
        return float((pipe.predict(part) == truth).mean())

    grid = {"netclassifier__l2": [0.0, 0.1]}
    pipe = make_pipeline(StandardScaler(), EXACT)
    own = SweepCV(pipe, grid, cv=FOLDS, random_state=0, scoring=scorer).fit(X, y)
    usual = SweepCV(pipe, grid, cv=FOLDS, random_state=0, refit=False).fit(X, y)
    assert own.cv_results_["mean_test_score"] == pytest.approx(usual.cv_results_["mean_test_score"])


def test_rows_of_weight_zero_are_no_rows(witness):
    """Neither to the network nor to the transformers, in the folds and in the end."""
    numbered = np.column_stack([np.arange(150), X])
    weight = np.where(np.arange(150) % 3 == 0, 0.0, 2.0)
    kept = np.flatnonzero(weight)
    grid = {"netclassifier__l2": [0.0, 0.1]}
    pipe = make_pipeline(witness, EXACT)
    weighed = SweepCV(pipe, grid, cv=2, random_state=0).fit(numbered, y, sample_weight=weight)
    assert {int(row) for fit in Witness.fitted for row in fit[1:]} == set(kept)
    few = SweepCV(pipe, grid, cv=2, random_state=0).fit(numbered[kept], y[kept], sample_weight=weight[kept])
    assert weighed.cv_results_["mean_test_score"] == pytest.approx(few.cv_results_["mean_test_score"])


def test_groups_nesting_and_a_space_of_its_own():
    groups = np.arange(150) % 10
    pipe = make_pipeline(StandardScaler(), NetClassifier(hidden=(4,), epochs=2))
    search = SweepCV(pipe, method="random", n_trials=2, cv=2, nested=2, random_state=0)
    search.fit(X, y, groups=groups)
    assert "netclassifier__learning_rate" in search.best_params_
    assert len(search.nested_scores_) == 2
    assert "netclassifier__learning_rate" in search._html_repr()


def test_a_kept_search_goes_on_with_its_transformers(tmp_path, witness):
    pipe, store = make_pipeline(witness, NET), tmp_path / "run.db"
    grid = {"netclassifier__l2": [0.0, 0.1], "witness__factor": [1.0, 2.0]}
    first = SweepCV(pipe, grid, cv=FOLDS, random_state=0, store=store, refit=False).fit(X, y)
    again = SweepCV(pipe, grid, cv=FOLDS, random_state=0, store=store, refit=False).fit(X, y)
    assert (first.cv_results_["mean_test_score"] == again.cv_results_["mean_test_score"]).all()


def test_halving_goes_on_behind_the_same_transformers():
    pipe = make_pipeline(StandardScaler(), NET)
    grid = {"netclassifier__learning_rate": loguniform(1e-3, 1e-1)}
    halving = {"kind": "halving", "factor": 2, "min_epochs": 2}
    found = SweepCV(pipe, grid, method=halving, n_trials=4, cv=FOLDS, random_state=0, refit=False).fit(X, y)
    best = found.found_.best()
    whole = make_pipeline(StandardScaler(), NET).set_params(**found.best_params_)
    assert found.best_score_ == pytest.approx(cross_val_score(whole, X, y, cv=FOLDS).mean(), abs=0.021)
    assert best.rung == 8


@pytest.mark.parametrize(
    ("estimator", "grid", "message"),
    [
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            {},
            "pipeline that ends in LogisticRegression",
        ),
        (BaggingClassifier(NET), {}, "Got BaggingClassifier; scikit-learn's own searches"),
        (TransformedTargetRegressor(NetRegressor()), {}, "Got TransformedTargetRegressor"),
        (make_pipeline(NET), {"netclassifier__l3": [1]}, "Did you mean 'netclassifier__l2'"),
        (make_pipeline(NET), {"learning_rate": [0.1]}, "Pipeline has no setting 'learning_rate'"),
        (make_pipeline(NET), {"netclassifier__dropout": [1.5]}, "'dropout' parameter of NetClassifier"),
        (
            make_pipeline(NET),
            {"netclassifier__random_state": [1]},
            "no setting 'netclassifier__random_state'",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(estimator, grid, message):
    with pytest.raises(SettingError, match=message):
        SweepCV(estimator, grid, cv=2).fit(X, y)
