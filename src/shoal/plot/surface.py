"""The loss around a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import InputError
from shoal.lens.surface.door import landscape as landscape_of
from shoal.lens.surface.landscape import Landscape
from shoal.plot.canvas import SERIES, STYLES, axes_for, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVELS = 18


def landscape(net: Any, X: Any = None, y: Any = None, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw the loss on a line or plane through the weights (Li et al. 2018, arXiv 1712.09913).

    Parameters
    ----------
    net : fitted estimator, Model or Landscape
        A `Landscape` is drawn as it is; of a network it is made first, from `X` and `y`.
    X, y
        The rows of the training.
    ax : matplotlib Axes, optional
    **options
        For `shoal.landscape`: ``dimensions``, ``directions``, ``path``, ``optimizers``, ``points``, ``span``
        and so on.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If there are no rows to take the loss of, or options beside a finished landscape.
    """
    found = _found(net, X, y, options)
    ax = axes_for(ax, width=5.2, height=4.4 if found.dimensions == 2 else 3.6)
    losses = np.array(found.losses, float)
    if found.dimensions == 1:
        ax.plot(found.across, losses[0], color=SERIES[0])
        ax.plot([0], [found.centre], "x", color="black")
        up = "loss"
    else:
        _map(ax, found, losses)
        up = "second direction"
    for i, path in enumerate(found.paths):
        places = np.array(path.points)
        height = places[:, 1] if found.dimensions == 2 else np.array(path.losses)
        look: dict[str, Any] = {"color": SERIES[(i + 1) % 4], "linestyle": STYLES[i // 3 % 4]}
        ax.plot(places[:, 0], height, marker=".", label=path.name, **look)
    if found.paths:
        ax.legend(frameon=False)
    return plain(ax, "Loss around the network", "first direction", up)


def _found(net: Any, X: Any, y: Any, options: dict[str, Any]) -> Landscape:
    if isinstance(net, Landscape):
        if X is not None or options:
            raise InputError("Expected a finished landscape alone. Got rows or options beside it.")
        return net
    if X is None:
        raise InputError("Expected the rows of the training, X and y, to take the loss of. Got none.")
    return landscape_of(net, X, y, **options)


def _map(ax: Axes, found: Landscape, losses: np.ndarray) -> None:
    seen = losses[np.isfinite(losses)]
    low, high = float(seen.min()), float(np.quantile(seen, 0.98))
    steep = low > 0 and high > 30 * low
    levels = np.geomspace(low, high, _LEVELS) if steep else np.linspace(low, high, _LEVELS)
    levels = np.unique(levels)
    if len(levels) < 2:
        levels = np.array([low, low + 1e-12])
    filled = ax.contourf(found.across, found.up, losses, levels=levels, cmap="viridis_r", extend="max")
    ax.contour(found.across, found.up, losses, levels=levels, colors="white", linewidths=0.4)
    ax.figure.colorbar(filled, ax=ax, label="loss")
    ax.plot([0], [0], "x", color="white", markeredgewidth=2)
    ax.grid(visible=False)
