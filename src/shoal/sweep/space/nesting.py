"""Dotted names put back inside the settings that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WITHOUT_KIND = ("augment", "batch_growth", "class_weight")
"""Settings whose mapping has numbers only, and no kind that they belong to."""


def nested(params: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with ``"schedule.factor": 0.5`` inside of ``"schedule"``.

    Parameters
    ----------
    params : mapping of str
        Flat.
    base : mapping of str
        Settings beside them; one that a dotted name belongs to is taken over.

    Returns
    -------
    dict

    Examples
    --------
    >>> nested({"optimizer.beta_1": 0.8}, {"optimizer": "adam", "epochs": 5})
    {'optimizer': {'kind': 'adam', 'beta_1': 0.8}}
    >>> nested({"augment.rotate": 15}, {})
    {'augment': {'rotate': 15}}
    """
    found = {name: value for name, value in params.items() if "." not in name}
    for name, value in params.items():
        owner, dot, part = name.partition(".")
        if dot:
            found[owner] = {**_mapping(owner, found.get(owner, base.get(owner))), part: value}
    return found


def _mapping(owner: str, value: Any) -> dict[str, Any]:
    """Return a setting as the mapping that it stands for."""
    if isinstance(value, Mapping):
        return dict(value)
    if owner in WITHOUT_KIND or value is None:
        return {}
    return {"kind": value}
