"""The last layer of a network, by head: its initial values, and from features to raw outputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Array, Float

from shoal.nets.initializers import initializer
from shoal.nets.ordinal import cumulative_logits, first_thresholds


def init_head(
    head: str, outputs: int, start: str, features: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw ``kernel`` and ``bias``; of the ordinal head ``kernel`` of one score, and its ``thresholds``.

    Parameters
    ----------
    head : str
    outputs : int
    start : str
        Initializer of the kernel, as `shoal.nets.initializers.initializer` reads it.
    features : int
    rng : numpy.random.Generator
    """
    units = 1 if head == "ordinal" else outputs
    kernel = initializer(start)(rng, features, units, (features, units))
    if head == "ordinal":
        return {"kernel": kernel, "thresholds": first_thresholds(outputs)}
    return {"kernel": kernel, "bias": np.zeros(units)}


def apply_head(
    head: str, params: Mapping[str, Array], x: Float[Array, "batch features"]
) -> Float[Array, "batch outputs"]:
    """Return the raw outputs: ``x W + b``, or cumulative logits of ordered classes."""
    if head == "ordinal":
        return cumulative_logits(params, x)
    return x @ params["kernel"] + params["bias"][None, :]
