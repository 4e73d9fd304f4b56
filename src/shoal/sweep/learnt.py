"""What a search knows, in the form in which `shoal.sweep.matter` asks for it; nothing here wakes JAX."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.space import Space
from shoal.sweep.trials import Trial


def evidence_of(
    space: Space, trials: Sequence[Trial], folds: Sequence[Sequence[int]], seeds: int
) -> Evidence:
    """Return trials with their scores as evidence.

    Where a search stops its losers, each trial stands as it was last: a loser as good as its last rung.

    Parameters
    ----------
    space : Space
    trials : sequence of Trial
    folds : sequence of (train, valid, test)
        Rows of each part of every fold.
    seeds : int
    """
    parts = np.array([trial.parts for trial in trials], float).reshape(len(trials), seeds, len(folds))
    trained, tested = sum(fold[0] + fold[1] for fold in folds), sum(fold[2] for fold in folds)
    return Evidence(
        space,
        [trial.values for trial in trials],
        parts.swapaxes(1, 2).reshape(len(trials), -1),  # the seeds of a fold side by side
        len(folds),
        seeds,
        costs=[trial.seconds for trial in trials],
        test_to_train=tested / trained if trained else None,
    )
