"""What happens to a network after every epoch: its best weights are kept, and it goes on or stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

RUNNING, COMPLETE, EARLY, DIVERGED = 0, 1, 2, 3
"""State codes of a network; only those that run move."""


def after_epoch(
    state: dict[str, Any],
    row: Float[Array, "3"],
    net: Mapping[str, Any],
    number: Array,
    objective: Float[Array, ""] | None = None,
) -> dict[str, Any]:
    """Keep the best weights, and decide whether the network goes on.

    The best epoch is the last of those with the lowest score. Patience counts the epochs since the score
    last fell by more than ``min_delta`` below the best before it.

    Parameters
    ----------
    state : dict
        After the steps of the epoch.
    row : (3,) array
        Training loss, validation loss and metric; NaN where there is none.
    net : mapping
        ``monitor`` (weights of `row`, one of them not 0; -1 where more is better), ``min_delta``,
        ``patience`` (0 = never), ``min_epochs`` and ``epochs``.
    number : int scalar
        Epochs done before this one.
    objective : scalar array, optional
        Training loss with its L1 and L2 penalties, where there are any. Where the training loss is
        monitored it is this that counts: the loss alone would prefer weights before they are drawn in.
    """
    # monitor: one-hot choice of the column, with sign -1 where more is better
    seen = row if objective is None else row.at[0].set(objective)
    score = jnp.sum(jnp.where(net["monitor"] != 0, seen * net["monitor"], 0.0))
    finite = jnp.isfinite(row[0]) & jnp.isfinite(score)
    better = finite & (score < state["best_score"] - net["min_delta"])
    best = finite & (score <= state["best_score"])

    def keep(new, old):
        return jax.tree.map(lambda a, b: jnp.where(best, a, b), new, old)

    done = number + 1
    waited = jnp.where(better, 0, state["waited"] + 1)
    early = (net["patience"] > 0) & (waited >= net["patience"]) & (done >= net["min_epochs"])
    # Early comes first, so that a run that pauses here and one that does not stop at the same epoch.
    code = jnp.where(early, EARLY, jnp.where(done >= net["epochs"], COMPLETE, RUNNING))
    return {
        **state,
        "best_params": keep(state["params"], state["best_params"]),
        "best_running": keep(state["running"], state["best_running"]),
        "best_score": jnp.where(best, score, state["best_score"]),
        "best_epoch": jnp.where(best, done, state["best_epoch"]),
        "waited": waited,
        "epoch": done,
        "code": jnp.where(finite, code, DIVERGED).astype(jnp.int32),
    }
