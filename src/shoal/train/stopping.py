"""What happens to a network after every epoch: its best weights are kept, and it goes on or stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

RUNNING, COMPLETE, EARLY, DIVERGED, LOSS, ACCURACY, LEVEL, TIME = range(8)
"""State codes of a network; only those that run move."""

_BLOWN = 10.0  # losses this far above the first one, in units of 1 + |first|: worse than knowing nothing
_ABSURD = 1e4  # the same for an epoch that is judged by rows which may hold outliers

State = dict[str, Any]


def first_score(params: Mapping, running: Mapping, precision: str, epoch: int, judged: bool) -> State:
    """Return what `after_epoch` remembers from epoch to epoch, before the first.

    Parameters
    ----------
    params, running : mapping
        Weights and running statistics before training, which are the best so far.
    precision : str
    epoch : int
        Epochs done before.
    judged : bool
        Whether there are validation rows. Without them the loss of an epoch does not yet know its last
        step, so the best weights before the best ones are kept until the next epoch has seen these.
    """
    infinite, none = np.asarray(np.inf, precision), np.asarray(np.nan, precision)
    best = {"params": params, "running": running, "score": infinite, "epoch": np.int32(epoch)}
    state = {f"best_{name}": value for name, value in best.items()}
    if not judged:
        state |= {f"earlier_{name}": value for name, value in best.items()}
    return {
        **state,
        "start_loss": none,
        "previous": none,
        "plateau": {
            "scale": np.asarray(1.0, precision),
            "best": infinite,
            "bad": np.int32(0),
            "rest": np.int32(0),
        },
        "waited": np.int32(0),
        "epoch": np.int32(epoch),
        "code": np.int32(RUNNING),
    }


def after_epoch(
    state: State,
    row: Float[Array, "3"],
    net: Mapping[str, Any],
    number: Array,
    weights: tuple[Mapping[str, Array], Mapping[str, Array]],
    objective: Float[Array, ""] | None = None,
    first: Float[Array, ""] | None = None,
    after: Float[Array, ""] | None = None,
) -> State:
    """Keep the best weights, and decide whether the network goes on.

    The best epoch is the last of those with the lowest score. Patience counts the epochs since the score
    last fell by more than ``min_delta`` below the best before it.

    Parameters
    ----------
    state : dict
        After the steps of the epoch; see `first_score`.
    row : (3,) array
        Training loss, validation loss and metric; NaN where there is none.
    net : mapping
        ``monitor`` (weights of `row`, one of them not 0; -1 where more is better), ``min_delta``,
        ``patience`` (0 = never), ``min_epochs`` and ``epochs``; ``stop_loss``, ``stop_accuracy`` and
        ``stop_change``; the numbers of `shoal.train.schedules.Schedule.reaction`.
    number : int scalar
        Epochs done before this one.
    weights : (params, running)
        What was judged, and is kept if it is the best: the average of the weights where they are averaged.
    objective : scalar array, optional
        Training loss with its penalties, where there are any. Where the training loss is monitored it is
        this that counts: the loss alone would prefer weights before they are drawn in.
    first, after : scalar array, optional
        Loss of the first batch before its step, and of the last batch after its step (0 but in a last
        epoch). Without validation rows they tell whether weights lead out of the world.
    """
    # monitor: one-hot choice of the column, with sign -1 where more is better
    seen = row if objective is None else row.at[0].set(objective)
    score = jnp.sum(jnp.where(net["monitor"] != 0, seen * net["monitor"], 0.0))
    finite = jnp.isfinite(row[0]) & jnp.isfinite(score)
    first = row[0] if first is None else first
    start = jnp.where(jnp.isnan(state["start_loss"]), first, state["start_loss"])
    sane = jnp.sum(jnp.where(net["monitor"][:2] > 0, row[:2], 0.0)) <= _ceiling(start, _ABSURD)
    state = {**state, "start_loss": start}
    if after is not None:
        sane = sane & (after <= _ceiling(start, _BLOWN))
        state = _taken_back(state, number, first <= _ceiling(start, _BLOWN))
    better = finite & sane & (score < state["best_score"] - net["min_delta"])
    best = finite & sane & (score <= state["best_score"])
    done = number + 1
    state = _kept(state, best, {"params": weights[0], "running": weights[1], "score": score, "epoch": done})
    waited = jnp.where(better, 0, state["waited"] + 1)
    return {
        **state,
        "plateau": _plateau(state, score, net),
        "previous": score,
        "waited": waited,
        "epoch": done,
        "code": jnp.where(finite, _code(state, row, score, waited, done, net), DIVERGED).astype(jnp.int32),
    }


def _ceiling(start: Array, times: float) -> Array:
    """Return the loss above which weights are worse than none: NaN and infinity lie above any."""
    return start + times * (jnp.abs(start) + 1.0)


def _taken_back(state: State, number: Array, sound: Array) -> State:
    """Bring the best weights before the last ones back, if the last ones turn out to be unsound."""
    wrong = ~sound & (state["best_epoch"] == number)
    names = ("params", "running", "score", "epoch")
    back = {f"best_{n}": _chosen(wrong, state[f"earlier_{n}"], state[f"best_{n}"]) for n in names}
    return {**state, **back}


def _kept(state: State, best: Array, now: Mapping[str, Any]) -> State:
    fresh = {f"best_{name}": _chosen(best, value, state[f"best_{name}"]) for name, value in now.items()}
    if "earlier_score" in state:
        old = {name: _chosen(best, state[f"best_{name}"], state[f"earlier_{name}"]) for name in now}
        fresh |= {f"earlier_{name}": value for name, value in old.items()}
    return {**state, **fresh}


def _chosen(flag: Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(flag, a, b), new, old)


def _code(state: State, row, score, waited, done, net) -> Array:
    """Return how the network stands; what comes first here wins where several hold."""
    ready = done >= net["min_epochs"]
    loss = jnp.where(jnp.isnan(row[1]), row[0], row[1])
    accuracy = jnp.where(jnp.isnan(row[2]), -jnp.inf, row[2])
    still = jnp.abs(score - state["previous"]) < net["stop_change"]  # never in a first epoch: NaN
    # Early comes before complete, so that a run that pauses here and one that does not stop alike.
    reasons = (
        (LOSS, ready & (loss <= net["stop_loss"])),
        (ACCURACY, ready & (accuracy >= net["stop_accuracy"])),
        (EARLY, ready & (net["patience"] > 0) & (waited >= net["patience"])),
        (LEVEL, ready & still),
        (COMPLETE, done >= net["epochs"]),
    )
    code = jnp.int32(RUNNING)
    for value, holds in reversed(reasons):
        code = jnp.where(holds, jnp.int32(value), code)
    return code


def _plateau(state: State, score: Array, net: Mapping[str, Any]) -> State:
    """Scale the learning rate down where the score does not improve: PyTorch's ReduceLROnPlateau.

    "Improve" is against the best so far, or against the epoch before (new-bob).
    """
    before = state["plateau"]
    reference = jnp.where(net["plateau_previous"] > 0, state["previous"], before["best"])
    reference = jnp.where(jnp.isnan(reference), jnp.inf, reference)
    margin = jnp.where(jnp.isfinite(reference), net["plateau_threshold"] * jnp.abs(reference), 0.0)
    better = score < reference - margin
    bad = jnp.where(better, 0, before["bad"] + 1)
    resting = before["rest"] > 0
    bad = jnp.where(resting, 0, bad)
    lower = bad > net["plateau_patience"]
    low = jnp.minimum(net["plateau_low"], before["scale"])
    scale = jnp.where(lower, jnp.maximum(before["scale"] * net["plateau_factor"], low), before["scale"])
    return {
        "scale": scale,
        "best": jnp.where(better, score, before["best"]),
        "bad": jnp.where(lower, 0, bad).astype(jnp.int32),
        "rest": jnp.where(lower, net["plateau_cooldown"], before["rest"] - resting.astype(jnp.int32)).astype(
            jnp.int32
        ),
    }
