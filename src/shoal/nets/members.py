"""Members of an ensemble within one network: how their losses and their answers are put together.

A network with members gives outputs of shape (batch, members, outputs) in training, where each member has a
loss of its own, and (batch, outputs) in prediction, where their answers are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal.nets.heads.average import averaged
from shoal.rules import Number, check, refuse_unknown

MEMBERS = 16
"""Members of ``ensemble="tabm"``; the paper takes 32, at twice the cost."""


def shared_members(value: Any) -> int:
    """Return how many members of the ``ensemble`` setting share their kernels; 0 where it asks for none.

    Examples
    --------
    >>> shared_members({"kind": "tabm", "members": 8}), shared_members("tabm"), shared_members(5)
    (8, 16, 0)
    """
    given = {"kind": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or given["kind"] != "tabm":
        return 0
    refuse_unknown("An ensemble of kind 'tabm'", given.keys() - {"kind"}, ("members",))
    members = given.get("members", MEMBERS)
    check("an ensemble of kind 'tabm'", "members", members, Number(1, integer=True))
    return int(members)


def member_mean(outputs: Array, target: Array, loss: Callable[[Array, Array], Array]) -> Array:
    """Return the loss of each row; with members, the mean of the members' own.

    Parameters
    ----------
    outputs : (batch, outputs) or (batch, members, outputs) array
    target : array
        Of the rows; all members have the same.
    loss : callable
        ``(outputs, target) -> (batch,)`` of one member.

    Examples
    --------
    >>> squared = lambda outputs, target: jnp.square(outputs - target)[:, 0]
    >>> member_mean(jnp.array([[[1.0], [3.0]]]), jnp.array([[0.0]]), squared)
    Array([5.], dtype=float32)
    """
    if outputs.ndim == 2:
        return loss(outputs, target)
    return jnp.mean(jax.vmap(loss, in_axes=(1, None), out_axes=1)(outputs, target), axis=1)


def combined(head: str, outputs: Float[Array, "batch members outputs"]) -> Float[Array, "batch outputs"]:
    """Return the outputs of the ensemble: logits of the mean probability, or the mean value.

    For softmax ``log mean_k p_k``, for sigmoid heads ``logit(mean_k p_k)``, so that whoever reads logits
    reads those of the ensemble as well; see `shoal.nets.heads.average.averaged`.
    """
    return averaged(head, outputs, axis=1, xp=jnp)
