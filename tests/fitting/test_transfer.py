"""A5: a network starts from a saved one, as far as its layers fit, and frozen layers do not move at all."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification

from shoal import NetClassifier, NetRegressor, fit_many, lr_find
from shoal.errors import ArtefactError, ColumnError, SettingError, TransferNotice
from shoal.fitting.transfer import layer_of
from shoal.nets import network
from shoal.pipeline import train_table
from shoal.settings import Settings

pytestmark = [
    pytest.mark.usefixtures("no_looks"),
    pytest.mark.filterwarnings("ignore::shoal.errors.TransferNotice"),
]


@pytest.fixture(scope="module")
def table():
    return make_classification(160, 6, n_informative=5, n_redundant=0, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def saved(table, tmp_path_factory):
    net = NetClassifier(hidden=(8, 6), norm="batch", epochs=10, learning_rate=0.03, random_state=0).fit(
        *table
    )
    path = tmp_path_factory.mktemp("saved") / "first.shoal"
    net.save(path)
    return net, path


def still(**settings) -> NetClassifier:
    """A network that hardly moves."""
    return NetClassifier(epochs=1, learning_rate=1e-300, random_state=1, **settings)


# ---------------------------------------------------------------- what is taken


@pytest.mark.parametrize("form", ["path", "str", "model", "estimator"])
def test_the_same_task_takes_all_of_it(table, saved, form):
    net, path = saved
    source = {"path": path, "str": str(path), "model": net.model_, "estimator": net}[form]
    X, y = table
    with pytest.warns(TransferNotice, match=r"Started from .*layers\.0, .*head taken, nothing drawn anew\."):
        again = still(start_from=source).fit(X[:90], y[:90])
    for name, value in net.model_.params.items():
        np.testing.assert_array_equal(again.model_.params[name], value)
    assert again.model_.encoder == net.model_.encoder
    assert again.model_.spec == net.model_.spec
    assert (again.settings_.hidden, again.settings_.norm) == ((8, 6), "batch")
    assert "Started from" in again.history_.notes[0]


def test_a_head_for_other_classes_is_drawn_anew(table, saved):
    X, y = table
    net, path = saved
    with pytest.warns(TransferNotice, match=r"first\.shoal: layers\.0, .* taken, head drawn anew\."):
        other = still(start_from=path).fit(X, np.where(y > 0, "b", "a"))
    fresh, _ = network.init(other.model_.spec, 1, "float64")
    for name, value in other.model_.params.items():
        start = fresh[name] if name.startswith("head") else net.model_.params[name]
        np.testing.assert_allclose(value, start, atol=1e-290)


def test_another_task_too(table, saved):
    X, _ = table
    other = NetRegressor(epochs=1, learning_rate=1e-300, random_state=1, start_from=saved[0]).fit(X, X[:, 0])
    np.testing.assert_array_equal(
        other.model_.params["layers.0.kernel"], saved[0].model_.params["layers.0.kernel"]
    )


@pytest.mark.parametrize(
    ("factor", "shift", "same"), [(1, 0, True), (2, 1, True), (10, 0, False), (1, 10, False)]
)
def test_a_quantity_far_from_the_old_one_gets_a_head_of_its_own(factor, shift, same):
    """The head's numbers are in spreads of the old target: near it these are kept, too."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = X @ [1.0, 2.0, 0.5]
    first = NetRegressor(hidden=(5,), epochs=5, random_state=0).fit(X, y)
    second = NetRegressor(epochs=1, learning_rate=1e-300, start_from=first, random_state=1)
    second.fit(X, factor * y + shift)
    assert (second.model_.target == first.model_.target) is same
    if same:
        np.testing.assert_allclose(second.predict(X), first.predict(X))


def test_layers_of_another_shape_are_drawn_anew(table, saved):
    X, y = table
    with pytest.warns(
        TransferNotice, match=r"layers\.0, layers\.1 taken, layers\.3, layers\.4, head drawn anew"
    ):
        other = still(start_from=saved[1], hidden=(8, 7), norm="batch").fit(X, y)
    np.testing.assert_array_equal(
        other.model_.params["layers.0.kernel"], saved[0].model_.params["layers.0.kernel"]
    )
    with pytest.raises(
        SettingError, match=r"whose layers fit\. Got one of the layers head, layers\.0.*leave hidden"
    ):
        still(start_from=saved[1], hidden=(5,)).fit(X, y)


def test_an_ensemble_starts_from_the_members_in_turn(table, saved):
    X, y = table
    pair = NetClassifier(hidden=(4,), epochs=3, ensemble=2, random_state=0).fit(X, y)
    three = still(start_from=pair, ensemble=3).fit(X, y)
    for member, i in zip(three.model_.members, (0, 1, 0), strict=True):
        np.testing.assert_array_equal(member.raw(X), pair.model_.members[i].raw(X))


