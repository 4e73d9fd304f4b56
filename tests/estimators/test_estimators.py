"""Estimators as users call them: what goes in, what comes out, what is refused."""

from __future__ import annotations

import pickle
import signal
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression

from shoal import NetClassifier, NetRegressor, load
from shoal.errors import DataNotice, SettingError, TargetError, TrainingError, TrainingWarning
from shoal.fitting.problem import Problem
from shoal.pipeline import fit as pipeline_fit
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

SMALL = {"hidden": (8,), "epochs": 6, "learning_rate": 0.03, "random_state": 0}


class Nothing:
    """A callback of scikit-learn's that does nothing."""

    def setup(self, estimator, context): ...
    def teardown(self, estimator, context): ...
    def on_fit_task_begin(self, estimator, context): ...
    def on_fit_task_end(self, estimator, context): ...


@pytest.fixture(scope="module")
def classes():
    return make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    rows = 80
    frame = pl.DataFrame(
        {
            "size": rng.normal(size=rows),
            "colour": rng.choice(["red", "green", "blue"], rows),
            "seen": pl.Series([None if v < 0.2 else v for v in rng.uniform(size=rows)]),
            "own": rng.choice([True, False], rows),
        }
    )
    y = np.where(frame["size"].to_numpy() + (frame["colour"] == "red").to_numpy() > 0.3, "yes", "no")
    return frame, y


# ---------------------------------------------------------------- parameters


