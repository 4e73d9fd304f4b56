"""How a training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plot.canvas import SERIES, SOFT, STYLES, axes_for, history_of, numbers, plain, stretched

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = {"loss": "training", "val_loss": "validation"}


def curves(net: Any, columns: Sequence[str] | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw columns of the history over the epochs, with a line at the epoch that was kept.

    Parameters
    ----------
    net : fitted estimator, Model or History
    columns : sequence of str, optional
        Names in the history; the training and the validation loss if not given.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        If the history has no such column, with the names that it has.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> from shoal import plot
    >>> from shoal.history import History
    >>> history = History([{"epoch": 1, "loss": 0.9, "val_loss": 1.0}, {"epoch": 2, "loss": 0.5}])
    >>> [line.get_label() for line in plot.curves(history).get_lines()]
    ['training', 'validation']
    """
    history = history_of(net)
    names = [name for name in _NAMES if name in history] if columns is None else list(columns)
    epochs = numbers(history["epoch"]) if "epoch" in history else np.arange(1, len(history) + 1)
    found = [numbers(history[name]) for name in names]
    ax = axes_for(ax)
    for i, (name, values) in enumerate(zip(names, found, strict=True)):
        seen = np.isfinite(values)
        label = _NAMES.get(name, name.replace("_", " "))
        marker = "." if seen.sum() < 3 else None
        look: dict[str, Any] = {"color": SERIES[i % 4], "linestyle": STYLES[i // 4 % 4], "marker": marker}
        ax.plot(epochs[seen], values[seen], label=label, **look)
    if found:
        stretched(ax, np.concatenate(found))
    if history.best_epoch:
        ax.axvline(history.best_epoch, color=SOFT, linewidth=0.8)
        top = ax.get_xaxis_transform()
        ax.text(history.best_epoch, 1.0, "kept ", color=SOFT, ha="right", va="top", transform=top)
    ax.legend(frameon=False)
    return plain(ax, "Training", "epoch", "loss" if columns is None else "")
