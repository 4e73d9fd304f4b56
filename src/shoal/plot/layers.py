"""What was seen inside the network while it trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.plot.canvas import axes_for, history_of, plain, stretched

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gradient_flow(net: Any, quantity: str = "gradient_norm", *, ax: Axes | None = None) -> Axes:
    """Draw one quantity of every layer over the epochs; colours run from the first layer to the last.

    Where the first layers lie far below the last, the gradient vanishes on its way; where lines rise without
    end, it explodes (Glorot and Bengio, AISTATS 2010).

    Parameters
    ----------
    net : fitted estimator, Model or History
        Trained with ``record="layers"``, the default of a single network.
    quantity : str
        "gradient_norm", "weight_norm", "update_ratio", "activation_mean", "activation_std", "zero_share",
        "dead_share" or "saturated_share".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        If no layer has it in the history.

    Examples
    --------
    >>> from shoal import plot
    >>> from shoal.history import History
    >>> rows = [{"epoch": e, "gradient_norm/dense_0": 0.1 / e, "gradient_norm/head": 0.2} for e in (1, 2)]
    >>> [line.get_label() for line in plot.gradient_flow(History(rows)).get_lines()]
    ['dense_0', 'head']
    """
    table = history_of(net).by_layer(quantity)
    from matplotlib import colormaps

    ax = axes_for(ax)
    layers = table.columns[1:]
    for place, layer in zip(np.linspace(0.05, 0.85, len(layers)), layers, strict=True):
        seen = table.select("epoch", layer).drop_nulls()
        ax.plot(seen["epoch"], seen[layer], label=layer, marker=".", color=colormaps["viridis"](place))
    stretched(ax, table.select(layers).to_numpy().ravel())
    ax.legend(frameon=False, fontsize="small", ncols=1 + len(layers) // 8)
    return plain(ax, f"{quantity.replace('_', ' ').capitalize()} by layer", "epoch", "")
