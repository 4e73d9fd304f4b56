"""Output heads: what the last layer's raw outputs mean, and how they become predictions."""

from __future__ import annotations

from shoal.nets.heads.answers import by_class, deviations, probabilities, quantiles, values
from shoal.nets.heads.table import HEAD_OF_TASK, HEADS, HeadKind, refuse_outputs

__all__ = [
    "HEADS",
    "HEAD_OF_TASK",
    "HeadKind",
    "by_class",
    "deviations",
    "probabilities",
    "quantiles",
    "refuse_outputs",
    "values",
]
