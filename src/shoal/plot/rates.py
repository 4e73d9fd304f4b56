"""What a learning-rate search found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.plot.canvas import SERIES, SOFT, axes_for, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from shoal.history.rate_finding import RateFinding


def lr_find(result: RateFinding, *, ax: Axes | None = None) -> Axes:
    """Draw the range test of every seed, the trainings that were tried, and the suggestion with its interval.

    Parameters
    ----------
    result : RateFinding
        What `shoal.lr_find` returns.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_for(ax)
    for i, losses in enumerate(result.losses):
        label = "range test, seed by seed" if i == 0 else None
        ax.plot(result.rates, losses, color=SERIES[0], alpha=0.45, linewidth=1.0, label=label)
    tried = np.isfinite(result.trial_losses).all(axis=0)
    if tried.any():
        middle = result.trial_losses.mean(axis=0)
        ax.plot(result.trial_rates[tried], middle[tried], "o", color=SERIES[1], label="trained to the end")
    ax.axvspan(*result.interval, color=SOFT, alpha=0.2, linewidth=0)
    ax.axvline(result.suggestion, color=SOFT, label=f"suggestion {result.suggestion:.3g}")
    ax.set_xscale("log")
    ax.set_ylim(*_window(result.losses))
    ax.legend(frameon=False)
    return plain(ax, "Learning rate", "learning rate", "loss")


def _window(losses: np.ndarray) -> tuple[float, float]:
    """Return limits that show the descent: what shoots up at the end is cut off."""
    seen = losses[np.isfinite(losses)]
    first, low = float(np.nanmedian(losses[:, 0])), float(seen.min())
    room = max(first - low, 1e-12)
    return low - 0.1 * room, first + 0.6 * room
