"""A further network of an ensemble, as plain data: files are read and described without waking JAX."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shoal.history.record import History


@dataclass(frozen=True, eq=False)
class EnsembleMember:
    """One of the further networks of an ensemble.

    Attributes
    ----------
    params, state : dict of str to array
        Its weights and running statistics, under the names of the first network.
    history : History
        What happened in each epoch of its training.
    seed : int
        Drew its initial weights, the order of its rows and its dropout.
    """

    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    history: History = field(default_factory=History)
    seed: int = 0
