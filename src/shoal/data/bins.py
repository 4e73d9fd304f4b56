"""Piecewise-linear bins of one column of numbers: its place among the quantiles of the training rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from shoal.data.distribution import Distribution


def bin_edges(found: Distribution, bins: int) -> tuple[float, ...]:
    """Return the different weighted quantiles that bound the bins; none for a constant column."""
    if not bins or len(found.values) < 2:
        return ()
    inner = found.quantiles(np.arange(1, bins) / bins)
    edges = np.unique(np.concatenate([found.values[:1], inner, found.values[-1:]]))
    return tuple(edges.tolist())


def bin_names(name: str, edges: tuple[float, ...]) -> list[str]:
    """Return a name for each bin of a column."""
    return [f"{name} (bin {i + 1})" for i in range(len(edges) - 1)]


def piecewise_linear(values: np.ndarray, edges: tuple[float, ...]) -> Iterator[np.ndarray]:
    """Yield the piecewise-linear encoding (Gorishniy et al. 2022): how much of each bin is filled.

    The first bin goes on below its edge and the last above, so that no two values look the same.
    """
    last = len(edges) - 2
    for bin_, (low, high) in enumerate(pairwise(edges)):
        filled = (values - low) / (high - low)
        filled = filled if bin_ == 0 else np.maximum(filled, 0.0)
        yield filled if bin_ == last else np.minimum(filled, 1.0)
