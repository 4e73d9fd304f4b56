"""What holds dimensions together: conditions, ties and constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.domain import writable
from shoal.sweep.space.expression import Inactive, expression
from shoal.sweep.space.plain import frozen, plain, word


@dataclass(frozen=True)
class Condition:
    """A parameter takes part only where an expression over others holds.

    Parameters
    ----------
    name : str
        Of the dimension or tie.
    when : str
        Such as ``"optimizer in ('momentum', 'nesterov')"``. Where a name in it takes no part itself, the
        condition does not hold.
    place : int, optional
        Which dimension, where several have the name; all of them otherwise.

    Raises
    ------
    SettingError
        If the expression cannot be read.

    Examples
    --------
    >>> Condition("momentum", "optimizer == 'sgd'").holds({"optimizer": "adam"})
    False
    """

    name: str
    when: str
    place: int | None = None

    def __post_init__(self):
        expression(self.when)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it depends on."""
        return expression(self.when).names

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Return whether it holds for frozen values."""
        try:
            return bool(expression(self.when).value(values))
        except Inactive:
            return False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found = {"name": self.name, "when": self.when}
        return found if self.place is None else {**found, "place": self.place}


@dataclass(frozen=True)
class Tie:
    """A parameter that follows others instead of being searched.

    Parameters
    ----------
    name : str
        Of the parameter that follows.
    source : str
        An expression over others: ``"batch_size"``, or ``"512 // batch_size"``.
    table : tuple of (value, value), optional
        What each value of the source stands for.

    Raises
    ------
    SettingError
        If the expression cannot be read.

    Examples
    --------
    >>> Tie("accumulate", "512 // batch_size").value({"batch_size": 128})
    4
    >>> Tie("hidden", "size", (("small", (64,)), ("large", (256, 256)))).value({"size": "large"})
    (256, 256)
    """

    name: str
    source: str
    table: tuple[tuple[Any, Any], ...] | None = None

    def __post_init__(self):
        expression(self.source)
        if self.table is not None:
            object.__setattr__(self, "table", tuple((frozen(k), frozen(v)) for k, v in self.table))

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it depends on."""
        return expression(self.source).names

    @cached_property
    def _table(self) -> dict[str, Any]:
        return {word(key): value for key, value in self.table or ()}

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return what the parameter is, beside frozen values.

        Raises
        ------
        Inactive
            If the source takes no part.
        SettingError
            If the table says nothing of the source's value.
        """
        found = frozen(expression(self.source).value(values))
        if self.table is None:
            return found
        if word(found) not in self._table:
            listed = ", ".join(repr(plain(key)) for key, _ in self.table)
            raise SettingError(
                f"Expected the tie of {self.name} to say what goes with {self.source}={plain(found)!r}. "
                f"It speaks of {listed}."
            )
        return self._table[word(found)]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"name": self.name, "source": self.source}
        if self.table is None:
            return found
        return {**found, "table": [[writable(key), writable(value)] for key, value in self.table]}


@dataclass(frozen=True)
class Constraint:
    """What every setting has to fulfil.

    Parameters
    ----------
    rule : str or callable
        An expression such as ``"beta_1 < beta_2"``, which holds too where a name in it takes no part; or,
        from Python only, a function of the values as a mapping.

    Raises
    ------
    SettingError
        If the expression cannot be read.

    Examples
    --------
    >>> falling = Constraint("hidden[0] >= hidden[-1]")
    >>> falling.holds({"hidden": (128, 64)}), falling.holds({"hidden": (64, 128)})
    (True, False)
    """

    rule: str | Callable[..., Any]

    def __post_init__(self):
        if isinstance(self.rule, str):
            expression(self.rule)

    def __str__(self) -> str:
        return f"'{self.rule}'" if isinstance(self.rule, str) else f"the function {_title(self.rule)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it speaks of; none of a function, which may read any."""
        return expression(self.rule).names if isinstance(self.rule, str) else ()

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Return whether frozen values fulfil it."""
        if not isinstance(self.rule, str):
            return bool(self.rule(dict(values)))
        try:
            return bool(expression(self.rule).value(values))
        except Inactive:
            return True

    def to_json(self) -> str:
        """Return the expression.

        Raises
        ------
        SettingError
            If it is a function.
        """
        if not isinstance(self.rule, str):
            raise SettingError(
                f"Expected constraints as expressions, such as 'beta_1 < beta_2', to save a space. "
                f"Got {self}, which can be searched with, but not saved or resumed."
            )
        return self.rule


def takes_part(name: str, conditions: tuple[Condition, ...], values: Mapping[str, Any]) -> bool:
    """Return whether a parameter takes part beside frozen values; of two with one name, the first."""
    return name not in values and all(condition.holds(values) for condition in conditions)


def follow(tie: Tie, values: dict[str, Any]) -> None:
    """Add the value of a tie, unless its source takes no part."""
    with suppress(Inactive):
        values[tie.name] = tie.value(values)


def _title(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
