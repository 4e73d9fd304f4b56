"""Rules about layers: gradients that vanish or explode, dead and saturated units, steps that are clipped.

They look at the columns ``<quantity>/<layer>`` and are silent where these were not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import Finding, Rule
from shoal.history.findings.rates import lower
from shoal.history.findings.words import asked, compact, layers, percent, span

VANISHED = 1e-3
"""Gradient of the first layer over that of the last, per weight's size. Sound networks of 2 to 20 layers
lie above 0.1; a sigmoid passes on at most a quarter, so eight layers of them lie below 1e-4."""

EXPLODED = 300.0
"""Norm of a layer's gradient over that of its weights, for a loss of 1. Sound networks lie below 25
in their first epochs; beyond this, plain descent at any usual rate throws the weights away."""

DEAD = 0.4
"""Share of a layer's units that are zero for every probed row. He initialization leaves a few in a hundred
of them; a layer that lost two fifths of its units is another network than was asked for. Wide layers cope:
with 128 units regressions lose as many and do well, so up to `NEARLY_ALL` it is a note."""

NEARLY_ALL = 0.9
"""Share of dead units above which it is a warning: what is left of the layer may be too narrow."""

SATURATED = 0.5
"""Share of values within 1 % of an end of the range, where the slope is below 4 % of its largest. Inputs
of variance 1 put one value in fifty there; at one half, the usual unit has stopped to learn."""

CLIPPED = 0.9
"""Share of steps that were clipped: above it, clipping and not the gradient says how long a step is."""

_FIRST = 3  # measured epochs by which gradients are judged: later the loss itself is small


def vanishing(evidence: Evidence) -> Finding | None:
    """Find a first layer that gets next to no gradient beside the last one."""
    sizes = _early(evidence, "gradient_norm")
    if len(sizes) < 3:
        return None
    paths = list(sizes)
    first, last = paths[0], max(paths[1:], key=lambda path: sizes[path])
    if not sizes[last] > 0:
        return None
    ratio = sizes[first] / sizes[last]
    if not ratio < VANISHED:
        return None
    change = _passing(evidence)
    return Finding(
        "S201",
        "vanishing gradient",
        "warning",
        f"The gradient of {first} is {compact(ratio)} of that of {last} ({compact(sizes[first])} to "
        f"{compact(sizes[last])}), so the first layers hardly learn.",
        f"Set {asked(change)}: gradients pass such layers.",
        f"layer {first}",
        {"ratio": ratio, "first": sizes[first], "last": sizes[last], "threshold": VANISHED},
        change,
    )


def exploding(evidence: Evidence) -> Finding | None:
    """Find gradients that grow from the last layer to the first, or that are out of all proportion."""
    sizes, weights = _early(evidence, "gradient_norm"), _early(evidence, "weight_norm")
    if not sizes:
        return None
    level = max(evidence.fact("baseline_loss") or 1.0, 0.1)  # a loss in other units has gradients in these
    shares = {path: sizes[path] / (weights.get(path) or 1.0) / level for path in sizes}
    path = max(shares, key=lambda name: shares[name])
    if not shares[path] > EXPLODED:
        return None
    change = _tamed(evidence)
    return Finding(
        "S202",
        "exploding gradient",
        "warning",
        f"The gradient of {path} has the norm {compact(sizes[path])}, beside weights of norm "
        f"{compact(weights.get(path))}: any step along it would throw them away.",
        f"Set {asked(change)}.",
        f"layer {path}",
        {"gradient_norm": sizes[path], "weight_norm": weights.get(path, float("nan")), "share": shares[path]},
        change,
    )


def dead(evidence: Evidence) -> Finding | None:
    """Find layers of which many units are zero for every row."""
    found, epochs = _above(evidence, "dead_share", DEAD)
    if not found:
        return None
    worst = max(found, key=lambda path: found[path])
    change = {"activation": "leaky_relu"} | _lower_if_high(evidence)
    return Finding(
        "S203",
        "dead ReLUs",
        "warning" if found[worst] > NEARLY_ALL else "note",
        f"{percent(found[worst])} of the units of {worst} are zero for every row that was looked at, and "
        "no gradient reaches them.",
        f"Set {asked(change)}: a leaky slope brings units back"
        + (", and a lower rate keeps them." if "learning_rate" in change else "."),
        f"{layers(list(found))}, {span(*epochs)}",
        {"dead_share": found[worst], "threshold": DEAD},
        change,
    )


def saturated(evidence: Evidence) -> Finding | None:
    """Find layers of bounded activations most of whose values lie at an end of the range."""
    found, epochs = _above(evidence, "saturated_share", SATURATED)
    if not found:
        return None
    worst = max(found, key=lambda path: found[path])
    change = _unsaturated(evidence)
    return Finding(
        "S204",
        "saturated units",
        "warning",
        f"{percent(found[worst])} of the values of {worst} lie within 1 % of an end of their range, where "
        "the slope is next to nothing.",
        f"Set {asked(change)}.",
        f"{layers(list(found))}, {span(*epochs)}",
        {"saturated_share": found[worst], "threshold": SATURATED},
        change,
    )


def clipped(evidence: Evidence) -> Finding | None:
    """Find a training nearly all of whose steps were clipped."""
    epochs, shares = evidence.measured("clipped_share")
    if len(shares) < 2 or not np.isfinite(shares).all() or not float(np.median(shares)) > CLIPPED:
        return None
    name = "clip_norm" if evidence.number("clip_norm") is not None else "clip_value"
    now, share = evidence.number(name), float(np.median(shares))
    change = {} if now is None else {name: 10 * now}
    return Finding(
        "S205",
        "nearly every step is clipped",
        "note",
        f"{percent(share)} of the steps were clipped, so clipping sets the length of a step.",
        f"Set {asked(change)}, or lower learning_rate and leave clipping out." if change else "",
        span(epochs[0], epochs[-1]),
        {"clipped_share": share, "threshold": CLIPPED},
        change,
    )


RULES = (
    Rule("S201", "vanishing gradient", "The first layers get next to no gradient.", vanishing, live=True),
    Rule(
        "S202", "exploding gradient", "Gradients are out of proportion to the weights.", exploding, live=True
    ),
    Rule("S203", "dead ReLUs", "Many units are zero for every row.", dead, live=True),
    Rule("S204", "saturated units", "Values lie at the ends of their range.", saturated, live=True),
    Rule("S205", "nearly every step is clipped", "Clipping sets the length of the steps.", clipped),
)


def _early(evidence: Evidence, quantity: str) -> dict[str, float]:
    """Return the median of the first measured epochs for every layer; NaN and infinity are left out."""
    found = {}
    for path, (_, values) in evidence.layers(quantity).items():
        known = values[:_FIRST][np.isfinite(values[:_FIRST])]
        if len(known):
            found[path] = float(np.median(known))
    return found


def _above(evidence: Evidence, quantity: str, limit: float) -> tuple[dict[str, float], tuple[float, float]]:
    """Return the layers that end above a limit, and from which epoch to which they were."""
    found, first, last = {}, math.inf, 0.0
    for path, (epochs, values) in evidence.layers(quantity).items():
        known = np.isfinite(values)
        if not known.any() or not values[known][-1] > limit:
            continue
        found[path] = float(values[known][-1])
        high = epochs[known][values[known] > limit]
        first, last = min(first, float(high[0])), max(last, float(high[-1]))
    return found, (first, last)


def _functions(evidence: Evidence) -> set[str]:
    given = evidence.setting("activation")
    several = given if isinstance(given, list | tuple) else [given]
    return {str(one.get("kind")) if isinstance(one, Mapping) else str(one) for one in several}


def _passing(evidence: Evidence) -> dict[str, Any]:
    """Return what lets gradients through: slope 1 and the initializer that suits it, else normalisation.

    Of what was tried on twelve layers of sigmoids this helped most; shortcuts made the first steps too large.
    """
    change: dict[str, Any] = {}
    if _functions(evidence) & {"sigmoid", "tanh", "softplus", "binary_step"}:
        change["activation"] = "relu"
    if evidence.setting("initializer") is not None:
        change["initializer"] = "auto"
    return change or {"norm": "batch"}


def _tamed(evidence: Evidence) -> dict[str, Any]:
    change: dict[str, Any] = {} if evidence.setting("initializer") is None else {"initializer": "auto"}
    if evidence.setting("scaling") == "none":
        change["scaling"] = "standard"
    return {**change, "clip_norm": 1.0}


def _lower_if_high(evidence: Evidence) -> dict[str, Any]:
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    high = now is not None and isinstance(usual, float) and now > 3 * usual
    return lower(evidence) if high else {}


def _unsaturated(evidence: Evidence) -> dict[str, Any]:
    change: dict[str, Any] = {} if evidence.setting("initializer") is None else {"initializer": "auto"}
    if evidence.setting("scaling") == "none":
        change["scaling"] = "standard"
    return change or {"norm": "batch", **_lower_if_high(evidence)}
