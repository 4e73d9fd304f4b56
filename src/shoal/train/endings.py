"""How a network ended, in words, and what is put together of it then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from shoal.train.events import COLUMNS
from shoal.train.population import Member, first_state, narrowed
from shoal.train.results import NetResult, Record
from shoal.train.stopping import ACCURACY, COMPLETE, DIVERGED, EARLY, LEVEL, LOSS, RUNNING, TIME

_CODES = {
    COMPLETE: "complete",
    EARLY: "early",
    DIVERGED: "diverged",
    LOSS: "loss",
    ACCURACY: "accuracy",
    LEVEL: "level",
    TIME: "time",
    RUNNING: "interrupted",
}


def result_of(
    member: Member,
    state: Mapping[str, Any],
    history: Sequence[np.ndarray],
    record: Record,
    seconds: float,
) -> NetResult:
    """Put together what is left of a network whose training has ended.

    Parameters
    ----------
    member : Member
    state : mapping
        Its last state, with the ``"tile"`` size.
    history : sequence of (epochs, columns) arrays
        What was recorded, call by call.
    record : Record
        What was seen of its layers.
    seconds : float
    """
    state = _with_finite_weights(member, state)
    code, reason = ending_of(member, state)
    return NetResult(
        params=narrowed(state["best_params"], member.spec),
        running=narrowed(state["best_running"], member.spec),
        best_epoch=int(state["best_epoch"]),
        epochs=int(state["epoch"]),
        best_score=float(state["best_score"]),
        code=code,
        reason=reason,
        history=np.concatenate([np.zeros((0, len(COLUMNS))), *history]),
        record=dict(record),
        seconds=float(seconds),
        tile=int(state["tile"]),
        state=dict(state),
    )


def _with_finite_weights(member: Member, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state; in place of kept weights that are no numbers, those before training.

    The training loss of an epoch is measured before its last step, which may be the one that diverges.
    """
    kept = [*state["best_params"].values(), *state["best_running"].values()]
    if int(state["code"]) != DIVERGED or all(np.isfinite(value).all() for value in kept):
        return state
    before = first_state(replace(member, start=None))
    return {**state, **{name: before[name] for name in ("best_params", "best_running", "best_epoch")}}


def ending_of(member: Member, state: Mapping[str, Any]) -> tuple[str, str]:
    """Return how a network ended, as a code and in words."""
    epoch, best, recipe = int(state["epoch"]), int(state["best_epoch"]), member.recipe
    code = _CODES[int(state["code"])]
    if code == "complete" and epoch < recipe.epochs:
        code = "paused"
    kept = f"the best was epoch {best}."
    return code, {
        "complete": f"All {max(recipe.epochs, epoch)} epochs done; {kept}",
        "early": f"No improvement of {recipe.monitor} for {recipe.patience} epochs; {kept}",
        "diverged": f"The loss became infinite or NaN in epoch {epoch}; the weights of epoch {best} are "
        "kept.",
        "loss": f"The loss has fallen to stop_loss={recipe.stop_loss} in epoch {epoch}; {kept}",
        "accuracy": f"The accuracy has risen to stop_accuracy={recipe.stop_accuracy} in epoch {epoch}; "
        f"{kept}",
        "level": f"{recipe.monitor} changed by less than stop_change={recipe.stop_change} in epoch {epoch}; "
        f"{kept}",
        "time": f"The {recipe.max_time} seconds of max_time were over after epoch {epoch}; {kept}",
        "interrupted": f"Interrupted after epoch {epoch}; {kept}",
        "paused": f"Paused after epoch {epoch}; {kept}",
    }[code]
