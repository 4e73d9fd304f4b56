"""What the pictures of a search show, as plain data; drawing it is the matter of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.sweep.matter.coordinates import Coordinate, coordinates
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import Importance, Importances
from shoal.sweep.matter.slices import Slice
from shoal.sweep.space import Range
from shoal.sweep.space.plain import plain


def parallel_coordinates(evidence: Evidence) -> dict[str, Any]:
    """Return a line for each trial through an axis for each setting.

    Returns
    -------
    dict
        "axes": name, "ordered", and ticks with their values and places in [0, 1]; "lines": trial, places
        (None where a setting takes no part), score, rank, and whether all runs came to something. Plain JSON
        values.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice
    >>> space = as_space({"loss": choice("a", "b")})
    >>> parallel_coordinates(Evidence(space, [{"loss": "b"}], [[0.5]], 1, 1))["lines"]
    [{'trial': 0, 'places': [0.75], 'score': 0.5, 'rank': 1, 'complete': True}]
    """
    axes = coordinates(evidence.space)
    places = evidence.unit_cube[:, [one.place for one in axes]]
    lines = [
        {
            "trial": trial,
            "places": [_number(unit) for unit in places[trial]],
            "score": _number(evidence.means[trial]),
            "rank": int(evidence.ranks[trial]),
            "complete": bool(evidence.complete[trial]),
        }
        for trial in range(len(evidence.values))
    ]
    return {"kind": "parallel_coordinates", "axes": [_axis(evidence, one) for one in axes], "lines": lines}


def importance_bars(importances: Importances) -> dict[str, Any]:
    """Return a bar with its interval for each setting and each interaction, or why there is none.

    Examples
    --------
    >>> importance_bars(Importances((), (), 0.0, 0.0, 3, 0, "Cannot tell."))
    {'kind': 'importances', 'settings': [], 'interactions': [], 'reason': 'Cannot tell.'}
    """
    return {
        "kind": "importances",
        "settings": [_bar(one) for one in importances.settings],
        "interactions": [_bar(one) for one in importances.interactions],
        "reason": importances.reason,
    }


def slice_curves(evidence: Evidence, slices: Sequence[Slice]) -> list[dict[str, Any]]:
    """Return for each setting its curve with the band, and the trials as points.

    Returns
    -------
    list of dict
        "name", "scale" ("choice", "linear", "log" or "reverse_log"), "values", "scores", "low", "high", and
        "trials" with value and score of each trial that has both. Plain JSON values.
    """
    by_name = {one.name: one for one in coordinates(evidence.space)}
    return [_curve(evidence, by_name[one.name], one) for one in slices]


def _curve(evidence: Evidence, coordinate: Coordinate, one: Slice) -> dict[str, Any]:
    there = np.isfinite(evidence.unit_cube[:, coordinate.place]) & np.isfinite(evidence.means)
    name = evidence.space.names[coordinate.place]
    points = [
        {
            "trial": trial,
            "value": plain(evidence.values[trial][name]),
            "score": float(evidence.means[trial]),
        }
        for trial in there.nonzero()[0].tolist()
    ]
    curve = {"kind": "slice", **one.to_json(), "scale": _scale(evidence, coordinate), "trials": points}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in curve.items()}


def _axis(evidence: Evidence, one: Coordinate) -> dict[str, Any]:
    if one.finite:
        ticks = [
            {"place": float(unit), "value": value} for unit, value in zip(one.units, one.labels, strict=True)
        ]
    else:
        domain = evidence.space.dimensions[one.place].domain
        ticks = [{"place": u, "value": plain(domain.from_unit(u))} for u in (0.02, 0.25, 0.5, 0.75, 0.98)]
    return {"name": one.name, "ordered": one.ordered, "scale": _scale(evidence, one), "ticks": ticks}


def _scale(evidence: Evidence, one: Coordinate) -> str:
    domain = evidence.space.dimensions[one.place].domain
    if isinstance(domain, Range):
        return domain.scale
    return "linear" if one.ordered and not one.finite else "choice"


def _bar(one: Importance) -> dict[str, Any]:
    share = one.share
    names = {"name": one.name, "names": list(one.names)}
    return {**names, "share": share.value, "low": share.low, "high": share.high, "seen": one.seen}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