def test_many_nets_from_different_starts(table, saved):
    X, y = table
    other = NetClassifier(hidden=(4,), epochs=3, random_state=5).fit(X, y)
    common = NetClassifier(epochs=1, learning_rate=1e-300)
    nets = fit_many(
        common, [{"start_from": saved[0]}, {"start_from": other}, {"hidden": (3,)}], X, y, exact=True
    )
    assert [net.model_.spec.units() for net in nets] == [(8, 6), (4,), (3,)]
    np.testing.assert_array_equal(nets[1].model_.raw(X), other.model_.raw(X))


def test_it_learns_on(table, saved):
    """A few rows of the same task: starting from what is known beats starting anew."""
    X, y = table
    few = slice(0, 24)
    common = {"epochs": 5, "learning_rate": 1e-3, "random_state": 2}
    known = NetClassifier(start_from=saved[0], **common).fit(X[few], y[few])
    anew = NetClassifier(hidden=(8, 6), norm="batch", **common).fit(X[few], y[few])
    assert known.score(X, y) > anew.score(X, y)
    assert known.history_["loss"][-1] != known.history_["loss"][0]


# ---------------------------------------------------------------- tables


def test_columns_are_found_by_name_and_must_be_the_same(table, saved):
    X, y = table
    frame = pl.DataFrame(X).rename(lambda name: f"f{name[-1]}").with_columns(y=pl.Series(y))
    settings = Settings(hidden=(4,), epochs=3)
    first = train_table(frame, "y", settings, test=0)
    turned = frame.select(reversed(frame.columns))
    tiny = Settings(epochs=1, learning_rate=1e-300, start_from=first.model)
    again = train_table(turned, "y", tiny, test=0)
    rows = frame.drop("y")
    np.testing.assert_array_equal(again.model.raw(rows), first.model.raw(rows))
    with pytest.raises(ColumnError, match=r"f0, f1, .*\. Got a table with f1 missing and extra besides\."):
        train_table(frame.rename({"f1": "extra"}), "y", tiny, test=0)
    with pytest.raises(ColumnError, match=r"Got a table with f2 missing\."):
        train_table(frame, "y", tiny, test=0, drop=["f2"])
    assert again.model.provenance["settings"]["given"]["start_from"] == "Model in memory"


def test_folds_start_from_it_too(table, saved):
    X, y = table
    frame = pl.DataFrame(X).rename(lambda name: f"x{name[-1]}").with_columns(y=pl.Series(y))
    done = train_table(frame, "y", Settings(epochs=1, learning_rate=1e-300, start_from=saved[0]))
    assert done.scores["method"] == "5-fold cross-validation"
    assert done.scores["figures"]["accuracy"]["value"] == pytest.approx(saved[0].score(X, y), abs=0.03)


def test_the_learning_rate_is_sought_from_there(table, saved):
    """The first loss of the range test is the saved network's on that batch, not a fresh one's."""
    X, y = table
    net = NetClassifier(start_from=saved[0], frozen="all but head", random_state=1)  # batch norm stays, too
    found = lr_find(net, X, y, seeds=2, steps=20, try_out=False)
    known = -np.log(saved[0].predict_proba(X)[np.arange(len(y)), y]).mean()
    np.testing.assert_allclose(found.batch_losses[:, 0], known)  # one batch holds all 160 rows


# ---------------------------------------------------------------- images


def test_images_and_their_convolutions():
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 6, 6)), np.arange(60) % 3
    layers = [{"conv2d": 3, "kernel": 3, "activation": "relu"}, "flatten"]
    first = NetClassifier(layers=layers, epochs=2, augment=None, random_state=0).fit(X, y)
    same = NetClassifier(start_from=first, epochs=1, learning_rate=1e-30, augment=None).fit(X, y)
    np.testing.assert_array_equal(same.predict_proba(X), first.predict_proba(X))
    assert same.settings_.layers == first.settings_.layers
    other = NetClassifier(start_from=first, frozen="all but head", epochs=2, augment=None).fit(X, y > 0)
    for part in ("layers.0.kernel", "layers.0.bias"):
        np.testing.assert_array_equal(other.model_.params[part], first.model_.params[part])
    with pytest.raises(ColumnError, match="Expected images of 6x6 pixels"):
        same.set_params(start_from=first).fit(X[:, :5], y)


# ---------------------------------------------------------------- frozen

UNQUIET = [
    {"weight_decay": 0.5, "l2": 0.1, "l1": 0.01},
    {"optimizer": "sgd", "clip_norm": 0.1, "bias_l2": 0.1},
    {"averaging": "ema", "constraint": {"kind": "max_norm", "value": 0.1}},
    {"optimizer": "muon"},
    {"batch_size": 16, "accumulate": 2, "averaging": {"kind": "swa", "start": 0.2}},
]


