"""Many networks as one population."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_classification

from shoal import NetClassifier, NetRegressor, fit_many
from shoal.errors import SettingError, TrainingError, TrainingWarning
from shoal.train.events import Started

pytestmark = pytest.mark.usefixtures("no_looks")

X, Y = make_classification(90, 4, n_informative=3, n_redundant=0, n_classes=3, random_state=4)
NET = NetClassifier(hidden=(8,), epochs=6)
GRID = [{"learning_rate": rate, "hidden": shape} for rate in (1e-3, 3e-2) for shape in ((4,), (6, 5))]


def test_each_is_the_estimator_alone_bit_for_bit_where_asked():
    nets = fit_many(NET, [*GRID, {"dropout": 0.3}], X, Y, seeds=2, exact=True)
    assert len(nets) == 10
    for i in (0, 3, 7, 9):
        given, seed = nets.settings[i], nets.seeds[i]
        alone = NetClassifier(**{**NET.get_params(), **given, "random_state": seed}).fit(X, Y)
        assert (nets[i].predict_proba(X) == alone.predict_proba(X)).all()
        assert nets[i].loss_curve_ == alone.loss_curve_
        assert nets[i].get_params() == alone.get_params()


def test_each_is_nearly_the_estimator_alone_in_any_case():
    nets = fit_many(NET, GRID, X, Y, seeds=2)
    for net in nets:
        alone = NetClassifier(**net.get_params()).fit(X, Y)
        np.testing.assert_allclose(net.predict_proba(X), alone.predict_proba(X), rtol=1e-6)


def test_one_population_in_the_order_of_settings_and_seeds():
    events = []
    nets = fit_many(NET, GRID, X, Y, seeds=[7, 3], on_event=events.append)
    [started] = [event for event in events if isinstance(event, Started)]
    assert started.nets == 8
    assert nets.seeds == (7, 3) * 4
    assert [net.hidden for net in nets] == [s["hidden"] for s in GRID for _ in range(2)]
    assert [net.random_state for net in nets] == [7, 3] * 4
    assert repr(nets) == "Shoal(8 x NetClassifier: 4 settings x 2 seeds)"
    assert nets[-1] is list(nets)[7]
    assert nets[:2] == nets.nets[:2]
    assert all(net.classes_.tolist() == [0, 1, 2] and net.n_features_in_ == 4 for net in nets)


def test_seeds_count_from_the_random_state():
    net = NetClassifier(hidden=(4,), epochs=1)
    assert fit_many(net, [{}], X, Y, seeds=3).seeds == (0, 1, 2)
    assert fit_many(net.set_params(random_state=5), [{}], X, Y, seeds=2).seeds == (5, 6)


def test_the_frame_tells_what_each_was_and_reached():
    nets = fit_many(NET, [*GRID, {"epochs": 3}], X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    frame = nets.frame()
    assert frame.columns == [
        "param_learning_rate", "param_hidden", "param_epochs", "seed", "epochs", "best_epoch",
        "loss", "val_loss", "val_accuracy", "ended", "stop_reason", "seconds",
    ]  # fmt: skip
    assert frame["param_hidden"].to_list() == ["(4,)", "(6, 5)"] * 2 + ["(8,)"]
    assert frame["epochs"].to_list() == [6, 6, 6, 6, 3]
    assert frame["ended"].to_list() == ["complete"] * 5
    best = frame.sort("val_loss")[0]
    assert str(nets.best().learning_rate) == best["param_learning_rate"][0]
    assert nets.best("val_accuracy").history_.best()["val_accuracy"] == frame["val_accuracy"].max()
    with pytest.raises(SettingError, match=r"no column 'val_los'\. Did you mean 'val_loss'\?"):
        nets.best("val_los")


def test_a_diverging_net_is_told_about_and_harms_nobody():
    net = NetRegressor(hidden=(), optimizer="sgd", epochs=30, schedule="constant", scaling="none")
    settings = [{"learning_rate": rate} for rate in (0.01, 1e160, 0.1)]
    with pytest.warns(TrainingWarning, match=r"1 of 3 networks diverged .*: 1 \(learning_rate=1e\+160\)"):
        nets = fit_many(net, settings, X, X[:, 0], exact=True)
    assert nets.codes == ("complete", "diverged", "complete")
    assert repr(nets).endswith("1 diverged)")
    alone = fit_many(net, settings[::2], X, X[:, 0], exact=True)
    for here, there in zip(nets[::2], alone, strict=True):
        assert (here.predict(X) == there.predict(X)).all()
    assert nets.best() in nets[::2]
    with (
        pytest.warns(TrainingWarning, match="1 of 1 networks diverged"),
        pytest.raises(TrainingError, match="every one diverged"),
    ):
        fit_many(net, settings[1:2], X, X[:, 0]).best()


def test_a_net_without_hidden_layers_keeps_its_own_encoder_beside_deep_ones():
    shapes = [{"hidden": ()}, {"hidden": (4,)}]
    for grid in (shapes, shapes[::-1]):
        nets = fit_many(NetRegressor(epochs=2), grid, X, X[:, 0])
        for net in nets:
            alone = NetRegressor(**net.get_params()).fit(X, X[:, 0])
            assert net.model_.encoder.encoding == alone.model_.encoder.encoding
            assert net.coefs_[0].shape == alone.coefs_[0].shape


def test_the_best_is_among_those_that_have_the_figure_and_0_is_a_figure():
    given = [{"validation": 0.0}, {"validation": 0.3}, {"validation": 0.3}]
    nets = fit_many(NET, given, X, Y)
    assert nets.best() is nets[int(np.argmin([net.history_.best()["loss"] for net in nets]))]
    for net, accuracy in zip(nets[1:], (0.0, 0.5), strict=True):
        net.history_ = _with_accuracy(net.history_, accuracy)
    assert nets.best("val_accuracy") is nets[2]
    with pytest.raises(SettingError, match=r"no column 'val_acuracy'\. Did you mean 'val_accuracy'\?"):
        nets.best("val_acuracy")


def _with_accuracy(history, accuracy):
    rows = [{**row, "val_accuracy": accuracy} for row in history]
    return type(history)(rows, stop_reason=history.stop_reason, best_epoch=history.best_epoch)


def test_settings_that_are_none_are_refused():
    with pytest.raises(SettingError, match=r"NetClassifier has no setting 'learning_rat'\. Did you mean"):
        fit_many(NET, [{"learning_rat": 0.1}], X, Y)
    with pytest.raises(SettingError, match="no setting 'random_state'"):
        fit_many(NET, [{"random_state": 1}], X, Y)
    with pytest.raises(SettingError, match="'dropout' parameter of NetClassifier must be"):
        fit_many(NET, [{"dropout": 2.0}], X, Y)
    with pytest.raises(SettingError, match="at least one setting and one seed"):
        fit_many(NET, [], X, Y)


def test_class_weights_differ_from_net_to_net_and_rows_of_weight_zero_are_absent():
    frame, weight = pl.DataFrame(X, schema=list("abcd")), (np.arange(90) % 5 > 0).astype(float)
    nets = fit_many(
        NET,
        [{"class_weight": None}, {"class_weight": "balanced"}],
        frame,
        Y,
        sample_weight=weight,
        exact=True,
    )
    alone = NetClassifier(hidden=(8,), epochs=6, class_weight="balanced", random_state=0)
    alone.fit(frame, Y, sample_weight=weight)
    assert (nets[1].predict_proba(frame) == alone.predict_proba(frame)).all()
    assert (nets[0].predict_proba(frame) != alone.predict_proba(frame)).any()


def test_a_net_of_the_shoal_can_be_saved_and_go_on(tmp_path):
    from shoal import load

    net = fit_many(NET, GRID, X, Y).best()
    net.save(tmp_path / "best.shoal")
    assert (load(tmp_path / "best.shoal").predict_proba(X) == net.predict_proba(X)).all()
    assert net.partial_fit(X, Y).n_iter_ == 7
