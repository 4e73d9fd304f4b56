"""A12: an ensemble is its members, and what it says is their average."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification, make_regression

from shoal import NetClassifier, NetRegressor, fit_many, load
from shoal.errors import SettingError, TrainingWarning
from shoal.fitting.ensembles import Outcome, averaged_nets, outcomes, seeds_of, with_others
from shoal.history import scores
from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp
from shoal.pipeline import train_table
from shoal.settings import Settings
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.results import NetResult

pytestmark = pytest.mark.usefixtures("no_looks")

COMMON = {"hidden": (8,), "epochs": 8, "learning_rate": 0.03, "random_state": 3}


@pytest.fixture(scope="module")
def classes():
    return make_classification(120, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)


@pytest.fixture(scope="module")
def three(classes):
    return NetClassifier(**COMMON, ensemble=3).fit(*classes)


# ---------------------------------------------------------------- the setting


def test_what_the_setting_may_be():
    assert [averaged_nets(v) for v in (1, 4, "average", {"kind": "average"})] == [1, 4, 5, 5]
    assert averaged_nets({"kind": "average", "members": 2}) == 2
    assert averaged_nets({"kind": "tabm", "members": 16}) == 1  # one network whose members share kernels


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (0, r"The 'ensemble' parameter of NetClassifier must be an int in the range \[1, inf\)"),
        ("averages", r"Did you mean 'average'\?"),
        ({"kind": "average", "member": 3}, r"has no setting 'member'\. Did you mean 'members'\?"),
        ({"kind": "average", "members": 0}, r"'ensemble members' parameter .* Got 0 instead"),
    ],
)
def test_what_it_may_not_be(classes, wrong, sentence):
    with pytest.raises(SettingError, match=sentence):
        NetClassifier(**COMMON, ensemble=wrong).fit(*classes)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_seeds_begin_with_the_seed_and_differ(seed, count):
    seeds = seeds_of(seed, count)
    assert seeds[0] == seed
    assert len(set(seeds)) == count
    assert seeds == seeds_of(seed, count + 5)[:count]


# ---------------------------------------------------------------- laws


def test_one_member_is_the_plain_network_bit_for_bit(classes, three):
    X, y = classes
    plain = NetClassifier(**COMMON).fit(X, y)
    one = NetClassifier(**COMMON, ensemble={"kind": "average", "members": 1}).fit(X, y)
    for net in (one.model_, three.model_.members[0]):
        np.testing.assert_array_equal(net.raw(X), plain.model_.raw(X))
        assert net.history["loss"] == plain.history_["loss"]
    assert one.model_.others == ()


def test_members_are_the_networks_of_their_seeds(classes, three):
    """Neighbours do not matter; the split stays that of the first seed, and there is none here."""
    X, y = classes
    for seed, member in zip(seeds_of(3, 3), three.model_.members, strict=True):
        alone = NetClassifier(**{**COMMON, "random_state": seed}).fit(X, y)
        np.testing.assert_array_equal(member.raw(X), alone.model_.raw(X))
        assert member.provenance["seed"] == seed
        assert member.history["loss"] == alone.history_["loss"]


def test_the_average_by_hand(classes, three):
    X, _ = classes
    by_hand = sum(member.predict_proba(X) for member in three.model_.members) / 3
    np.testing.assert_allclose(three.predict_proba(X), by_hand, rtol=1e-12)
    np.testing.assert_array_equal(three.predict(X), by_hand.argmax(1))
    np.testing.assert_allclose(three.decision_function(X), np.log(by_hand), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("outputs", [1, 2])
def test_quantities_are_averaged_in_their_own_units(outputs):
    X, y = make_regression(60, 4, n_targets=outputs, random_state=0)
    net = NetRegressor(**COMMON, ensemble=2).fit(X, y)
    by_hand = sum(member.predict(X) for member in net.model_.members) / 2
    np.testing.assert_allclose(net.predict(X), by_hand, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_never_worse_than_its_members_on_average(task):
    """Jensen: the logarithm is concave, so this holds for whatever rows and networks."""
    X, y = make_classification(150, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=2)
    y = {"binary": y > 0, "multiclass": y, "multilabel": np.stack([y > 0, y > 1], 1).astype(int)}[task]
    net = NetClassifier(**COMMON, ensemble=4).fit(X[:90], y[:90])
    truth = y[90:].astype(int)
    losses = [scores(task, truth, one.predict_proba(X[90:]))["log_loss"] for one in net.model_.members]
    assert scores(task, truth, net.predict_proba(X[90:]))["log_loss"] <= np.mean(losses) + 1e-12
    assert np.std(losses) > 1e-4, "the members must differ, or nothing is tested"


# ---------------------------------------------------------------- what is kept


def test_it_is_saved_whole(tmp_path, classes, three):
    X, _ = classes
    three.save(tmp_path / "three.shoal")
    again = load(tmp_path / "three.shoal")
    np.testing.assert_array_equal(again.raw(X), three.model_.raw(X))
    assert [one.history for one in again.members] == [one.history for one in three.model_.members]
    assert [one.seed for one in again.others] == list(seeds_of(3, 3)[1:])
    weights = sum(value.size for value in three.model_.params.values())
    assert "An ensemble of 3 networks whose probabilities are averaged, each of 5 numbers in" in again.card()
    assert f"{3 * weights} weights in all" in again.card()


def test_a_warm_start_goes_on_with_all_of_them(classes):
    X, y = classes
    net = NetClassifier(**COMMON, ensemble=2, warm_start=True).fit(X, y)
    first = [one.params["head.bias"] for one in net.model_.members]
    net.fit(X, y)
    assert net.n_iter_ == 16
    for before, now in zip(first, net.model_.members, strict=True):
        assert not np.array_equal(before, now.params["head.bias"])
    alone = (
        NetClassifier(**{**COMMON, "random_state": seeds_of(3, 2)[1]}, warm_start=True).fit(X, y).fit(X, y)
    )
    np.testing.assert_array_equal(net.model_.members[1].raw(X), alone.model_.raw(X))
    for other in (1, 3):
        with pytest.raises(SettingError, match=rf"Expected ensemble=2 to go on with.* Got ensemble={other};"):
            net.set_params(ensemble=other).fit(X, y)


def test_what_follows_one_network_refuses_several(classes):
    X, y = classes
    with pytest.raises(
        SettingError, match=r"Expected ensemble=1 for callbacks and partial_fit.* ensemble of 2;"
    ):
        NetClassifier(**COMMON, ensemble=2).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(SettingError, match=r"Expected ensemble=1 for callbacks and partial_fit"):
        NetClassifier(**COMMON, ensemble=2).fit(X, y).partial_fit(X, y)


def test_many_ensembles_at_once(classes):
    X, y = classes
    net = NetClassifier(hidden=(8,), epochs=8, learning_rate=0.03)
    nets = fit_many(net, [{"ensemble": 3}, {}, {"ensemble": 2}], X, y, seeds=[3], exact=True)
    assert [len(one.model_.members) for one in nets] == [3, 1, 2]
    three = NetClassifier(**COMMON, ensemble=3).fit(X, y)
    np.testing.assert_array_equal(nets[0].predict_proba(X), three.predict_proba(X))
    np.testing.assert_array_equal(nets[1].predict_proba(X), three.model_.members[0].predict_proba(X))


@pytest.mark.parametrize(("test", "method"), [(None, "5-fold cross-validation"), (0.3, "test rows")])
def test_a_table_judges_the_ensemble_and_its_members(test, method):
    """By folds, each fold's judge is an ensemble too."""
    X, y = make_classification(100, 4, n_informative=3, n_redundant=0, random_state=0)
    frame = pl.DataFrame(X).with_columns(y=pl.Series(y))
    settings = Settings(hidden=(8,), epochs=8, ensemble=3)
    done = train_table(frame, "y", settings, test=test)
    alone = done.scores["members"]
    assert (done.scores["method"], alone["count"]) == (method, 3)
    assert done.scores["figures"]["log_loss"]["value"] <= alone["figures"]["log_loss"] + 1e-12
    assert "Each of its 3 networks alone, on average: accuracy 0." in done.model.card()
    assert "members" not in train_table(frame, "y", Settings(hidden=(8,), epochs=2), test=test).scores