@pytest.mark.parametrize("unrest", UNQUIET, ids=lambda s: "+".join(s))
def test_frozen_layers_do_not_move_a_bit(table, saved, unrest):
    """Nor do the running statistics of their batch norm; what is not frozen moves."""
    X, y = table
    net = NetClassifier(start_from=saved[0], frozen="all but head", epochs=4, random_state=1, **unrest)
    net.fit(X, y > 0)
    before, now = saved[0].model_, net.model_
    for name in before.params:
        if not name.startswith("head"):
            np.testing.assert_array_equal(now.params[name], before.params[name])
    for name in before.state:
        np.testing.assert_array_equal(now.state[name], before.state[name])
    fresh, _ = network.init(now.spec, 1, "float64")
    assert not np.array_equal(now.params["head.kernel"], fresh["head.kernel"])


def test_a_frozen_batch_norm_trains_as_it_predicts(table, saved):
    """So a head learnt behind frozen layers is a linear model of what these layers give."""
    X, y = table
    net = NetClassifier(start_from=saved[0], frozen="all but head", epochs=1, batch_size=160, random_state=1)
    net.set_params(learning_rate=1e-300).fit(X, y)
    loss = -np.log(net.predict_proba(X)[np.arange(len(y)), y]).mean()
    assert net.history_["loss"][0] == pytest.approx(loss)


def test_the_gradient_of_frozen_layers_has_no_part_in_its_norm(table, saved):
    """Clipping the whole gradient would take smaller steps than clipping the head's alone."""
    X, y = table
    common = {"optimizer": "sgd", "learning_rate": 1.0, "clip_norm": 1e-3, "epochs": 1, "batch_size": 160}
    net = NetClassifier(
        start_from=saved[0], frozen="all but head", schedule="constant", random_state=1, **common
    )
    net.set_params(weight_decay=0.0).fit(X, y)
    moved = [net.model_.params[n] - saved[0].model_.params[n] for n in ("head.kernel", "head.bias")]
    assert np.sqrt(sum(np.sum(part**2) for part in moved)) == pytest.approx(1e-3)


def test_frozen_alone_keeps_the_first_weights(table):
    net = NetClassifier(hidden=(7,), frozen="layers.0", epochs=3, random_state=4).fit(*table)
    first, _ = network.init(net.model_.spec, 4, "float64")
    np.testing.assert_array_equal(net.model_.params["layers.0.kernel"], first["layers.0.kernel"])
    assert not np.array_equal(net.model_.params["head.kernel"], first["head.kernel"])


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"start_from": "nowhere.shoal"}, ArtefactError, r"'nowhere\.shoal' cannot be read: no such file"),
        ({"start_from": 3}, SettingError, r"'start_from' setting must be a fitted network.* Got 3 instead"),
        ({"start_from": NetClassifier()}, SettingError, r"Got a NetClassifier that is not \(a clone forgets"),
        ({"scaling": "minmax"}, SettingError, r"encoder comes along .*: leave out scaling\."),
        ({"frozen": "layers.7"}, SettingError, r"has no layer 'layers\.7' to freeze"),
    ],
)
def test_refused(table, saved, wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        still(**{"start_from": saved[0], **wrong}).fit(*table)


def test_other_columns(table, saved):
    X, y = table
    with pytest.raises(ColumnError, match=r"x0, x1, x2, x3, x4, x5\. Got a table with x4, x5 missing\."):
        still(start_from=saved[0]).fit(X[:, :4], y)


def test_a_model_survives_a_clone(table, saved):
    """scikit-learn clones estimators in parameters; a model is only copied."""
    X, y = table
    net = clone(still(start_from=saved[0].model_)).fit(X, y)
    np.testing.assert_array_equal(net.model_.params["head.bias"], saved[0].model_.params["head.bias"])


def test_going_on_with_a_warm_start_starts_once(table, saved):
    X, y = table
    net = NetClassifier(start_from=saved[1], epochs=2, warm_start=True, random_state=0).fit(X, y)
    before = net.model_.params["head.bias"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", TransferNotice)
        net.set_params(learning_rate=1e-300).fit(X, y)
    np.testing.assert_array_equal(net.model_.params["head.bias"], before)
    assert len(net.history_) == 4


def test_a_model_without_a_record_of_its_settings(table, saved):
    X, y = table
    bare = replace(saved[0].model_, provenance={})
    np.testing.assert_array_equal(
        still(start_from=bare).fit(X, y).model_.params["head.bias"], bare.params["head.bias"]
    )


def test_layers_by_parameter():
    named = {
        "layers.0.layers.1.gamma": "layers.0.layers.1",
        "inputs.frequency": "inputs",
        "head.bias": "head",
    }
    assert {name: layer_of(name) for name in named} == named
