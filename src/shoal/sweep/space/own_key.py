"""The key ``shoal`` of a sweep file: what W&B's schema lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.domain import Choice
from shoal.sweep.space.links import Condition, Constraint, Tie
from shoal.sweep.space.plain import frozen, is_number
from shoal.sweep.space.space import Dimension
from shoal.sweep.space.words import when
from shoal.sweep.space.yaml_lines import Entry

KEYS = (
    *("seed", "seeds", "folds", "nested", "budget", "scoring", "method"),
    *("conditions", "ties", "constraints", "settings", "ignore"),
)


@dataclass(frozen=True)
class Own:
    """What stands under the key ``shoal``; None where it says nothing.

    Parameters
    ----------
    seed : int or None
        Decides everything random.
    seeds : int or None
        How often each setting is trained, from other initial weights.
    folds : int or None
        Of the cross-validation.
    nested : int or None
        Outer folds of a nested cross-validation.
    budget : str, int, float or None
        Seconds, or words such as "10m".
    scoring : str, list or None
    method : str or None
        In place of the method above.
    conditions : tuple of Condition
    ties : tuple of Tie
    labels : tuple of Dimension
        Of ties whose words drive several settings.
    constraints : tuple of Constraint
    settings : dict
        The same for all trials.
    ignore : tuple of str
        Parameters to leave out.
    where, line : str, int
        Where the key stands.
    """

    seed: int | None = None
    seeds: int | None = None
    folds: int | None = None
    nested: int | None = None
    budget: Any = None
    scoring: Any = None
    method: str | None = None
    conditions: tuple[Condition, ...] = ()
    ties: tuple[Tie, ...] = ()
    labels: tuple[Dimension, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    where: str = "the sweep"
    line: int = 1


def read_own(entry: Entry | None, where: str) -> Own:
    """Return what stands under the key ``shoal``.

    Raises
    ------
    SettingError
        With the line.
    """
    if entry is None or entry.value is None:
        return Own(where=where)
    given = entry.known("shoal", KEYS)
    found = {name: _READERS[name](own) for name, own in given.items()}
    if "ties" in found:
        found["ties"], found["labels"] = found["ties"]
    return Own(**found, where=where, line=entry.line)


def _count(least: int) -> Callable[[Entry], int | None]:
    def read(entry: Entry) -> int | None:
        value = entry.value
        if value is not None and (type(value) is not int or value < least):
            entry.refuse(f"Expected a whole number from {least}. Got {value!r}.")
        return value

    return read


def _budget(entry: Entry) -> Any:
    value = entry.value
    if value is None or isinstance(value, str) or (is_number(value) and value > 0):
        return value
    entry.refuse(f"Expected budget as seconds above 0, or words such as 10m. Got {value!r}.")


def _scoring(entry: Entry) -> Any:
    named = [entry.value] if isinstance(entry.value, str) else entry.value
    if isinstance(named, list) and named and all(isinstance(name, str) for name in named):
        return entry.value
    entry.refuse(f"Expected scoring as a name, or a list of names. Got {entry.value!r}.")


def _method(entry: Entry) -> str:
    if isinstance(entry.value, str):
        return entry.value
    entry.refuse(f"Expected method as a name. Got {entry.value!r}.")


def _conditions(entry: Entry) -> tuple[Condition, ...]:
    return tuple(_condition(name, own) for name, own in entry.mapping("conditions").items())


def _condition(name: str, entry: Entry) -> Condition:
    """Return a condition, written as an expression or as a mapping of parameters to values."""
    try:
        if isinstance(entry.value, dict) and entry.value:
            return Condition(name, when([0], **entry.value).condition)
        if isinstance(entry.value, str):
            return Condition(name, entry.value)
    except SettingError as error:
        entry.refuse(str(error))
    entry.refuse(
        f"Expected the condition of {name} as an expression, such as optimizer == 'sgd', or as a mapping, "
        f"such as {{optimizer: [momentum, nesterov]}}. Got {entry.value!r}."
    )


def _ties(entry: Entry) -> tuple[tuple[Tie, ...], tuple[Dimension, ...]]:
    ties: list[Tie] = []
    labels: list[Dimension] = []
    for name, own in entry.mapping("ties").items():
        try:
            if isinstance(own.value, dict) and not {"to", "values"} >= set(own.value):
                label, driven = _driven(name, own)
                labels.append(label)
                ties += driven
            else:
                ties.append(_tie(name, own))
        except SettingError as error:
            if str(error).startswith(entry.where):
                raise
            own.refuse(str(error))
    return tuple(ties), tuple(labels)


def _tie(name: str, entry: Entry) -> Tie:
    """Return a tie, ``batch_size`` or ``{to: batch_size, values: {32: 4, 64: 2}}``."""
    if isinstance(entry.value, str):
        return Tie(name, entry.value)
    if isinstance(entry.value, dict) and isinstance(entry.value.get("to"), str):
        table = entry.items.get("values")
        pairs = (
            None if table is None else tuple((_key(k), v) for k, v in table.mapping("values").copy().items())
        )
        return Tie(name, entry.value["to"], None if pairs is None else tuple((k, v.value) for k, v in pairs))
    entry.refuse(
        f"Expected the tie of {name} as an expression, such as 512 // batch_size, or as a mapping with 'to' "
        f"and 'values'. Got {entry.value!r}."
    )


def _driven(name: str, entry: Entry) -> tuple[Dimension, list[Tie]]:
    """Return a label, and the settings that its words drive together."""
    table = [(_key(word), own.mapping(f"what {word} stands for")) for word, own in entry.items.items()]
    settings = dict.fromkeys(setting for _, own in table for setting in own)
    for key, own in table:
        missing = [setting for setting in settings if setting not in own]
        if missing:
            entry.refuse(f"Expected {missing[0]} for each word of {name}. {key!r} does not say it.")
    label = Dimension(name, Choice(tuple(key for key, _ in table)), label=True)
    return label, [Tie(s, name, tuple((key, own[s].value) for key, own in table)) for s in settings]


def _key(text: str) -> Any:
    """Return the key of a mapping as the value that it stands for: YAML's keys are read as text."""
    from shoal.plain_yaml import read_yaml

    return frozen(read_yaml(text))


