"""What head and loss the settings lead to, and what does not go together."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal import load
from shoal.errors import SettingError, SettingNotice, TargetError
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.outcome import decided, loss_of, rate_factors_of, task_named_by
from shoal.nets.heads import HEADS
from shoal.nets.losses import LOSSES
from shoal.pipeline import train_table
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

ROWS = 240
FAST = {"hidden": (16,), "epochs": 60, "learning_rate": 0.02, "weight_decay": 0.0, "batch_size": 64}


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """A score f of two numbers; a noisy value of it, its counts, and its ordered classes."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-1.5, 1.5, (2, ROWS))
    f = a - 0.5 * b
    grade = np.array(["low", "mid", "high", "top"])[
        np.digitize(f + 0.1 * rng.logistic(size=ROWS), [-0.7, 0, 0.7])
    ]
    noise = np.where(b > 0, 0.05, 0.5) * rng.standard_normal(ROWS)
    return pl.DataFrame(
        {"a": a, "b": b, "y": f + noise, "count": rng.poisson(np.exp(f + 1.0)), "grade": grade}
    )


def trained(table: pl.DataFrame, target: str, **settings):
    return train_table(table.select("a", "b", target), target, Settings(**{**FAST, **settings}), test=80)


def saved(model, tmp_path):
    model.save(tmp_path / "m.shoal")
    return load(tmp_path / "m.shoal")


# ---------------------------------------------------------------- decisions


@pytest.mark.parametrize(
    ("task", "settings", "head", "loss"),
    [
        ("regression", {}, "linear", "squared_error"),
        ("regression", {"loss": "huber"}, "linear", "huber"),
        ("regression", {"loss": "poisson"}, "poisson", "poisson"),
        ("regression", {"head": "gaussian"}, "gaussian", "gaussian"),
        ("regression", {"quantiles": (0.2, 0.8)}, "quantiles", "quantile"),
        ("regression", {"loss": {"kind": "quantile", "levels": (0.2, 0.8)}}, "quantiles", None),
        ("regression", {"loss": {"kind": "quantile", "levels": 0.2}}, "linear", None),
        ("multiclass", {"loss": "squared_emd"}, "softmax", "squared_emd"),
        ("multiclass", {"head": "ordinal"}, "ordinal", "ordinal"),
        ("multiclass", {"loss": "ordinal"}, "ordinal", "ordinal"),
        ("binary", {"loss": "focal"}, "sigmoid", "focal"),
        ("multilabel", {"loss": "focal"}, "multilabel", "focal"),
    ],
)
def test_head_and_loss_follow_from_each_other(task, settings, head, loss):
    found = decided(Settings(**settings), task)
    assert (found["head"], found["loss"]) == (head, loss or settings["loss"])
    again = Settings(**{**settings, **found})
    assert decided(again, task) == found, "deciding twice is deciding once"


def test_every_head_and_loss_can_be_had_by_name():
    assert {decided(Settings(head=head), kind.task)["head"] for head, kind in HEADS.items()} == set(HEADS)
    for loss, kind in LOSSES.items():
        task = HEADS[kind.heads[0]].task
        assert loss_of(Settings(**decided(Settings(loss=loss), task))).kind == loss


def test_a_head_says_what_the_target_is_where_its_values_do_not():
    asked = [{}, {"loss": "huber"}, {"loss": "gaussian"}, {"quantiles": (0.5,)}, {"head": "ordinal"}]
    tasks = [task_named_by(Settings(**one)) for one in asked]
    assert tasks == [None, None, "regression", "regression", "multiclass"]


def test_numbers_come_from_wherever_they_are_given():
    assert loss_of(Settings(loss="huber", huber_delta=2.0)).numbers == (("delta", 2.0),)
    levels = Settings(loss="quantile", head="quantiles", quantiles=(0.2, 0.8))
    assert loss_of(levels).numbers == (("levels", (0.2, 0.8)),)


