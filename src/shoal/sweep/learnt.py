"""What a search knows, in the form in which `shoal.sweep.matter` asks for it."""

from __future__ import annotations

import numpy as np

from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.question import Question
from shoal.sweep.run import Found


def evidence_of(found: Found, question: Question) -> Evidence:
    """Return the trials of a search with their scores.

    Where a search stops its losers, each trial stands as it was last: a loser as good as its last rung.

    Parameters
    ----------
    found : Found
    question : Question
    """
    folds, seeds = len(question.folds), len(question.seeds)
    trials = list(found.trials.values())
    parts = np.array([t.parts for t in trials], float).reshape(len(trials), seeds, folds)
    tested = sum(len(fold.test) for fold in question.folds)
    trained = sum(len(fold.train) + len(fold.valid) for fold in question.folds)
    return Evidence(
        question.space,
        [t.values for t in trials],
        parts.transpose(0, 2, 1).reshape(len(trials), folds * seeds),  # the seeds of a fold side by side
        folds,
        seeds,
        costs=[t.seconds for t in trials],
        test_to_train=tested / trained if trained else None,
    )