# ---------------------------------------------------------------- members that came to nothing


def ended(best: int, epochs: int = 3, code: str = "complete") -> NetResult:
    history = np.ones((epochs, 4))
    return NetResult({}, {}, best, epochs, 0.5 if best else np.inf, code, f"{code}.", history, 0.0, 1)


NET = Member(mlp(TableInput(numbers=1), (2,), "linear", 1), Recipe("squared_error"), seed=5)


def gathered(results) -> Outcome:
    members = [replace(NET, seed=10 + i) for i in range(len(results))]
    return outcomes(results, members, [Settings(ensemble=len(results))])[0]


def test_a_member_that_learnt_nothing_is_left_out():
    sound, lost = ended(2), ended(0)
    with pytest.warns(
        TrainingWarning, match="1 of 3 networks of the ensemble learnt nothing and was left out"
    ):
        found = gathered([lost, sound, sound])
    assert found.first.best_epoch == 2
    assert len(found.first.state["others"]) == 2
    assert found.others == ((12, sound),)
    assert "left out" in found.notes[1]


def test_without_any_sound_member_the_first_is_told_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gathered([ended(0), ended(0)]).others == ()


def test_an_interruption_of_one_is_an_interruption_of_all():
    with pytest.warns(TrainingWarning, match="1 of 3"):
        found = gathered([ended(2), ended(1, 1, "interrupted"), ended(0, 0, "interrupted")])
    assert (found.first.code, found.first.reason) == ("interrupted", "interrupted.")
    assert len(found.others) == 1


def test_the_first_networks_keep_their_places():
    members = with_others([NET, replace(NET, seed=6)], [Settings(ensemble=2), Settings()])
    assert [m.seed for m in members] == [5, 6, seeds_of(5, 2)[1]]
