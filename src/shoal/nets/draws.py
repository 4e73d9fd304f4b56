"""Random numbers that depend on where they are used, not on how many are drawn together.

A counter-based hash gives every (key, counter) pair its own 32 bits, so a number does not change when a
batch is padded, a layer is widened, or networks are trained together. The mixing function is C. Wellons'
``lowbias32`` (https://nullprogram.com/blog/2018/07/31/), a bijection of 32 bits whose avalanche bias is
0.17; uniformity and independence of the streams are tested in ``tests/nets/test_draws.py``.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

_PACKED_SLOTS = 8192
_GOLDEN = 0x9E3779B9  # 2**32 / golden ratio: successive counters land far apart before mixing


def mix(bits: UInt32[Array, "*shape"]) -> UInt32[Array, "*shape"]:
    """Scramble 32 bits so that each output bit depends on every input bit (``lowbias32``)."""
    bits = bits ^ (bits >> 16)
    bits = bits * jnp.uint32(0x7FEB352D)
    bits = bits ^ (bits >> 15)
    bits = bits * jnp.uint32(0x846CA68B)
    return bits ^ (bits >> 16)


def fold(key: UInt32[Array, "..."], counter) -> UInt32[Array, "..."]:
    """Derive an independent key from `key` for each value of the integer `counter` (broadcast together)."""
    counter = jnp.asarray(counter, jnp.uint32)
    return mix(mix(key) ^ (counter * jnp.uint32(_GOLDEN) + jnp.uint32(1)))


def bits_of(key: UInt32[Array, ""], shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """Draw 32 bits for each entry of a ``(batch, ...)`` array.

    Those of (row, unit) depend on the key and that pair alone, not on the padded shape.
    """
    bits = fold(key, jnp.arange(shape[0], dtype=jnp.uint32))
    for size in shape[1:]:
        counters = jnp.arange(size, dtype=jnp.uint32) * jnp.uint32(_GOLDEN)
        bits = mix(bits[..., None] ^ counters.reshape((1,) * bits.ndim + (size,)))
    return bits


def keep_mask(key: UInt32[Array, ""], rate: Float[Array, ""], shape: tuple[int, ...]) -> Bool[Array, "..."]:
    """Draw which entries of a ``(batch, ...)`` array survive dropout: each with probability ``1 - rate``.

    The bit for (row, unit) depends on the key and that pair alone, not on the padded shape.
    """
    # 2**32 * rate rounds to a float32 below 2**32 for every rate up to 1 - 2**-24
    threshold = (rate.astype(jnp.float32) * jnp.float32(2.0**32)).astype(jnp.uint32)
    return bits_of(key, shape) >= threshold


def uniform(key: UInt32[Array, ""], shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, "..."]:
    """Draw numbers strictly between 0 and 1, symmetric about 1/2: 2**23 of them, the same in any `dtype`."""
    return ((bits_of(key, shape) >> 9).astype(dtype) + jnp.asarray(0.5, dtype)) * jnp.asarray(2.0**-23, dtype)


def normal(key: UInt32[Array, ""], shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, "..."]:
    """Draw standard normal numbers: the quantiles of `uniform` ones, none beyond 5.3."""
    two = jnp.asarray(2.0, dtype)
    return jnp.sqrt(two) * jax.lax.erf_inv(two * uniform(key, shape, dtype) - jnp.asarray(1.0, dtype))


def shuffle(key: UInt32[Array, ""], slots: int, rows: UInt32[Array, ""]) -> UInt32[Array, "slots"]:
    """Permute ``0 .. rows-1`` at random, followed by the padding slots ``rows .. slots-1``.

    Rows are sorted by a random number each. Up to `_PACKED_SLOTS` slots the row number sits in the low bits
    of the random one, because sorting one array is five times as fast as sorting two together; numbers that
    tie in the 18 bits or more that are left (128 pairs expected among 8,192 rows) keep their order.
    """
    slot = jnp.arange(slots, dtype=jnp.uint32)
    bits = fold(key, slot) >> 1
    padding = jnp.uint32(0x80000000)
    if slots > _PACKED_SLOTS:
        return jnp.argsort(jnp.where(slot < rows, bits, slot | padding)).astype(jnp.uint32)
    low = jnp.uint32((1 << (slots - 1).bit_length()) - 1)
    return jnp.sort(jnp.where(slot < rows, (bits & ~low) | slot, slot | padding)) & low
