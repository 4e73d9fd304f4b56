"""A space held against the settings of shoal: names that exist, values that each setting may have.

This wakes `shoal.settings`, and so JAX; everything else in the room does without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.rules import check, refuse_unknown
from shoal.sweep.space.plain import frozen

if TYPE_CHECKING:
    from shoal.sweep.space.domain import Domain
    from shoal.sweep.space.space import Space

_TRIED = 16
"""Settings drawn to find what does not go together, such as a factor for a schedule that has none."""


def check_names(space: Space, known: Iterable[str], owner: str = "shoal") -> None:
    """Refuse a space with names that are not known.

    Parameters
    ----------
    space : Space
    known : iterable of str
        Such as the keys of an estimator's ``get_params()``.
    owner : str
        Who knows them, for the message.

    Raises
    ------
    SettingError
        With the nearest name that is known.

    Examples
    --------
    >>> from shoal.sweep.space import as_space
    >>> check_names(as_space({"net__l3": [0.1]}), ["net", "net__l2"], "Pipeline")
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: Pipeline has no setting 'net__l3'. Did you mean 'net__l2'? \
Its settings are: net, net__l2.
    """
    refuse_unknown(owner, _names(space), list(known))


def check_settings(
    space: Space, base: Mapping[str, Any] | None = None, owner: str = "shoal", prefix: str = ""
) -> None:
    """Refuse a space with names that are no settings of shoal, or values that a setting does not take.

    Parameters
    ----------
    space : Space
    base : mapping of str, optional
        Settings that do not vary.
    owner : str
        Who takes them, for messages.
    prefix : str
        Only names that begin so are looked at, without it: ``"net__"`` in a pipeline.

    Raises
    ------
    SettingError
        In the words of the setting's own rule.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, uniform
    >>> check_settings(as_space({"dropout": uniform(0.0, 1.0)}), owner="NetClassifier")
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: The 'dropout' parameter of NetClassifier must be a float in the range [0, 1) \
(or a sequence of them) or 'auto'. Got 1.0 instead.
    """
    for name in _names(space):
        if name.startswith(prefix):
            check_name(name.removeprefix(prefix), owner)
    for dimension in space.dimensions:
        if dimension.name.startswith(prefix) and not dimension.label:
            check_domain(dimension.name.removeprefix(prefix), dimension.domain, owner)
    _check_together(space, base or {}, owner, prefix)


def check_name(name: str, owner: str = "shoal") -> None:
    """Refuse a name that is neither a setting nor a number of one, ``"schedule.factor"``."""
    from shoal.settings import Settings

    head, dot, part = name.partition(".")
    refuse_unknown(owner, [head if dot else name], Settings.known())
    if not dot:
        return
    if head not in parts_of_settings():
        takes = ", ".join(sorted(parts_of_settings()))
        raise SettingError(
            f"The setting '{head}' of {owner} has no parts such as {part!r}. Those that have: {takes}."
        )
    known = parts_of_settings()[head]
    if known and part not in (*known, "kind"):
        raise SettingError(
            f"The setting '{head}' of {owner} has no part {part!r}.{did_you_mean(part, known)} "
            f"It has: {', '.join(known)}."
        )


def check_domain(name: str, domain: Domain, owner: str = "shoal") -> None:
    """Refuse a domain of which a setting would refuse a value."""
    if "." in name:  # what it may be depends on the kind beside it
        return
    for value in (*domain.ends(), domain.from_unit(0.381966)):
        check_value(name, value, owner)


def check_value(name: str, value: Any, owner: str = "shoal") -> None:
    """Refuse a value that a setting does not take."""
    from shoal.settings import RULES, Settings

    rule = RULES[name]
    if rule is not None:
        check(owner, name, value, rule)
    if rule is None or isinstance(value, Mapping):
        Settings.of({name: value}, owner)


@cache
def parts_of_settings() -> dict[str, tuple[str, ...]]:
    """Return the settings that take a mapping, with the numbers that it may have; none where that is open."""
    from shoal.train.augment import KINDS
    from shoal.train.optimizers import OPTIMIZERS
    from shoal.train.schedules import SCHEDULES

    many = (
        "activation",
        "initializer",
        "loss",
        "constraint",
        "averaging",
        "ensemble",
        "class_weight",
        "mixture",
    )
    return {
        **dict.fromkeys(many, ()),
        "optimizer": _parts(OPTIMIZERS),
        "schedule": (*_parts(SCHEDULES), "warmup"),
        "augment": tuple(KINDS),
        "batch_growth": ("factor", "every", "most"),
    }


def _parts(kinds: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for kind in kinds.values() for name in kind.settings))


def _names(space: Space) -> list[str]:
    names = [dimension.name for dimension in space.dimensions if not dimension.label]
    return list(dict.fromkeys([*names, *(tie.name for tie in space.ties)]))


def _check_together(space: Space, base: Mapping[str, Any], owner: str, prefix: str) -> None:
    """Try some settings whole: parts must fit the kind beside them, ties must give what a setting takes."""
    from shoal.settings import Settings

    for values in space.sample(np.random.default_rng(0), _TRIED):
        own = {name: value for name, value in values.items() if name not in space.labels}
        own = {n.removeprefix(prefix): v for n, v in own.items() if n.startswith(prefix)}
        Settings.of({**base, **space.settings(own, base)}, owner)


def settings_rule(name: str) -> Any:
    """Return the rule of a setting; None where it has none, or the name is not one of a setting."""
    from shoal.settings import RULES

    return RULES.get(name)


def frozen_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with lists as tuples."""
    return {name: frozen(value) for name, value in settings.items()}
