"""Whether stated probabilities come true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import InputError
from shoal.history.reliability import reliability as reliability_of
from shoal.plot.canvas import SERIES, SOFT, axes_for, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reliability(net: Any, X: Any, y: Any, *, ax: Axes | None = None) -> Axes:
    """Draw confidence against the share that was right, in 15 bins; dots are as large as their rows are many.

    Dots below the diagonal are overconfident (Guo et al. 2017, arXiv 1706.04599).

    Parameters
    ----------
    net : fitted classifier
    X, y
        Rows that it has not seen, with the truth.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If the network gives no probabilities, or `y` holds a class that it does not know.
    """
    if not hasattr(net, "predict_proba"):
        raise InputError(
            f"Expected a fitted classifier, which gives probabilities. Got {type(net).__name__}."
        )
    chances = np.asarray(net.predict_proba(X), float)
    found = reliability_of(_places(net, np.asarray(y)), chances)
    bins = found["bins"]
    ax = axes_for(ax, width=4.2, height=4.0)
    ax.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, label="as sure as it should be")
    confidence, right = ([one[name] for one in bins] for name in ("confidence", "accuracy"))
    size = [20 + 180 * one["weight"] / max(b["weight"] for b in bins) for one in bins]
    ax.plot(confidence, right, color=SERIES[0], linewidth=1.2)
    ax.scatter(confidence, right, s=size, color=SERIES[0], zorder=3, label=f"error {found['ece']:.3g}")
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02))
    ax.legend(frameon=False)
    return plain(ax, "Reliability", "confidence", "share that was right")


def _places(net: Any, truth: np.ndarray) -> np.ndarray:
    """Return the class numbers of the truth; several labels stay as they are."""
    if truth.ndim == 2 and truth.shape[1] > 1:
        return truth.astype(int)
    known = {label: place for place, label in enumerate(np.asarray(net.classes_).tolist())}
    strange = [label for label in np.unique(truth).tolist() if label not in known]
    if strange:
        raise InputError(
            f"Expected classes of the network ({', '.join(map(str, known))}). Got {strange[0]!r}."
        )
    return np.array([known[label] for label in truth.ravel().tolist()])
