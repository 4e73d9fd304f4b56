"""Mixup: rows between two rows, with both answers (Zhang et al. 2018, arXiv 1710.09412).

A row ``x`` becomes ``share * x + (1 - share) * other``, and its loss ``share * loss(y) + (1 - share) *
loss(y of the other)``, with a share of its own for every row, drawn from ``Beta(alpha, alpha)``. For
cross-entropy and squared error that is, up to a constant, the loss of the mixed answer. The other row is
drawn from the batch in proportion to its weight, so that weight 2 is the row twice in expectation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from shoal.nets import draws
from shoal.train.augment.images import key_of

POINTS = 513
PARTNER = "other target"
"""Name of the second answer in a mixed batch."""
SHARE = "share"
"""Name of the share of the first row and answer in a mixed batch."""


def beta_quantiles(alpha: float) -> tuple[float, ...]:
    """Return quantiles of ``Beta(alpha, alpha)`` at `POINTS` even levels from 0 to 1, or 1 for `alpha` 0.

    Traced instead of `alpha` itself: the program draws by interpolating them, which needs no loop that ends
    when a draw is accepted. The distribution function is met within ``1 / 512``.

    Examples
    --------
    >>> beta_quantiles(1.0)[::128]
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    if alpha == 0.0:
        return (1.0,) * POINTS
    from scipy.special import betaincinv  # JAX brings it along; 0.1 s that only mixup pays

    return tuple(betaincinv(alpha, alpha, np.linspace(0.0, 1.0, POINTS)).tolist())


def mixed(batch: Mapping[str, Array], key: UInt32[Array, ""], quantiles: Float[Array, "points"]):
    """Mix each row of a batch with another, or with itself.

    Numbers are mixed. A code cannot be: it is the other row's with probability ``1 - share``, which gives
    the mixed embedding in expectation.

    Returns
    -------
    dict
        The batch with ``"share"`` (rows,) and ``"other target"``, which `mixed_loss` reads.
    """
    rows = batch["weight"].shape[0]
    dtype = quantiles.dtype
    share = _shares(draws.uniform(key_of(key, "mixup"), (rows,), dtype), quantiles)
    other = partners(draws.uniform(key_of(key, "partner"), (rows,), dtype), batch["weight"])
    keep = draws.uniform(key_of(key, "codes"), batch["codes"].shape, dtype) < share[:, None]
    return {
        **batch,
        "numbers": _blend(share[:, None], batch["numbers"], batch["numbers"][other]),
        "codes": jnp.where(keep, batch["codes"], batch["codes"][other]),
        PARTNER: batch["target"][other],
        SHARE: share,
    }


def mixed_loss(
    loss: Callable[[Array], Float[Array, "rows"]], batch: Mapping[str, Array]
) -> Float[Array, "rows"]:
    """Return the loss of each row, of a mixed one the loss of both answers by their shares.

    Parameters
    ----------
    loss : callable
        Gives the loss of the rows, were the answers the ones it is given.
    batch : mapping
        Mixed or not.
    """
    first = loss(batch["target"])
    return _blend(batch[SHARE], first, loss(batch[PARTNER])) if SHARE in batch else first


def partners(level: Float[Array, "draws"], weight: Float[Array, "rows"]) -> Int[Array, "draws"]:
    """Return, for numbers between 0 and 1, rows drawn in proportion to their weights.

    Examples
    --------
    >>> partners(jnp.array([0.1, 0.3, 0.9]), jnp.array([1.0, 3.0, 0.0])).tolist()
    [0, 1, 1]
    """
    total = jnp.cumsum(weight)
    last = jnp.max(jnp.where(weight > 0, jnp.arange(len(weight)), 0))  # rounding must not pass it
    found = jnp.searchsorted(total, level * total[-1], side="right", method="scan_unrolled")
    return jnp.minimum(found, last.astype(found.dtype))


def _shares(level: Float[Array, "rows"], quantiles: Float[Array, "points"]) -> Float[Array, "rows"]:
    place = level * (quantiles.shape[0] - 1)
    before = jnp.floor(place)
    low = jnp.minimum(before.astype(jnp.int32), quantiles.shape[0] - 2)
    return _blend(1.0 - (place - before), quantiles[low], quantiles[low + 1])


def _blend(share: Array, one: Array, other: Array) -> Array:
    """Return ``share * one + (1 - share) * other``; where the share is 1 `one` itself, whatever the other."""
    return jnp.where(share < 1.0, share * one + (1.0 - share) * other, one)
