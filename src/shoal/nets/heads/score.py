"""How near an output is to the truth, row by row, inside a compiled program."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal.nets.heads.answers import values
from shoal.nets.heads.table import HEADS
from shoal.nets.ordinal import log_probabilities


def score(head: str, outputs: Array, target: Array, settings: Mapping[str, Array]) -> Float[Array, "batch"]:
    """Return 1 where the predicted class is right (the share of right labels), or the squared error.

    Parameters
    ----------
    head : str
    outputs : (batch, outputs) array
    target : array
        As `shoal.data.Target.encode` gives it.
    settings : mapping
        Numbers of the loss; the quantiles head reads its levels.

    Examples
    --------
    >>> score("softmax", jnp.array([[2.0, 1.0], [0.0, 3.0]]), jnp.array([0, 0]), {}).tolist()
    [1.0, 0.0]
    """
    if HEADS[head].metric == "rmse":
        said = values(head, outputs, settings.get("levels", jnp.full(1, 0.5, outputs.dtype)), jnp)
        return jnp.mean(jnp.square(said - target), axis=-1)
    if target.ndim == outputs.ndim:
        return jnp.mean(((outputs > 0) == (target > 0.5)).astype(outputs.dtype), axis=-1)
    logits = log_probabilities(outputs) if head == "ordinal" else outputs
    return (jnp.argmax(logits, axis=-1).astype(target.dtype) == target).astype(outputs.dtype)
