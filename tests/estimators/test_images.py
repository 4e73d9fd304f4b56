"""Estimators on arrays of images: shapes, types, going on, saving, searching, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import shoal
from shoal import NetClassifier, NetRegressor, fit_many
from shoal.errors import InputError, SettingError

pytestmark = pytest.mark.usefixtures("no_looks")

LAYERS = [{"conv2d": 4, "activation": "relu"}, {"max_pool": 2}, "flatten"]
QUICK = {"layers": LAYERS, "epochs": 80, "batch_size": 16, "learning_rate": 0.02, "weight_decay": 0.0}
QUICK |= {"augment": None, "schedule": "constant"}  # most tests share one compiled program


def bars(rows=48, seed=0, channels=0):
    """Images of an upright or a lying bar, as bytes, and which of both it is."""
    rng = np.random.default_rng(seed)
    images, lying = np.zeros((rows, 6, 6), np.uint8), rng.integers(0, 2, rows)
    for image, is_lying, place in zip(images, lying, rng.integers(0, 6, rows), strict=True):
        (image if is_lying else image.T)[place] = 200
    images = images + rng.integers(0, 30, images.shape).astype(np.uint8)
    return (np.repeat(images[..., None], channels, axis=3) if channels else images), lying


@pytest.fixture(scope="module")
def fitted():
    return NetClassifier(**QUICK, random_state=0).fit(*bars())


def test_bytes_are_learnt_and_predicted(fitted):
    images, lying = bars(40, seed=1)
    assert fitted.score(images, lying) > 0.9
    assert fitted.predict_proba(images[:1]).shape == (1, 2)
    assert fitted.image_shape_ == (6, 6, 1)
    assert fitted.n_features_in_ == 36
    assert np.array_equal(fitted.predict_proba(images[..., None]), fitted.predict_proba(images))
    assert np.array_equal(fitted.predict_proba(images.astype(int)), fitted.predict_proba(images))
    assert np.array_equal(fitted.predict_proba(images[7:8]), fitted.predict_proba(images)[7:8])


@pytest.mark.parametrize(
    "change",
    [lambda x: x / 255.0, lambda x: x.astype(np.float32) * 40.0 - 3000.0, lambda x: x.astype(np.int16) - 100],
)
def test_numbers_in_any_range_are_as_good(fitted, change):
    images, lying = bars()
    other = NetClassifier(**QUICK, random_state=0).fit(change(images), lying)
    np.testing.assert_allclose(
        other.predict_proba(change(images)), fitted.predict_proba(images), atol=2e-2, rtol=0
    )


def test_saving_keeps_every_bit(fitted, tmp_path):
    images, _ = bars(5, seed=2)
    fitted.save(tmp_path / "bars.shoal")
    loaded = shoal.load(tmp_path / "bars.shoal")
    assert np.array_equal(loaded.predict_proba(images), fitted.predict_proba(images))
    with pytest.raises(InputError, match=r"Expected images as an array of numbers .*Got 2 axes \(5, 36\)"):
        loaded.predict(images.reshape(5, 36))


def test_weight_two_is_the_image_twice():
    images, lying = bars(12)
    settings = {**QUICK, "layers": None, "hidden": (4,), "epochs": 6, "batch_size": 24, "random_state": 0}
    weighted = NetClassifier(**settings).fit(images, lying, sample_weight=np.full(12, 2.0))
    plain = NetClassifier(**settings).fit(images, lying)
    np.testing.assert_allclose(weighted.predict_proba(images), plain.predict_proba(images), atol=1e-4)


def test_colours_and_partial_fit_and_warm_start():
    images, lying = bars(channels=3)
    net = NetClassifier(**QUICK, random_state=0)
    for _ in range(3):
        net.partial_fit(images, lying, classes=[0, 1])
    assert net.n_iter_ == 3
    assert net.image_shape_ == (6, 6, 3)
    again = NetClassifier(**{**QUICK, "epochs": 2}, warm_start=True, random_state=0)
    assert again.fit(images, lying).fit(images, lying).n_iter_ == 4


def test_the_default_network_of_images_goes_on():
    images, lying = bars(24)
    net = NetClassifier(epochs=1, random_state=0).fit(images, lying)
    layers = net.settings_.layers
    assert net.partial_fit(images, lying).n_iter_ == 2
    assert net.set_params(warm_start=True).fit(images, lying).n_iter_ == 3
    assert net.settings_.layers == layers


def test_quantities_are_read_off_images():
    images, lying = bars()
    answers = 10.0 * lying + images[:, 0, 0] / 100.0
    assert NetRegressor(**QUICK, random_state=0).fit(images, answers).score(images, answers) > 0.8


def test_a_grid_is_searched_over_images():
    images, lying = bars(96)
    search = GridSearchCV(
        NetClassifier(**{**QUICK, "epochs": 2}, random_state=0), {"learning_rate": [0.01, 0.02]}, cv=2
    )
    assert search.fit(images, lying).best_estimator_.image_shape_ == (6, 6, 1)


def test_the_default_is_a_convolutional_network_with_varied_images():
    images, lying = bars(24)
    net = NetClassifier(epochs=1, random_state=0).fit(images, lying)
    assert net.model_.spec.layers[0].kind == "conv2d"
    assert set(net.settings_.augment) == {"rotate", "shift", "zoom"}
    plain = NetClassifier(hidden=(5,), epochs=1, random_state=0).fit(images, lying)
    assert plain.model_.spec.units() == (5,)
    assert plain.model_.spec.layers[0].kind == "flatten"


def test_validation_images_decide_the_best_epoch():
    images, lying = bars(60)
    net = NetClassifier(**QUICK, random_state=0)
    net.fit(images[:48], lying[:48], X_val=images[48:], y_val=lying[48:])
    assert net.best_validation_score_ > 0.8


def test_wrong_images_are_refused_in_one_sentence(fitted):
    images, lying = bars(10)
    with pytest.raises(InputError, match=r"of 6x6 pixels and 1 channel, as in fit. Got 6x5 pixels"):
        fitted.predict(images[:, :, :5])
    with pytest.raises(InputError, match=r"as in fit. Got an array of shape \(10, 36\)"):
        fitted.predict(images.reshape(10, 36))
    net = NetClassifier(**QUICK)
    broken = images.astype(float)
    broken[3, 2, 1] = np.nan
    with pytest.raises(InputError, match=r"Got NaN in row 3 at \(2, 1\)"):
        net.fit(broken, lying)
    with pytest.raises(ValueError, match="dim 5"):
        net.fit(images[:, :, :, None, None], lying)
    with pytest.raises(ValueError, match="n_samples=1"):
        net.fit(images[:1], lying[:1])
    table = NetClassifier(hidden=(3,), epochs=1).fit(images.reshape(10, 36), lying)
    with pytest.raises(InputError, match=r"a table of 36 features, as in fit. Got images"):
        table.predict(images)
    with pytest.raises(SettingError, match="layers or hidden, not both"):
        NetClassifier(**QUICK, hidden=(3,)).fit(images, lying)
    with pytest.raises(SettingError, match=r"Layer 1: .*larger than the image of 6x6"):
        NetClassifier(layers=[{"conv2d": 2, "kernel": 7, "padding": "valid"}]).fit(images, lying)


def test_many_networks_of_images_train_together():
    images, lying = bars()
    nets = fit_many(
        NetClassifier(**{**QUICK, "epochs": 2}), [{"learning_rate": 0.01}], images, lying, seeds=2
    )
    assert len(nets) == 2
    assert nets.best().predict(images[:2]).shape == (2,)
    with pytest.raises(SettingError, match="a network of images"):
        nets.best().model_.unlikeness(images)
    with pytest.raises(SettingError, match="pca"):
        NetClassifier(**QUICK, pca=3).fit(images, lying)