def test_thresholds_learn_faster_unless_the_optimizer_searches():
    assert rate_factors_of(Settings(head="ordinal", optimizer="adam")) == (("head.thresholds", 10.0),)
    assert rate_factors_of(Settings(head="ordinal", optimizer="lbfgs")) == ()
    assert rate_factors_of(Settings(head="softmax", optimizer="adam")) == ()


@pytest.mark.parametrize(
    ("task", "settings", "message"),
    [
        (
            "multiclass",
            {"head": "poisson"},
            r"The head 'poisson' does not suit a multiclass target\. .*softmax, ord",
        ),
        ("binary", {"head": "ordinal"}, r"three classes or more\. Two classes are simply binary"),
        (
            "multiclass",
            {"loss": "huber"},
            r"The loss 'huber' does not suit a multiclass target\. Choose one of: cro",
        ),
        (
            "regression",
            {"head": "poisson", "loss": "huber"},
            r"does not suit the head 'poisson'\. .*: poisson\.",
        ),
        ("regression", {"quantiles": (0.9, 0.1)}, r"quantiles to be levels that rise\. Got \[0\.9, 0\.1\]"),
        ("regression", {"quantiles": ()}, r"quantiles to be levels that rise\. Got \[\]"),
        (
            "regression",
            {"quantiles": (0.1,), "head": "linear"},
            r"is for the head 'quantiles'\. Got quantiles=\(0\.1",
        ),
        (
            "regression",
            {"quantiles": (0.1,), "loss": {"kind": "quantile", "levels": [0.2]}},
            r"Expected one list of levels\. Got quantiles=\[0\.1\], and \[0\.2\]",
        ),
        (
            "regression",
            {"head": "linear", "loss": {"kind": "quantile", "levels": [0.2, 0.8]}},
            r"The head 'linear' has one level",
        ),
        ("regression", {"loss": {"kind": "wing", "width": -1}}, r"width of the loss 'wing' .* Got -1"),
        (
            "multiclass",
            {"class_order": ("a", "b", "c")},
            r"'class_order' setting is for the ordinal head and",
        ),
        (
            "multiclass",
            {"loss": "focal", "label_smoothing": 0.1},
            r"The loss 'focal' knows no label_smoothing",
        ),
    ],
)
def test_what_does_not_go_together(task, settings, message):
    with pytest.raises(SettingError, match=message):
        decided(Settings(**settings), task)


# ---------------------------------------------------------------- from table to answers


def test_quantiles_hold_their_share_of_the_rows_and_never_cross(table, tmp_path):
    done = trained(table, "y", quantiles=(0.1, 0.5, 0.9))
    model, rows = saved(done.model, tmp_path), table.select("a", "b", "y")[done.split.train]
    found = model.predict_quantiles(rows)
    assert found.shape == (len(rows), 3)
    assert (np.diff(found, axis=1) >= 0).all()
    below = (rows["y"].to_numpy()[:, None] <= found).mean(axis=0)
    np.testing.assert_allclose(below, [0.1, 0.5, 0.9], atol=0.08)
    np.testing.assert_array_equal(model.predict(rows), found[:, 1])
    assert done.scores["figures"]["rmse"]["value"] < table["y"].std()
    with pytest.raises(SettingError, match=r"the head 'gaussian', which predicts .* Got 'quantiles'"):
        model.predict_std(rows)


def test_a_deviation_is_in_units_of_the_target_and_finds_where_the_noise_is(table, tmp_path):
    shown = table.select("a", "b", y=100.0 * pl.col("y") + 7.0)
    model = saved(trained(shown, "y", head="gaussian", epochs=150).model, tmp_path)
    std, noisy = model.predict_std(shown), table["b"].to_numpy() < 0
    assert 20 < std[noisy].mean() < 80
    assert std[~noisy].mean() < 0.6 * std[noisy].mean()
    with pytest.raises(
        SettingError, match=r"the head 'quantiles', which predicts quantiles\. Got 'gaussian'"
    ):
        model.predict_quantiles(shown)


