"""What went on inside, layer by layer: the flow of gradients, the steps, the activations."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from shoal.history.record import History
from shoal.report.curves import Line, Values, chart, legend_of
from shoal.report.facts import Facts
from shoal.report.markup import Markup, tag
from shoal.report.sections.training import epochs_of
from shoal.report.sheet import Section, section

MOST_LAYERS = 10
"""So many lines can be told apart; of a deeper network, layers at even distances are shown."""

_GRADIENTS = (
    ("gradient_norm", "Gradient by layer", "Norm of the gradient of each layer's weights."),
    (
        "update_ratio",
        "Step by layer",
        "Norm of a step over the norm of the weights; about 0.001 is usual, far less learns nothing.",
    ),
    ("weight_norm", "Weights by layer", "Norm of each layer's weights."),
)
_ACTIVATIONS = (
    ("activation_std", "Spread of activations", "Standard deviation behind each activation."),
    ("activation_mean", "Mean of activations", "Mean behind each activation."),
    ("zero_share", "Zeros", "Share of all values that are zero behind each activation."),
    ("dead_share", "Dead units", "Share of units that are zero for every probed row."),
    ("saturated_share", "Saturated units", "Share of values within 1 % of an end of the activation's range."),
)


def layers(facts: Facts) -> Section | None:
    """Return the curves of the layers; None where only losses were recorded."""
    named = _all_layers(facts.history)
    shown = evenly(named, MOST_LAYERS)
    charts = [_chart(facts, one, named, shown) for one in (*_GRADIENTS, *_ACTIVATIONS)]
    if not any(charts):
        return None
    part = f" {len(shown)} of {len(named)} layers are drawn." if len(shown) < len(named) else ""
    said = (
        "Measured after an epoch on at most 256 training rows, the same each time. Colours run from the "
        f"first layer to the last; where they fan out, layers learn at different speeds.{part}"
    )
    return section(
        "Inside the network",
        tag("p", said),
        tag("div", legend_of(_lines(shown, named)), class_="shared-legend"),
        tag("div", charts, class_="charts"),
        short="Layers",
    )


def _all_layers(history: History) -> list[str]:
    """Return every layer of which anything was recorded, from the entrance to the head."""
    each = [layers_recorded(history, one[0]) for one in (*_GRADIENTS, *_ACTIVATIONS)]
    longest = max(each, key=len)
    return list(dict.fromkeys([*longest, *(layer for found in each for layer in found)]))


def layers_recorded(history: History, quantity: str) -> list[str]:
    """Return the layers of which a quantity was recorded, from the entrance to the head.

    Examples
    --------
    >>> rows = [{"epoch": 1, "gradient_norm": 1.0, "gradient_norm/layers.0": 2.0, "gradient_norm/head": 1.0}]
    >>> layers_recorded(History(rows), "gradient_norm")
    ['layers.0', 'head']
    """
    prefix = f"{quantity}/"
    return [name.removeprefix(prefix) for name in history.names if name.startswith(prefix)]


def _chart(facts: Facts, one: tuple[str, str, str], named: Sequence[str], shown: Sequence[str]) -> Markup:
    """Draw a quantity of those of the shown layers that have it."""
    (quantity, heading, said), history = one, facts.history
    found = [layer for layer in layers_recorded(history, quantity) if layer in shown]
    if not found:
        return Markup("")
    columns = {layer: history[f"{quantity}/{layer}"] for layer in found}
    cells = zip(*columns.values(), strict=True)
    measured = [place for place, row in enumerate(cells) if any(cell is not None for cell in row)]
    lines = _lines(found, named, [[columns[layer][place] for place in measured] for layer in found])
    if _nothing(lines):
        return Markup("")
    every = epochs_of(facts)
    epochs, straight = [every[place] for place in measured], quantity.endswith("_share")
    return chart(heading, lines, epochs, history.best_epoch, note=said, legend=False, straight=straight)


def _lines(shown: Sequence[str], named: Sequence[str], values: Sequence[Values] = ()) -> list[Line]:
    """Return a line for each layer, coloured by its place among all of them."""
    last = max(len(named) - 1, 1)
    return [
        Line(_words(layer), values[i] if values else (), 0, depth=named.index(layer) / last)
        for i, layer in enumerate(shown)
    ]


def evenly(names: Sequence[str], most: int) -> list[str]:
    """Return at most so many names at even distances, the first and the last among them.

    Examples
    --------
    >>> evenly("abcdefg", 3)
    ['a', 'd', 'g']
    """
    if len(names) <= most:
        return list(names)
    return [names[round(i * (len(names) - 1) / (most - 1))] for i in range(most)]


def _nothing(lines: Sequence[Line]) -> bool:
    """Return whether every value is zero or missing: a picture of nothing."""
    return all(not value or not math.isfinite(value) for line in lines for value in line.values)


def _words(layer: str) -> str:
    """Return a path as people name a layer: counted from 1.

    Examples
    --------
    >>> _words("layers.2"), _words("dense_0"), _words("head")
    ('layer 3', 'dense_0', 'head')
    """
    found = re.fullmatch(r"layers\.(\d+)", layer)
    return f"layer {int(found[1]) + 1}" if found else layer
