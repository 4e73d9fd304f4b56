"""Domains read back from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.sweep.space.distributions import Beta, Normal
from shoal.sweep.space.domain import Choice, Domain, Fixed
from shoal.sweep.space.ranges import Range
from shoal.sweep.space.scipy_laws import Frozen

KINDS: dict[str, type[Domain]] = {
    "fixed": Fixed,
    "choice": Choice,
    "range": Range,
    "normal": Normal,
    "beta": Beta,
    "scipy": Frozen,
}
"""What ``"kind"`` may be."""


def domain_of(written: Mapping[str, Any]) -> Domain:
    """Return the domain that its `to_json` wrote.

    Raises
    ------
    SettingError
        If its kind is unknown, or something is missing.

    Examples
    --------
    >>> domain_of({"kind": "range", "low": 1, "high": 3, "step": 1})
    Range(low=1, high=3, scale='linear', step=1, integer=False, multiples=False)
    """
    given = {name: _tuple(value) for name, value in written.items() if name != "kind"}
    kind = written.get("kind")
    if kind not in KINDS:
        raise SettingError(
            f"Expected the kind of a domain to be one of {', '.join(KINDS)}. Got {kind!r}."
            f"{did_you_mean(str(kind), KINDS)}"
        )
    if isinstance(given.get("kwds"), Mapping):
        given["kwds"] = tuple(given["kwds"].items())
    try:
        return KINDS[kind](**given)
    except TypeError as error:
        raise SettingError(
            f"Expected what a {kind} domain is made of. Got {dict(written)!r} ({error})."
        ) from None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