def test_counts_are_predicted_as_rates_in_their_own_units(table, tmp_path):
    done = trained(table, "count", loss="poisson")
    model = saved(done.model, tmp_path)
    rate = np.exp(table["a"].to_numpy() - 0.5 * table["b"].to_numpy() + 1.0)
    found = model.predict(table.select("a", "b"))
    assert (found > 0).all()
    assert np.corrcoef(found, rate)[0, 1] > 0.9
    assert found.mean() == pytest.approx(table["count"].mean(), rel=0.1)
    with pytest.raises(TargetError, match=r"at least 0 in the target 'y', for the poisson head\. Got -"):
        trained(table, "y", head="poisson")


def test_an_accuracy_to_stop_at_is_for_classes():
    with pytest.raises(
        SettingError, match=r"'stop_accuracy' setting is for classes\. Got 0\.9 with a regression"
    ):
        decided(Settings(stop_accuracy=0.9), "regression")


def test_weights_of_classes_are_for_classes():
    with pytest.raises(SettingError, match=r"'class_weight' setting is for classes\. Got 'balanced'"):
        decided(Settings(class_weight="balanced"), "regression")


def test_a_delta_is_given_once():
    with pytest.raises(SettingError, match=r"one delta\. Got huber_delta=3\.0, and 1\.5 in the loss"):
        loss_of(Settings(loss={"kind": "huber", "delta": 1.5}, huber_delta=3.0))
    assert dict(loss_of(Settings(loss="huber", huber_delta=3.0)).numbers) == {"delta": 3.0}


def test_a_delta_that_no_loss_takes_is_told(table):
    with pytest.warns(SettingNotice, match="huber_delta has no effect: the loss squared_error has no delta"):
        trained(table, "y", huber_delta=3.0, epochs=1)


def test_a_small_table_learns_rates_and_variances_calmly(table):
    """With the defaults, the spread of rows that were not trained on is right on average."""
    assert resolved(Settings(head="gaussian"), Facts(300, "regression")).dropout == 0.25
    assert resolved(Settings(head="gaussian"), Facts(3000, "regression")).dropout == 0.0
    assert resolved(Settings(loss="poisson", dropout=0.1), Facts(300, "regression")).dropout == 0.1
    assert resolved(Settings(loss="huber"), Facts(300, "regression")).dropout == 0.0
    rows = table.select("a", "b", "y")
    model = train_table(rows[:160], "y", Settings(head="gaussian"), test=0).model
    error = model.predict(rows[160:].drop("y")) - rows["y"].to_numpy()[160:]
    surprise = error / model.predict_std(rows[160:].drop("y"))
    assert 0.3 < np.mean(np.square(surprise)) < 3.0


@pytest.mark.parametrize("asked", [{"head": "ordinal"}, {"loss": "squared_emd"}])
def test_ordered_classes_are_learnt_in_the_order_given(table, tmp_path, asked):
    order = ("low", "mid", "high", "top")
    done = trained(table, "grade", class_order=order, **asked)
    model = saved(done.model, tmp_path)
    assert model.target.classes == order
    assert done.scores["figures"]["accuracy"]["value"] > 0.6
    chances = model.predict_proba(table.select("a", "b"))
    np.testing.assert_allclose(chances.sum(1), 1.0)
    truth = model.target.encode(table["grade"])
    assert np.abs(chances.argmax(1) - truth).mean() < 0.4, "a wrong class is a near one"
    assert model.predict(table.select("a", "b")).tolist() == [order[k] for k in chances.argmax(1)]


def test_nets_with_other_levels_train_together(table):
    from shoal.fitting.problem import problem_of
    from shoal.pipeline import fit

    problem = problem_of(table.drop("count", "grade"), "y", task="regression")
    asked = [Settings(**FAST, quantiles=levels) for levels in ((0.1, 0.5), (0.5, 0.9))]
    low, high = (model.predict_quantiles(table.drop("count", "grade")) for model, *_ in fit(problem, asked))
    assert (low[:, 0] < high[:, 1]).mean() > 0.95
    assert np.abs(low[:, 1] - high[:, 0]).mean() < 0.3
