"""Random numbers: uniform, without memory, independent between streams, and the same whatever the padding."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shoal.nets import draws

COUNT = 1 << 16
keep_mask = jax.jit(draws.keep_mask, static_argnums=2)
shuffle = jax.jit(draws.shuffle, static_argnums=1)
SIGMAS = 4.5  # of a statistic that is normal: once in 150,000


@pytest.fixture(scope="module")
def bits() -> np.ndarray:
    """Bits of 8 neighbouring keys and 2**16 counters: (keys, counters)."""
    counters = jnp.arange(COUNT, dtype=jnp.uint32)
    fold_all = jax.jit(jax.vmap(lambda key: draws.fold(key, counters)))
    return np.asarray(fold_all(jnp.arange(8, dtype=jnp.uint32)))


def lowbias32(x: int) -> int:
    """Wellons' mixing function in Python's integers."""
    word = 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x7FEB352D & word
    x ^= x >> 15
    x = x * 0x846CA68B & word
    return x ^ x >> 16


def chi_square(counts: np.ndarray) -> float:
    """Return how far counts are from equal, in standard deviations of the chi-square law."""
    expected = counts.mean()
    free = counts.size - 1
    return (np.sum((counts - expected) ** 2) / expected - free) / np.sqrt(2.0 * free)


def test_mix_is_lowbias32():
    values = [0, 1, 2, 0x80000000, 0xDEADBEEF, 0xFFFFFFFF]
    mixed = draws.mix(jnp.array(values, jnp.uint32))
    assert mixed.tolist() == [lowbias32(v) for v in values]


def test_mix_loses_nothing(bits):
    assert all(len(np.unique(row)) == COUNT for row in bits)


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_every_byte_is_uniform(bits, shift):
    counts = np.array([np.bincount(row >> shift & 0xFF, minlength=256) for row in bits])
    assert abs(chi_square(counts)) < SIGMAS


def test_neighbouring_counters_are_uncorrelated(bits):
    unit = bits / 2.0**32 - 0.5
    for lag in (1, 2, 3, 7, 64, 1024):
        r = np.mean(unit[:, :-lag] * unit[:, lag:]) * 12.0
        assert abs(r) < SIGMAS / np.sqrt(unit[:, lag:].size), lag


def test_streams_of_neighbouring_keys_are_uncorrelated(bits):
    r = np.corrcoef(bits)[np.triu_indices(len(bits), 1)]
    assert np.max(np.abs(r)) < SIGMAS / np.sqrt(COUNT)


def test_flipping_one_bit_of_a_key_flips_half_of_the_bits():
    key = jnp.arange(4096, dtype=jnp.uint32) * jnp.uint32(2654435761)
    flipped = jax.jit(lambda bit: draws.fold(key, 7) ^ draws.fold(key ^ bit, 7))
    for bit in range(32):
        change = np.asarray(flipped(jnp.uint32(1 << bit)))
        shares = [np.mean(change >> place & 1) for place in range(32)]
        assert np.max(np.abs(np.array(shares) - 0.5)) < SIGMAS * 0.5 / np.sqrt(len(change))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_share_it_should(rate):
    keep = np.asarray(keep_mask(jnp.uint32(3), jnp.float32(rate), (512, 128)))
    spread = np.sqrt(rate * (1 - rate) / keep.size)
    assert abs(keep.mean() - (1 - rate)) <= SIGMAS * spread
    by_unit, by_row = keep.mean(0), keep.mean(1)
    assert np.max(np.abs(by_unit - (1 - rate))) <= SIGMAS * np.sqrt(rate * (1 - rate) / 512)
    assert np.max(np.abs(by_row - (1 - rate))) <= SIGMAS * np.sqrt(rate * (1 - rate) / 128)


def test_dropout_masks_of_steps_and_layers_are_independent():
    def mask(step, layer):
        return draws.keep_mask(draws.fold(draws.fold(jnp.uint32(9), step), layer), jnp.float32(0.5), (64, 64))

    both = jax.jit(jax.vmap(mask))
    step, layer = jnp.arange(40, dtype=jnp.uint32), jnp.zeros(40, jnp.uint32)
    masks = np.vstack([both(step, layer), both(layer, step + jnp.uint32(1))]).reshape(80, -1)
    r = np.corrcoef(masks)[np.triu_indices(80, 1)]
    assert np.max(np.abs(r)) < 5.5 / np.sqrt(64 * 64)  # the largest of 3,160


def test_neighbouring_rows_and_units_are_dropped_independently():
    keep = np.asarray(keep_mask(jnp.uint32(5), jnp.float32(0.5), (512, 256))).astype(float) - 0.5
    for a, b in ((keep[1:], keep[:-1]), (keep[:, 1:], keep[:, :-1]), (keep[1:, 1:], keep[:-1, :-1])):
        assert abs(4.0 * np.mean(a * b)) < SIGMAS / np.sqrt(a.size)


def test_a_mask_does_not_depend_on_padding():
    small = keep_mask(jnp.uint32(3), jnp.float32(0.5), (5, 3))
    large = keep_mask(jnp.uint32(3), jnp.float32(0.5), (16, 8))
    assert np.array_equal(small, large[:5, :3])


def test_a_mask_is_the_same_in_float64():
    with jax.enable_x64(True):
        wide = np.asarray(keep_mask(jnp.uint32(3), jnp.float64(0.3), (40, 8)))
    assert np.array_equal(wide, keep_mask(jnp.uint32(3), jnp.float32(0.3), (40, 8)))


@pytest.mark.parametrize(("slots", "rows"), [(1, 1), (8, 8), (8, 5), (24, 23), (256, 200)])
def test_a_shuffle_is_a_permutation_with_the_padding_last(slots, rows):
    order = np.asarray(shuffle(jnp.uint32(11), slots, jnp.uint32(rows)))
    assert sorted(order[:rows]) == list(range(rows))
    assert order[rows:].tolist() == list(range(rows, slots))


def test_a_shuffle_does_not_depend_on_padding():
    short = shuffle(jnp.uint32(11), 8, jnp.uint32(7))
    long = shuffle(jnp.uint32(11), 32, jnp.uint32(7))
    assert np.array_equal(short[:7], long[:7])


@pytest.fixture(scope="module")
def orders() -> np.ndarray:
    """Orders of four rows in 24,000 epochs."""
    one = partial(draws.shuffle, slots=4, rows=jnp.uint32(4))
    keys = jax.vmap(partial(draws.fold, jnp.uint32(17)))
    shuffle_all = jax.jit(lambda epochs: jax.vmap(one)(keys(epochs)))
    return np.asarray(shuffle_all(jnp.arange(24_000, dtype=jnp.uint32)))


def test_all_orders_of_four_rows_are_equally_frequent(orders):
    number = orders @ np.array([64, 16, 4, 1])
    _, counts = np.unique(number, return_counts=True)
    assert len(counts) == 24
    assert abs(chi_square(counts)) < SIGMAS


def test_the_order_of_one_epoch_says_nothing_about_the_next(orders):
    where = np.argmin(orders, axis=1)  # where row 0 went
    pairs = np.bincount(4 * where[:-1] + where[1:], minlength=16)
    assert abs(chi_square(pairs)) < SIGMAS
