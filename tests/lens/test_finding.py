"""D6, the learning-rate finder for estimators: same seed, same answer; the net is untouched afterwards."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal import NetClassifier, NetRegressor, check_recipe, fit_many, lr_find
from shoal.errors import InputError, SettingError
from shoal.lens.asked import asked
from shoal.train.events import SeekingRate

SMALL = {"hidden": (4,), "epochs": 8, "random_state": 3}


def table(rows: int = 60, seed: int = 0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    return X, (X[:, 0] - X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def found():
    return lr_find(NetClassifier(**SMALL), *table(), seeds=3)


def test_every_answer_has_an_interval_over_the_seeds(found):
    assert found.interval[0] <= found.suggestion <= found.interval[1]
    assert found.steepest_interval[0] <= found.steepest * 1.01
    assert found.valley * 0.99 <= found.valley_interval[1]
    assert found.losses.shape == found.batch_losses.shape == (3, 100)
    assert found.seeds == (3, 4, 5)
    np.testing.assert_allclose(found.rates[[0, -1]], [1e-7, 10.0])


def test_the_suggestion_is_the_best_of_what_was_tried(found):
    means = found.trial_losses.mean(axis=0)
    assert found.suggestion == found.trial_rates[means.argmin()]
    assert found.loss_at(found.suggestion) == means.min()
    assert np.isfinite([found.loss_at(found.steepest), found.loss_at(found.valley)]).all()


def test_what_was_found_is_a_table(found):
    frame = found.to_frame()
    assert frame.columns == ["seed", "learning_rate", "loss", "smoothed"]
    assert len(frame) == 300
    assert found.trials()["learning_rate"].is_sorted()
    assert found.to_json()["seeds"] == [3, 4, 5]


def test_same_seed_same_answer_and_the_net_is_untouched(found):
    X, y = table()
    net = NetClassifier(**SMALL).fit(X, y)
    before = {name: copy.deepcopy(value) for name, value in vars(net).items() if name != "model_"}
    weights = {name: value.copy() for name, value in net.model_.params.items()}
    again = lr_find(net, X, y, seeds=3)
    np.testing.assert_array_equal(again.batch_losses, found.batch_losses)
    np.testing.assert_array_equal(again.trial_losses, found.trial_losses)
    assert again.suggestion == found.suggestion
    assert vars(net).keys() == before.keys() | {"model_"}
    assert all(net.model_.params[name].tobytes() == value.tobytes() for name, value in weights.items())
    assert net.get_params() == NetClassifier(**SMALL).get_params()


def test_an_unfitted_net_gets_no_attribute():
    net = NetClassifier(**SMALL)
    before = dict(vars(net))
    lr_find(net, *table(), seeds=1, try_out=False)
    assert vars(net) == before


def test_a_generator_of_random_numbers_does_not_move_on():
    generator = np.random.RandomState(7)
    net = NetClassifier(hidden=(4,), random_state=generator)
    asked(net, *table(), owner="lr_find")
    assert generator.randint(1000) == np.random.RandomState(7).randint(1000)


def test_without_trials_the_valley_is_suggested():
    found = lr_find(NetClassifier(**SMALL), *table(), seeds=2, try_out=False, steps=40)
    assert found.suggestion == found.valley
    assert (found.losses.shape, len(found.trial_rates), found.trainings) == ((2, 40), 0, 0.0)


def test_validation_rows_that_are_handed_in_judge_the_trials():
    X, y = table(80)
    found = lr_find(NetClassifier(**SMALL), X[:60], y[:60], X_val=X[60:], y_val=y[60:], seeds=1)
    assert np.isfinite(found.loss_at(found.suggestion))


def test_a_table_of_few_rows_can_be_searched_too():
    X, y = table(8)
    assert lr_find(NetRegressor(**SMALL), X, y.astype(float), seeds=1).suggestion > 0


def test_images_can_be_searched_too():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (24, 8, 8)).astype(np.uint8)
    y = np.arange(24) % 2
    X[y == 1, :4] = 255
    found = lr_find(NetClassifier(epochs=2, random_state=0), X, y, seeds=1, try_out=False, steps=20)
    assert np.isfinite(found.losses[0, 0])


def test_a_warm_started_net_is_searched_from_its_weights():
    X, y = table()
    net = NetClassifier(**SMALL, learning_rate=0.1, warm_start=True).fit(X, y)
    fresh = lr_find(NetClassifier(**SMALL), X, y, seeds=1, try_out=False)
    warm = lr_find(net, X, y, seeds=1, try_out=False)
    assert warm.losses[0, 0] < fresh.losses[0, 0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seeds": 0}, r"The 'seeds' parameter of lr_find must be an int in the range \[1, inf\). Got 0"),
        (
            {"lowest": 1.0, "highest": 0.1},
            r"Expected lowest < highest for the range test. Received: lowest=1",
        ),
        ({"steps": 3}, r"The 'steps' parameter of lr_find must be an int in the range \[10, inf\). Got 3"),
        (
            {"lowest": 0.0},
            r"The 'lowest' parameter of lr_find must be a float in the range \(0, inf\). Got 0.0",
        ),
    ],
)
def test_a_wrong_range_is_refused(wrong, message):
    with pytest.raises(SettingError, match=message):
        lr_find(NetClassifier(**SMALL), *table(), **wrong)


def test_what_is_no_network_is_refused():
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(
        InputError, match=r"lr_find expects a NetClassifier or a NetRegressor. Received: Logistic"
    ):
        lr_find(LogisticRegression(), *table())


# ---------------------------------------------------------------- learning_rate="auto"


def test_auto_finds_a_rate_before_training_and_says_so():
    X, y = table()
    net = NetClassifier(**SMALL, learning_rate="auto").fit(X, y)
    assert isinstance(net.settings_.learning_rate, float)
    told = net.model_.provenance["learning_rate"]
    assert told["suggestion"] == net.settings_.learning_rate
    assert net.model_.provenance["settings"]["given"]["learning_rate"] == "auto"
    assert f"learning_rate='auto' found {net.settings_.learning_rate:g}" in net.history_.notes[0]


def test_auto_depends_on_recipe_and_data_not_on_seed_or_neighbours():
    X, y = table()
    nets = fit_many(
        NetClassifier(**{**SMALL, "learning_rate": "auto"}), [{}, {"learning_rate": 0.01}], X, y, seeds=[1, 3]
    )
    rates = [net.settings_.learning_rate for net in nets]
    alone = NetClassifier(**SMALL, learning_rate="auto").fit(X, y)
    assert rates == [rates[0], rates[0], 0.01, 0.01]
    assert rates[0] == alone.settings_.learning_rate


def test_auto_is_found_once_for_each_recipe(monkeypatch):
    from shoal.fitting import learning_rate

    calls = []

    def counted(problem, settings, **rest):
        calls.append(settings)
        return found_before(problem, settings, **{**rest, "try_out": False})

    found_before = learning_rate.find_rate
    monkeypatch.setattr(learning_rate, "find_rate", counted)
    auto = NetClassifier(**{**SMALL, "learning_rate": "auto", "epochs": 2})
    told: list = []
    fit_many(auto, [{}, {"hidden": (5,)}], *table(), seeds=3, on_event=told.append)
    assert len(calls) == 2
    assert told[0] == SeekingRate(2)


def test_the_suggestion_is_in_units_of_the_setting():
    """With base_batch_size networks take the rate times batch over base: here a quarter of it."""
    scaled = NetClassifier(**SMALL, batch_size=8, base_batch_size=32)
    plain = NetClassifier(**SMALL, batch_size=8)
    one, two = (
        lr_find(net, *table(), seeds=1, lowest=low, highest=low * 1e6, try_out=False)
        for net, low in ((plain, 1e-6), (scaled, 4e-6))
    )
    np.testing.assert_allclose(two.losses, one.losses, rtol=1e-9)
    assert two.valley == pytest.approx(4 * one.valley, rel=0.1)


def test_partial_fit_goes_on_with_the_rate_that_was_found():
    X, y = table()
    net = NetClassifier(**SMALL, learning_rate="auto").partial_fit(X, y, classes=[0, 1])
    first = net.settings_.learning_rate
    assert net.partial_fit(X, y).settings_.learning_rate == first


def test_folds_of_a_small_table_find_rates_of_their_own(monkeypatch):
    from shoal.fitting import learning_rate
    from shoal.pipeline import train_table
    from shoal.settings import Settings

    parts = []

    def noted(problem, settings, *, split, **rest):
        parts.append(len(split.train))
        return found_before(problem, settings, split=split, **{**rest, "try_out": False})

    found_before = learning_rate.find_rate
    monkeypatch.setattr(learning_rate, "find_rate", noted)
    X, y = table(50)
    frame = pl.DataFrame(X, schema=["a", "b", "c"]).with_columns(y=y)
    done = train_table(frame, "y", Settings(hidden=(4,), epochs=2, learning_rate="auto"), task="binary")
    assert parts == [50, 40, 40, 40, 40, 40]
    assert done.settings.learning_rate > 0


def test_the_curve_can_be_drawn(found, tmp_path: Path):
    from xml.etree import ElementTree

    from shoal.report.rate_curve import rate_curve

    drawing = ElementTree.fromstring(rate_curve(found.to_json()))
    assert drawing.tag.endswith("svg")
    lines = [one for one in drawing.iter() if one.tag.endswith("polyline")]
    assert len(lines) == 4


# ---------------------------------------------------------------- the checks, from an estimator


def test_a_recipe_is_checked_and_the_net_is_untouched():
    net = NetClassifier(**SMALL)
    before = dict(vars(net))
    report = check_recipe(net, *table(), seeds=2)
    assert vars(net) == before
    assert report.seeds == (3, 4)
    assert report["loss at the start"].numbers["theory"] == pytest.approx(np.log(2))


def test_frozen_layers_are_told():
    report = check_recipe(NetClassifier(**{**SMALL, "hidden": (4, 4)}, frozen="layers.0"), *table(), seeds=1)
    assert "frozen, as the settings ask" in report["every layer learns"].came


def test_an_optimizer_that_searches_its_steps_has_no_rate_to_find():
    X, y = np.random.default_rng(0).standard_normal((30, 2)), np.arange(30) % 2
    net = NetClassifier(hidden=(2,), optimizer="lbfgs", epochs=2, random_state=0)
    with pytest.raises(SettingError, match="'lbfgs' searches the length of each step itself"):
        lr_find(net, X, y, seeds=1)
