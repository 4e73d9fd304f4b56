"""The domains of settings, as plain data, in Optuna's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shoal.errors import SettingError, did_you_mean
from shoal.sweep.store.encoding import to_text

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Domain = Mapping[str, Any]

_NUMBERS = {"kind", "low", "high", "log", "step"}
_NAMES = {"float": _NUMBERS, "int": _NUMBERS, "categorical": {"kind", "choices"}}


def checked(domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """Return domains that have a known form.

    Raises
    ------
    SettingError
        For one that has not.
    """
    for name, domain in domains.items():
        kind = domain.get("kind")
        if kind not in _NAMES:
            raise SettingError(
                f"The domain of '{name}' must have a kind, one of 'float', 'int', 'categorical'. "
                f"Got {kind!r} instead.{did_you_mean(str(kind), _NAMES)}"
            )
        needed = {"choices"} if kind == "categorical" else {"low", "high"}
        wrong = (needed - domain.keys()) | (domain.keys() - _NAMES[kind])
        if wrong:
            more = "" if kind == "categorical" else " and may have log and step"
            raise SettingError(
                f"The domain of '{name}', of the kind '{kind}', must have {_listed(needed)}{more}. "
                f"Got {dict(domain)!r} instead."
            )
    return dict(domains)


def distribution(domain: Domain, value: Any) -> BaseDistribution:
    """Return the distribution of a domain, wide enough for a value.

    A normal distribution has no ends, and Optuna has no normal distribution: it is shown as a range, and a
    rare value may lie outside. A step that does not divide the range, or that stands beside a logarithm, is
    left out, because Optuna refuses it.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if domain["kind"] == "categorical":
        return CategoricalDistribution([_choice(choice) for choice in domain["choices"]])
    low, high = min(domain["low"], value), max(domain["high"], value)
    log, step = bool(domain.get("log")), domain.get("step")
    fits = step is not None and not log and all(_divides(step, end - low) for end in (high, value))
    if domain["kind"] == "int":
        return IntDistribution(
            int(low), int(high), log=log, step=int(step) if fits and step is not None else 1
        )
    return FloatDistribution(float(low), float(high), log=log, step=float(step) if fits and step else None)


def value_in(domain: Domain, value: Any) -> Any:
    """Return a value as its distribution has it: a list among the choices as text."""
    kinds = {"categorical": _choice, "int": int, "float": float}
    return kinds[domain["kind"]](value)


def _choice(choice: Any) -> Any:
    return choice if choice is None or isinstance(choice, bool | int | float | str) else to_text(choice)


def _divides(step: float, length: float) -> bool:
    return abs(length / step - round(length / step)) < 1e-8


def _listed(names: set[str]) -> str:
    return " and ".join(sorted(names, reverse=True))
