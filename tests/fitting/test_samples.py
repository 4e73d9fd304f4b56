"""Augmented rows seen before training: the very ones that a training sees, in units that a person knows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal import NetClassifier, NetRegressor, augmented_samples
from shoal.errors import SettingError
from shoal.fitting.problem import problem_of
from shoal.fitting.samples import samples_of
from shoal.settings import Settings

RNG = np.random.default_rng(0)
TABLE, CLASSES = RNG.standard_normal((40, 3)), np.arange(40) % 2
IMAGES = RNG.integers(0, 200, (30, 6, 5, 3)).astype(np.uint8)


def test_rows_of_a_table_are_shown_as_the_network_sees_them():
    seen = augmented_samples(
        NetClassifier(augment={"noise": 0.5}, smooth_clip=False), TABLE, CLASSES, rows=40
    )
    scaled = (TABLE - TABLE.mean(0)) / TABLE.std(0)
    np.testing.assert_allclose(seen.original, scaled, atol=1e-9)
    assert seen.names == ("x0", "x1", "x2")
    assert seen.share is None
    change = seen.varied - seen.original[:, None]
    assert abs(change.std() - 0.5) < 4.5 * 0.5 / np.sqrt(2 * change.size)


def test_mixed_rows_tell_how_much_of_them_is_their_own():
    frame = pl.DataFrame({"a": TABLE[:, 0], "kind": [f"k{i % 12}" for i in range(40)], "y": CLASSES % 2 == 0})
    seen = samples_of(problem_of(frame, "y"), Settings(augment={"mixup": 1.0}), rows=3, samples=50)
    assert seen.rows.tolist() == [0, 20, 39]
    assert seen.share is not None
    assert seen.share.shape == seen.varied.shape[:2] == (3, 50)
    assert seen.names == ("a", "kind")
    own = np.abs(seen.varied[..., 0] - seen.original[:, None, 0])
    assert own[seen.share > 0.99].max() < own.max() / 10
    kept = (seen.varied_codes == seen.codes[:, None]).all(axis=2)
    assert kept.mean() > 0.4
    assert not kept.all()


def test_images_come_in_the_units_of_their_pixels():
    seen = augmented_samples(
        NetClassifier(augment={"flip_vertical": 1.0}), IMAGES, CLASSES[:30], rows=4, samples=2
    )
    assert seen.images
    np.testing.assert_array_equal(seen.original, IMAGES[seen.rows])
    for sample in range(2):
        np.testing.assert_allclose(seen.varied[:, sample], seen.original[:, ::-1], atol=1e-4)


@pytest.mark.parametrize("scale", [1, 0.01])
def test_pictures_are_bytes_with_the_original_first(scale):
    images = IMAGES if scale == 1 else IMAGES * scale - 1.0
    pictures = augmented_samples(NetClassifier(augment="rotate"), images, CLASSES[:30], rows=3).pictures()
    assert pictures.shape == (3, 5, 6, 5, 3)
    assert pictures.dtype == np.uint8
    originals = IMAGES[[0, 14, 29]].astype(float)
    low = 0 if scale == 1 else originals.min()
    np.testing.assert_allclose(pictures[:, 0], (originals - low) * 255 / (originals.max() - low), atol=0.51)


def test_pictures_of_two_channels_show_the_first():
    seen = augmented_samples(NetClassifier(augment="rotate"), IMAGES[..., :2], CLASSES[:30], rows=2)
    assert seen.pictures().shape[-1] == 1


def test_samples_are_json():
    seen = augmented_samples(NetRegressor(augment="noise"), TABLE, TABLE[:, 0], rows=2, samples=1)
    told = seen.to_json()
    assert told["kinds"] == {"noise": 0.1}
    assert np.shape(told["varied"]) == (2, 1, 3)


def test_what_cannot_be_is_refused_in_one_sentence():
    with pytest.raises(SettingError, match=r"Nothing is varied: expected the setting .* augment='auto'"):
        augmented_samples(NetClassifier(), TABLE, CLASSES)
    with pytest.raises(SettingError, match=r"'rows' parameter of augmented_samples must be an int .* Got 0"):
        augmented_samples(NetClassifier(augment="noise"), TABLE, CLASSES, rows=0)
    with pytest.raises(SettingError, match="'cutout', which is for images"):
        augmented_samples(NetClassifier(augment="cutout"), TABLE, CLASSES)


def test_the_network_stays_as_it_is():
    net = NetClassifier(augment="noise", random_state=3)
    first, again = (augmented_samples(net, TABLE, CLASSES).varied for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not hasattr(net, "model_")