def test_classes_in_an_order_of_their_own_keep_the_columns_of_scikit_learn():
    """Also where training goes on, and with whole numbers as classes."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (90, 2))
    y = np.array([3, 1, 2])[np.digitize(X[:, 0], [-0.3, 0.3])]
    net = NetClassifier(
        (8,), head="ordinal", class_order=[3, 1, 2], learning_rate=0.05, epochs=60, random_state=0
    )
    net.fit(X, y)
    assert net.classes_.tolist() == [1, 2, 3]
    assert net.model_.target.classes == (3, 1, 2)
    assert net.score(X, y) > 0.8
    assert (net.classes_[net.predict_proba(X).argmax(axis=1)] == net.predict(X)).all()
    assert (net.classes_[net.decision_function(X).argmax(axis=1)] == net.predict(X)).all()
    more = clone(net).partial_fit(X, y, classes=[1, 2, 3]).partial_fit(X, y)
    assert more.model_.target.classes == (3, 1, 2)


@pytest.mark.parametrize("kind", [NetClassifier, NetRegressor])
def test_parameters_are_the_settings_with_the_same_defaults(kind):
    left_out = {
        NetClassifier: {"huber_delta", "quantiles"},
        NetRegressor: {
            *("label_smoothing", "class_weight", "class_order"),
            *("balance", "calibrate", "stop_accuracy"),
        },
    }[kind]
    expected = {n: v for n, v in vars(Settings()).items() if n not in left_out | {"seed"}}
    given = kind().get_params()
    assert {n: given[n] for n in expected} == expected
    extra = {"act": False, "log": None, "random_state": None, "warm_start": False, "verbose": False}
    assert {n: v for n, v in given.items() if n not in expected} == extra
    assert list(given) == sorted(given)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"patience": 0}, r"The 'patience' parameter of NetClassifier must be an int .* Got 0 instead\."),
        ({"activation": "relo"}, r"Got 'relo' instead\. Did you mean 'relu'\?"),
        ({"warm_start": "yes"}, r"The 'warm_start' parameter of NetClassifier must be a bool"),
        ({"random_state": -1}, r"The 'random_state' parameter of NetClassifier must be an int in the range"),
        ({"loss": "huber"}, r"The loss 'huber' does not suit a multiclass target"),
        ({"class_weight": {7: 2.0}}, r"names 7, which is none of the classes"),
        ({"monitor": "val_loss"}, r"Expected validation rows for monitor='val_loss'"),
    ],
)
def test_a_wrong_parameter_is_refused_at_fit_in_one_sentence(wrong, sentence, classes):
    net = NetClassifier(**wrong)
    with pytest.raises(SettingError, match=sentence):
        net.fit(*classes)
    assert issubclass(SettingError, ValueError)


def test_numbers_of_numpy_are_as_good_as_those_of_python(classes, tmp_path):
    net = NetClassifier(
        hidden=[np.int64(8)],
        epochs=np.int64(3),
        learning_rate=np.float32(0.01),
        class_weight={np.int64(0): 2},
    )
    net.set_params(random_state=np.int64(4)).fit(*classes).save(tmp_path / "net.shoal")
    again = load(tmp_path / "net.shoal")
    assert again.provenance["settings"]["given"]["epochs"] == 3


# ---------------------------------------------------------------- the pipeline behind


def test_an_estimator_is_the_pipeline(classes):
    X, y = classes
    net = NetClassifier(**SMALL).fit(X, y)
    frame = pl.DataFrame(X, schema=[f"x{i}" for i in range(X.shape[1])])
    from shoal.data import know_columns

    problem = Problem(frame, pl.Series("y", y), "multiclass", know_columns(frame, as_given=True))
    settings = Settings(hidden=(8,), epochs=6, learning_rate=0.03, seed=0)
    [(model, _, _)] = pipeline_fit(problem, [settings])
    assert (net.predict_proba(X) == model.predict_proba(frame)).all()
    assert net.loss_curve_ == model.history["loss"]


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.float64, bool, str, object])
def test_classes_keep_their_values_and_type(dtype, classes):
    X, y = classes
    y = (y > 0).astype(bool) if dtype is bool else y.astype(dtype)
    if dtype is object:
        y = np.array([f"class {value}" for value in y], dtype=object)
    net = NetClassifier(**SMALL).fit(X, y)
    assert net.classes_.dtype == y.dtype
    assert net.predict(X).dtype == y.dtype
    assert net.classes_.tolist() == np.unique(y).tolist()
    assert net.score(X, y) > 0.4


def test_probabilities_sum_to_one_and_agree_with_logits_and_classes(classes):
    X, y = classes
    net = NetClassifier(**SMALL).fit(X, y)
    proba, logits = net.predict_proba(X), net.decision_function(X)
    assert proba.shape == logits.shape == (90, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)
    assert (net.predict(X) == net.classes_[logits.argmax(axis=1)]).all()
    np.testing.assert_allclose(net.predict_log_proba(X), np.log(proba))
    two = NetClassifier(**SMALL).fit(X, y > 0)
    assert two.decision_function(X).shape == (90,)
    assert ((two.decision_function(X) > 0) == two.predict(X)).all()


def test_every_kind_of_table_gives_the_same_network(classes):
    X, y = classes
    X = np.where(np.abs(X) < 0.5, 0.0, X)  # so that sparse means something
    names = list("abcde")
    nets = {
        "numpy": NetClassifier(**SMALL).fit(X, y),
        "fortran": NetClassifier(**SMALL).fit(np.asfortranarray(X), y),
        "list": NetClassifier(**SMALL).fit(X.tolist(), y.tolist()),
        "object": NetClassifier(**SMALL).fit(X.astype(object), y),
        "csr": NetClassifier(**SMALL).fit(sparse.csr_array(X), y),
        "coo": NetClassifier(**SMALL).fit(sparse.coo_matrix(X), y),
        "pandas": NetClassifier(**SMALL).fit(pd.DataFrame(X, columns=names), pd.Series(y)),
        "polars": NetClassifier(**SMALL).fit(pl.DataFrame(X, schema=names), pl.Series(y)),
        "arrow": NetClassifier(**SMALL).fit(pl.DataFrame(X, schema=names).to_arrow(), y),
        "lazy": NetClassifier(**SMALL).fit(pl.DataFrame(X, schema=names).lazy(), y),
        "columns": NetClassifier(**SMALL).fit({name: X[:, i] for i, name in enumerate(names)}, y),
    }
    expected = nets["numpy"].predict_proba(X)
    tables = {"pandas": pd.DataFrame(X, columns=names), "polars": pl.DataFrame(X, schema=names)}
    tables |= dict.fromkeys(["arrow", "columns", "lazy"], tables["polars"]) | {"csr": sparse.csc_array(X)}
    for kind, net in nets.items():
        found = net.predict_proba(tables.get(kind, X))
        assert (found == expected).all(), kind
        assert hasattr(net, "feature_names_in_") == (kind in tables and kind != "csr"), kind


def test_categories_gaps_and_booleans_need_no_preparation(mixed):
    frame, y = mixed
    net = NetClassifier(hidden=(16,), epochs=60, learning_rate=0.03, random_state=0).fit(frame, y)
    assert net.score(frame, y) > 0.9
    assert (net.predict_proba(frame.to_pandas()) == net.predict_proba(frame)).all()
    kinds = {column.name: str(column.kind) for column in net.model_.columns}
    assert kinds == {"size": "number", "colour": "category", "seen": "number", "own": "boolean"}
    unseen = frame[:2].with_columns(colour=pl.lit("violet"), seen=pl.lit(None, pl.Float64))
    assert net.predict_proba(unseen).shape == (2, 2)


def test_arrays_of_objects_may_mix_numbers_and_words(mixed):
    frame, y = mixed
    X = frame.to_numpy()
    assert X.dtype == object
    net = NetClassifier(**SMALL).fit(X, y)
    assert net.n_features_in_ == 4
    assert net.predict(X[:3]).shape == (3,)


def test_columns_that_tell_nothing_are_told_about(mixed):
    frame, y = mixed
    with pytest.warns(DataNotice, match=r"Column 'unit' holds the one value 'cm' and is left out\."):
        net = NetClassifier(**SMALL).fit(frame.with_columns(unit=pl.lit("cm")), y)
    assert net.n_features_in_ == 5


def test_wrong_names_and_widths_are_told_as_scikit_learn_does(mixed):
    frame, y = mixed
    net = NetClassifier(**SMALL).fit(frame, y)
    assert net.feature_names_in_.tolist() == frame.columns
    with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
        net.predict(frame.select(frame.columns[::-1]))
    with pytest.raises(ValueError, match="Feature names unseen at fit time"):
        net.predict(frame.rename({"size": "height"}))
    by_name = "X does not have valid feature names"
    too_few = "X has 3 features, but NetClassifier is expecting 4 features"
    with pytest.warns(UserWarning, match=by_name), pytest.raises(ValueError, match=too_few):
        net.predict(frame.to_numpy()[:, :3])
    with pytest.warns(UserWarning, match=by_name):
        by_place = net.predict(frame.to_numpy())
    assert (by_place == net.predict(frame)).all()


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        ([[1.0], [2.0]], None, "requires y to be passed, but the target y is None"),
        ([[1.0], [2.0]], [0, 1, 1], "inconsistent numbers of samples"),
        ([[1.0], [np.inf]], [0, 1], "Input X contains infinity"),
        ([[1.0], [2.0]], [1, 1], "at least two classes in the target 'y'. Got one class only"),
        ([[1.0], [2.0]], [0.5, 1.7], "Unknown label type: continuous"),
        ([[1.0], [2.0], [3.0]], ["a", None, "b"], "The target is missing in 1 of 3 rows"),
        ([1.0, 2.0], [0, 1], "Expected 2D array, got 1D array instead"),
        (pl.DataFrame({"a": [1.0, np.inf]}), [0, 1], "Column 'a' holds an infinite value in row 2"),
        ([[1.0], [2.0]], [[0, 1], [2, 1]], "Expected labels of 0 and 1"),
    ],
)
def test_data_that_cannot_be_used_is_refused(X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        NetClassifier(**SMALL).fit(X, y)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        ([1.0, None, np.nan], "The target is missing in 2 of 3 rows"),
        (["a", "b", "c"], "Expected numbers in the target. Got 'a'; words are predicted by classification"),
        ([1.0, np.inf, 2.0], "The target holds an infinite value in row 2"),
        ([[1.0, 2.0], [3.0, 4.0], [5.0, np.nan]], "The target 'x1' is missing in 1 of 3 rows"),
    ],
)
def test_quantities_that_cannot_be_used_are_refused(y, sentence):
    with pytest.raises(TargetError, match=sentence):
        NetRegressor(**SMALL).fit([[1.0], [2.0], [3.0]], y)


# ---------------------------------------------------------------- tasks


def test_regression_in_the_units_of_the_target():
    X, y = make_regression(120, 4, noise=1.0, random_state=0)
    y = 1000.0 + 50.0 * y
    net = NetRegressor(hidden=(32,), epochs=150, learning_rate=0.02, random_state=0).fit(X, y)
    assert net.score(X, y) > 0.9
    assert net.predict(X).shape == (120,)
    assert net.out_activation_ == "identity"
    assert net.n_outputs_ == 1


def test_several_quantities_at_once():
    X, y = make_regression(100, 4, n_targets=3, random_state=0)
    frame = pd.DataFrame(y, columns=["a", "b", "c"])
    net = NetRegressor(hidden=(32,), epochs=100, random_state=0).fit(X, frame)
    assert net.predict(X).shape == (100, 3)
    assert net.model_.target.names == ("a", "b", "c")
    assert net.score(X, y) > 0.7
    assert (
        NetRegressor(hidden=(32,), epochs=100, random_state=0).fit(X, y).predict(X) == net.predict(X)
    ).all()


def test_several_labels_at_once(classes):
    X, y = classes
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    net = NetClassifier(hidden=(16,), epochs=60, random_state=0).fit(X, labels)
    assert net.predict_proba(X).shape == net.decision_function(X).shape == (90, 2)
    assert net.predict(X).dtype == labels.dtype
    assert set(np.unique(net.predict(X))) <= {0, 1}
    assert net.score(X, labels) > 0.5
    with pytest.raises(SettingError, match="'class_weight' setting must be None for several labels"):
        clone(net).set_params(class_weight="balanced").fit(X, labels)


def test_a_feature_may_have_the_name_of_the_target():
    frame = pl.DataFrame({"y": [0.0, 1.0, 2.0, 3.0], "x": [1.0, 0.0, 2.0, 5.0]})
    net = NetRegressor(**SMALL).fit(frame, [1.0, 2.0, 4.0, 3.5])
    assert net.predict(frame).shape == (4,)
    assert net.model_.target.names == ("y (target)",)


# ---------------------------------------------------------------- weights


def test_weight_zero_is_a_row_absent_and_weight_two_a_row_twice(classes):
    X, y = classes
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    weighted = NetClassifier(**SMALL).fit(X, y, sample_weight=weight)
    repeated = NetClassifier(**SMALL).fit(X.repeat(weight.astype(int), 0), y.repeat(weight.astype(int)))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)
    present = weight > 0
    absent = NetClassifier(**SMALL).fit(X[present], y[present], sample_weight=weight[present])
    assert (weighted.predict_proba(X) == absent.predict_proba(X)).all()


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 3.0, 2: 0.5}])
def test_class_weight_is_sample_weight(class_weight, classes):
    from sklearn.utils.class_weight import compute_sample_weight

    X, y = classes
    X, y = X[:70], np.where(y[:70] == 2, 1, y[:70]) + (np.arange(70) % 3 == 0)
    plain = {**SMALL, "scaling": "none", "smooth_clip": False}  # weights of rows also weigh in the scaling
    by_class = NetClassifier(**plain, class_weight=class_weight).fit(X, y)
    weight = compute_sample_weight(class_weight, y)
    by_row = NetClassifier(**plain).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([-1.0] * 90, "Negative values in data passed to `sample_weight`"),
        ([0.0] * 90, "must contain at least one non-zero number"),
        ([1.0] * 3, r"sample_weight.shape == \(3,\), expected \(90,\)"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weight, sentence, classes):
    with pytest.raises(ValueError, match=sentence):
        NetClassifier(**SMALL).fit(*classes, sample_weight=weight)


# ---------------------------------------------------------------- repeating, keeping


def test_an_int_gives_the_same_bits_and_none_a_fresh_seed(classes):
    X, y = classes
    first, second = (NetClassifier(**SMALL).fit(X, y) for _ in range(2))
    assert (first.predict_proba(X) == second.predict_proba(X)).all()
    fresh = [NetClassifier(hidden=(8,), epochs=2).fit(X, y).settings_.seed for _ in range(2)]
    assert fresh[0] != fresh[1]
    drawn = [
        NetClassifier(hidden=(8,), epochs=2, random_state=np.random.RandomState(3)).fit(X, y)
        for _ in range(2)
    ]
    assert (drawn[0].predict_proba(X) == drawn[1].predict_proba(X)).all()


def test_pickle_and_file_keep_every_bit(mixed, tmp_path):
    frame, y = mixed
    net = NetClassifier(**SMALL, optimizer="momentum", norm="batch").fit(frame, y)
    again = pickle.loads(pickle.dumps(net))
    assert (again.predict_proba(frame) == net.predict_proba(frame)).all()
    assert again.history_ == net.history_
    net.save(tmp_path / "net.shoal")
    assert (load(tmp_path / "net.shoal").predict_proba(frame) == net.predict_proba(frame)).all()
    again.partial_fit(frame, y)  # a copy can go on
    assert again.n_iter_ == net.n_iter_ + 1


def test_clone_forgets_what_was_learnt(classes):
    net = clone(NetClassifier(**SMALL).fit(*classes))
    assert net.get_params()["hidden"] == (8,)
    assert not hasattr(net, "model_")


# ---------------------------------------------------------------- what is known afterwards


def test_attributes_without_validation(classes):
    X, y = classes
    net = NetClassifier(hidden=(8, 4), epochs=6, random_state=0).fit(X, y)
    assert (net.n_iter_, net.t_, net.n_layers_, net.n_outputs_) == (6, 540, 4, 3)
    assert net.out_activation_ == "softmax"
    assert [w.shape for w in net.coefs_] == [(5, 8), (8, 4), (4, 3)]
    assert [b.shape for b in net.intercepts_] == [(8,), (4,), (3,)]
    assert net.loss_curve_ == net.history_["loss"]
    assert (net.loss_, net.best_loss_) == (net.loss_curve_[-1], min(net.loss_curve_))
    assert net.validation_scores_ is net.best_validation_score_ is net.validation_loss_curve_ is None
    assert net.best_iter_ == 1 + int(np.argmin(net.loss_curve_))
    assert net.stop_reason_.startswith("All 6 epochs done")
    assert net.settings_.optimizer != "auto"
    assert net.n_features_in_ == 5


@pytest.mark.parametrize("kind", [NetClassifier, NetRegressor])
def test_attributes_with_validation(kind, classes):
    X, y = classes
    net = kind(hidden=(8,), epochs=30, patience=3, learning_rate=0.05, random_state=0)
    net.fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    assert len(net.validation_scores_) == len(net.validation_loss_curve_) == net.n_iter_
    assert net.validation_loss_curve_ == net.history_["val_loss"]
    assert net.best_validation_score_ == max(net.validation_scores_)
    assert net.best_loss_ is None
    assert net.best_iter_ == 1 + int(np.argmin(net.validation_loss_curve_))
    # the weights kept are those of the best epoch, so its score is that of the estimator
    score = net.score(X[60:], y[60:])
    assert net.validation_scores_[net.best_iter_ - 1] == pytest.approx(score, rel=1e-6)


def test_a_split_is_made_where_the_parameters_ask_for_one(classes):
    X, y = classes
    net = NetClassifier(**SMALL, validation=0.3).fit(X, y)
    assert len(net.history_["val_loss"]) == 6
    assert net.t_ == 6 * 63


def test_validation_rows_may_be_weighted_and_must_come_with_answers(classes):
    X, y = classes
    weight = np.r_[np.zeros(15), np.ones(15)]
    with_zeros = NetClassifier(**SMALL).fit(
        X[:60], y[:60], X_val=X[60:], y_val=y[60:], sample_weight_val=weight
    )
    without = NetClassifier(**SMALL).fit(X[:60], y[:60], X_val=X[75:], y_val=y[75:])
    np.testing.assert_allclose(with_zeros.validation_loss_curve_, without.validation_loss_curve_, rtol=1e-12)
    with pytest.raises(ValueError, match="X_val and y_val must be passed together"):
        NetClassifier(**SMALL).fit(X, y, X_val=X)
    with pytest.raises(ValueError, match=r"holds 9 in row 1 .* none of the classes learnt: 0, 1, 2"):
        NetClassifier(**SMALL).fit(X, y, X_val=X[:2], y_val=[9, 1])


def test_verbose_prints_the_losses(classes, capsys):
    X, y = classes
    NetClassifier(**{**SMALL, "verbose": True}).fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Epoch 6: loss ")
    assert "validation loss" in last


# ---------------------------------------------------------------- trouble


def test_divergence_is_explained_and_the_best_weights_are_kept():
    X = np.linspace(-1, 1, 40)[:, None]
    burst = {"kind": "step", "every": 5, "factor": 1e160}
    net = NetRegressor(hidden=(), optimizer="sgd", learning_rate=0.05, epochs=9, random_state=0)
    net.set_params(scaling="none", smooth_clip=False, schedule=burst)
    with pytest.warns(
        TrainingWarning, match=r"The loss became infinite or NaN .* Lower learning_rate \(now 0\.05\)"
    ):
        net.fit(X, X[:, 0])
    assert np.isfinite(net.predict(X)).all()
    assert "infinite or NaN" in net.stop_reason_


def test_divergence_from_the_start_is_refused():
    X = np.linspace(-1, 1, 40)[:, None] * 1e200
    net = NetRegressor(hidden=(), scaling="none", smooth_clip=False, epochs=3, random_state=0)
    with pytest.raises(TrainingError, match=r"infinite or NaN in the first epoch\. Lower learning_rate"):
        net.fit(X, X[:, 0])


@pytest.mark.parametrize("callbacks", [(), (Nothing(),)])
def test_ctrl_c_keeps_what_was_learnt(callbacks, classes, monkeypatch):
    def look_on(watch, event):
        # Once only, and not before there is something to keep.
        late = type(event).__name__ == "EpochsDone" and event.first_epoch > 1
        if late and not watch.interrupted:
            signal.raise_signal(signal.SIGINT)
        watch.interrupted = watch.interrupted or type(event).__name__ == "Interrupted"

    monkeypatch.setattr("shoal.estimators.watching.Watch.__call__", look_on)
    X, y = classes
    net = NetClassifier(hidden=(8,), epochs=100_000, random_state=0).set_callbacks(*callbacks)
    with pytest.warns(TrainingWarning, match=r"Interrupted after epoch \d+; .* What was learnt is kept\."):
        net.fit(X, y)
    assert 1 <= net.n_iter_ < 100_000
    assert net.predict(X).shape == (90,)


def test_nothing_is_warned_about_in_an_ordinary_fit(classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NetClassifier(**SMALL).fit(*classes)


def test_layers_may_differ_and_the_metric_of_labels_is_accuracy(classes):
    X, y = classes
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    net = NetClassifier(
        hidden=(6, 5), activation=("relu", "tanh"), dropout=(0.1, 0.0), epochs=3, validation=0.3
    )
    net.set_params(random_state=0).fit(X, labels)
    kinds = [layer.name for _, layer, _ in net.model_.spec.walk() if layer.kind == "activation"]
    assert kinds == ["relu", "tanh"]
    assert net.history_["val_accuracy"] == net.validation_scores_
    assert all(0.0 <= score <= 1.0 for score in net.validation_scores_)
