"""The dimensions of a search space as the plain domains that a study of Optuna is made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shoal.sweep.space import Choice, Space
from shoal.sweep.space import Domain as SpaceDomain


def domains_of(space: Space) -> dict[str, Mapping[str, Any]]:
    """Return a domain for each setting of a space that varies.

    A range becomes a range, logarithmic or with its step; so does a bell curve, between its ends; choices
    become choices. Left out are single values, and names that several different dimensions share.

    Parameters
    ----------
    space : Space

    Returns
    -------
    dict
        As `shoal.sweep.store.optuna_study.OptunaStudy` takes it.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice, loguniform
    >>> domains = domains_of(as_space({"dropout": loguniform(0.01, 0.1), "norm": choice("batch", None)}))
    >>> domains["dropout"]
    {'kind': 'float', 'low': 0.01, 'high': 0.1, 'log': True}
    >>> domains["norm"]
    {'kind': 'categorical', 'choices': ['batch', None]}
    """
    found: dict[str, Mapping[str, Any] | None] = {}
    for dimension in space.dimensions:
        domain = _domain_of(dimension.domain)
        same = dimension.name not in found or found[dimension.name] == domain
        found[dimension.name] = domain if same else None
    return {name: domain for name, domain in found.items() if domain is not None}


def _domain_of(domain: SpaceDomain) -> Mapping[str, Any] | None:
    if domain.size == 1:
        return None
    if isinstance(domain, Choice) or not domain.ordered:
        return None if domain.size is None else {"kind": "categorical", "choices": list(domain.grid())}
    low, high = _ends(domain)
    kind = "int" if isinstance(low, int) and isinstance(high, int) else "float"
    log = (getattr(domain, "scale", "") == "log" or getattr(domain, "log", False)) and low > 0
    step = getattr(domain, "step", None)
    more = {"log": True} if log else {"step": step} if step else {}
    return {"kind": kind, "low": low, "high": high, **more}


def _ends(domain: SpaceDomain) -> tuple[Any, Any]:
    """Return the ends of a domain; of one without ends, quantiles that few values lie beyond."""
    low, high = domain.from_unit(0.0), domain.from_unit(1.0)
    if math.isfinite(low) and math.isfinite(high):
        return low, high
    return domain.from_unit(0.001), domain.from_unit(0.999)
