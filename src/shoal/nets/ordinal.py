"""Ordered classes by proportional odds: one score and rising thresholds (McCullagh 1980).

``P(class <= k) = sigmoid(threshold_k - score)``. The outputs of the network are the K - 1 cumulative logits
``threshold_k - score``. Thresholds stay in order because they are stored as the first one and the gaps that
follow it, ``threshold_k = threshold_1 + sum_j softplus(gap_j)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def first_thresholds(count: int) -> np.ndarray:
    """Return stored thresholds under which all ``count + 1`` classes are equally likely at score 0.

    Examples
    --------
    >>> np.asarray(thresholds(jnp.asarray(first_thresholds(3)))).round(3).tolist()
    [-1.099, 0.0, 1.099]
    """
    share = np.arange(1, count + 1) / (count + 1)
    logits = np.log(share / (1.0 - share))
    return np.append(logits[:1], np.log(np.expm1(np.diff(logits))))


def thresholds(stored: Float[Array, "cuts"]) -> Float[Array, "cuts"]:
    """Return the thresholds in rising order."""
    return jnp.cumsum(jnp.concatenate([stored[:1], jax.nn.softplus(stored[1:])]))


def cumulative_logits(
    params: Mapping[str, Array], x: Float[Array, "batch units"]
) -> Float[Array, "batch cuts"]:
    """Return ``threshold_k - score`` from the head's ``kernel`` (units, 1) and ``thresholds`` (cuts,)."""
    return thresholds(params["thresholds"])[None, :] - x @ params["kernel"]


def log_probabilities(logits: Any, xp: Any = jnp) -> Any:
    """Return the logarithm of ``sigmoid(logit_k) - sigmoid(logit_(k-1))``, without cancellation.

    Of a class between two thresholds it is ``log sigmoid(b) + log sigmoid(-a) + log(1 - exp(a - b))``.

    Parameters
    ----------
    logits : (batch, cuts) array
        Cumulative logits.
    xp : module
        `jax.numpy`, or `numpy`.

    Returns
    -------
    (batch, classes) array

    Examples
    --------
    >>> np.exp(log_probabilities(np.array([[-1.0, 1.0]]), np)).round(3)
    array([[0.269, 0.462, 0.269]])
    """
    edge = xp.zeros_like(logits[:, :1])
    below = xp.concatenate([-xp.logaddexp(-logits, 0.0), edge], axis=1)
    above = xp.concatenate([edge, -xp.logaddexp(logits, 0.0)], axis=1)
    # Thresholds far from zero may round to one: no class may become impossible.
    gap = xp.maximum(logits[:, 1:] - logits[:, :-1], xp.finfo(logits.dtype).eps)
    return below + above + xp.concatenate([edge, xp.log(-xp.expm1(-gap)), edge], axis=1)
