"""What a search tried, how good it was, and what mattered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import InputError
from shoal.plot.canvas import SERIES, SOFT, axes_side_by_side, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 12  # settings of which bars are drawn


def sweep(search: Any, *, ax: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw the score of every trial with the best so far, and how much each setting mattered.

    Parameters
    ----------
    search : fitted SweepCV
    ax : sequence of two matplotlib Axes, optional

    Returns
    -------
    list of two matplotlib Axes

    Raises
    ------
    InputError
        If it is no search that was fitted.
    """
    if not hasattr(search, "found_"):
        raise InputError(f"Expected a fitted SweepCV. Got {type(search).__name__}; call fit first.")
    left, right = axes_side_by_side(ax, 2)
    _trials(left, search)
    _importances(right, search.importances_)
    return [left, right]


def _trials(ax: Axes, search: Any) -> None:
    trials = sorted(search.found_.trials.values(), key=lambda trial: trial.number)
    sound = [trial for trial in trials if trial.sound]
    places = [trial.number for trial in sound]
    scores = np.array([np.mean(trial.parts) for trial in sound])
    errors = [np.std(t.parts, ddof=1) / np.sqrt(len(t.parts)) if len(t.parts) > 1 else 0.0 for t in sound]
    ax.errorbar(places, scores, errors, fmt="o", color=SERIES[0], markersize=4, elinewidth=0.8)
    if len(scores):
        best = np.maximum.accumulate(scores)
        ax.step(places, best, where="post", color=SERIES[1], label="best so far")
        ax.legend(frameon=False)
    failed = [trial.number for trial in trials if not trial.sound]
    if failed:
        low = ax.get_xaxis_transform()
        ax.plot(failed, [0.02] * len(failed), "x", color=SOFT, transform=low, label="came to nothing")
        ax.legend(frameon=False)
    name = search.question_.scorers.main.replace("_", " ")
    plain(ax, "Trials", "trial", f"{name} (higher is better)")


def _importances(ax: Axes, found: Any) -> None:
    plain(ax, "What mattered", "share of the differences between trials", "")
    if found.reason:
        ax.text(0.5, 0.5, found.reason, ha="center", va="center", wrap=True, transform=ax.transAxes)
        ax.set_axis_off()
        return
    shown = found.settings[:_MOST][::-1]
    shares = np.array([one.share.value for one in shown])
    low, high = (np.array([getattr(one.share, end) for one in shown]) for end in ("low", "high"))
    whiskers = np.clip([shares - low, high - shares], 0.0, None)
    ax.barh([one.name for one in shown], shares, height=0.5, xerr=whiskers, color=SERIES[0], ecolor=SOFT)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, None)
