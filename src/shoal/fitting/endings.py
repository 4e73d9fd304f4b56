"""How a training ended, for the one who asked for it: a result that is none is refused, trouble is told."""

from __future__ import annotations

import warnings

import numpy as np

from shoal.errors import TrainingError, TrainingWarning
from shoal.settings import Settings
from shoal.train.results import NetResult


def fruitless(result: NetResult) -> bool:
    """Return whether training never brought the loss near where it began: the first weights are the best."""
    return len(result.history) > 0 and (result.best_epoch == 0 or not np.isfinite(result.best_score))


def blown_up(result: NetResult) -> bool:
    """Return whether a network that had learnt something ended far above the loss that it began with."""
    losses = result.history[:, 0]
    if len(losses) < 2 or fruitless(result) or result.best_epoch == result.epochs:
        return False
    start, end = float(losses[0]), float(losses[-1])
    return not end <= start + 10.0 * (abs(start) + 1.0)


def advice(settings: Settings) -> str:
    """Return what to do about a training that ran away."""
    return f"Lower learning_rate (now {settings.learning_rate:g}), or set clip_norm=1.0 to bound each step."


def refuse_fruitless(result: NetResult, settings: Settings) -> None:
    """Refuse a training that left nothing to use.

    Raises
    ------
    TrainingError
        If no epoch brought the loss near where it began.
    """
    if not fruitless(result):
        return
    if result.code == "diverged" and len(result.history) == 1:
        raise TrainingError(f"The loss became infinite or NaN in the first epoch. {advice(settings)}")
    raise TrainingError(
        f"The loss rose from the first epoch on and was never near where it began, in {len(result.history)} "
        f"epochs. {advice(settings)}"
    )


def tell_ending(result: NetResult, settings: Settings, stacklevel: int = 2) -> None:
    """Warn of a training that was interrupted or ran away after it had learnt something.

    Warns
    -----
    TrainingWarning
    """
    if result.code == "interrupted":
        warnings.warn(f"{result.reason} What was learnt is kept.", TrainingWarning, stacklevel + 1)
    elif result.code == "diverged":
        warnings.warn(f"{result.reason} {advice(settings)}", TrainingWarning, stacklevel + 1)
    elif blown_up(result):
        warnings.warn(
            f"The loss rose far above where it began; the weights of epoch {result.best_epoch} are kept. "
            f"{advice(settings)}",
            TrainingWarning,
            stacklevel + 1,
        )
