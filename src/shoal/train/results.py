"""What training made of each network: arrays, figures and words, without JAX."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Record = dict[int, dict[str, float]]
"""Epoch -> what was seen of a network then, by column: see `shoal.train.columns`."""


@dataclass(frozen=True)
class NetResult:
    """What training made of one network.

    Parameters
    ----------
    params, running : dict of str to ndarray
        Weights and running statistics of the best epoch.
    best_epoch, epochs : int
        Best epoch (counted from 1; 0 = before training) and epochs trained.
    best_score : float
        The monitored figure at the best epoch; lower is better (accuracy carries a minus sign).
    code : str
        "complete", "early", "diverged", "interrupted", "paused" or "stopped"; "loss", "accuracy", "level" or
        "time" where the setting of that stopping criterion ended it.
    reason : str
        The same in words.
    history : (epochs, columns) array
        `shoal.train.events.COLUMNS`, for the epochs of this run.
    seconds : float
        Device time shared out among the networks of a tile.
    tile : int
        Networks that were trained together in one tile: with the seed and versions, what is needed to get the
        same bits again.
    record : Record
        What looks at its layers have found; empty where none were asked for.
    state : dict
        All that a later run needs to go on exactly where this one ended.
    """

    params: dict[str, np.ndarray]
    running: dict[str, np.ndarray]
    best_epoch: int
    epochs: int
    best_score: float
    code: str
    reason: str
    history: np.ndarray
    seconds: float
    tile: int
    record: Record = field(repr=False, default_factory=dict)
    state: dict[str, Any] = field(repr=False, default_factory=dict)
