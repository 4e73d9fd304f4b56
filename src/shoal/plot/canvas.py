"""Where pictures are drawn: Matplotlib woken when it is needed, axes made or taken, one style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import InputError, MissingExtraError
from shoal.history.record import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = ("#0b6e8a", "#c2500a", "#5d3fa8", "#4c7a1b")
"""Colours that stay apart for all eyes, as in the report; line styles tell them apart in print."""
STYLES = ("-", "--", "-.", ":")
SOFT = "#8a9699"
_WIDE = 30.0  # times from the lowest to the highest value, above which a scale is logarithmic


def axes_for(ax: Axes | None, width: float = 5.6, height: float = 3.6) -> Axes:
    """Return the axes to draw on, new ones in a figure of that size in inches where there are none."""
    return axes_side_by_side(None if ax is None else [ax], 1, width, height)[0]


def axes_side_by_side(
    ax: Sequence[Axes] | None, count: int, width: float = 5.6, height: float = 3.6
) -> list[Axes]:
    """Return so many axes beside one another, those that are handed in or new ones.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    InputError
        If another number of axes is handed in.
    """
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError:
        raise MissingExtraError("shoal.plot draws with Matplotlib: pip install 'shoal[plot]'.") from None
    if ax is not None:
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != count:
            raise InputError(f"Expected {count} axes to draw on. Got {len(given)}.")
        return given
    _, made = pyplot.subplots(1, count, figsize=(width * count, height), layout="constrained")
    return list(np.ravel(np.asarray(made, dtype=object)))


def plain(ax: Axes, title: str, across: str, up: str) -> Axes:
    """Name the axes, and leave out what carries nothing."""
    ax.set_title(title, loc="left", fontsize="medium", fontweight="bold")
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="y", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    return ax


def stretched(ax: Axes, values: Any) -> None:
    """Take a logarithmic scale where positive values lie far apart."""
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    if len(found) and found.min() > 0 and found.max() > _WIDE * found.min():
        ax.set_yscale("log")


def history_of(net: Any) -> History:
    """Return the history of a fitted estimator, of a model, or the history that is handed in.

    Raises
    ------
    InputError
        If there is none.
    """
    found = net if isinstance(net, History) else getattr(net, "history_", getattr(net, "history", None))
    if not isinstance(found, History):
        raise InputError(
            f"Expected a fitted network, a model or its history. Got {type(net).__name__}; call fit first."
        )
    return found


def numbers(column: Sequence[Any]) -> np.ndarray:
    """Return a column of a history as numbers, NaN where there is none."""
    return np.array([np.nan if cell is None else cell for cell in column], float)