def _constraints(entry: Entry) -> tuple[Constraint, ...]:
    parts = entry.parts if isinstance(entry.value, list) else (entry,)
    return tuple(_constraint(part) for part in parts)


def _constraint(entry: Entry) -> Constraint:
    if not isinstance(entry.value, str):
        entry.refuse(f"Expected a constraint such as beta_1 < beta_2. Got {entry.value!r}.")
    try:
        return Constraint(entry.value)
    except SettingError as error:
        entry.refuse(str(error))


def _settings(entry: Entry) -> dict[str, Any]:
    from shoal.settings import Settings

    values = {name: own.value for name, own in entry.mapping("settings").items()}
    try:
        Settings.of(values, "shoal")
    except SettingError as error:
        entry.refuse(str(error))
    return values


def _ignore(entry: Entry) -> tuple[str, ...]:
    named = [entry.value] if isinstance(entry.value, str) else entry.value
    if isinstance(named, list) and all(isinstance(name, str) for name in named):
        return tuple(named)
    entry.refuse(f"Expected ignore as a list of parameters. Got {entry.value!r}.")


_READERS: dict[str, Callable[[Entry], Any]] = {
    "seed": _count(0),
    "seeds": _count(1),
    "folds": _count(2),
    "nested": _count(2),
    "budget": _budget,
    "scoring": _scoring,
    "method": _method,
    "conditions": _conditions,
    "ties": _ties,
    "constraints": _constraints,
    "settings": _settings,
    "ignore": _ignore,
}
