"""E7: each kind does what it says, in the mean and against SciPy; 0 changes no bit, padding nothing."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

from shoal.errors import SettingError
from shoal.nets import draws
from shoal.nets.inputs import TableInput
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.train.augment import (
    KINDS,
    augmentation,
    augmentation_for,
    augmented,
    mixed_loss,
    numbers_of,
    refuse_unsuited,
    uses_of,
)
from shoal.train.augment.images import cutout, moves, resampled, varied_images
from shoal.train.augment.mixup import beta_quantiles, mixed, partners

KEY = jnp.uint32(7)
SIGMAS = 4.5
TABLE = TableInput(numbers=3, continuous=(0, 2))


def pictures(rows=6, height=9, width=12, channels=2, seed=0) -> jax.Array:
    values = np.random.default_rng(seed).random((rows, height, width, channels))
    return jnp.asarray(values, jnp.float32)


def varied(images, key=KEY, **strengths):
    numbers = {name: jnp.float32(value) for name, value in strengths.items()}
    return np.asarray(jax.jit(varied_images)(images, key, numbers))


def batch(rows=8, numbers=3, codes=2, seed=0) -> dict[str, jax.Array]:
    rng = np.random.default_rng(seed)
    return {
        "numbers": jnp.asarray(rng.standard_normal((rows, numbers)), jnp.float32),
        "codes": jnp.asarray(rng.integers(1, 9, (rows, codes)), jnp.int32),
        "target": jnp.asarray(rng.integers(0, 3, rows), jnp.int32),
        "weight": jnp.ones(rows, jnp.float32),
    }


def on_table(found, rows, key=KEY, inputs=TABLE):
    net = {name: jnp.asarray(value, jnp.float32) for name, value in numbers_of(found).items()}
    return _augmented(rows, key, net, uses_of(found), inputs, {})


_augmented = jax.jit(augmented, static_argnums=(3, 4))
_resampled = jax.jit(resampled)
_moves = jax.jit(moves, static_argnums=0)
_uniform = jax.jit(draws.uniform, static_argnums=1)


def _cross_entropy(outputs, target):
    return LOSSES["cross_entropy"].function(outputs, target, {})


@partial(jax.jit, static_argnums=0)
def _mixed_loss(loss, outputs, rows):
    return mixed_loss(lambda target: loss(outputs, target), rows)


# ---------------------------------------------------------------- the setting


def test_a_setting_is_read_as_mapping_names_or_nothing():
    assert augmentation({"shift": 2, "rotate": 15}) == (("rotate", 15.0), ("shift", 2.0))
    assert augmentation("flip_vertical") == (("flip_vertical", 0.5),)
    assert augmentation(("noise", "mixup")) == (("mixup", 0.2), ("noise", 0.1))
    assert augmentation(None) == augmentation({}) == augmentation({"noise": False, "mixup": None}) == ()
    assert augmentation({"noise": 0}) == (("noise", 0.0),), (
        "0 keeps its place: same program as its neighbours"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"rotat": 3}, "knows no 'rotat'. Did you mean 'rotate'"),
        ({"rotate": 181}, r"largest angle in degrees\) must be a float in the range \[0, 180\]"),
        ({"zoom": 1}, r"'zoom' .* must be a float in the range \[0, 1\)"),
        ({"flip_vertical": 2}, r"probability that top and bottom change places\) must be a float in the"),
        ({"crop": 2.5}, "'crop' .* whole from 1 on"),
        ({"noise": -1}, r"'noise' .* Got -1 instead"),
        ({"noise": "much"}, "'noise' .* Got 'much' instead"),
        ({"mixup": float("nan")}, "'mixup' .* Got nan instead"),
        (3, "must be a mapping such as .* or None. Got 3 instead"),
        ("rotation", "Did you mean 'rotate'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(value, said):
    with pytest.raises(SettingError, match=said):
        augmentation(value, "NetClassifier")


def test_kinds_for_images_are_refused_for_tables():
    with pytest.raises(
        SettingError, match=r"'rotate', which is for images; the rows are tables: .* noise, mixup\."
    ):
        refuse_unsuited(augmentation({"noise": 1, "rotate": 3}), "tables")
    refuse_unsuited(augmentation(("noise", "mixup")), "tables")
    refuse_unsuited(augmentation(tuple(KINDS)), "images")


@pytest.mark.parametrize("kind", ["cutout", "shift", "crop"])
def test_lengths_beyond_the_image_are_refused(kind):
    assert augmentation_for({kind: 6}, (6, 8, 1)) == ((kind, 6.0),)
    with pytest.raises(
        SettingError, match=rf"'{kind}' .* at most the shorter side .* 6x8 pixels. Got 7 instead"
    ):
        augmentation_for({kind: 7}, (6, 8, 1))


# ---------------------------------------------------------------- images


@given(
    angle=st.floats(-3.2, 3.2),
    zoom=st.floats(0.5, 2.0),
    shift=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    seed=st.integers(0, 99),
)
def test_resampling_is_scipys(angle, zoom, shift, seed):
    image = np.random.default_rng(seed).random((7, 10))
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / zoom
    expected = ndimage.affine_transform(image, matrix, shift, order=1, mode="nearest")
    with jax.enable_x64(True):
        found = _resampled(*(jnp.asarray(v)[None] for v in (image[..., None], matrix, np.array(shift))))
    np.testing.assert_allclose(found[0, ..., 0], expected, atol=1e-12)


def test_channels_move_together():
    images = pictures(channels=3)
    together = varied(images, rotate=30.0, shift=2.0, zoom=0.2)
    for channel in range(3):
        alone = varied(images[..., channel : channel + 1], rotate=30.0, shift=2.0, zoom=0.2)
        np.testing.assert_allclose(together[..., channel : channel + 1], alone, atol=1e-6)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_quarter_turn_is_that_of_numpy(quarters):
    image = pictures(1, 11, 11)
    angle = quarters * np.pi / 2
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]], np.float32)
    offset = np.float32(5.0) - matrix @ np.array([5.0, 5.0], np.float32)
    turned = _resampled(image, jnp.asarray(matrix)[None], jnp.asarray(offset)[None])
    np.testing.assert_allclose(turned[0], np.rot90(image[0], quarters), atol=1e-5)


def test_a_whole_pixel_moves_the_picture_and_repeats_its_border():
    image = pictures(1)
    moved = _resampled(image, jnp.eye(2)[None], jnp.array([[0.0, -2.0]]))
    np.testing.assert_array_equal(moved[0, :, 2:], image[0, :, :-2])
    np.testing.assert_array_equal(moved[0, :, 0], image[0, :, 0])


def test_moves_have_the_spread_they_should():
    """Angle, size and shift are uniform: their means and their variances are those of the uniform law."""
    count = 20_000
    strengths = {k: jnp.float32(v) for k, v in {"rotate": 40.0, "zoom": 0.3, "shift": 3.0}.items()}
    matrix, offset = map(np.asarray, _moves((count, 9, 13, 1), KEY, strengths))
    size = np.sqrt(1.0 / (matrix[:, 0, 0] * matrix[:, 1, 1] - matrix[:, 0, 1] * matrix[:, 1, 0]))
    angle = np.rad2deg(np.arctan2(matrix[:, 0, 1], matrix[:, 0, 0]))
    centre = np.array([4.0, 6.0])
    shift = np.linalg.solve(matrix, (centre - offset)[..., None])[..., 0] - centre
    for values, most in ((angle, 40.0), (size - 1.0, 0.3), (shift[:, 0], 3.0), (shift[:, 1], 3.0)):
        assert np.max(np.abs(values)) <= most * (1 + 1e-4)
        assert stats.kstest(values, stats.uniform(-most, 2 * most).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(shift[:, 0], shift[:, 1])[0, 1]) < SIGMAS / np.sqrt(count)


def test_a_crop_moves_by_whole_pixels_all_equally_often():
    _, offset = _moves((9000, 9, 9, 1), KEY, {"crop": jnp.float32(1.0)})
    places, counts = np.unique(np.asarray(offset), axis=0, return_counts=True)
    assert sorted(map(tuple, places.tolist())) == [(a, b) for a in (-1.0, 0.0, 1.0) for b in (-1.0, 0.0, 1.0)]
    assert stats.chisquare(counts).pvalue > 1e-4


def test_lengths_below_one_are_shares_of_the_side():
    for kind in ("shift", "crop", "cutout"):
        square = pictures(4, 10, 10)
        np.testing.assert_array_equal(varied(square, **{kind: 0.2}), varied(square, **{kind: 2.0}))


@pytest.mark.parametrize(("kind", "axis"), [("flip_horizontal", 2), ("flip_vertical", 1)])
def test_flips_come_as_often_as_asked(kind, axis):
    images = pictures(4000, 2, 3, 1)
    flipped = np.flip(np.asarray(images), axis)
    same = np.all(varied(images, **{kind: 0.3}) == flipped, axis=(1, 2, 3))
    assert abs(same.mean() - 0.3) < SIGMAS * np.sqrt(0.21 / 4000)
    np.testing.assert_array_equal(varied(images, **{kind: 1.0}), flipped)


def test_cutout_blanks_a_square_that_may_reach_over_the_border():
    images = jnp.ones((3000, 6, 8, 1), jnp.float32)
    blank = np.asarray(jax.jit(cutout)(images, KEY, jnp.float32(3.0)))[..., 0] == 0
    heights, widths = blank.any(axis=2).sum(1), blank.any(axis=1).sum(1)
    assert set(heights.tolist()) == set(widths.tolist()) == {2, 3}
    np.testing.assert_array_equal(blank.sum(axis=(1, 2)), heights * widths)
    inner = blank.mean(axis=0)[1:-1, 1:-1]  # each pixel lies in 9 of the 48 squares
    assert np.max(np.abs(inner - 9 / 48)) < SIGMAS * np.sqrt(9 / 48 * 39 / 48 / 3000)


# ---------------------------------------------------------------- tables


def test_noise_falls_on_measured_numbers_only():
    rows = batch(20_000)
    change = np.asarray(on_table((("noise", 0.5),), rows)["numbers"] - rows["numbers"])
    assert not change[:, 1].any()
    for column in (0, 2):
        assert stats.kstest(change[:, column] / 0.5, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(change[:, [0, 2]].T)[0, 1]) < SIGMAS / np.sqrt(20_000)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 5.0])
def test_shares_follow_the_beta_law(alpha):
    """The lower half is compared: above it, float32 rounds many shares to 1 where alpha is small."""
    rows = batch(20_000, codes=0)
    share = np.asarray(on_table((("mixup", alpha),), rows)["share"])
    low = share[share < 0.5]
    far = stats.kstest(low, lambda x: 2 * stats.beta(alpha, alpha).cdf(x)).statistic
    assert far < 2 / 512 + 2.2 / np.sqrt(len(low))
    assert abs(len(low) / 20_000 - 0.5) < SIGMAS * 0.5 / np.sqrt(20_000)
    assert abs(share.var() * 4 * (2 * alpha + 1) - 1) < 0.05


def test_mixup_by_hand():
    rows = batch(6)
    found = on_table((("mixup", 1.0),), rows)
    share, numbers = np.asarray(found["share"]), np.asarray(rows["numbers"])
    for i in range(6):
        gap = np.asarray(found["numbers"])[i] - share[i] * numbers[i]
        j = int(np.argmin(np.abs(gap[None] - (1 - share[i]) * numbers).sum(axis=1)))
        np.testing.assert_allclose(gap, (1 - share[i]) * numbers[j], atol=1e-6)
        assert found["other target"][i] == rows["target"][j]
        codes = np.asarray(found["codes"])[i]
        assert all(code in (rows["codes"][i, c], rows["codes"][j, c]) for c, code in enumerate(codes))


def test_codes_are_the_others_as_often_as_the_others_share():
    rows = batch(20_000, codes=1)
    rows = {**rows, "codes": jnp.arange(20_000, dtype=jnp.int32)[:, None]}
    found = on_table((("mixup", 1.0),), rows)
    kept = np.asarray(found["codes"])[:, 0] == np.arange(20_000)
    share = np.asarray(found["share"])
    for low in (0.0, 0.25, 0.5, 0.75):
        some = (share >= low) & (share < low + 0.25)
        assert abs(kept[some].mean() - share[some].mean()) < SIGMAS * 0.5 / np.sqrt(some.sum())


def test_the_loss_of_a_mixed_row_is_that_of_the_mixed_answer():
    rows = on_table((("mixup", 1.0),), batch(50))
    outputs = jnp.asarray(np.random.default_rng(1).standard_normal((50, 3)), jnp.float32)
    found = _mixed_loss(_cross_entropy, outputs, rows)
    share = np.asarray(rows["share"])[:, None]
    answer = share * np.eye(3)[rows["target"]] + (1 - share) * np.eye(3)[rows["other target"]]
    np.testing.assert_allclose(found, -np.sum(answer * jax.nn.log_softmax(outputs), axis=1), rtol=1e-5)


def test_partners_come_as_often_as_they_weigh():
    weight = jnp.array([1.0, 0.0, 2.0, 1.0, 0.0])
    drawn = jax.jit(partners)(_uniform(KEY, (20_000,)), weight)
    counts = np.bincount(np.asarray(drawn), minlength=5)
    assert counts[1] == counts[4] == 0
    assert stats.chisquare(counts[[0, 2, 3]], 20_000 * np.array([0.25, 0.5, 0.25])).pvalue > 1e-4


def test_weight_two_is_the_row_twice_in_the_expected_loss():
    """Mean over many keys of the mixed loss of a linear answer, row 0 once with weight 2 and once twice."""
    rows = batch(3, codes=0)
    twice = {k: v[jnp.array([0, 0, 1, 2])] for k, v in rows.items()}
    heavy = {**rows, "weight": jnp.array([2.0, 1.0, 1.0])}
    quantiles = jnp.asarray(beta_quantiles(1.0), jnp.float32)

    def loss(rows, key):
        found = mixed(rows, key, quantiles)
        outputs = found["numbers"] * jnp.array([[1.0, -1.0, 0.5]])
        each = _mixed_loss(_cross_entropy, outputs, found)
        return weighted_mean(each, found["weight"])

    keys = draws.fold(KEY, jnp.arange(20_000))
    means = [jax.jit(jax.vmap(loss, (None, 0)))(given, keys) for given in (heavy, twice)]
    gap = abs(float(means[0].mean() - means[1].mean()))
    assert gap < SIGMAS * np.sqrt(sum(float(m.var()) for m in means) / 20_000)


# ---------------------------------------------------------------- laws


def test_numbers_of_zero_change_no_bit():
    images = pictures(8, 5, 6, 3)
    moved = {kind: 0.0 for kind in KINDS if kind not in ("noise", "mixup")}
    np.testing.assert_array_equal(varied(images, **moved), images)
    rows = batch(8)
    found = on_table((("mixup", 0.0), ("noise", 0.0)), rows)
    for name, value in rows.items():
        np.testing.assert_array_equal(found[name], value)
    outputs = jnp.ones((8, 3)).at[0, 0].set(jnp.inf)
    plain = jax.jit(_cross_entropy)(outputs, rows["target"])
    np.testing.assert_array_equal(_mixed_loss(_cross_entropy, outputs, found), plain)


def test_a_row_is_varied_the_same_however_the_batch_is_padded():
    images, everything = pictures(8), {k: v.default for k, v in KINDS.items() if k not in ("noise", "mixup")}
    np.testing.assert_allclose(varied(images, **everything)[:5], varied(images[:5], **everything), atol=1e-6)
    rows = batch(8)
    short = {k: v[:5] for k, v in rows.items()}
    padded = {**rows, "weight": (jnp.arange(8) < 5).astype(jnp.float32)}
    found = (("mixup", 0.5), ("noise", 0.1))
    a, b = on_table(found, short), on_table(found, padded)
    for name, value in a.items():
        np.testing.assert_allclose(value, b[name][:5], atol=1e-6, err_msg=name)


def test_steps_draw_anew_and_the_same_step_draws_the_same():
    images = pictures()
    first, again, next_ = (varied(images, draws.fold(KEY, i), rotate=30.0) for i in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - next_).max() > 0.01


def test_nothing_is_varied_where_nothing_is_asked_for():
    rows = batch()
    assert augmented(rows, KEY, {}, ("l2",), TABLE, {}) == rows
